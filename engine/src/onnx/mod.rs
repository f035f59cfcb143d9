//! ONNX: a file as a network with its weights, and back. Pure: the page and the command line share it.
//!
//! A file is read by a protobuf reader of a few functions (`wire`, `proto`) that borrows the weights
//! and never recurses. `read` goes through its nodes: constants are computed (`fold`), Reshape and
//! Transpose become views of a map (`view`), everything else a layer. What is not supported is listed.

mod error;
mod fold;
mod proto;
mod read;
mod tensor;
mod view;
mod wire;
mod write;

pub use error::OnnxError;
pub use read::{Import, Options, Unsupported, external_files, read};
pub use write::{OPSET, Preprocessing, write, write_quantised};

/// The largest file that is read: protobuf itself allows no more.
pub const MAX_BYTES: u64 = 2 << 30;

/// The most nodes of a file.
pub const MAX_FILE_NODES: usize = 100_000;

/// The most axes of a tensor.
const MAX_RANK: usize = 16;

/// The files that lie beside a model: their paths as the model names them, and their bytes.
pub type External<'a> = [(String, &'a [u8])];
