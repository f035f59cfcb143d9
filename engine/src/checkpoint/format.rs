//! What a file is, told by how it begins. Content decides; the ending of its name is asked only
//! where the content does not tell. One table for the command line, the worker and the page.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::data::{PictureKind, picture_kind};

/// How many bytes of a file's start [`FileFormat::of`] looks at.
pub const START_BYTES: usize = 512;

/// A kind of file that a person may take for weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileFormat {
    Safetensors,
    Empty,
    LfsPointer,
    Html,
    Xml,
    Json,
    /// The index of a checkpoint in several files.
    ShardIndex,
    /// Other readable text.
    Text,
    Numpy,
    NumpyArchive,
    /// PyTorch's zip archive, since version 1.6.
    TorchArchive,
    /// Python's pickle, which PyTorch wrote before.
    Pickle,
    /// Keras 3's zip archive.
    KerasArchive,
    /// A zip archive of something else.
    Zip,
    Hdf5,
    Onnx,
    TensorFlow,
    TensorFlowLite,
    Gguf,
    Matlab,
    Caffe,
    Darknet,
    CoreMl,
    Compressed,
    Tar,
    Picture,
    Pdf,
    /// Named like weights, of content that is not known.
    Binary,
}

/// How files begin.
const STARTS: [(&[u8], FileFormat); 22] = [
    (b"version https://git-lfs", FileFormat::LfsPointer),
    (b"\x93NUMPY", FileFormat::Numpy),
    (b"\x89HDF\r\n\x1a\n", FileFormat::Hdf5),
    (b"\x80\x02", FileFormat::Pickle),
    (b"\x80\x03", FileFormat::Pickle),
    (b"\x80\x04", FileFormat::Pickle),
    (b"\x80\x05", FileFormat::Pickle),
    (b"GGUF", FileFormat::Gguf),
    (b"MATLAB ", FileFormat::Matlab),
    (b"\x1f\x8b", FileFormat::Compressed),
    (b"BZh", FileFormat::Compressed),
    (b"\x28\xb5\x2f\xfd", FileFormat::Compressed),
    (b"\xfd7zXZ\0", FileFormat::Compressed),
    (b"7z\xbc\xaf\x27\x1c", FileFormat::Compressed),
    (b"Rar!\x1a\x07", FileFormat::Compressed),
    // ONNX's ModelProto: its IR version, 3 to 15, then the next field.
    (b"\x08\x03", FileFormat::Onnx),
    (b"\x08\x04", FileFormat::Onnx),
    (b"\x08\x05", FileFormat::Onnx),
    (b"\x08\x06", FileFormat::Onnx),
    (b"\x08\x07", FileFormat::Onnx),
    (b"\x08\x08", FileFormat::Onnx),
    // TensorFlow's SavedModel: its schema version, then the first graph.
    (b"\x08\x01\x12", FileFormat::TensorFlow),
];

/// Endings of names, in lower case.
const ENDINGS: [(&str, FileFormat); 27] = [
    (".safetensors", FileFormat::Safetensors),
    (".npy", FileFormat::Numpy),
    (".npz", FileFormat::NumpyArchive),
    (".pt", FileFormat::TorchArchive),
    (".pth", FileFormat::TorchArchive),
    (".ckpt", FileFormat::Binary),
    (".bin", FileFormat::Binary),
    (".weights", FileFormat::Darknet),
    (".pkl", FileFormat::Pickle),
    (".pickle", FileFormat::Pickle),
    (".h5", FileFormat::Hdf5),
    (".hdf5", FileFormat::Hdf5),
    (".keras", FileFormat::KerasArchive),
    (".onnx", FileFormat::Onnx),
    (".pb", FileFormat::TensorFlow),
    (".index", FileFormat::TensorFlow),
    (".meta", FileFormat::TensorFlow),
    (".tflite", FileFormat::TensorFlowLite),
    (".gguf", FileFormat::Gguf),
    (".mat", FileFormat::Matlab),
    (".caffemodel", FileFormat::Caffe),
    (".mlmodel", FileFormat::CoreMl),
    (".msgpack", FileFormat::Binary),
    (".params", FileFormat::Binary),
    (".gz", FileFormat::Compressed),
    (".zip", FileFormat::Zip),
    (".tar", FileFormat::Tar),
];

