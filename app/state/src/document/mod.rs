//! The edited network: the graph, its history, origin and locks, and the last valid state, which is
//! the running one.

pub mod history;
mod locks;
mod notes;
mod repairs;
mod unchanged;
mod weights;
mod words;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use engine::analysis::Repair;
use engine::format::Locks;
use engine::format::experiment::USUAL_SEED;
use engine::graph::Edit;
use engine::{Analysis, Graph, NodeId, Shape};
use reactive_graph::computed::Memo;
use reactive_graph::owner::StoredValue;
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{
    Get, GetUntracked, GetValue, Set, SetValue, Update, With, WithUntracked,
};

pub use self::history::{History, Snapshot};
pub use self::locks::{LOCKED, control_of, title};
pub use self::notes::{dangles, necessary};
pub use self::weights::{Opening, OwnWeights};
pub use self::words::description;

use crate::signals::set_if_changed;

/// A refused edit; the network is unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The node that the edit was about.
    pub node: NodeId,
    pub text: String,
}

/// Called when another network is opened, or the same one gets other weights.
type OnOpen = Arc<dyn Fn(Opening) + Send + Sync>;

/// See the module.
#[derive(Clone, Copy)]
pub struct Document {
    graph: RwSignal<Graph>,
    running: RwSignal<Graph>,
    origin: RwSignal<Option<&'static str>>,
    weights: RwSignal<Option<OwnWeights>>,
    opening: RwSignal<u64>,
    history: RwSignal<History>,
    refusal: RwSignal<Option<Refusal>>,
    title: RwSignal<Option<String>>,
    seed: RwSignal<u64>,
    locks: RwSignal<Locks>,
    announcement: RwSignal<String>,
    repairs: RwSignal<HashMap<NodeId, Option<Vec<Repair>>>>,
    /// The analysis of the graph.
    pub analysis: Memo<Analysis>,
    /// The nodes that are unchanged in the running graph; `None` while all are.
    pub unchanged: Memo<Option<HashSet<NodeId>>>,
    on_open: StoredValue<Option<OnOpen>>,
}

readable!(Document {
    /// The document, which may have problems while it is edited.
    graph: Graph,
    /// The last valid state of the document, which is the running one.
    running: Graph,
    /// The zoo's name of the network that the document was opened as.
    origin: Option<&'static str>,
    /// The weights that take the place of those that the network is opened with.
    weights: Option<OwnWeights>,
    /// The number of networks opened so far.
    opening: u64,
    /// The states before and after the current one.
    history: History,
    /// The last refused edit, until an edit succeeds.
    refusal: Option<Refusal>,
    /// The user's name for the experiment; the network's name is used without one.
    title: Option<String>,
    /// The seed of random weights.
    seed: u64,
    /// What the experiment's author has locked or hidden.
    locks: Locks,
    /// The announcement of the last edit for screen readers.
    announcement: String,
    /// Repairs of the document's problems by node; `None` while they are computed.
    repairs: HashMap<NodeId, Option<Vec<Repair>>>,
});

impl Document {
    pub(crate) fn new(graph: Graph) -> Self {
        let running = RwSignal::new(graph.clone());
        let graph = RwSignal::new(graph);
        let analysis = Memo::new(move |_| graph.with(Analysis::of));
        let unchanged = Memo::new(move |_| {
            let valid = analysis.with(Analysis::is_valid);
            (!valid).then(|| graph.with(|graph| running.with(|it| unchanged::of(graph, it))))
        });
        Self {
            graph,
            running,
            origin: RwSignal::new(None),
            weights: RwSignal::new(None),
            opening: RwSignal::new(0),
            history: RwSignal::default(),
            refusal: RwSignal::new(None),
            title: RwSignal::new(None),
            seed: RwSignal::new(USUAL_SEED),
            locks: RwSignal::default(),
            announcement: RwSignal::default(),
            repairs: RwSignal::default(),
            analysis,
            unchanged,
            on_open: StoredValue::new(None),
        }
    }

    /// Sets the function that is called when another network is opened, or the same one gets other
    /// weights.
    pub fn when_opened(self, act: impl Fn(Opening) + Send + Sync + 'static) {
        self.on_open.set_value(Some(Arc::new(act)));
    }

    /// The current state, as the history keeps it.
    pub fn snapshot(self) -> Snapshot {
        Snapshot {
            graph: self.graph.get_untracked(),
            origin: self.origin.get_untracked(),
            weights: self.weights.get_untracked(),
        }
    }

    /// The title of the experiment.
    pub fn name(self) -> String {
        let network = || self.graph.with_untracked(|graph| graph.name().to_owned());
        self.title.get_untracked().unwrap_or_else(network)
    }

