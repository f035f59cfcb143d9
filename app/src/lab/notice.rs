//! What went wrong, where, and the way out.

use leptos::prelude::*;

use super::Lab;

/// What a failure is about; each has at most one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Engine,
    WebGpu,
    Weights,
    Gallery,
    Pad,
    Run,
    File,
}

/// A message of failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub place: Place,
    /// What, where, why and the way out.
    pub text: String,
}

impl Failure {
    /// Whether a “Start again” button is the way out.
    pub const fn can_start_again(&self) -> bool {
        matches!(self.place, Place::Engine)
    }
}

impl Lab {
    /// Shows a failure until it is over or dismissed.
    pub(super) fn fail(self, place: Place, text: impl Into<String>) {
        let failure = Failure {
            place,
            text: text.into(),
        };
        self.failures.update(|failures| {
            failures.retain(|other| other.place != place);
            failures.push(failure);
        });
    }

    /// Takes a place's failure away.
    pub fn dismiss(self, place: Place) {
        let there = |failures: &Vec<Failure>| failures.iter().any(|other| other.place == place);
        if self.failures.with_untracked(there) {
            self.failures
                .update(|failures| failures.retain(|other| other.place != place));
        }
    }
}
