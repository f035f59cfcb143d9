//! Feature maps as pictures: colour maps, and canvases that take values.

mod board;
mod colour;
mod contact;
mod mosaic;
mod painter;
mod palette;
mod release;

pub use board::{let_pass, when_shown};
pub use colour::{Palette, Range, Table, paint_rgb};
pub use contact::{Contact, Picture};
pub use painter::{CanvasError, Resizing, context};
pub use palette::palettes;
