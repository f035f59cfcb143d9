//! A training: its settings, its state and what it has told.

mod curve;
mod snapshots;
mod status;
mod validation;

use std::sync::Arc;

use engine::train::{Point, Task};
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{GetUntracked, Set, Update, WithUntracked};

pub use self::curve::{Check, Curve, Sample};
pub use self::snapshots::{Snapshot, Snapshots};
pub use self::status::{Goal, Status};
pub use self::validation::{Answered, Validation};

use crate::signals::set_if_changed;

/// The state of the area Train. `Copy`, because it holds signal handles only.
#[derive(Clone, Copy)]
pub struct Train {
    task: RwSignal<Task>,
    status: RwSignal<Status>,
    latest: RwSignal<Option<Point>>,
    curve: RwSignal<Curve>,
    validation: RwSignal<Option<Arc<Validation>>>,
    snapshots: RwSignal<Snapshots>,
    shown: RwSignal<Option<u64>>,
    failure: RwSignal<Option<String>>,
}

readable!(Train {
    /// What the next training is of, and how it trains; see [`Train::edit`].
    task: Task,
    /// Whether a training is under way.
    status: Status,
    /// The last step that was told.
    latest: Option<Point>,
    /// Loss and accuracy of the steps and of the validation examples.
    curve: Curve,
    /// The weights on the validation examples, after the last epoch.
    validation: Option<Arc<Validation>>,
    /// The checkpoints that the time machine can go back to.
    snapshots: Snapshots,
    /// The step whose weights the network has, where those are not the newest.
    shown: Option<u64>,
    /// Why the last training did not start or ended early, as a sentence with the way out.
    failure: Option<String>,
});

impl Train {
    pub(crate) fn new() -> Self {
        Self {
            task: RwSignal::default(),
            status: RwSignal::default(),
            latest: RwSignal::default(),
            curve: RwSignal::default(),
            validation: RwSignal::default(),
            snapshots: RwSignal::default(),
            shown: RwSignal::default(),
            failure: RwSignal::default(),
        }
    }

    /// Changes the settings of the next training.
    pub fn edit(self, change: impl FnOnce(&mut Task)) {
        let mut task = self.task.get_untracked();
        change(&mut task);
        set_if_changed(self.task, task);
    }

    /// Sets the status.
    pub fn set_status(self, status: Status) {
        set_if_changed(self.status, status);
    }

    /// A new training begins: what the one before told is cleared.
    pub fn begin(self) {
        self.forget();
        self.status.set(Status::Preparing);
    }

    /// Another network is open, which no training is of.
    pub fn forget(self) {
        self.latest.set(None);
        self.curve.set(Curve::default());
        self.validation.set(None);
        self.snapshots.set(Snapshots::default());
        self.shown.set(None);
        self.failure.set(None);
        self.status.set(Status::Idle);
    }

    /// Takes the steps since those told last.
    pub fn stepped(self, points: &[Point]) {
        let Some(last) = points.last() else { return };
        self.curve.update(|curve| {
            for point in points {
                curve.push(point);
            }
        });
        self.latest.set(Some(*last));
    }

    /// Takes the answers to the validation examples.
    pub fn validated(self, validation: Validation) {
        if let Some(point) = self.latest.get_untracked() {
            let check = Check::of(&point, &validation.evaluation);
            self.curve.update(|curve| curve.check(check));
        }
        self.validation.set(Some(Arc::new(validation)));
    }

    /// Keeps a checkpoint; returns the numbers of those that make room for it.
    pub fn keep(self, snapshot: Snapshot) -> Vec<u64> {
        let mut removed = Vec::new();
        self.snapshots
            .update(|snapshots| removed = snapshots.keep(snapshot));
        removed
    }

    /// The training goes on from this step: what came after it is cleared. Returns the numbers of
    /// the checkpoints after it.
    pub fn go_back(self, step: u64) -> Vec<u64> {
        let mut removed = Vec::new();
        self.curve.update(|curve| curve.cut(step));
        self.snapshots
            .update(|snapshots| removed = snapshots.cut(step));
        let last = self.latest.get_untracked();
        if last.is_some_and(|point| point.step > step) {
            self.latest.set(None);
        }
        self.shown.set(None);
        removed
    }

    /// The network has the weights of this step, or the newest.
    pub fn show(self, step: Option<u64>) {
        set_if_changed(self.shown, step);
    }

    /// Sets or clears why a training did not start or ended early.
    pub fn set_failure(self, why: Option<String>) {
        set_if_changed(self.failure, why);
    }

    /// Whether a training is under way or prepared.
    pub fn is_busy(self) -> bool {
        self.status.with_untracked(Status::is_busy)
    }
}
