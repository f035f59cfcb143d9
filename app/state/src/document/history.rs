//! The undo and redo states. States loaded from the browser's storage stay packed until undo or
//! redo needs them: unpacking 500 states of a large network takes seconds.

use std::collections::HashMap;
use std::sync::Arc;

use engine::format::experiment::{Experiment, Settings};
use engine::format::{json, share};
use engine::{Graph, zoo};

use super::OwnWeights;
use crate::library::record::{KeptWeights, Step, Trail};

/// How many edits can be undone.
const UNDO: usize = 500;

/// A network, where it comes from and its weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    pub graph: Graph,
    /// The zoo's name of the network that was opened, for its weights.
    pub origin: Option<&'static str>,
    /// The weights that take the place of those.
    pub weights: Option<OwnWeights>,
}

impl Snapshot {
    /// Without weights of the person's own, which no document carries. `None` where this version's
    /// zoo has no such network.
    pub fn of(experiment: &Experiment) -> Self {
        let origin = experiment.settings.origin.as_deref();
        Self {
            graph: experiment.graph.clone(),
            origin: zoo::NAMES.into_iter().find(|name| Some(*name) == origin),
            weights: None,
        }
    }

    /// Whether this is the person's own network: built, imported, edited, or with weights of its own.
    /// An empty network and those of the zoo as they are can be opened again at any time.
    pub fn is_own(&self) -> bool {
        if self.weights.is_some() {
            return true;
        }
        let entry = self.origin.and_then(|name| zoo::entry(name).ok());
        let published = entry.and_then(|entry| entry.graph(&zoo::Options::default()).ok());
        !self.graph.nodes().is_empty() && published.as_ref() != Some(&self.graph)
    }

    /// Whether its weights are these: those of one checkpoint, or those that the zoo's network
    /// `origin` is opened with.
    pub fn has_weights(&self, weights: Option<&OwnWeights>, origin: Option<&'static str>) -> bool {
        let own = self.weights.as_ref().map(|it| it.number);
        own == weights.map(|it| it.number) && (own.is_some() || self.origin == origin)
    }

    /// The network and where it comes from, as the storage keeps them; the record beside it says
    /// which weights it has.
    ///
    /// # Errors
    /// When it exceeds the size limit of reading.
    pub fn pack(&self) -> Result<String, String> {
        let graph = share::pack(&self.graph).map_err(|error| error.to_string())?;
        self.with_packed(&graph)
    }

    /// As [`Self::pack`], for a graph that is packed already.
    ///
    /// # Errors
    /// As [`Self::pack`].
    pub fn with_packed(&self, graph: &str) -> Result<String, String> {
        let settings = Settings {
            origin: self.origin.map(str::to_owned),
            ..Settings::default()
        };
        json::write_packed(&settings, graph).map_err(|error| error.to_string())
    }
}

#[derive(Clone, Debug)]
enum Held {
    Open(Snapshot),
    /// See [`Snapshot::pack`], the function that unpacks it (its code is fetched after the page's
    /// start), and the weights.
    Packed(
        Arc<str>,
        fn(&str) -> Result<Snapshot, String>,
        Option<OwnWeights>,
    ),
}

impl Held {
    fn open(&self) -> Result<Snapshot, String> {
        match self {
            Self::Open(state) => Ok(state.clone()),
            Self::Packed(text, unpack, weights) => Ok(Snapshot {
                weights: weights.clone(),
                ..unpack(text)?
            }),
        }
    }

    const fn weights(&self) -> Option<&OwnWeights> {
        match self {
            Self::Open(state) => state.weights.as_ref(),
            Self::Packed(_, _, weights) => weights.as_ref(),
        }
    }
}

fn unpack(text: &str) -> Result<Snapshot, String> {
    let experiment = json::read_experiment(text).map_err(|error| error.to_string())?;
    Ok(Snapshot::of(&experiment))
}

/// A state other than the current one, and the edit between it and its neighbour on the side of the
/// current one.
#[derive(Clone, Debug)]
struct Past {
    number: u64,
    held: Held,
    what: String,
}

/// See the module. Each state has a number that is unique within its experiment.
#[derive(Clone, Debug, Default)]
pub struct History {
    before: Vec<Past>,
    after: Vec<Past>,
    now: u64,
    next: u64,
}

impl History {
    /// The current state's number.
    pub const fn now(&self) -> u64 {
        self.now
    }

