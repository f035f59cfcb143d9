//! Feature maps as pictures: colour maps, and canvases that take values.

mod board;
mod colour;
mod contact;
mod mosaic;
mod painter;
mod release;

pub use board::{let_pass, when_shown};
pub use colour::{Range, Table, paint_rgb};
pub use contact::{Contact, Picture};
pub use painter::Resizing;
pub use state::screen::Palette;
