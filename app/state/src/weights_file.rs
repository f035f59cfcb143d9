//! Files of weights as a person hands them to the page: which kind they are, and in which words one
//! is refused.

use engine::checkpoint::{FileFormat, Mismatch, Note};

/// The ending of the files of weights that the lab reads and writes.
pub const ENDING: &str = ".safetensors";

/// What a file that a person hands to the page is opened as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// An experiment of the lab.
    Experiment,
    /// Weights that the lab can read.
    Weights,
    /// A network of another program with its weights.
    Model,
    /// What the lab does not read, and says so.
    Foreign(FileFormat),
    /// Anything else, which may be a picture.
    Picture,
}

impl FileKind {
    /// The kind of a file of this name and media type that begins with these bytes (the first
    /// [`engine::checkpoint::START_BYTES`]). Content decides; the name is asked where it does not
    /// tell, or where another program's file has a content that nobody calls so.
    pub fn of(name: &str, media_type: &str, start: &[u8]) -> Self {
        let is_document =
            name.to_lowercase().ends_with(".json") || media_type == "application/json";
        let named = FileFormat::named(name);
        match (FileFormat::of(start), named) {
            (Some(FileFormat::Safetensors), _) => Self::Weights,
            (Some(FileFormat::Picture), _) => Self::Picture,
            (Some(FileFormat::Onnx | FileFormat::KerasArchive | FileFormat::Hdf5), _)
            | (None, Some(FileFormat::Onnx)) => Self::Model,
            (Some(format), _) if format.is_weights() => Self::Foreign(format),
            (Some(format), Some(_)) => Self::Foreign(format),
            (Some(FileFormat::Json), None) => Self::Experiment,
            (_, None) if is_document => Self::Experiment,
            // The engine says what is wrong with it.
            (None, Some(FileFormat::Safetensors)) => Self::Weights,
            (None, Some(format)) => Self::Foreign(format),
            (_, None) => Self::Picture,
        }
    }
}

/// What a file of weights of this name is instead, by its first bytes; `None` where it may be a
/// safetensors file.
pub fn other_format(name: &str, start: &[u8]) -> Option<FileFormat> {
    FileFormat::told(name, start).filter(|format| *format != FileFormat::Safetensors)
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

/// How an opened file of weights was read that is not as the lab writes one; `None` when it is.
pub fn notes(name: &str, notes: &[Note]) -> Option<String> {
    let notes: Vec<String> = notes.iter().map(ToString::to_string).collect();
    (!notes.is_empty()).then(|| format!("{name} is open: {}.", notes.join("; ")))
}

/// The name of the file in which a network's weights are saved.
pub fn file_name(network: &str) -> String {
    let name = network.to_lowercase();
    let name = name.replace(|it: char| it.is_whitespace() || "/\\:".contains(it), "-");
    format!("{name}-weights{ENDING}")
}
