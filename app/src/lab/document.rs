//! The network as the person's document: edits, undo and redo, what is selected, and the last
//! valid state, which is the one that runs.

use engine::graph::Edit;
use engine::{Graph, NodeId, zoo};
use leptos::prelude::*;

use super::Lab;
use crate::graph_view::Folding;

/// How many edits can be undone.
const UNDO: usize = 500;

/// A network and where it comes from.
#[derive(Clone, Debug)]
pub struct State {
    pub graph: Graph,
    /// The zoo's name of the network it was opened as, for its weights.
    pub origin: Option<&'static str>,
}

/// The states before and after the current one.
#[derive(Clone, Debug, Default)]
pub struct History {
    before: Vec<State>,
    after: Vec<State>,
}

/// An edit that could not be made; the network is as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Where the person was: the selected node.
    pub node: NodeId,
    pub text: String,
}

impl Lab {
    /// Makes one change to the network. `false` when it was refused; [`Lab::refused`] says why.
    pub fn apply(self, edit: Edit) -> bool {
        self.apply_all(&[edit])
    }

    /// Makes several changes as one step of the history, or none of them.
    pub fn apply_all(self, edits: &[Edit]) -> bool {
        match self.graph.with_untracked(|graph| graph.apply_all(edits)) {
            Ok(graph) => {
                self.refused.set(None);
                self.replace(graph);
                true
            }
            Err(error) => {
                self.refused.set(Some(Refusal {
                    node: self.selected.get_untracked(),
                    text: format!("Nothing was changed: {error}."),
                }));
                false
            }
        }
    }

    /// Puts another state of the document in the current one's place, as one step of the history.
    pub fn replace(self, graph: Graph) {
        let origin = self.origin.get_untracked();
        self.replace_with(State { graph, origin });
    }

    fn replace_with(self, state: State) {
        let old = self.state();
        if old.graph == state.graph && old.origin == state.origin {
            return;
        }
        self.history.update(|history| {
            history.before.push(old);
            if history.before.len() > UNDO {
                history.before.remove(0);
            }
            history.after.clear();
        });
        self.put(state);
    }

    fn state(self) -> State {
        State {
            graph: self.graph.get_untracked(),
            origin: self.origin.get_untracked(),
        }
    }

    /// Takes the last edit back; `false` when there is none.
    pub fn undo_edit(self) -> bool {
        self.step(|history| (&mut history.before, &mut history.after))
    }

    /// Makes the edit that was taken back last once more; `false` when there is none.
    pub fn redo_edit(self) -> bool {
        self.step(|history| (&mut history.after, &mut history.before))
    }

    fn step(self, ways: impl FnOnce(&mut History) -> (&mut Vec<State>, &mut Vec<State>)) -> bool {
        let now = self.state();
        let state = self.history.try_update(|history| {
            let (from, to) = ways(history);
            let state = from.pop()?;
            to.push(now);
            Some(state)
        });
        let Some(state) = state.flatten() else {
            return false;
        };
        self.refused.set(None);
        self.put(state);
        true
    }

    pub fn can_undo_edit(self) -> bool {
        self.history.with(|history| !history.before.is_empty())
    }

    pub fn can_redo_edit(self) -> bool {
        self.history.with(|history| !history.after.is_empty())
    }

    /// Opens a network of the zoo; the one before can be had back by undo.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn open_preset(self, name: &str) -> Result<(), zoo::ZooError> {
        let entry = zoo::entry(name)?;
        let graph = entry.graph(&zoo::Options::default())?;
        let origin = Some(entry.name);
        self.replace_with(State { graph, origin });
        Ok(())
    }

    /// Opens a network that is none of the zoo, with random weights.
    pub fn open_graph(self, graph: Graph) {
        let origin = None;
        self.replace_with(State { graph, origin });
    }

    fn put(self, state: State) {
        let State { graph, origin } = state;
        if self.origin.get_untracked() != origin {
            self.origin.set(origin);
            self.opened(origin);
            self.folding.set(Folding::usual(&graph));
        }
        let there = |id: &NodeId| *id == NodeId::INPUT || graph.node(*id).is_some();
        let selected = self.selected.get_untracked();
        let kept: Vec<NodeId> = self
            .selection
            .get_untracked()
            .into_iter()
            .filter(there)
            .collect();
        let first = if there(&selected) {
            selected
        } else {
            kept.first().copied().unwrap_or_else(|| graph.output())
        };
        self.graph.set(graph);
        if self.selected.get_untracked() != first {
            self.selected.set(first);
        }
        if self.selection.get_untracked() != kept {
            self.selection.set(kept);
        }
    }

    /// The person looks at a node, and at this one only.
    pub fn select(self, node: NodeId) {
        self.selection.set(vec![node]);
        self.selected.set(node);
    }

    /// The person adds a node to those selected, or takes it away.
    pub fn select_also(self, node: NodeId) {
        self.selection.update(|selection| {
            match selection.iter().position(|&other| other == node) {
                Some(place) => {
                    selection.remove(place);
                }
                None => selection.push(node),
            }
        });
        if let Some(&last) = self.selection.get_untracked().last() {
            self.selected.set(last);
        }
    }
}
