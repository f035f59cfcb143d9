//! A training: its settings, its state and what it has told.

mod back;
pub mod chart;
pub mod confusion;
mod curve;
pub mod diagnosis;
mod examined;
pub mod health;
mod prepared;
pub mod race;
pub mod reading;
pub mod runs;
pub mod settings;
pub mod snapshots;
mod status;
mod validation;
pub mod workers;

use std::sync::Arc;

use engine::session::Executor;
use engine::train::{LayerHealth, Point, Task};
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{Get, GetUntracked, Set, Update, With, WithUntracked};

pub use self::curve::{Check, Curve, Sample};
pub use self::examined::{Examinations, Examined};
use self::runs::Runs;
pub use self::snapshots::{Snapshot, Snapshots};
pub use self::status::{Goal, Status};
pub use self::validation::{Answered, Validation};

use self::settings::{Kept, Search};
use self::workers::Workers;
use crate::document::Document;
use crate::signals::set_if_changed;

/// What the rate finder found, or why it found nothing, as a sentence.
pub type Searched = Result<Search, String>;

/// What the weights of a network were trained on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrainedOn {
    /// The data set's name.
    pub name: String,
    pub classes: Arc<Vec<String>>,
}

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
    trained_on: RwSignal<Option<TrainedOn>>,
    health: RwSignal<Arc<Vec<LayerHealth>>>,
    executor: RwSignal<Option<Executor>>,
    kept: RwSignal<Option<Kept>>,
    search: RwSignal<Option<Searched>>,
    examined: RwSignal<Examinations>,
    runs: RwSignal<Runs>,
    runs_read: RwSignal<bool>,
    run_task: RwSignal<Option<Task>>,
    workers: RwSignal<Workers>,
    /// A race of several networks or settings.
    pub race: race::Race,
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
    /// How the layers fared in the step that was told last.
    health: Arc<Vec<LayerHealth>>,
    /// What computed the gradients of the step that was told last, and why.
    executor: Option<Executor>,
    /// What the network was trained on here; `None` before its first training.
    trained_on: Option<TrainedOn>,
    /// The settings as they were kept; `None` before they are read.
    kept: Option<Kept>,
    /// What the rate finder found last, or why it found nothing.
    search: Option<Searched>,
    /// What the person had evaluated.
    examined: Examinations,
    /// The trainings that are kept.
    runs: Runs,
    /// Whether the runs of earlier visits are in the list, or cannot be read.
    runs_read: bool,
    /// The settings of the training on the screen; `None` before the first.
    run_task: Option<Task>,
    /// The workers of the training.
    workers: Workers,
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
            trained_on: RwSignal::default(),
            health: RwSignal::default(),
            executor: RwSignal::default(),
            kept: RwSignal::default(),
            search: RwSignal::default(),
            examined: RwSignal::default(),
            runs: RwSignal::default(),
            runs_read: RwSignal::default(),
            run_task: RwSignal::default(),
            workers: RwSignal::default(),
            race: race::Race::new(),
        }
    }

    /// Changes the settings of the next training.
    pub fn edit(self, change: impl FnOnce(&mut Task)) {
        let mut task = self.task.get_untracked();
        change(&mut task);
        set_if_changed(self.task, task);
    }

    /// Sets the settings of the training on the screen.
    pub fn set_run_task(self, task: Task) {
        set_if_changed(self.run_task, Some(task));
    }

    /// Reads the settings of the training on the screen; where there is none, those of the next.
    pub fn with_run_task<T>(self, read: impl FnOnce(&Task) -> T) -> T {
        self.run_task.with(|task| match task {
            Some(task) => read(task),
            None => self.task.with(read),
        })
    }

    /// The runs of earlier visits are in the list, or cannot be read.
    pub fn end_reading_runs(self) {
        set_if_changed(self.runs_read, true);
    }

    /// Changes what is known of the workers.
    pub fn change_workers(self, change: impl FnOnce(&mut Workers)) {
        self.workers.update(change);
    }

    /// Sets the status.
    pub fn set_status(self, status: Status) {
        set_if_changed(self.status, status);
    }

    /// A new training begins: what the one before told is cleared.
    pub fn begin(self, on: TrainedOn) {
        self.forget();
        self.trained_on.set(Some(on));
        self.status.set(Status::Preparing);
    }

    /// The training goes on with this data set.
    pub fn train_on(self, on: TrainedOn) {
        set_if_changed(self.trained_on, Some(on));
    }

    /// Another network is open, which no training is of.
    pub fn forget(self) {
        self.latest.set(None);
        self.curve.set(Curve::default());
        self.validation.set(None);
        self.snapshots.set(Snapshots::default());
        self.shown.set(None);
        self.failure.set(None);
        self.trained_on.set(None);
        self.run_task.set(None);
        self.health.set(Arc::default());
        self.executor.set(None);
        self.search.set(None);
        self.examined.set(Examinations::default());
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

    /// Takes how the layers fare; an empty list is none.
    pub fn fared(self, health: Vec<LayerHealth>) {
        if !health.is_empty() {
            self.health.set(Arc::new(health));
        }
    }

    /// Takes what computes the gradients.
    pub fn computed_by(self, executor: Executor) {
        let executor = Some(executor);
        if self.executor.with_untracked(|it| *it != executor) {
            self.executor.set(executor);
        }
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

    /// The network has the weights of this step, or the newest.
    pub fn show(self, step: Option<u64>) {
        set_if_changed(self.shown, step);
    }

    /// Sets or clears why a training did not start or ended early.
    pub fn set_failure(self, why: Option<String>) {
        set_if_changed(self.failure, why);
    }

    /// Takes the settings that were kept, and what goes with those of now.
    pub fn keep_settings(self, kept: Kept) {
        set_if_changed(self.kept, Some(kept));
    }

    /// Sets or clears the result of the rate finder.
    pub fn set_search(self, search: Option<Searched>) {
        self.search.set(search);
    }

    /// Keeps what the person had evaluated.
    pub fn examine(self, examined: Examined) {
        self.examined.update(|all| all.keep(examined));
    }

    /// Changes the trainings that are kept.
    pub fn change_runs<T>(self, change: impl FnOnce(&mut Runs) -> T) -> Option<T> {
        self.runs.try_update(change)
    }

    /// What the weights that the network has were trained on here. `None` once another step of the
    /// history has taken their place.
    pub fn trained_weights(self, document: Document) -> Option<TrainedOn> {
        let own = document
            .weights()
            .with(|own| own.as_ref().is_some_and(|own| own.step > 0));
        let here = own || self.status.with(Status::is_busy);
        self.trained_on.get().filter(|_| here)
    }

    /// Whether a training is under way or prepared.
    pub fn is_busy(self) -> bool {
        self.status.with_untracked(Status::is_busy)
    }
}
