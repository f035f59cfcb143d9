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

/// How many consequences a repair may have before it is not offered.
const MOST_ROUNDS: usize = 256;

impl Problem {
    /// What solves this problem of the graph, the gentlest first. After any of them this node has
    /// no problem and no other node has one that it did not have before.
    ///
    /// Each is tried on a copy, which takes a few analyses: ask when the problem is shown.
    pub fn repairs(&self, graph: &Graph) -> Vec<Repair> {
        let problems = Analysis::of(graph).problems;
        let others = problems.into_iter().map(|problem| problem.node);
        let excused: HashSet<NodeId> = others.filter(|&node| node != self.node).collect();
        let mut repairs: Vec<Repair> = Vec::new();
        for candidate in candidates::of(graph, self) {
            if let Some(edits) = complete(graph, candidate.edits, &excused)
                && repairs.iter().all(|repair| repair.edits != edits)
            {
                repairs.push(Repair {
                    title: candidate.title,
                    edits,
                });
            }
        }
        repairs
    }
}

/// The edits, and those that solve every problem they uncover; `None` when some have no solution.
fn complete(graph: &Graph, mut edits: Vec<Edit>, excused: &HashSet<NodeId>) -> Option<Vec<Edit>> {
    let mut repaired = graph.apply_all(&edits).ok()?;
    for _ in 0..MOST_ROUNDS {
        let analysis = Analysis::of(&repaired);
        let mut open = analysis.problems.iter();
        let Some(problem) = open.find(|problem| !excused.contains(&problem.node)) else {
            return Some(edits);
        };
        let (next, better) = step(&repaired, problem, excused)?;
        edits.extend(next);
        repaired = better;
    }
    None
}

/// The first candidate after which the node has another problem or none, and nothing before it has
/// one: so problems only move towards the output, and come to an end there.
fn step(graph: &Graph, problem: &Problem, excused: &HashSet<NodeId>) -> Option<(Vec<Edit>, Graph)> {
    candidates::of(graph, problem)
        .into_iter()
        .find_map(|candidate| {
            let better = graph.apply_all(&candidate.edits).ok()?;
            let left = Analysis::of(&better).problems;
            let first = left.iter().find(|left| !excused.contains(&left.node));
            let solved = first.is_none_or(|first| {
                let place = |id| better.position(id);
                first != problem
                    && place(problem.node).is_none_or(|here| place(first.node) >= Some(here))
            });
            solved.then_some((candidate.edits, better))
        })
}
