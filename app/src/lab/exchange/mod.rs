//! Networks of other programs in and out.

mod export;
mod handover;
mod open;
mod text;

pub use self::export::Format;
pub use self::open::Opened;
