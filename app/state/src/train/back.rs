//! Going back: to an earlier step, to a kept run, to the training of an earlier visit.

use std::sync::Arc;

use reactive_graph::traits::{GetUntracked, Set, Update, WithUntracked};

use super::runs::{Checkpoint, Run};
use super::{Curve, Snapshot, Status, Train, Validation};

impl Train {
    /// The training goes on from this step: what came after it is cleared. Returns the numbers of
    /// the checkpoints after it.
    pub fn go_back(self, step: u64) -> Vec<u64> {
        let mut removed = Vec::new();
        self.curve.update(|curve| curve.cut(step));
        self.examined.update(|examined| examined.cut(step));
        let epoch = self
            .curve
            .with_untracked(|curve| curve.checks().last().map(|it| it.epoch));
        let later = |it: &Arc<Validation>| Some(it.evaluation.epoch) > epoch;
        if self
            .validation
            .with_untracked(|it| it.as_ref().is_some_and(later))
        {
            self.validation.set(None);
        }
        self.snapshots
            .update(|snapshots| removed = snapshots.cut(step));
        let last = self.latest.get_untracked();
        if last.is_some_and(|point| point.step > step) {
            self.latest.set(None);
        }
        self.shown.set(None);
        removed
    }

    /// A kept training takes the place of the one on the screen, with its last checkpoint.
    pub fn restore(self, run: &Run, snapshot: Snapshot) {
        self.forget();
        self.trained_on.set(Some(run.of.on.clone()));
        self.edit(|task| task.clone_from(&run.of.task));
        self.take_run(run, snapshot);
        self.status.set(run.status.clone());
    }

    /// The training of an earlier visit comes back with this checkpoint. Its curve ends there; where that
    /// is not the run's own end it can go on.
    pub fn take_back(self, run: &Run, snapshot: Snapshot) {
        self.take_run(run, snapshot);
        let at_end = matches!(run.checkpoint, Checkpoint::At { step, .. } if step == snapshot.step);
        self.status.set(if at_end {
            run.status.clone()
        } else {
            Status::Paused
        });
    }

    fn take_run(self, run: &Run, snapshot: Snapshot) {
        self.trained_on.set(Some(run.of.on.clone()));
        self.run_task.set(Some(run.of.task.clone()));
        let mut curve = Curve::clone(&run.curve);
        curve.cut(snapshot.step);
        self.latest.set(curve.last_point());
        self.curve.set(curve);
        self.snapshots.update(|snapshots| {
            snapshots.keep(snapshot);
        });
    }
}
