//! Feature maps as pictures: colour maps, and canvases that take values.

mod atlas;
mod blit;
mod colour;
mod painter;
mod release;
mod theme;
mod upload_queue;

pub use atlas::{Atlas, Picture};
pub use blit::{Place, copy, fineness};
pub use colour::{Range, Table, paint_rgb};
pub use painter::Resizing;
pub use state::screen::Palette;
pub use theme::follow_theme;
pub use upload_queue::{let_pass, when_shown};