    /// Names the experiment.
    pub fn set_title(self, title: Option<String>) {
        self.title.set(title);
    }

    /// Describes the edit that the next undo reverts, if any.
    pub fn undo_description(self) -> Option<String> {
        self.history
            .with(|history| history.undo_description().map(str::to_owned))
    }

    /// Describes the edit that the next redo repeats, if any.
    pub fn redo_description(self) -> Option<String> {
        self.history
            .with(|history| history.redo_description().map(str::to_owned))
    }

    /// Sets the refusal of an edit at this node.
    pub fn refuse(self, node: NodeId, why: &str) {
        let text = format!("Nothing was changed: {why}.");
        self.announcement.set(text.clone());
        self.refusal.set(Some(Refusal { node, text }));
    }

    /// Forgets the last refusal.
    pub fn clear_refusal(self) {
        self.refusal.set(None);
    }

    /// Sets the announcement for screen readers.
    pub fn announce(self, text: String) {
        self.announcement.set(text);
    }

    /// Another network is shown: clears the state of the previous one.
    pub fn count_opening(self) {
        self.opening.update(|opening| *opening += 1);
    }

    /// Sets the running state of the document, which must be valid.
    pub fn set_running(self, graph: Graph) {
        self.running.set(graph);
    }

    /// The shape of a node's output; `None` where a problem leaves it unknown.
    pub fn shape_of(self, node: NodeId) -> Option<Shape> {
        self.graph
            .with_untracked(|graph| self.analysis.with_untracked(|it| shape_of(graph, it, node)))
    }

    /// How the network that was opened prepares photos.
    pub fn preparation(self) -> engine::data::Preparation {
        let origin = self.origin.get();
        origin.map_or_else(Default::default, engine::zoo::preparation)
    }

    /// Whether the network that runs has three input channels, as colour photos do.
    pub fn takes_colour(self) -> bool {
        self.running
            .with_untracked(|graph| graph.input().channels == 3)
    }

    pub(crate) fn leave(self, state: Snapshot, what: &str) {
        self.history.update(|history| history.leave(state, what));
    }

    /// See [`History::amend`].
    pub(crate) fn amend(self, what: &str) {
        self.history.update(|history| history.amend(what));
    }

    /// See [`History::join_first`].
    pub fn join_first(self) {
        self.history.update(History::join_first);
    }

    /// Moves one step through the history; see [`History::step`].
    pub(crate) fn step(self, back: bool) -> Result<Option<Snapshot>, String> {
        let now = self.snapshot();
        let mut stepped = Ok(None);
        self.history
            .update(|history| stepped = history.step(back, now));
        stepped
    }

    pub(crate) fn set_history(self, history: History) {
        self.history.set(history);
    }

    pub(crate) fn set_graph(self, graph: Graph) {
        self.graph.set(graph);
        if self.repairs.with_untracked(|all| !all.is_empty()) {
            self.repairs.update(HashMap::clear);
        }
    }

    /// The document comes from this network of the zoo and has these weights; whoever follows
    /// openings is told.
    pub(crate) fn set_source(self, opening: Opening) {
        set_if_changed(self.origin, opening.origin);
        set_if_changed(self.weights, opening.weights.clone());
        if let Some(act) = self.on_open.get_value() {
            act(opening);
        }
    }

    pub(crate) fn set_seed(self, seed: u64) {
        self.seed.set(seed);
    }

    pub(crate) fn set_locks(self, locks: Locks) {
        self.locks.set(locks);
    }
}

/// The shape of a node's output; `None` where a problem leaves it unknown.
pub fn shape_of(graph: &Graph, analysis: &Analysis, node: NodeId) -> Option<Shape> {
    if node == NodeId::INPUT {
        return Some(graph.input());
    }
    analysis.node(node)?.shape
}

/// Whether there is such a node, or it is the input.
pub fn holds(graph: &Graph, node: NodeId) -> bool {
    node == NodeId::INPUT || graph.node(node).is_some()
}

/// The default selection: the first node, or the input.
pub fn first(graph: &Graph) -> NodeId {
    graph.nodes().first().map_or(NodeId::INPUT, |node| node.id)
}

/// The node that an edit changes, if it changes a single one.
pub const fn changed(edit: &Edit) -> Option<NodeId> {
    match edit {
        Edit::Connect { to: node, .. }
        | Edit::Disconnect { to: node, .. }
        | Edit::Remove { node }
        | Edit::SetLayer { node, .. }
        | Edit::Share { node, .. }
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
