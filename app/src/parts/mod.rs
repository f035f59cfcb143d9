//! What frames the columns: header, messages, totals.

pub mod explained;
mod header;
mod messages;
mod parity;
mod totals;

pub use header::Header;
pub use messages::Messages;
pub use parity::Parity;
pub use totals::Totals;
