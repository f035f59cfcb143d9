//! The network as the person's document: edits, undo and redo, what is selected, and the last
//! valid state, which is the one that runs.

use engine::format::Control;
use engine::graph::{Edit, Piece};
use engine::{Graph, NodeId, zoo};
use leptos::prelude::*;

use super::history::State;
use super::{Asked, Lab, settings};
use crate::frames::soon;
use crate::graph_view::Folding;
use crate::maps::let_pass;

/// An edit that could not be made; the network is as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Where the person was: the node that was to change.
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
        if !edits.iter().all(|edit| self.permits_edit(edit)) {
            return false;
        }
        match self.graph.with_untracked(|graph| graph.apply_all(edits)) {
            Ok(graph) => {
                let what = self.graph.with_untracked(|graph| words(graph, edits));
                self.refused.set(None);
                let origin = self.origin.get_untracked();
                self.replace_with(State { graph, origin }, &what);
                true
            }
            Err(error) => {
                let node = edits.iter().find_map(changed);
                let node = node.unwrap_or_else(|| self.selected.get_untracked());
                self.refuse(node, &error.to_string());
                false
            }
        }
    }

    /// Makes several changes as one step and selects what is new: the last of it, to go on from.
    pub fn insert(self, edits: &[Edit]) -> bool {
        let next = self.graph.with_untracked(Graph::next_id);
        let made = self.apply_all(edits);
        if made {
            let mut new = self.graph.with_untracked(|graph| {
                let ids = graph.nodes().iter().rev().map(|node| node.id);
                ids.filter(|&id| id >= next).collect::<Vec<_>>()
            });
            new.truncate(1);
            self.select_all(new);
        }
        made
    }

    /// Says at this node why nothing was changed.
    pub fn refuse(self, node: NodeId, why: &str) {
        let text = format!("Nothing was changed: {why}.");
        self.said.set(text.clone());
        self.refused.set(Some(Refusal { node, text }));
    }

    /// Puts another state of the document in the current one's place, as one step of the history.
    /// `what` goes on from “Undo: ”, `control` is what it changes the network by. `false` when that
    /// is locked.
    pub fn replace_as(self, control: Control, graph: Graph, what: &str) -> bool {
        if !self.permits(Control::Network) || !self.permits(control) {
            return false;
        }
        let origin = self.origin.get_untracked();
        self.replace_with(State { graph, origin }, what);
        true
    }

    fn replace_with(self, state: State, what: &str) {
        let old = self.state();
        if old.graph == state.graph && old.origin == state.origin {
            return;
        }
        self.history.update(|history| history.leave(old, what));
        self.put(state);
        self.said.set(format!("Done: {what}"));
    }

    pub(super) fn state(self) -> State {
        State {
            graph: self.graph.get_untracked(),
            origin: self.origin.get_untracked(),
        }
    }

    /// Takes the last edit back; `false` when there is none.
    pub fn undo_edit(self) -> bool {
        self.step(true)
    }

    /// Makes the edit that was taken back last once more; `false` when there is none.
    pub fn redo_edit(self) -> bool {
        self.step(false)
    }

    fn step(self, back: bool) -> bool {
        if !self.permits(Control::Undo) {
            return false;
        }
        let now = self.state();
        let what = self.history.with_untracked(|history| {
            let (done, what) = if back {
                ("Undone", history.undone_next())
            } else {
                ("Redone", history.redone_next())
            };
            format!("{done}: {}", what.unwrap_or_default())
        });
        let stepped = self.history.try_update(|history| history.step(back, now));
        match stepped {
            Some(Ok(Some(state))) => {
                self.refused.set(None);
                self.put(state);
                self.said.set(what);
                true
            }
            Some(Err(why)) => {
                let why = format!("the state that was kept cannot be read: {why}");
                self.refuse(self.selected.get_untracked(), &why);
                false
            }
            Some(Ok(None)) | None => false,
        }
    }

    /// What the next undo takes back, if there is anything.
    pub fn undone_next(self) -> Option<String> {
        self.history
            .with(|history| history.undone_next().map(str::to_owned))
    }

    /// What the next redo makes once more, if there is anything.
    pub fn redone_next(self) -> Option<String> {
        self.history
            .with(|history| history.redone_next().map(str::to_owned))
    }

    /// Opens a network of the zoo, in the next task; the one before can be had back by undo.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn open_preset(self, name: &str) -> Result<(), zoo::ZooError> {
        let entry = zoo::entry(name)?;
        if !self.permits(Control::Presets) || !self.permits(Control::Network) {
            return Ok(());
        }
        let graph = entry.graph(&zoo::Options::default())?;
        let origin = Some(entry.name);
        self.refused.set(None);
        if self.origin.get_untracked() != origin {
            self.leave_network();
        }
        // A task of its own: what stood for a network before goes in this one.
        soon(move || {
            let pristine = Some(graph.clone());
            self.replace_with(State { graph, origin }, &format!("open {}", entry.title));
            self.select_first();
            self.core(|core| core.pristine = pristine);
        });
        Ok(())
    }

    /// Opens a network that is none of the zoo, with random weights. `false` when that is locked.
    pub fn open_graph(self, graph: Graph) -> bool {
        self.open_as(graph, None)
    }

    /// Opens a network that came from the zoo's network `origin`, perhaps with edits since. `false`
    /// when that is locked.
    pub fn open_as(self, graph: Graph, origin: Option<&'static str>) -> bool {
        if !self.permits(Control::Presets) || !self.permits(Control::Network) {
            return false;
        }
        let what = format!("open {}", graph.name());
        self.refused.set(None);
        if self.origin.get_untracked() == origin {
            self.opening.update(|opening| *opening += 1);
        }
        self.replace_with(State { graph, origin }, &what);
        self.select_first();
        true
    }

    /// Nodes of another network that happen to have the same numbers are not what was selected.
    fn select_first(self) {
        self.select(self.graph.with_untracked(first));
    }

    fn put(self, state: State) {
        let State { graph, origin } = state;
        if self.origin.get_untracked() != origin {
            self.origin.set(origin);
            self.opened(origin);
            self.folding.set(Folding::usual(&graph));
        }
        self.put_graph(graph);
    }

    /// Another graph in the current one's place; of what is selected stays what is in it.
    pub(super) fn put_graph(self, graph: Graph) {
        let_pass();
        let there = |id: &NodeId| holds(&graph, *id);
        let selected = self.selected.get_untracked();
        let selection = self.selection.get_untracked();
        let mut kept = selection.clone();
        kept.retain(there);
        let first = if there(&selected) {
            selected
        } else {
            let fed = || {
                self.graph
                    .with_untracked(|before| fed(before, selected, there))
            };
            kept.first()
                .copied()
                .or_else(fed)
                .unwrap_or_else(|| graph.output())
        };
        if kept.is_empty() && !selection.is_empty() {
            kept.push(first);
        }
        self.graph.set(graph);
        if self.repairs.with_untracked(|all| !all.is_empty()) {
            self.repairs.update(|all| all.clear());
        }
        if self.selected.get_untracked() != first {
            self.selected.set(first);
        }
        if selection != kept {
            self.selection.set(kept);
        }
    }

    /// The person asks where numbers come from, or no longer does; asking twice is no longer.
    pub fn ask_formula(self, asked: Option<Asked>) {
        let same = self.asked.with_untracked(|before| *before == asked);
        if !same {
            self.asked.set(asked);
        } else if asked.is_some() {
            self.asked.set(None);
        }
    }

    /// The person looks at one of the selected nodes.
    pub fn look_at(self, node: NodeId) {
        self.selected.set(node);
    }

    /// Selects a node and opens the blocks around it.
    pub fn show_node(self, node: NodeId) {
        let around: Vec<_> = self.graph.with_untracked(|graph| {
            let blocks = graph.blocks().iter();
            let around = blocks.filter(|block| block.nodes.contains(&node));
            self.folding
                .with_untracked(|folding| around.filter(|it| folding.folds(it)).cloned().collect())
        });
        if !around.is_empty() {
            let open = |folding: &mut Folding| around.iter().for_each(|it| folding.toggle(it));
            self.folding.update(open);
        }
        self.select(node);
    }

    /// The person wants the network as a list, or as a picture.
    pub fn show_list(self, list: bool) {
        if !self.permits(Control::View) {
            return;
        }
        self.listed.set(list);
        settings::write("view", if list { "list" } else { "graph" });
    }

    /// The person opens or closes the palette.
    pub fn open_palette(self, open: bool) {
        self.palette_open.set(open);
        settings::write("palette", if open { "open" } else { "closed" });
    }

    /// The person looks at a node, and at this one only; at nothing new where it has gone while it
    /// was pressed.
    pub fn select(self, node: NodeId) {
        if self.graph.with_untracked(|graph| holds(graph, node)) {
            self.selection.set(vec![node]);
            self.selected.set(node);
        }
    }

    /// The person adds a node to those selected, or takes it away.
    pub fn select_also(self, node: NodeId) {
        let there = self.graph.with_untracked(|graph| holds(graph, node));
        self.selection.update(|selection| {
            match selection.iter().position(|&other| other == node) {
                Some(place) => {
                    selection.remove(place);
                }
                None if there => selection.push(node),
                None => {}
            }
        });
        if let Some(&last) = self.selection.get_untracked().last() {
            self.selected.set(last);
        }
    }
}

