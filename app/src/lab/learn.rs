//! A lesson takes the screen and gives it back as it was.

use ::engine::deploy::Budgets;
use ::engine::format::Experiment;
use ::engine::train::Task;
use leptos::prelude::*;
use state::compare::Pin;
use state::data::SetId;
use state::document::{History, OwnWeights, Snapshot};
use state::experiment::Beside;
use state::input::HeldInput;
use state::learn::lessons::Lesson;
use state::look::Pixel;
use state::screen::{Area, LookTab, View};
use state::shrink::Held as Shrunk;

use super::Lab;

/// The person's own work, while a lesson has the screen.
pub struct Work {
    experiment: Experiment,
    history: History,
    weights: Option<OwnWeights>,
    running: Snapshot,
    running_state: u64,
    input: HeldInput,
    pins: Vec<Pin>,
    shrunk: Shrunk,
    task: Task,
    budgets: Budgets,
    area: Area,
    view: View,
    dock: bool,
    look_tab: LookTab,
    chosen: Option<Pixel>,
    /// The data set that is chosen to train on, where no experiment can name it.
    unnamed: Option<SetId>,
}

impl Lab {
    /// All that a lesson takes the place of.
    pub fn hold_work(self) -> Work {
        let document = self.document;
        let now = document.snapshot();
        Work {
            experiment: self.experiment(),
            history: document.history().get_untracked(),
            running: Snapshot {
                graph: document.running().get_untracked(),
                ..now.clone()
            },
            weights: now.weights,
            running_state: self.running_state(),
            input: self.input.hold(),
            pins: self.compare.pins().get_untracked(),
            shrunk: self.shrink.peek(Clone::clone),
            task: self.train.task().get_untracked(),
            budgets: self.deploy.budgets().get_untracked(),
            area: self.screen.area().get_untracked(),
            view: self.screen.view().get_untracked(),
            dock: self.screen.dock_open().get_untracked(),
            look_tab: self.screen.look_tab().get_untracked(),
            chosen: self.look.chosen().get_untracked(),
            unnamed: untrack(|| {
                let set = self.data.chosen().filter(|it| it.origin.name().is_none());
                set.map(|it| it.id)
            }),
        }
    }

    /// Puts the work back, with its history.
    pub fn give_work_back(self, work: Work) {
        self.look.choose(None);
        self.set_running_state(work.running_state);
        self.put_experiment(&work.experiment, work.history, work.weights);
        self.put_running(Some(work.running));
        if let Some(sample) = self.input.put_back(work.input) {
            self.fetch_sample(sample);
        }
        self.redraw();
        self.follow_source(self.input.source().get_untracked());
        self.compare.put_back(work.pins);
        self.shrink.edit(|shrunk| *shrunk = work.shrunk);
        self.train.edit(|task| *task = work.task);
        self.deploy.forget();
        self.deploy.limit(work.budgets);
        self.screen.show_view(work.view);
        self.screen.show_area(work.area);
        self.screen.open_dock(work.dock);
        self.screen.show_look_tab(work.look_tab);
        self.look.choose(work.chosen);
        if let Some(set) = work.unnamed {
            self.data.choose(set);
        }
    }

    /// Puts a lesson's network and input on the screen, with nothing beside them.
    pub fn put_lesson(self, lesson: &Lesson, experiment: &Experiment) {
        self.look.choose(None);
        self.compare.put_back(Vec::new());
        self.shrink.edit(|shrunk| *shrunk = Shrunk::default());
        self.train.edit(|task| task.settings.frozen.clear());
        self.deploy.forget();
        self.deploy.limit(Budgets::default());
        self.put(experiment, Beside::default());
        self.screen.open_dock(false);
        self.screen.show_look_tab(LookTab::default());
        self.screen.show_view(View::default());
        self.screen.show_area(lesson.start.area);
    }
}
