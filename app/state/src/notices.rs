//! Failure messages and short notices.

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
    /// The engine refused the network.
    Load,
    /// The devices do not agree.
    DeviceAgreement,
    Gallery,
    /// A data set to train on.
    Data,
    Pad,
    Photo,
    /// The class names.
    Names,
    Run,
    File,
    /// An opened link.
    Link,
    /// The browser's storage.
    Storage,
    /// Keeping the runs of trainings.
    Runs,
    /// Storing the site for offline use.
    Offline,
}

/// A failure message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub place: Place,
    /// Says what failed, where, why, and what to do about it.
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
            | Place::Data
            | Place::Pad
            | Place::Photo
            | Place::Names
            | Place::Run
            | Place::File
            | Place::Link
            | Place::Storage
            | Place::Runs
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
    /// The number of notices so far, so that the timer of an older one does not hide a newer one.
    count: StoredValue<u32>,
    after: After,
}

readable!(Notices {
    /// Current failures, at most one for each place.
    failures: Vec<Failure>,
    /// The current notice: something repaired or refused, shown for a limited time.
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

    /// Shows a notice for a limited time; a newer one replaces it.
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

    /// Hides the notice.
    pub fn clear(self) {
        self.notice.set(None);
    }

    /// Shows a failure until it is resolved or dismissed.
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
        // A message repeated at every stroke is shown once.
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

    /// Removes the failure of a place.
    pub fn dismiss(self, place: Place) {
        let there = |failures: &Vec<Failure>| failures.iter().any(|other| other.place == place);
        if self.failures.with_untracked(there) {
            self.failures
                .update(|failures| failures.retain(|other| other.place != place));
        }
    }
}
