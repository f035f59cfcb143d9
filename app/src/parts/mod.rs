//! What frames the columns: header, messages, totals.

pub mod explained;
mod header;
mod messages;
mod totals;

pub use header::Header;
pub use messages::Messages;
pub use totals::Totals;
