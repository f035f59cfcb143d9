//! What frames the columns: header, messages, totals.

pub mod explained;
mod focus;
mod header;
mod in_view;
mod live_maps;
mod messages;
mod narrow;
pub mod offline;
mod parity;
mod shares;
mod totals;

pub use focus::{focus_still, keep_focus};
pub use header::Header;
pub use in_view::keep_in_view;
pub use live_maps::{Inside, Layout, LiveMaps, Pictured};
pub use messages::Messages;
pub use narrow::{is_narrow, narrow};
pub use parity::Parity;
pub use totals::Totals;
