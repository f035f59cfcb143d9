//! Everything that changes the network: the palette, the settings, problems and their repairs, the
//! networks to start from.

mod fields;

pub use self::fields::Fields;