    /// Describes the edit that the next undo reverts, if any.
    pub fn undo_description(&self) -> Option<&str> {
        Some(&self.before.last()?.what)
    }

    /// Describes the edit that the next redo repeats, if any.
    pub fn redo_description(&self) -> Option<&str> {
        Some(&self.after.last()?.what)
    }

    /// Pushes the current state onto the undo stack; a new state follows.
    pub fn leave(&mut self, state: Snapshot, what: &str) {
        self.before.push(Past {
            number: self.now,
            held: Held::Open(state),
            what: what.to_owned(),
        });
        if self.before.len() > UNDO {
            self.before.remove(0);
        }
        self.after.clear();
        self.now = self.next.max(self.now + 1);
        self.next = self.now + 1;
    }

    /// The current state has changed without a step of its own: `what` describes from now on the edit
    /// that led to it.
    pub fn amend(&mut self, what: &str) {
        if let Some(last) = self.before.last_mut() {
            what.clone_into(&mut last.what);
        }
        self.after.clear();
        self.now = self.next.max(self.now + 1);
        self.next = self.now + 1;
    }

    /// The current state becomes the first one where only one is before it.
    pub fn join_first(&mut self) {
        if self.before.len() == 1 {
            self.before.clear();
        }
    }

    /// Moves one step back or forward and returns the state that becomes current; `None` at either
    /// end.
    ///
    /// # Errors
    /// When the stored state cannot be read; then nothing changes.
    pub fn step(&mut self, back: bool, current: Snapshot) -> Result<Option<Snapshot>, String> {
        let (from, to) = if back {
            (&mut self.before, &mut self.after)
        } else {
            (&mut self.after, &mut self.before)
        };
        let Some(past) = from.last() else {
            return Ok(None);
        };
        let state = past.held.open()?;
        if let Some(past) = from.pop() {
            to.push(Past {
                number: self.now,
                held: Held::Open(current),
                what: past.what,
            });
            self.now = past.number;
        }
        Ok(Some(state))
    }

    /// The unpacked states that are not in `kept`, oldest first.
    pub fn unkept(&self, kept: impl Fn(u64) -> bool) -> Vec<u64> {
        let all = self.before.iter().chain(self.after.iter().rev());
        let all = all.filter(|past| !kept(past.number));
        all.map(|past| past.number).collect()
    }

    /// A state other than the current one, packed for the storage.
    ///
    /// # Errors
    /// When it is too large.
    pub fn pack(&self, number: u64) -> Option<Result<String, String>> {
        let mut all = self.before.iter().chain(&self.after);
        let past = all.find(|past| past.number == number)?;
        Some(match &past.held {
            Held::Open(state) => state.pack(),
            Held::Packed(text, _, _) => Ok(text.to_string()),
        })
    }

    /// A state other than the current one.
    pub fn state(&self, number: u64) -> Option<Snapshot> {
        let mut all = self.before.iter().chain(&self.after);
        all.find(|past| past.number == number)?.held.open().ok()
    }

    /// The numbers of the states and descriptions of the edits; `running` is the number of the
    /// running state.
    pub fn trail(&self, running: u64) -> Trail {
        let steps = |list: &[Past]| -> Vec<Step> {
            list.iter()
                .map(|past| (past.number, past.what.clone()))
                .collect()
        };
        Trail {
            now: self.now,
            next: self.next,
            running,
            before: steps(&self.before),
            after: steps(&self.after),
        }
    }

    /// The weights that the states have, where the current one has these: each once, with the
    /// numbers of its states.
    pub fn weights(&self, now: Option<&OwnWeights>) -> Vec<KeptWeights> {
        let past = self.before.iter().chain(&self.after);
        let past = past.map(|past| (past.number, past.held.weights()));
        let mut all: Vec<KeptWeights> = Vec::new();
        for (state, weights) in past.chain([(self.now, now)]) {
            let Some(weights) = weights else { continue };
            match all.iter_mut().find(|it| it.weights == *weights) {
                Some(kept) => kept.states.push(state),
                None => all.push(KeptWeights {
                    weights: weights.clone(),
                    states: vec![state],
                }),
            }
        }
        all
    }

