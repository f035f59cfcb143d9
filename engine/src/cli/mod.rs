//! The native command line.

mod train;
pub use train::Train;
