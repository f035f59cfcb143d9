//! Feature maps as pictures: colour maps, and canvases that take values.

mod again;
mod board;
mod colour;
mod painter;
mod palette;

pub use board::{let_pass, when_shown};
pub use colour::{Palette, Range, Table, paint_rgb};
pub use painter::{CanvasError, Painter, Resizing, context};
pub use palette::palettes;
