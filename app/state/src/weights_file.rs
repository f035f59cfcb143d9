//! Files of weights as a person hands them to the page: which kind they are, and in which words one
//! is refused.

use engine::checkpoint::Mismatch;

/// The ending of the files of weights that the lab reads and writes.
pub const ENDING: &str = ".safetensors";

/// What a file is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// An experiment of the lab.
    Experiment,
    /// Weights that the lab can read.
    Weights,
    /// Weights of another program's.
    Foreign(Foreign),
    /// Anything else, which may be a picture.
    Other,
}

impl FileKind {
    /// The kind of a file of this name and media type.
    pub fn of(name: &str, media_type: &str) -> Self {
        let name = name.to_lowercase();
        if name.ends_with(".json") || media_type == "application/json" {
            Self::Experiment
        } else if name.ends_with(ENDING) {
            Self::Weights
        } else {
            Foreign::named(&name).map_or(Self::Other, Self::Foreign)
        }
    }
}

/// A kind of file in which other programs keep arrays or networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    Numpy,
    PyTorch,
    Keras,
    Onnx,
    TensorFlow,
    Gguf,
}

/// Endings in lower case.
const ENDINGS: [(&str, Foreign); 14] = [
    (".npy", Foreign::Numpy),
    (".npz", Foreign::Numpy),
    (".pt", Foreign::PyTorch),
    (".pth", Foreign::PyTorch),
    (".ckpt", Foreign::PyTorch),
    (".pkl", Foreign::PyTorch),
    (".pickle", Foreign::PyTorch),
    (".h5", Foreign::Keras),
    (".hdf5", Foreign::Keras),
    (".keras", Foreign::Keras),
    (".onnx", Foreign::Onnx),
    (".pb", Foreign::TensorFlow),
    (".tflite", Foreign::TensorFlow),
    (".gguf", Foreign::Gguf),
];

/// How files begin that may have any name.
const STARTS: [(&[u8], Foreign); 4] = [
    (b"\x93NUMPY", Foreign::Numpy),
    (b"\x89HDF\r\n\x1a\n", Foreign::Keras),
    // A zip archive: PyTorch's since version 1.6; NumPy and Keras write them too.
    (b"PK\x03\x04", Foreign::PyTorch),
    (b"GGUF", Foreign::Gguf),
];

/// How many bytes of a file [`Foreign::of`] looks at.
pub const START_BYTES: i32 = 8;

impl Foreign {
    /// The kind of a file of this name that begins with these bytes; `None` where it may be a
    /// safetensors file.
    pub fn of(name: &str, start: &[u8]) -> Option<Self> {
        let begins = STARTS
            .into_iter()
            .find(|(bytes, _)| start.starts_with(bytes));
        Self::named(&name.to_lowercase()).or(begins.map(|(_, kind)| kind))
    }

    fn named(name: &str) -> Option<Self> {
        let kind = ENDINGS.into_iter().find(|(end, _)| name.ends_with(end));
        kind.map(|(_, kind)| kind)
    }

    /// What kind of file it is and how its weights become a file that the lab reads.
    pub const fn why(self) -> &'static str {
        match self {
            Self::Numpy => {
                "it is a NumPy file, and weights are read from safetensors files: write the arrays \
                 with safetensors.numpy.save_file in Python and open that file"
            }
            Self::PyTorch => {
                "it is a PyTorch file or a zip archive, and weights are read from safetensors \
                 files: write them with safetensors.torch.save_file(model.state_dict(), …) in \
                 Python and open that file"
            }
            Self::Keras => {
                "it is a Keras or HDF5 file, and weights are read from safetensors files: write \
                 them with safetensors.numpy.save_file in Python and open that file"
            }
            Self::Onnx => {
                "it is an ONNX model, and weights are read from safetensors files: write its \
                 initializers with safetensors.numpy.save_file in Python and open that file"
            }
            Self::TensorFlow => {
                "it is a TensorFlow model, and weights are read from safetensors files: write its \
                 variables with safetensors.numpy.save_file in Python and open that file"
            }
            Self::Gguf => {
                "it is a GGUF file of a language model, and the lab has convolutional networks: \
                 open a safetensors file of this network's weights"
            }
        }
    }
}

/// A sentence names so many of each list.
const NAMED: usize = 3;

/// In what the weights of a file differ from a network's: how many of each list and the first few.
pub fn mismatch(network: &str, mismatch: &Mismatch) -> String {
    let lists = mismatch.lists().into_iter();
    let lists = lists.filter(|(_, names)| !names.is_empty());
    let parts = lists.map(|(what, names)| {
        let more = names.len().saturating_sub(NAMED);
        let named = names[..names.len() - more].join(", ");
        let more = match more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        format!("{} {what}: {named}{more}", names.len())
    });
    let parts: Vec<_> = parts.collect();
    format!("its weights do not fit {network} ({})", parts.join("; "))
}

/// The whole lists, each with a title; those that are empty are left out.
pub fn mismatch_lists(mismatch: &Mismatch) -> Vec<(String, Vec<String>)> {
    let lists = mismatch.lists().into_iter();
    let lists = lists.filter(|(_, names)| !names.is_empty());
    lists
        .map(|(what, names)| (format!("{} {what}", names.len()), names))
        .collect()
}

/// The name of the file in which a network's weights are saved.
pub fn file_name(network: &str) -> String {
    let name = network.to_lowercase();
    let name = name.replace(|it: char| it.is_whitespace() || "/\\:".contains(it), "-");
    format!("{name}-weights{ENDING}")
}
