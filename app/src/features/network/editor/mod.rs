//! Everything that changes the network: the palette, the settings, problems and their repairs, the
//! networks to start from.

mod keys;
mod palette;
mod presets;
mod problem;

pub use self::keys::watch_keys;
pub use self::palette::Palette;
pub use self::presets::Presets;
pub use self::problem::{ProblemNote, noted};
