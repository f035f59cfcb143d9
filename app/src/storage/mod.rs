//! Storage of experiments: the browser's database, autosave, links and files.

pub mod autosave;
mod collections;
pub mod files;
pub mod library;
pub mod link;
pub mod store;