impl FileFormat {
    /// What begins with these bytes (the first [`START_BYTES`], or the whole of a shorter file);
    /// `None` where they do not tell.
    pub fn of(start: &[u8]) -> Option<Self> {
        if start.is_empty() {
            return Some(Self::Empty);
        }
        if is_safetensors(start) {
            return Some(Self::Safetensors);
        }
        if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
            return Some(zip(start));
        }
        if start.get(4..8) == Some(b"TFL3") {
            return Some(Self::TensorFlowLite);
        }
        if start.get(257..262) == Some(b"ustar") {
            return Some(Self::Tar);
        }
        match picture_kind(start) {
            Some(PictureKind::Pdf) => return Some(Self::Pdf),
            // A drawing in XML, which a page of a server may have in it.
            Some(PictureKind::Svg) | None => {}
            Some(_) => return Some(Self::Picture),
        }
        let known = STARTS.iter().find(|(bytes, _)| start.starts_with(bytes));
        match known {
            // Two bytes are little: what follows the version must be a field of the model.
            Some((_, Self::Onnx)) if !is_onnx_field(start.get(2)) => None,
            Some((_, Self::Pickle)) if !is_pickle(start) => None,
            Some(&(_, format)) => Some(format),
            None if later_onnx(start) => Some(Self::Onnx),
            None => text(start),
        }
    }

    /// What a file of this name usually is.
    pub fn named(name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        // TensorFlow's checkpoints: model.ckpt.data-00000-of-00001.
        if name.contains(".data-0") {
            return Some(Self::TensorFlow);
        }
        let known = ENDINGS.iter().find(|(end, _)| name.ends_with(end));
        known.map(|&(_, format)| format)
    }

    /// What a file of this name that begins with these bytes is: by its content, else by its name.
    pub fn told(name: &str, start: &[u8]) -> Option<Self> {
        Self::of(start).or_else(|| Self::named(name))
    }

    /// Whether it is named or made as another program's weights, rather than as any file.
    pub const fn is_weights(self) -> bool {
        !matches!(
            self,
            Self::Safetensors
                | Self::Empty
                | Self::Html
                | Self::Xml
                | Self::Json
                | Self::Text
                | Self::Zip
                | Self::Compressed
                | Self::Tar
                | Self::Picture
                | Self::Pdf
        )
    }

    /// What it is, to go on from “it is”.
    pub const fn what(self) -> &'static str {
        self.words().0
    }

    /// What it is, and the way to a file that the lab reads.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Safetensors => (
                "a safetensors file",
                "open it as weights of a network that it fits",
            ),
            Self::Empty => ("an empty file", "download or save it again"),
            Self::LfsPointer => (
                "a Git LFS pointer, not the weights themselves",
                "fetch them with `git lfs pull`, or download the file itself, and open that",
            ),
            Self::Html => (
                "an HTML page, perhaps a server's error message or its page about the file",
                "download the file itself and open that",
            ),
            Self::Xml => (
                "an XML text, perhaps a server's error message",
                "download the file itself and open that",
            ),
            Self::Json => (
                "a JSON text",
                "open the safetensors file of the weights; a network's document is opened as one",
            ),
            Self::ShardIndex => (
                "the index of a checkpoint that lies in several files",
                "merge them in Python: `from safetensors.torch import load_file, save_file; \
                 save_file({k: v for f in files for k, v in load_file(f).items()}, \
                 \"all.safetensors\")`",
            ),
            Self::Text => ("a text", "open the safetensors file of the weights"),
            Self::Numpy => (
                "a NumPy array (.npy)",
                "save it under its parameter's name in Python: `import numpy as np; from \
                 safetensors.numpy import save_file; save_file({\"conv1.weight\": \
                 np.load(\"w.npy\")}, \"w.safetensors\")`",
            ),
            Self::NumpyArchive => (
                "a NumPy archive (.npz)",
                "convert it in Python: `import numpy as np; from safetensors.numpy import \
                 save_file; save_file(dict(np.load(\"w.npz\")), \"w.safetensors\")`",
            ),
            Self::TorchArchive => (
                "a PyTorch checkpoint (a zip archive of pickled objects)",
                TORCH,
            ),
            Self::Pickle => (
                "a Python pickle, as PyTorch's older checkpoints are (.pt, .pth, .pkl)",
                TORCH,
            ),
            Self::KerasArchive => ("a Keras model (.keras)", KERAS),
            Self::Zip => (
                "a zip archive",
                "unpack it and open the safetensors file in it",
            ),
            Self::Hdf5 => ("an HDF5 file, as Keras writes (.h5)", KERAS),
            Self::Onnx => (
                "an ONNX model",
                "it is a network of its own: drop it on the page, or run `cnnlab import`, whose \
                 --weights-out is a file of weights",
            ),
            Self::TensorFlow => (
                "a TensorFlow model or checkpoint",
                "save its variables in Python: `import tensorflow as tf; from \
                 safetensors.numpy import save_file; save_file({n: tf.train.load_variable(\"m\", \
                 n) for n, _ in tf.train.list_variables(\"m\")}, \"w.safetensors\")`",
            ),
            Self::TensorFlowLite => (
                "a TensorFlow Lite model (.tflite), made for devices and often of 8-bit weights",
                "save the weights of the model that it was made from with \
                 `safetensors.numpy.save_file` in Python",
            ),
            Self::Gguf => (
                "a GGUF file of a language model",
                "open the safetensors file of a convolutional network's weights",
            ),
            Self::Matlab => (
                "a MATLAB file (.mat)",
                "convert it in Python with `scipy.io.loadmat` and \
                 `safetensors.numpy.save_file`",
            ),
            Self::Caffe => (
                "a Caffe model",
                "save its blobs in Python with `safetensors.numpy.save_file`, each as \
                 `<layer>.weight` and `<layer>.bias`",
            ),
            Self::Darknet => (
                "a Darknet file of weights",
                "save the weights of a PyTorch port with \
                 `safetensors.torch.save_file(model.state_dict(), \"w.safetensors\")`",
            ),
            Self::CoreMl => (
                "a Core ML model",
                "save the weights of the model that it was made from with \
                 `safetensors.torch.save_file`",
            ),
            Self::Compressed => (
                "a compressed file or archive",
                "unpack it and open the safetensors file in it",
            ),
            Self::Tar => (
                "a tar archive",
                "unpack it and open the safetensors file in it",
            ),
            Self::Picture => (
                "a picture or film",
                "open a picture as the input; weights are read from safetensors files",
            ),
            Self::Pdf => ("a PDF", "open the safetensors file of the weights"),
            Self::Binary => (
                "a file whose content is not known here",
                "save the weights in Python with \
                 `safetensors.torch.save_file(model.state_dict(), \"w.safetensors\")`",
            ),
        }
    }
}

