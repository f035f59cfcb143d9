//! Why an ONNX file cannot be opened.

use super::{MAX_BYTES, MAX_FILE_NODES};

/// Why an ONNX file cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OnnxError {
    #[error("it is not an ONNX file: {0}")]
    Encoding(&'static str),
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
