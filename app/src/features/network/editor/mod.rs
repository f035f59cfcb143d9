//! Everything that changes the network: the palette, the settings, problems and their repairs.

mod keys;
mod palette;
mod palette_entry;
mod problem;

pub use self::keys::watch_keys;
pub use self::palette::Palette;
pub use self::palette_entry::behind;
pub use self::problem::{ProblemNote, noted};
