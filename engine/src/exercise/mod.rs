//! Exercises that check themselves: a start, a text and checks with points; what a student hands in;
//! and whether what is in a hand-in agrees with what it says of itself.
//!
//! ```text
//! exercise   `{"cnn-lab-exercise": 1, "title", "text", "start", "checks"}`
//! hand-in    `{"cnn-lab-result": 1, "exercise", "experiment", "weights", "answers", "claims", …}`
//! ```
//! What the analysis can tell is checked here ([`pure`]). What needs a run ([`Check::needs`]) is found
//! by [`Examiner`] natively and by the engine's commands in the page; [`compare`] judges both.

mod check;
mod class;
mod digest;
mod document;
mod drawing;
mod error;
#[cfg(feature = "run")]
mod examiner;
mod hand_in;
mod link;
mod pure;
mod question;
#[cfg(feature = "run")]
mod retrain;
mod sheets;
mod verify;

pub use check::{Bound, Check, Found, Needs, Quantity, kinds};
pub use class::{Member, members};
pub use document::{Exercise, Item, MOST_CHECKS, MOST_TEXT};
pub use drawing::Drawing;
pub use error::ExerciseError;
#[cfg(feature = "run")]
pub use examiner::{Data, Examiner, ExaminerError};
pub use hand_in::{Claim, Edited, HandIn, MOST_BYTES, Training};
pub use link::{decode, encode};
pub use pure::pure;
pub use question::{Key, Kind, Question};
#[cfg(feature = "run")]
pub use retrain::{Retrained, retrain};
pub use sheets::{Sheet, sheets};
pub use verify::{Disagreement, Row, Verdict, check_weights, compare, csv, unreadable};
