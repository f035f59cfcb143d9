//! Exercises: the one that is open, the one that is being made, and the hand-ins that were verified.
//! Nothing of it is a part of [`crate::State`]: the page makes it when it is first shown.

mod draft;
pub mod markdown;

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::exercise::{Check, Claim, Edited, Exercise, Found, Item, Needs, Verdict, pure};
use engine::format::Locks;
use engine::{Analysis, Graph};
use reactive_graph::owner::StoredValue;
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{
    GetUntracked, GetValue, Set, SetValue, Update, UpdateValue, WithUntracked,
};
use serde_json::{Value, json};

pub use self::draft::{DraftCheck, Field, Form, Kind};

use crate::signals::set_if_changed;

/// What is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    Solve,
    Make,
    Verify,
}

impl Tab {
    pub const ALL: [Self; 3] = [Self::Solve, Self::Make, Self::Verify];

    pub const fn title(self) -> &'static str {
        match self {
            Self::Solve => "Solve",
            Self::Make => "Make",
            Self::Verify => "Verify",
        }
    }

    pub const fn id(self) -> &'static str {
        match self {
            Self::Solve => "exercise-solve",
            Self::Make => "exercise-make",
            Self::Verify => "exercise-verify",
        }
    }
}

/// Edits that are remembered.
const MOST_EDITS: usize = 2_000;

/// The exercise that is being made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    pub title: String,
    pub text: String,
    pub checks: Vec<DraftCheck>,
    /// What students cannot operate, beside what is locked on the screen.
    pub locks: Locks,
}

/// See the module.
#[derive(Clone, Copy)]
pub struct Exercises {
    tab: RwSignal<Tab>,
    opened: RwSignal<Option<Arc<Exercise>>>,
    /// What was found for each check; `None` before it was looked for.
    found: RwSignal<Vec<Option<Found>>>,
    checked: RwSignal<bool>,
    answers: RwSignal<BTreeMap<usize, String>>,
    student: RwSignal<String>,
    pictures: StoredValue<BTreeMap<usize, Vec<f32>>>,
    history: StoredValue<Vec<Edited>>,
    before: StoredValue<Option<String>>,
    failure: RwSignal<Option<String>>,
    draft: RwSignal<Draft>,
    key: StoredValue<u32>,
    verdicts: RwSignal<Vec<Verdict>>,
    given: RwSignal<Option<Arc<Exercise>>>,
}

readable!(Exercises {
    tab: Tab,
    /// The exercise that is solved.
    opened: Option<Arc<Exercise>>,
    found: Vec<Option<Found>>,
    /// Whether the checks were run since it was opened.
    checked: bool,
    answers: BTreeMap<usize, String>,
    student: String,
    /// Why the last action failed.
    failure: Option<String>,
    draft: Draft,
    verdicts: Vec<Verdict>,
    /// The exercise that was given out, by which hand-ins are judged; without one, that in each file.
    given: Option<Arc<Exercise>>,
});

impl Exercises {
    #[allow(clippy::new_without_default, reason = "it makes signals")]
    pub fn new() -> Self {
        Self {
            tab: RwSignal::new(Tab::Solve),
            opened: RwSignal::new(None),
            found: RwSignal::new(Vec::new()),
            checked: RwSignal::new(false),
            answers: RwSignal::new(BTreeMap::new()),
            student: RwSignal::new(String::new()),
            pictures: StoredValue::new(BTreeMap::new()),
            history: StoredValue::new(Vec::new()),
            before: StoredValue::new(None),
            failure: RwSignal::new(None),
            draft: RwSignal::new(Draft::default()),
            key: StoredValue::new(0),
            verdicts: RwSignal::new(Vec::new()),
            given: RwSignal::new(None),
        }
    }

    pub fn show(self, tab: Tab) {
        set_if_changed(self.tab, tab);
        set_if_changed(self.failure, None);
    }

    pub fn fail(self, why: Option<String>) {
        set_if_changed(self.failure, why);
    }

    /// Opens an exercise, without answers.
    pub fn open(self, exercise: Exercise) {
        self.found.set(vec![None; exercise.checks.len()]);
        self.checked.set(false);
        self.answers.set(BTreeMap::new());
        self.pictures.set_value(BTreeMap::new());
        self.history.set_value(Vec::new());
        self.failure.set(None);
        self.opened.set(Some(Arc::new(exercise)));
        self.tab.set(Tab::Solve);
    }

    /// Closes it.
    pub fn close(self) {
        self.opened.set(None);
        self.found.set(Vec::new());
    }

    /// The key of the experiment that was open before.
    pub fn before(self) -> Option<String> {
        self.before.get_value()
    }

    pub fn set_before(self, before: Option<String>) {
        self.before.set_value(before);
    }

    pub fn name_student(self, name: String) {
        set_if_changed(self.student, name);
    }

    /// Answers the question of this check, which is to be checked again.
    pub fn answer(self, place: usize, answer: String) {
        if { self.answers }.with_untracked(|it| it.get(&place) == Some(&answer)) {
            return;
        }
        self.answers.update(|answers| {
            answers.insert(place, answer);
        });
        self.forget(|item| item.check.needs() == Needs::Answer, Some(place));
    }