const TORCH: &str = "run `cnnlab import m.pt --out w.safetensors` and open that; or convert it in Python: `import torch; from safetensors.torch import save_file; \
                     sd = torch.load(\"m.pt\", map_location=\"cpu\"); \
                     save_file({k: v.contiguous().clone() for k, v in \
                     sd.get(\"state_dict\", sd).items()}, \"w.safetensors\")`";
const KERAS: &str = "open it on the page, or run `cnnlab import`; or save its weights in Python: `import keras; \
                     from safetensors.numpy import save_file; save_file({w.path: w.numpy() for w in \
                     keras.models.load_model(\"m.keras\").weights}, \"w.safetensors\")`";

/// What the file is and the way out, to go on from “it is”.
impl fmt::Display for FileFormat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, out) = self.words();
        write!(formatter, "{what}; {out}")
    }
}

/// A header's length, little-endian and of less than 4 GiB, then the header's JSON.
fn is_safetensors(start: &[u8]) -> bool {
    start.get(4..8) == Some(&[0; 4]) && start.get(8) == Some(&b'{')
}

/// By the name of the first file in it, which follows 30 bytes.
fn zip(start: &[u8]) -> FileFormat {
    let length = start.get(26..28).and_then(|it| it.try_into().ok());
    let length = usize::from(length.map_or(0, u16::from_le_bytes));
    let name = start.get(30..).unwrap_or_default();
    let name = String::from_utf8_lossy(name.get(..length).unwrap_or(name));
    // PyTorch's directory is called as the file was.
    if ["data.pkl", "/version", "byteorder"]
        .iter()
        .any(|it| name.ends_with(it))
    {
        FileFormat::TorchArchive
    } else if name.ends_with(".npy") {
        FileFormat::NumpyArchive
    } else if ["metadata.json", "config.json", "model.weights.h5"].contains(&&*name) {
        FileFormat::KerasArchive
    } else {
        FileFormat::Zip
    }
}

/// A newer IR version than the table's.
fn later_onnx(start: &[u8]) -> bool {
    matches!(start, [8, 9..=15, ..]) && is_onnx_field(start.get(2))
}

/// The start of a safetensors file whose header has 0x280 bytes is that of a pickle as well, until
/// the header begins. Behind the version, protocols 4 and 5 have a frame, with a length of 8 bytes.
fn is_pickle(start: &[u8]) -> bool {
    const FRAME: u8 = 0x95;
    start.get(2) == Some(&FRAME) || start.len() > 8 && start[4..8] != [0; 4]
}

/// The key of a field of ONNX's `ModelProto`: producer, domain, versions, graph, imports.
const fn is_onnx_field(key: Option<&u8>) -> bool {
    matches!(key, Some(0x12 | 0x1a | 0x22 | 0x28 | 0x32 | 0x3a | 0x42))
}

fn text(start: &[u8]) -> Option<FileFormat> {
    let plain = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    let is_control = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    // A character may be cut at the end of the start.
    let cut = |error: std::str::Utf8Error| error.error_len().is_some();
    if plain.iter().any(is_control) || std::str::from_utf8(plain).is_err_and(cut) {
        return None;
    }
    let lower = plain.trim_ascii_start().to_ascii_lowercase();
    let has = |part: &str| lower.windows(part.len()).any(|it| it == part.as_bytes());
    let html = ["<!doctype html", "<html", "<head", "<body"];
    Some(match lower.first() {
        Some(b'<') if html.iter().any(|it| has(it)) => FileFormat::Html,
        Some(b'<') => FileFormat::Xml,
        Some(b'{') if has("\"weight_map\"") => FileFormat::ShardIndex,
        Some(b'{' | b'[') => FileFormat::Json,
        Some(_) => FileFormat::Text,
        None => FileFormat::Empty,
    })
}
