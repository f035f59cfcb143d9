//! What went wrong, where, and the way out.

use std::time::Duration;

use engine::session::DeviceKind;
use leptos::prelude::*;

use super::Lab;

/// How long a notice stays.
const NOTICE: Duration = Duration::from_secs(15);

/// What a failure is about; each has at most one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Engine,
    WebGpu,
    Weights,
    /// The network cannot be taken by the engine.
    Load,
    /// The devices do not agree.
    Parity,
    Gallery,
    Pad,
    Photo,
    /// What the outputs are called.
    Names,
    Run,
    File,
    /// A link that was opened.
    Link,
    /// The browser's storage.
    Storage,
    /// Keeping the site on this machine.
    Offline,
}

/// A message of failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub place: Place,
    /// What, where, why and the way out.
    pub text: String,
}

impl Failure {
    /// The engine that a “Start again” button starts, where that is the way out.
    pub const fn can_start_again(&self) -> Option<DeviceKind> {
        match self.place {
            Place::Engine => Some(DeviceKind::Cpu),
            Place::WebGpu => Some(DeviceKind::WebGpu),
            Place::Weights
            | Place::Load
            | Place::Parity
            | Place::Gallery
            | Place::Pad
            | Place::Photo
            | Place::Names
            | Place::Run
            | Place::File
            | Place::Link
            | Place::Storage
            | Place::Offline => None,
        }
    }
}

impl Lab {
    /// Says calmly that something was mended; the newest notice has its full time.
    pub(super) fn tell(self, text: String) {
        self.notice.set(Some(text));
        let number = self.core(|core| {
            core.notices += 1;
            core.notices
        });
        let over = move || {
            if self.core(|core| core.notices) == number {
                self.notice.set(None);
            }
        };
        set_timeout(over, NOTICE);
    }

    /// Shows a failure until it is over or dismissed.
    pub fn fail(self, place: Place, text: impl Into<String>) {
        let failure = Failure {
            place,
            text: text.into(),
        };
        // The same message with every stroke is told once.
        if self
            .failures
            .with_untracked(|failures| failures.contains(&failure))
        {
            return;
        }
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