    /// The network, its weights or its input's preparation are others: what needs a run is unknown, and
    /// what the analysis tells is told anew once it was asked for.
    pub fn network_changed(self, graph: &Graph, analysis: &Analysis) {
        self.pictures.set_value(BTreeMap::new());
        self.forget(|item| item.check.needs() == Needs::Run, None);
        let Some(exercise) = self.opened.get_untracked() else {
            return;
        };
        if !self.checked.get_untracked() {
            return;
        }
        let answers = self.answers.get_untracked();
        self.found.update(|found| {
            for (place, (item, found)) in exercise.checks.iter().zip(found).enumerate() {
                if item.check.needs() == Needs::Analysis {
                    *found = pure(&item.check, place, graph, analysis, &answers);
                }
            }
        });
    }

    fn forget(self, which: impl Fn(&Item) -> bool, place: Option<usize>) {
        let Some(exercise) = self.opened.get_untracked() else {
            return;
        };
        self.found.update(|found| {
            for (at, (item, found)) in exercise.checks.iter().zip(found).enumerate() {
                if which(item) && place.is_none_or(|it| it == at) {
                    *found = None;
                }
            }
        });
    }

    /// What all checks found.
    pub fn put_found(self, found: Vec<Found>) {
        self.found.set(found.into_iter().map(Some).collect());
        self.checked.set(true);
    }

    /// The changed picture of this check.
    pub fn put_picture(self, place: usize, picture: Vec<f32>) {
        self.pictures.update_value(|pictures| {
            pictures.insert(place, picture);
        });
    }

    pub fn pictures(self) -> BTreeMap<usize, Vec<f32>> {
        self.pictures.get_value()
    }

    /// Something was done to the network.
    pub fn note_edit(self, name: String, at: f64) {
        self.history.update_value(|history| {
            if history.len() < MOST_EDITS
                && history
                    .last()
                    .is_none_or(|it| it.name != name || it.at != at)
            {
                history.push(Edited { name, at });
            }
        });
    }

    pub fn history(self) -> Vec<Edited> {
        self.history.get_value()
    }

    /// The values with whether they pass, as they are handed in. `None` where one is not known.
    pub fn claims(self) -> Option<Vec<Claim>> {
        let exercise = self.opened.get_untracked()?;
        let found = self.found.get_untracked();
        let claims = exercise.checks.iter().zip(found).map(|(item, found)| {
            let value = found?;
            let pass = item.check.passes(&value);
            Some(Claim { value, pass })
        });
        claims.collect()
    }

    /// Changes the exercise that is being made.
    pub fn edit_draft(self, change: impl FnOnce(&mut Draft)) {
        self.draft.update(change);
    }

    /// A number for a new check of the draft.
    pub fn next_key(self) -> u32 {
        self.key.update_value(|key| *key += 1);
        self.key.get_value()
    }

    /// The checks of the draft.
    ///
    /// # Errors
    /// The first that is wrong, and why.
    pub fn draft_items(self) -> Result<Vec<Item>, String> {
        self.draft.with_untracked(|draft| {
            if draft.checks.is_empty() {
                return Err("There is no check: add one first.".to_owned());
            }
            let items = draft.checks.iter().zip(1..).map(|(check, number)| {
                let named = |why: String| format!("Check {number} ({}): {why}", check.kind.title());
                check.item().map_err(named)
            });
            items.collect()
        })
    }

    pub fn put_verdicts(self, verdicts: Vec<Verdict>) {
        self.verdicts.set(verdicts);
    }

    pub fn give(self, exercise: Exercise) {
        self.given.set(Some(Arc::new(exercise)));
    }

    /// The open exercise with what was answered, as one text for the browser's storage.
    pub fn kept(self) -> Option<String> {
        let exercise = self.opened.get_untracked()?.write().ok()?;
        let kept = json!({
            "exercise": exercise,
            "answers": self.answers.get_untracked(),
            "student": self.student.get_untracked(),
            "before": self.before.get_value(),
        });
        Some(kept.to_string())
    }

    /// Takes up what was kept.
    pub fn restore(self, kept: &str) {
        let Ok(kept) = serde_json::from_str::<Value>(kept) else {
            return;
        };
        let exercise = kept["exercise"].as_str().map(Exercise::read);
        let Some(Ok(exercise)) = exercise else {
            return;
        };
        self.open(exercise);
        if let Ok(answers) = serde_json::from_value(kept["answers"].clone()) {
            self.answers.set(answers);
        }
        self.before
            .set_value(kept["before"].as_str().map(str::to_owned));
        self.student
            .set(kept["student"].as_str().unwrap_or_default().to_owned());
    }
}

/// Whether any of these checks needs a run.
pub fn needs_run(exercise: &Exercise) -> bool {
    let mut checks = exercise.checks.iter();
    checks.any(|item| item.check.needs() == Needs::Run)
}

/// The bound beside a value, and what of a drawing.
pub fn drawing_of(check: &Check) -> Option<&engine::exercise::Drawing> {
    match check {
        Check::Reads { drawing, .. } | Check::Flips { drawing, .. } => Some(drawing),
        _ => None,
    }
}
