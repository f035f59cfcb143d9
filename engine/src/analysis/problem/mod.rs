//! Problems, and the repairs that make the graph valid again.

mod candidates;
mod settings;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::Analysis;
use crate::graph::Edit;
use crate::layer::LayerError;
use crate::{Graph, NodeId};

/// A node whose layer is not valid for its inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub node: NodeId,
    /// The reason, with the numbers.
    pub error: LayerError,
}

/// Edits that solve a problem, offered as one click.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Repair {
    /// The first edit in a few words.
    pub title: String,
    /// The edits in order: those that solve the problem, then those that become necessary behind it.
    pub edits: Vec<Edit>,
}

/// The most nodes that the search for the repairs of one problem visits, over all copies of the
/// graph: some tenths of a second, and hundreds of follow-up edits in the deepest published network.
const MOST_WORK: usize = 1 << 21;

/// The most edits of a repair: more than the nodes that one setting can break in a published network.
/// It also ends a search that would alternate between two edits of one node.
const MOST_EDITS: usize = 1024;

impl Problem {
    /// The problem in a sentence that names the layer: “pool2” (max pool 2×2): the height of 1 …
    pub fn message(&self, graph: &Graph) -> String {
        match graph.node(self.node) {
            Some(node) => format!("“{}” ({}): {}", node.name, node.layer.title(), self.error),
            None => self.error.to_string(),
        }
    }

    /// The repairs of this problem, the smallest change first. After any of them this node has no
    /// problem and no other node has a new one. In a network of thousands of nodes a repair may need
    /// too many follow-up edits; then the problems that are left are named in its title.
    ///
    /// Each repair is tried on a copy of the graph, which takes a few analyses.
    pub fn repairs(&self, graph: &Graph) -> Vec<Repair> {
        let problems = Analysis::of(graph).problems;
        let others = problems.into_iter().map(|problem| problem.node);
        let excused: HashSet<NodeId> = others.filter(|&node| node != self.node).collect();
        let candidates = candidates::of(graph, self);
        let share = MOST_WORK / candidates.len().max(1);
        let mut repairs: Vec<Repair> = Vec::new();
        for candidate in &candidates {
            let search = Search {
                excused: &excused,
                left: share,
            };
            if let Some(edits) = search.complete(graph, candidate.edits.clone())
                && repairs.iter().all(|repair| repair.edits != edits)
            {
                let title = candidate.title.clone();
                repairs.push(Repair { title, edits });
            }
        }
        if repairs.is_empty() {
            let mut search = Search {
                excused: &excused,
                left: MOST_WORK,
            };
            let first = search.first_step(graph, self, candidates);
            repairs.extend(first.map(|(repair, _)| Repair {
                title: format!("{}; problems behind it are left", repair.title),
                edits: repair.edits,
            }));
        }
        repairs
    }
}

/// The search for the follow-up edits of a repair.
struct Search<'a> {
    /// Nodes that had a problem before the repair.
    excused: &'a HashSet<NodeId>,
    /// How many more nodes may be visited.
    left: usize,
}

impl Search<'_> {
    /// Uses up the work of visiting the whole graph this many times; `None` if too little is left.
    fn spend(&mut self, graph: &Graph, times: usize) -> Option<()> {
        let work = graph.nodes().len().saturating_mul(times);
        self.left = self.left.checked_sub(work)?;
        Some(())
    }

    /// The graph after these edits; `None` if one is refused or too little work is left.
    fn apply(&mut self, graph: &Graph, edits: &[Edit]) -> Option<Graph> {
        self.spend(graph, edits.len())?;
        graph.apply_all(edits).ok()
    }

    /// The edits with the follow-up edits that solve every new problem; `None` if a problem has no
    /// solution or the search takes too much work.
    fn complete(mut self, graph: &Graph, mut edits: Vec<Edit>) -> Option<Vec<Edit>> {
        let mut repaired = self.apply(graph, &edits)?;
        loop {
            self.spend(&repaired, 2)?;
            let analysis = Analysis::of(&repaired);
            let mut open = analysis.problems.iter();
            let Some(problem) = open.find(|problem| !self.excused.contains(&problem.node)) else {
                return Some(edits);
            };
            let next = candidates::of(&repaired, problem);
            let (next, better) = self.first_step(&repaired, problem, next)?;
            edits.extend(next.edits);
            if edits.len() > MOST_EDITS {
                return None;
            }
            repaired = better;
        }
    }

    /// The first candidate after which the node has another problem or none, and no node before it
    /// has one. Problems therefore only move towards the output, and the search ends.
    fn first_step(
        &mut self,
        graph: &Graph,
        problem: &Problem,
        candidates: Vec<Repair>,
    ) -> Option<(Repair, Graph)> {
        candidates.into_iter().find_map(|candidate| {
            let better = self.apply(graph, &candidate.edits)?;
            self.spend(&better, 1)?;
            let left = Analysis::of(&better).problems;
            let first = left.iter().find(|left| !self.excused.contains(&left.node));
            let solved = first.is_none_or(|first| {
                let place = |id| better.position(id);
                first != problem
                    && place(problem.node).is_none_or(|here| place(first.node) >= Some(here))
            });
            solved.then_some((candidate, better))
        })
    }
}
