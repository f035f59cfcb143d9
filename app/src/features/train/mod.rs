//! The area Train.

#[allow(dead_code, reason = "the panel of the area Train shows it")]
pub mod data;
