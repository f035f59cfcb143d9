//! A race: several networks or settings that train under the same rule from several seeds each.

pub mod drawing;
mod entrant;
mod meter;
mod result;
mod rule;
mod verdict;

use std::sync::Arc;

use engine::Graph;
use engine::train::Settings;
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{GetUntracked, Set, Update, WithUntracked};

pub use self::entrant::{Entrant, Images, Ready, ready};
pub use self::meter::Meter;
pub use self::result::{Band, Entry, Mark, Outcome, Trial};
pub use self::rule::{Epoch, Measure, Rule, RuleError, TRAINING_PASSES, validate_every};
pub use self::verdict::{Kind, Verdict, verdict};

use crate::signals::set_if_changed;

/// Entrants at least and at most.
pub const FEWEST: usize = 2;
pub const MOST: usize = 4;
/// Seeds of each entrant at most.
pub const MOST_SEEDS: u32 = 5;

/// The training of a race that is under way.
#[derive(Clone, Debug, PartialEq)]
pub struct UnderWay {
    /// The race's number, so that what an earlier one tells is not taken for this one's.
    pub race: u64,
    /// What is done, such as “LeNet-5, seed 2”.
    pub what: String,
    /// Trainings that are over, and all.
    pub done: usize,
    pub of: usize,
    /// Of the training under way, 0 to 1.
    pub share: f64,
}

/// See the module.
#[derive(Clone, Copy)]
pub struct Race {
    entrants: RwSignal<Vec<Entrant>>,
    rule: RwSignal<Rule>,
    seeds: RwSignal<u32>,
    under_way: RwSignal<Option<UnderWay>>,
    outcome: RwSignal<Option<Arc<Outcome>>>,
    failure: RwSignal<Option<String>>,
    /// The number of the last entrant.
    last: RwSignal<u64>,
}

readable!(Race {
    /// In the order in which they were added.
    entrants: Vec<Entrant>,
    /// What the next race is equal in.
    rule: Rule,
    /// Seeds of each entrant, from 1 on.
    seeds: u32,
    /// The race under way.
    under_way: Option<UnderWay>,
    /// What the last race came to, or this one so far.
    outcome: Option<Arc<Outcome>>,
    /// Why an entrant was refused or no race begins, as a sentence.
    failure: Option<String>,
});

impl Race {
    pub(super) fn new() -> Self {
        Self {
            entrants: RwSignal::default(),
            rule: RwSignal::default(),
            seeds: RwSignal::new(3),
            under_way: RwSignal::default(),
            outcome: RwSignal::default(),
            failure: RwSignal::default(),
            last: RwSignal::default(),
        }
    }

    /// Adds a network with settings, unless it is there already or does not fit the images.
    pub fn add(self, name: &str, graph: Arc<Graph>, settings: Settings, on: Option<&Images>) {
        let refusal = self.entrants.with_untracked(|all| {
            let same = |it: &&Entrant| it.graph == graph && it.settings == settings;
            if let Some(same) = all.iter().find(same) {
                let name = &same.name;
                return Some(format!(
                    "{name} is the same network with the same settings. Change a setting, or add \
                     another network."
                ));
            }
            if all.len() >= MOST {
                return Some(format!(
                    "A race has {MOST} entrants at most. Remove one to add {name}."
                ));
            }
            let why = on.and_then(|on| ready(&graph, &settings, on).err())?;
            Some(format!("{name} was not added: {why}"))
        });
        let free = refusal.is_none();
        set_if_changed(self.failure, refusal);
        if !free {
            return;
        }
        let number = self.last.get_untracked() + 1;
        self.last.set(number);
        self.entrants.update(|all| {
            let name = unused(name, all);
            all.push(Entrant {
                number,
                name,
                graph,
                settings,
            });
        });
    }

    pub fn remove(self, number: u64) {
        set_if_changed(self.failure, None);
        self.entrants
            .update(|all| all.retain(|it| it.number != number));
    }

    /// Renames an entrant; a name of spaces is none, and it keeps its own.
    pub fn rename(self, number: u64, name: &str) {
        let name = name.trim();
        if name.is_empty() {
            return;
        }
        self.entrants.update(|all| {
            if let Some(entrant) = all.iter_mut().find(|it| it.number == number) {
                name.clone_into(&mut entrant.name);
            }
        });
        // A result of this entrant is shown under its name.
        let outcome = self.outcome.get_untracked();
        let Some(mut outcome) = outcome.map(Arc::unwrap_or_clone) else {
            return;
        };
        let entry = outcome.entries.iter_mut().find(|it| it.number == number);
        if let Some(entry) = entry {
            name.clone_into(&mut entry.name);
            self.outcome.set(Some(Arc::new(outcome)));
        }
    }

    /// Another measure begins with its usual amount.
    pub fn set_measure(self, measure: Measure) {
        let amount = measure.usual();
        if self.rule.get_untracked().measure != measure {
            self.rule.set(Rule { measure, amount });
        }
    }

    /// Takes a typed amount.
    ///
    /// # Errors
    /// When it is no number above 0.
    pub fn set_amount(self, text: &str) -> Result<(), String> {
        let amount = text.trim().replace(',', "").parse::<f64>();
        let amount = amount.ok().filter(|it| it.is_finite() && *it > 0.0);
        let amount = amount.ok_or_else(|| RuleError::Amount.to_string())?;
        self.rule.update(|rule| rule.amount = amount);
        Ok(())
    }

    pub fn set_seeds(self, seeds: u32) {
        set_if_changed(self.seeds, seeds.clamp(1, MOST_SEEDS));
    }

    pub fn fail(self, why: Option<String>) {
        set_if_changed(self.failure, why);
    }

    /// A race begins.
    pub fn begin(self, first: UnderWay) {
        self.failure.set(None);
        self.outcome.set(None);
        self.under_way.set(Some(first));
    }

    /// Whether this race is under way.
    pub fn is_under_way(self, race: u64) -> bool {
        self.under_way
            .with_untracked(|it| it.as_ref().is_some_and(|it| it.race == race))
    }

    /// Changes what is told of this race's progress.
    pub fn progress(self, race: u64, change: impl FnOnce(&mut UnderWay)) {
        if self.is_under_way(race) {
            self.under_way.update(|it| {
                if let Some(it) = it {
                    change(it);
                }
            });
        }
    }

    /// What the race has come to so far.
    pub fn tell(self, race: u64, outcome: Outcome) {
        if self.is_under_way(race) {
            self.outcome.set(Some(Arc::new(outcome)));
        }
    }

    /// This race is over.
    pub fn end(self, race: u64) {
        if self.is_under_way(race) {
            self.under_way.set(None);
        }
    }
}

/// This name, with a number where another entrant has it.
fn unused(name: &str, all: &[Entrant]) -> String {
    let taken = |name: &str| all.iter().any(|it| it.name == name);
    let numbered = (2..=MOST + 1).map(|at| format!("{name} ({at})"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names
        .find(|name| !taken(name))
        .unwrap_or_else(|| name.to_owned())
}
