//! The networks to start from.

mod presets;

pub use self::presets::Presets;