/// Whether there is such a node, or it is the input.
pub(super) fn holds(graph: &Graph, node: NodeId) -> bool {
    node == NodeId::INPUT || graph.node(node).is_some()
}

/// What fed this node, or fed that, until one is still there.
fn fed(before: &Graph, node: NodeId, there: impl Fn(&NodeId) -> bool) -> Option<NodeId> {
    let feeds = |&id: &NodeId| before.node(id)?.inputs.first().copied();
    std::iter::successors(feeds(&node), feeds).find(there)
}

/// The node that is selected where the person has chosen none: the first, or the input.
pub(super) fn first(graph: &Graph) -> NodeId {
    graph.nodes().first().map_or(NodeId::INPUT, |node| node.id)
}

/// The node that an edit is about, where it is about one.
pub const fn changed(edit: &Edit) -> Option<NodeId> {
    match edit {
        Edit::Connect { to: node, .. }
        | Edit::Disconnect { to: node, .. }
        | Edit::Remove { node }
        | Edit::SetLayer { node, .. }
        | Edit::Replace { node, .. }
        | Edit::Rename { node, .. }
        | Edit::Duplicate { node }
        | Edit::Paste { after: node, .. }
        | Edit::Move { node, .. } => Some(*node),
        Edit::Insert { .. }
        | Edit::RemoveBlock { .. }
        | Edit::RenameGraph { .. }
        | Edit::RenameBlock { .. }
        | Edit::DuplicateBlock { .. }
        | Edit::DuplicateNodes { .. }
        | Edit::Wrap { .. }
        | Edit::Unwrap { .. }
        | Edit::SetInput { .. } => None,
    }
}

