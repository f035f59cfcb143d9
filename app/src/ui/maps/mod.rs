//! Feature maps as pictures: colour maps, and canvases that take values.

mod blit;
mod colour;
mod painter;
mod theme;

pub use blit::{Place, copy, fineness};
pub use colour::{Range, Table, paint_rgb};
pub use painter::Resizing;
pub use state::screen::Palette;
pub use theme::follow_theme;
