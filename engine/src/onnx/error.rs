//! Why an ONNX file cannot be opened.

use super::{MAX_BYTES, MAX_FILE_NODES};
use crate::checkpoint::FileFormat;

/// Why an ONNX file cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OnnxError {
    #[error("it is not an ONNX file, or it is damaged")]
    Encoding,
    #[error("it ends before it should: it is not an ONNX file, or only a part of one")]
    Truncated,
    #[error("it has {got} bytes; the limit is {MAX_BYTES}")]
    TooLarge { got: u64 },
    #[error("it has {got} nodes; the limit is {MAX_FILE_NODES}")]
    TooManyNodes { got: usize },
    #[error("it has no graph")]
    NoGraph,
    #[error("its operators are of version {0}; versions 7 to 25 can be opened: export it again")]
    Opset(i64),
    #[error("the nodes around “{0}” need each other's outputs, so that none can be computed first")]
    Cycle(String),
    #[error("two nodes give a value “{0}”")]
    Repeated(String),
    #[error("the node “{node}” reads “{value}”, which nothing gives")]
    Undefined { node: String, value: String },
    #[error("the tensor “{name}”: {why}")]
    Tensor { name: String, why: String },
    #[error(
        "the weights “{tensor}” lie in another file, “{path}”, which is outside of this file's folder"
    )]
    OutsidePath { tensor: String, path: String },
    #[error("the weights “{tensor}” lie in another file: open “{path}” together with this one")]
    MissingFile { tensor: String, path: String },
    #[error("it has no input that is a picture (batch × channels × height × width)")]
    NoInput,
    #[error(
        "its input “{name}” is {dims}, which is neither batch × channels × height × width nor \
         batch × features"
    )]
    InputRank { name: String, dims: String },
    #[error(
        "the size of its input “{name}” is left open ({dims}): say which it is, as \
         channels × height × width"
    )]
    OpenInput { name: String, dims: String },
    #[error("the constants that it computes are too large")]
    Constants,
    #[error("“If” stands within “If” too deeply")]
    Nested,
    #[error("no layer of it can be opened: {0}")]
    Nothing(String),
    #[error("its layers make no network: {0}")]
    Graph(String),
    #[error("“{node}” cannot be written as ONNX: {why}")]
    Write { node: String, why: String },
}

impl OnnxError {
    /// The message for a file of this name that begins so: where it is of another kind, which one, and
    /// the way out.
    pub fn of_file(&self, name: &str, start: &[u8]) -> String {
        if !matches!(self, Self::Encoding | Self::Truncated | Self::NoGraph) {
            return self.to_string();
        }
        match (FileFormat::of(start), FileFormat::named(name)) {
            (Some(FileFormat::Onnx), _) => self.to_string(),
            (Some(FileFormat::Safetensors), _) | (None, Some(FileFormat::Safetensors)) => {
                "it has weights only: open its network first, then choose “Open weights …”"
                    .to_owned()
            }
            (Some(FileFormat::Zip), _) => {
                "it is a zip archive: unpack it, then paste its network.py under “Paste code”"
                    .to_owned()
            }
            (Some(format), _) => format!(
                "it is {}; networks are opened as ONNX, Keras or code",
                format.what()
            ),
            (None, Some(FileFormat::KerasArchive | FileFormat::Hdf5)) => {
                "it is damaged: it does not begin as a Keras file does".to_owned()
            }
            (None, _) => self.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_another_kind_is_told_with_the_way_out() {
        let weights = b"\x40\0\0\0\0\0\0\0{\"conv.weight\":";
        let code = [&b"PK\x03\x04"[..], &[0; 22], &[10, 0, 0, 0], b"network.py"].concat();
        for (name, start, part) in [
            ("w.safetensors", &weights[..], "Open weights …"),
            ("lenet-5-pytorch.zip", &code[..], "network.py"),
            ("notes.txt", &b"Some notes.\n"[..], "it is a text; networks"),
            ("model.keras", &b"\0\x01\x02\x03"[..], "it is damaged"),
            ("m.onnx", &b"\0\x01\x02\x03"[..], "it is not an ONNX file"),
        ] {
            let told = OnnxError::Encoding.of_file(name, start);
            assert!(told.contains(part), "{name}: {told}");
        }
        let other = OnnxError::NoInput.of_file("notes.txt", b"Some notes.\n");
        assert_eq!(other, OnnxError::NoInput.to_string());
    }
}