/// What these edits of this graph do, going on from “Undo: ”.
fn words(graph: &Graph, edits: &[Edit]) -> String {
    let name = |id: NodeId| graph.node(id).map_or("input", |node| node.name.as_str());
    let block = |at: usize| {
        graph
            .blocks()
            .get(at)
            .map_or("", |block| block.name.as_str())
    };
    let Some(first) = edits.first() else {
        return String::new();
    };
    let mut words = match first {
        Edit::Insert { piece, .. } => match piece {
            Piece::Layer(layer) => format!("insert {}", layer.title()),
            Piece::Block(block) => format!("insert {}", block.title()),
        },
        Edit::Remove { node } => format!("delete {}", name(*node)),
        Edit::RemoveBlock { block: at } => format!("delete {}", block(*at)),
        Edit::Connect { from, to, .. } => format!("connect {} to {}", name(*from), name(*to)),
        Edit::Disconnect { to, .. } => format!("disconnect an input of {}", name(*to)),
        Edit::SetLayer { node, .. } => format!("change {}", name(*node)),
        Edit::Replace { node, .. } => format!("replace {}", name(*node)),
        Edit::Rename { node, .. } => format!("rename {}", name(*node)),
        Edit::RenameGraph { .. } => "rename the network".into(),
        Edit::RenameBlock { block: at, .. } => format!("rename {}", block(*at)),
        Edit::Duplicate { node } => format!("duplicate {}", name(*node)),
        Edit::DuplicateBlock { block: at } => format!("duplicate {}", block(*at)),
        Edit::DuplicateNodes { nodes } => match &nodes[..] {
            [] => "duplicate".into(),
            [node] => format!("duplicate {}", name(*node)),
            [node, others @ ..] => {
                format!("duplicate {} and {} more", name(*node), others.len())
            }
        },
        Edit::Paste { .. } => "paste".into(),
        Edit::Move { node, .. } => format!("move {}", name(*node)),
        Edit::Wrap { name, .. } => format!("wrap as {name}"),
        Edit::Unwrap { block: at } => format!("unwrap {}", block(*at)),
        Edit::SetInput { .. } => "change the input".into(),
    };
    if edits.len() > 1 {
        words += &format!(" and {} more", edits.len() - 1);
    }
    words
}
