//! Kept work: the browser's database, automatic saving, links and files.

pub mod autosave;
pub mod files;
pub mod library;
pub mod link;
pub mod store;
