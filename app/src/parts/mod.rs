//! What frames the columns: header, messages, totals.

pub mod explained;
mod focus;
mod header;
mod messages;
pub mod offline;
mod parity;
mod shares;
mod totals;

pub use focus::keep_focus;
pub use header::Header;
pub use messages::Messages;
pub use parity::Parity;
pub use totals::Totals;
