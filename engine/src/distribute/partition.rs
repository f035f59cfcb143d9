//! Where a network is cut into stages.

use std::collections::BTreeSet;

use crate::graph::Graph;
use crate::{Analysis, NodeId};

/// Consecutive nodes for each worker, in the graph's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// The end of each stage, exclusive; the last is the number of nodes.
    pub ends: Vec<usize>,
    /// The nodes whose values go from each stage to the next, the input among them where it is used
    /// later; one list fewer than stages.
    pub crossings: Vec<Vec<NodeId>>,
}

/// Why a network cannot be cut so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PartitionError {
    #[error(
        "{stages} stages were asked for; the network has {nodes} nodes, so there can be 1 to {nodes}"
    )]
    Stages { stages: usize, nodes: usize },
}

/// Cuts the first nodes of the network, as many as there are `costs`, into so many stages, of which the costliest costs as little as can be; among those
/// the one that sends the fewest values.
///
/// # Errors
/// When there are more stages than nodes, or none.
pub fn partition(
    graph: &Graph,
    analysis: &Analysis,
    costs: &[f64],
    stages: usize,
) -> Result<Partition, PartitionError> {
    let nodes = costs.len().min(graph.nodes().len());
    if stages == 0 || stages > nodes {
        return Err(PartitionError::Stages { stages, nodes });
    }
    let crossings: Vec<Vec<NodeId>> = (0..=nodes).map(|end| crossing(graph, end, nodes)).collect();
    let values = |id: &NodeId| match analysis.node(*id) {
        Some(facts) => facts.elements(),
        None => graph.input().elements(),
    };
    let sent: Vec<u64> = crossings
        .iter()
        .map(|it| it.iter().map(values).sum())
        .collect();
    let mut sums = vec![0.0];
    for cost in &costs[..nodes] {
        sums.push(sums[sums.len() - 1] + cost);
    }
    // best[end]: the greatest stage and the values sent when the first `end` nodes are cut so far.
    let first = |end: usize| (sums[end], 0_u64, 0_usize);
    let mut best: Vec<Vec<(f64, u64, usize)>> = vec![(0..=nodes).map(first).collect()];
    for stage in 1..stages {
        let before = &best[stage - 1];
        let cut = |end: usize| {
            let starts = stage..end;
            let choices = starts.map(|start| {
                let (greatest, moved, _) = before[start];
                (
                    greatest.max(sums[end] - sums[start]),
                    moved + sent[start],
                    start,
                )
            });
            choices
                .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
                .unwrap_or((f64::INFINITY, u64::MAX / 2, stage))
        };
        best.push((0..=nodes).map(cut).collect());
    }
    let mut ends = vec![nodes];
    for stage in (1..stages).rev() {
        let end = ends[ends.len() - 1];
        ends.push(best[stage][end].2);
    }
    ends.reverse();
    let crossings = ends[..stages - 1].iter().map(|&end| crossings[end].clone());
    Ok(Partition {
        crossings: crossings.collect(),
        ends,
    })
}

/// The values made before this place that are used from it on, by the first `count` nodes.
fn crossing(graph: &Graph, end: usize, count: usize) -> Vec<NodeId> {
    let nodes = &graph.nodes()[..count];
    let later: BTreeSet<NodeId> = nodes[end..]
        .iter()
        .flat_map(|it| it.inputs.clone())
        .collect();
    let made = std::iter::once(NodeId::INPUT).chain(nodes[..end].iter().map(|it| it.id));
    made.filter(|id| later.contains(id)).collect()
}

impl Partition {
    /// The places of a stage's nodes.
    pub fn range(&self, stage: usize) -> std::ops::Range<usize> {
        let start = stage.checked_sub(1).map_or(0, |before| self.ends[before]);
        start..self.ends[stage]
    }

    pub const fn stages(&self) -> usize {
        self.ends.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zoo;

    fn cut(name: &str, stages: usize) -> (Graph, Partition) {
        let graph = zoo::build(name, &zoo::Options::default()).unwrap();
        let analysis = Analysis::of(&graph);
        let costs: Vec<f64> = analysis
            .nodes
            .iter()
            .map(|it| it.cost.macs as f64)
            .collect();
        let found = partition(&graph, &analysis, &costs, stages).unwrap();
        (graph, found)
    }

    #[test]
    fn every_node_is_in_one_stage_and_none_is_empty() {
        for stages in 1..=6 {
            let (graph, found) = cut("resnet-18", stages);
            assert_eq!(found.stages(), stages);
            let all: Vec<usize> = (0..stages).flat_map(|stage| found.range(stage)).collect();
            assert!(all.iter().copied().eq(0..graph.nodes().len()));
            assert!((0..stages).all(|stage| !found.range(stage).is_empty()));
        }
    }

    #[test]
    fn no_other_cut_in_two_has_a_smaller_greatest_stage() {
        let (graph, found) = cut("lenet-5", 2);
        let analysis = Analysis::of(&graph);
        let macs = |range: std::ops::Range<usize>| {
            let nodes = analysis.nodes[range].iter();
            nodes.map(|it| it.cost.macs).sum::<u64>()
        };
        let count = graph.nodes().len();
        let greatest = |end: usize| macs(0..end).max(macs(end..count));
        let least = (1..count).map(greatest).min().unwrap();
        assert_eq!(greatest(found.ends[0]), least);
    }

    #[test]
    fn a_skip_connection_crosses_a_cut_inside_its_block() {
        let (graph, _) = cut("resnet-18", 1);
        let add = graph
            .nodes()
            .iter()
            .position(|it| it.inputs.len() == 2)
            .unwrap();
        let count = graph.nodes().len();
        assert_eq!(crossing(&graph, add, count).len(), 2);
        assert_eq!(crossing(&graph, 0, count), [NodeId::INPUT]);
        assert!(crossing(&graph, count, count).is_empty());
    }

    #[test]
    fn more_stages_than_nodes_are_refused() {
        let graph = zoo::build("lenet-5", &zoo::Options::default()).unwrap();
        let analysis = Analysis::of(&graph);
        let costs = vec![1.0; graph.nodes().len()];
        for stages in [0, costs.len() + 1] {
            assert!(partition(&graph, &analysis, &costs, stages).is_err());
        }
    }
}
