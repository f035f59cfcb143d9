//! A state without a page; tests run its timers by hand.
#![allow(dead_code, reason = "not every test uses all of it")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::cell::RefCell;
use std::time::Duration;

use engine::{Graph, NodeId, zoo};
use reactive_graph::owner::Owner;
use reactive_graph::traits::{GetUntracked, WithUntracked};
use state::State;
use state::screen::Preferences;

/// A pending timer: its function and delay.
pub type Timer = (Duration, Box<dyn FnOnce()>);

thread_local! {
    static TIMERS: RefCell<Vec<Timer>> = const { RefCell::new(Vec::new()) };
}

/// A state and what owns its signals.
pub struct Page {
    pub state: State,
    _owner: Owner,
}

/// A page that shows this network.
pub fn page(graph: Graph) -> Page {
    page_with(graph, Preferences::default())
}

/// The same with these preferences.
pub fn page_with(graph: Graph, preferences: Preferences) -> Page {
    let owner = Owner::new();
    owner.set();
    let after =
        |delay, act: Box<dyn FnOnce()>| TIMERS.with_borrow_mut(|all| all.push((delay, act)));
    Page {
        state: State::new(graph, preferences, after),
        _owner: owner,
    }
}

/// A page that shows LeNet-5 as textbooks have it: 61,706 parameters, 416,520 multiply-adds.
pub fn lenet() -> Page {
    page(zoo::lenet5().unwrap())
}

/// Takes all pending timers.
pub fn take_timers() -> Vec<Timer> {
    TIMERS.take()
}

/// Runs every timer, the earliest first.
pub fn run_timers() {
    let mut all = take_timers();
    all.sort_by_key(|(delay, _)| *delay);
    for (_, act) in all {
        act();
    }
}

/// The number of pending timers.
pub fn timers() -> usize {
    TIMERS.with_borrow(Vec::len)
}

impl Page {
    pub fn graph(&self) -> Graph {
        self.state.document.graph().get_untracked()
    }

    pub fn id(&self, name: &str) -> NodeId {
        self.state
            .document
            .graph()
            .with_untracked(|graph| graph.named(name).map(|node| node.id))
            .unwrap_or_else(|| panic!("no node {name}"))
    }

    /// The selected node and all selected nodes, by name.
    pub fn selected(&self) -> (String, Vec<String>) {
        let graph = self.graph();
        let name = |id: NodeId| {
            let node = graph.node(id);
            node.map_or_else(|| "input".to_owned(), |node| node.name.clone())
        };
        let nodes = self.state.selection.nodes().get_untracked();
        (
            name(self.state.selection.node().get_untracked()),
            nodes.into_iter().map(name).collect(),
        )
    }

    pub fn select(&self, names: &[&str]) {
        let ids = names.iter().map(|name| self.id(name)).collect();
        self.state.selection.select_all(ids);
    }

    /// Parameters and multiply-adds of the whole network.
    pub fn costs(&self) -> (u64, u64) {
        let total = self.state.document.analysis.get_untracked().total;
        (total.params(), total.macs)
    }

    pub fn refusal(&self) -> Option<String> {
        let refusal = self.state.document.refusal().get_untracked();
        refusal.map(|refusal| refusal.text)
    }

    pub fn notice(&self) -> Option<String> {
        self.state.notices.notice().get_untracked()
    }
}
