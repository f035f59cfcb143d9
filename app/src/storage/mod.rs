//! Storage of experiments: the browser's database, autosave, links and files.

pub mod autosave;
mod collections;
mod exercise;
pub mod files;
mod kept;
mod lesson;
pub mod library;
pub mod link;
mod onnx;
mod runs;
pub mod store;
mod variants;
mod versions;
