//! Problems, and the repairs that make the graph valid again.

mod candidates;
mod settings;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::Analysis;
use crate::graph::Edit;
use crate::layer::LayerError;
use crate::{Graph, NodeId};

/// A node that cannot stand where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub node: NodeId,
    /// Why, with the arithmetic in its sentence.
    pub error: LayerError,
}

/// Edits that solve a problem, offered as one click.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Repair {
    /// What it does first, in a few words.
    pub title: String,
    /// All it does, in order: what solves the problem, then what that makes necessary behind it.
    pub edits: Vec<Edit>,
}

/// How many nodes the search for one problem's repairs may look at, over all copies of the graph it
/// makes: some tenths of a second, and hundreds of consequences in the deepest published network.
const MOST_WORK: usize = 1 << 21;

/// How many edits a repair may have: more than nodes that one setting can break in a published
/// network, and an end to a search that would go round in a circle at one node.
const MOST_EDITS: usize = 1024;

impl Problem {
    /// The problem in a sentence that names the layer: “pool2” (max pool 2×2): the height of 1 …
    pub fn message(&self, graph: &Graph) -> String {
        match graph.node(self.node) {
            Some(node) => format!("“{}” ({}): {}", node.name, node.layer.title(), self.error),
            None => self.error.to_string(),
        }
    }

    /// What solves this problem of the graph, the gentlest first. After any of them this node has
    /// no problem and no other node has one that it did not have before; but where a network of
    /// thousands of nodes has too many consequences to follow, those left are named in the title.
    ///
    /// Each is tried on a copy, which takes a few analyses: ask when the problem is shown.
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

/// The search for what a repair makes necessary.
struct Search<'a> {
    /// Nodes whose problems were there before.
    excused: &'a HashSet<NodeId>,
    /// How many nodes may still be looked at.
    left: usize,
}

impl Search<'_> {
    /// Takes the work of looking at the whole graph so many times; `None` when it is too much.
    fn spend(&mut self, graph: &Graph, times: usize) -> Option<()> {
        let work = graph.nodes().len().saturating_mul(times);
        self.left = self.left.checked_sub(work)?;
        Some(())
    }

    /// The graph after these edits, if the work for it is left and none is refused.
    fn apply(&mut self, graph: &Graph, edits: &[Edit]) -> Option<Graph> {
        self.spend(graph, edits.len())?;
        graph.apply_all(edits).ok()
    }

    /// The edits, and those that solve every problem they uncover; `None` when some have no
    /// solution or following them up takes too much work.
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

    /// The first candidate after which the node has another problem or none, and nothing before it
    /// has one: so problems only move towards the output, and come to an end there.
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
