//! Feature maps as pictures: colour maps, and canvases that take values.

mod board;
mod colour;
mod contact;
mod painter;
mod palette;

pub use board::{let_pass, when_shown};
pub use colour::{Palette, Range, Table, paint_rgb};
pub use contact::Contact;
pub use painter::{CanvasError, Painter, Resizing, context};
pub use palette::palettes;
