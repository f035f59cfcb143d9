//! Feature maps as pictures: colour maps, and canvases that take values.

mod blit;
mod colour;
mod painter;
mod stops;
mod theme;

pub use blit::{Place, copy, fineness};
pub use colour::{Table, paint_rgb};
pub use painter::Resizing;
pub use state::answer::Range;
pub use state::screen::Palette;
pub use theme::follow_theme;
