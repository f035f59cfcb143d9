//! Components that several features use: fields, live maps, focus, formats.

mod camera;
mod edit_keys;
pub mod explained;
pub mod fields;
mod focus;
pub mod format;
pub mod growth;
mod history;
pub mod icon;
mod in_view;
mod job_progress;
pub mod lazy;
mod lockable;
pub mod maps;
pub mod menu;
mod narrow;
pub mod root;
mod rove;
mod seen;
pub mod shares;
mod width;

pub use camera::CameraView;
pub use edit_keys::watch_keys;
pub use focus::{focus_by_id, focus_still, keep_focus};
pub use history::history;
pub use in_view::keep_in_view;
pub use job_progress::JobProgress;
pub use lockable::{lock_note, lockable};
pub use narrow::narrow;
pub use rove::rove;
pub use seen::seen_on_pad;
pub use width::width_of;
