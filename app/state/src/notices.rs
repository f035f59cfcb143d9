//! What went wrong, where, and the way out.

use std::time::Duration;

use engine::format::Control;
use engine::session::DeviceKind;
use reactive_graph::owner::StoredValue;
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{GetValue, Set, Update, UpdateValue, WithUntracked};

use crate::document::{LOCKED, title};

/// How long a notice is shown.
const NOTICE: Duration = Duration::from_secs(15);

/// What a failure is about; each has at most one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Engine,
    WebGpu,
    Weights,
    /// A file of weights that the person opens or saves.
    WeightsFile,
    /// The network cannot be taken by the engine.
    Load,
    /// The devices do not agree.
    DeviceAgreement,
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
    /// Lists that the text names the first of, each with its title.
    pub lists: Vec<(String, Vec<String>)>,
}

impl Failure {
    /// The engine that a “Start again” button starts, where that is the way out.
    pub const fn can_start_again(&self) -> Option<DeviceKind> {
        match self.place {
            Place::Engine => Some(DeviceKind::Cpu),
            Place::WebGpu => Some(DeviceKind::WebGpu),
            Place::Weights
            | Place::WeightsFile
            | Place::Load
            | Place::DeviceAgreement
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

/// Runs a function after this time.
pub type After = fn(Duration, Box<dyn FnOnce()>);

/// Failures and short notices.
#[derive(Clone, Copy)]
pub struct Notices {
    failures: RwSignal<Vec<Failure>>,
    notice: RwSignal<Option<String>>,
    /// Counts the notices, so that an older one's end does not take a newer one away.
    count: StoredValue<u32>,
    after: After,
}

readable!(Notices {
    /// What went wrong and is not over, at most one message a place.
    failures: Vec<Failure>,
    /// What was mended or refused, shown for a while.
    notice: Option<String>,
});

impl Notices {
    pub(crate) fn new(after: After) -> Self {
        Self {
            failures: RwSignal::default(),
            notice: RwSignal::new(None),
            count: StoredValue::new(0),
            after,
        }
    }

    /// Shows a notice for a while; a newer one replaces it.
    pub fn tell(self, text: String) {
        self.notice.set(Some(text));
        self.count.update_value(|count| *count += 1);
        let number = self.count.get_value();
        let end = move || {
            if self.count.get_value() == number {
                self.notice.set(None);
            }
        };
        (self.after)(NOTICE, Box::new(end));
    }

    /// Says that this control is locked.
    pub fn tell_locked(self, control: Control) {
        self.tell(format!("{LOCKED}: {}.", title(control)));
    }

    /// Takes the notice away.
    pub fn clear(self) {
        self.notice.set(None);
    }

    /// Shows a failure until it is over or dismissed.
    pub fn fail(self, place: Place, text: impl Into<String>) {
        self.fail_with(place, text, Vec::new());
    }

    /// As [`Self::fail`], with lists that the text names the first of, each with its title.
    pub fn fail_with(
        self,
        place: Place,
        text: impl Into<String>,
        lists: Vec<(String, Vec<String>)>,
    ) {
        let failure = Failure {
            place,
            text: text.into(),
            lists,
        };
        // The same message with every stroke is shown once.
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