    /// The history of this trail, whose states have these weights. Where a state is missing the
    /// history begins after it.
    pub fn of(trail: &Trail, states: Vec<Step>, weights: &[KeptWeights]) -> Self {
        let weights_of = |state: u64| {
            let kept = weights.iter().find(|it| it.states.contains(&state));
            kept.map(|kept| kept.weights.clone())
        };
        let states: HashMap<u64, Arc<str>> = states
            .into_iter()
            .map(|(number, text)| (number, text.into()))
            .collect();
        // Nearest to the current state first.
        let list = |steps: &[Step]| {
            let near = steps.iter().rev().map_while(|(number, what)| {
                Some(Past {
                    number: *number,
                    held: Held::Packed(
                        Arc::clone(states.get(number)?),
                        unpack,
                        weights_of(*number),
                    ),
                    what: what.clone(),
                })
            });
            let mut list: Vec<Past> = near.collect();
            list.reverse();
            list
        };
        Self {
            before: list(&trail.before),
            after: list(&trail.after),
            now: trail.now,
            next: trail.next,
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::graph::Edit;

    use super::*;

    fn state(name: &str) -> Snapshot {
        let graph = zoo::lenet5().unwrap();
        let name = name.to_owned();
        Snapshot {
            graph: graph.apply(&Edit::RenameGraph { name }).unwrap(),
            origin: Some("lenet-5"),
            weights: None,
        }
    }

    /// States A to E, then two steps of undo: C is current.
    fn walked() -> History {
        let mut history = History::default();
        for name in ["A", "B", "C", "D"] {
            history.leave(state(name), &format!("leave {name}"));
        }
        assert_eq!(history.step(true, state("E")), Ok(Some(state("D"))));
        assert_eq!(history.step(true, state("D")), Ok(Some(state("C"))));
        history
    }

    /// Stored and loaded again.
    fn kept(history: &History) -> History {
        let numbers = history.unkept(|_| false);
        let pack = |number| (number, history.pack(number).unwrap().unwrap());
        let states: Vec<Step> = numbers.into_iter().map(pack).collect();
        History::of(&history.trail(history.now()), states, &[])
    }

    #[test]
    fn a_network_of_the_zoo_as_it_is_is_nobodys_own() {
        let published = Snapshot {
            graph: zoo::lenet5().unwrap(),
            ..state("A")
        };
        assert!(!published.is_own());
        assert!(state("A").is_own(), "it was edited");
        let imported = Snapshot {
            origin: None,
            ..published
        };
        assert!(imported.is_own());
        let empty = engine::graph::GraphBuilder::new("My network", imported.graph.input());
        let empty = Snapshot {
            graph: empty.finish().unwrap(),
            ..imported
        };
        assert!(!empty.is_own());
    }

    #[test]
    fn a_restored_history_can_be_undone_and_redone() {
        let history = walked();
        let mut again = kept(&history);
        assert_eq!(again.trail(2), history.trail(2));
        assert_eq!(again.redo_description(), Some("leave C"));
        assert_eq!(again.step(true, state("C")), Ok(Some(state("B"))));
        assert_eq!(again.step(true, state("B")), Ok(Some(state("A"))));
        assert_eq!(again.step(true, state("A")), Ok(None));
        for name in ["B", "C", "D", "E"] {
            assert_eq!(again.step(false, state("-")), Ok(Some(state(name))));
        }
        assert_eq!(again.step(false, state("E")), Ok(None));
    }

    #[test]
    fn a_new_state_after_restoring_has_a_unique_number() {
        let mut history = kept(&walked());
        history.leave(state("C"), "change");
        let mut numbers = history.unkept(|_| false);
        numbers.push(history.now());
        let count = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), count);
    }

    #[test]
    fn a_missing_state_ends_the_history_and_a_damaged_one_is_reported() {
        let history = walked();
        let trail = history.trail(2);
        let pack = |number| (number, history.pack(number).unwrap().unwrap());
        let mut states: Vec<Step> = history.unkept(|it| it == 0).into_iter().map(pack).collect();
        let mut again = History::of(&trail, states.clone(), &[]);
        assert!(matches!(again.step(true, state("C")), Ok(Some(_))));
        assert_eq!(again.step(true, state("B")), Ok(None));
        states.iter_mut().for_each(|state| state.1.truncate(20));
        let mut broken = History::of(&trail, states, &[]);
        assert!(broken.step(true, state("C")).is_err());
        assert_eq!(broken.now(), history.now());
    }

    #[test]
    fn at_most_500_steps_are_kept() {
        let mut history = History::default();
        let one = state("A");
        for _ in 0..510 {
            history.leave(one.clone(), "change");
        }
        assert_eq!(history.trail(0).before.len(), UNDO);
    }
}
