//! Layers whose parameters stay as they are.

use engine::train::Task;
use engine::{Analysis, Graph, NodeId};

/// The nodes that have parameters to train, with how many, in the order of the graph.
pub fn with_parameters(graph: &Graph, analysis: &Analysis) -> Vec<(NodeId, u64)> {
    let one = |id: NodeId| {
        let trainable = analysis.node(id)?.cost.trainable;
        (trainable > 0).then_some((id, trainable))
    };
    graph.nodes().iter().filter_map(|it| one(it.id)).collect()
}

/// All of them but the last.
pub fn all_but_last(graph: &Graph, analysis: &Analysis) -> Vec<NodeId> {
    let mut all = with_parameters(graph, analysis);
    all.pop();
    all.into_iter().map(|(id, _)| id).collect()
}

/// Whether a node is frozen in the next training.
pub fn is_frozen(task: &Task, node: NodeId) -> bool {
    task.settings.frozen.contains(&node)
}

/// Freezes a node, or takes it out of the frozen ones; they are kept in the order of their numbers.
pub fn set_frozen(task: &mut Task, node: NodeId, frozen: bool) {
    let all = &mut task.settings.frozen;
    all.retain(|&it| it != node);
    if frozen {
        all.push(node);
        all.sort_unstable();
    }
}

/// Those of these nodes that have parameters to train.
pub fn freezable(analysis: &Analysis, nodes: impl IntoIterator<Item = NodeId>) -> Vec<NodeId> {
    let trainable = |id: &NodeId| {
        let node = analysis.node(*id);
        node.is_some_and(|it| it.cost.trainable > 0)
    };
    nodes.into_iter().filter(trainable).collect()
}

/// How many layers of a card are frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frozen {
    None,
    Some,
    All,
}

impl Frozen {
    pub fn of(task: &Task, nodes: &[NodeId]) -> Self {
        let count = nodes.iter().filter(|node| is_frozen(task, **node)).count();
        match count {
            0 => Self::None,
            _ if count == nodes.len() => Self::All,
            _ => Self::Some,
        }
    }

    /// The value of `aria-pressed`.
    pub const fn pressed(self) -> &'static str {
        match self {
            Self::None => "false",
            Self::Some => "mixed",
            Self::All => "true",
        }
    }
}

/// Freezes these nodes; where all of them are frozen they are trained again.
pub fn turn_frozen(task: &mut Task, nodes: &[NodeId]) {
    let freeze = Frozen::of(task, nodes) != Frozen::All;
    for node in nodes {
        set_frozen(task, *node, freeze);
    }
}

#[cfg(test)]
mod tests {
    use engine::zoo;

    use super::*;

    #[test]
    fn all_but_the_last_layer_of_lenet_5_are_its_convolutions_and_hidden_layers() {
        let graph = zoo::lenet5().unwrap();
        let analysis = Analysis::of(&graph);
        // LeCun et al. 1998 with full connections, as the zoo has it: 156 + 2,416 + 48,120 + 10,164
        // + 850.
        let counts: Vec<u64> = with_parameters(&graph, &analysis)
            .into_iter()
            .map(|it| it.1)
            .collect();
        assert_eq!(counts, [156, 2416, 48_120, 10_164, 850]);
        let frozen = all_but_last(&graph, &analysis);
        assert_eq!(frozen.len(), 4);
        assert!(!frozen.contains(&graph.output()));
    }

    #[test]
    fn freezing_twice_is_freezing_once() {
        let mut task = Task::default();
        for node in [NodeId(5), NodeId(2), NodeId(5)] {
            set_frozen(&mut task, node, true);
        }
        assert_eq!(task.settings.frozen, [NodeId(2), NodeId(5)]);
        assert!(is_frozen(&task, NodeId(5)));
        set_frozen(&mut task, NodeId(5), false);
        assert_eq!(task.settings.frozen, [NodeId(2)]);
    }

    #[test]
    fn a_card_freezes_its_layers_together() {
        let graph = zoo::lenet5().unwrap();
        let analysis = Analysis::of(&graph);
        let all = with_parameters(&graph, &analysis);
        let every = graph.nodes().iter().map(|node| node.id);
        let nodes = freezable(&analysis, every);
        assert_eq!(nodes, all.iter().map(|it| it.0).collect::<Vec<_>>());
        let mut task = Task::default();
        let mut turned = || {
            turn_frozen(&mut task, &nodes[..2]);
            [&nodes[..2], &nodes[..3], &nodes[2..]].map(|it| Frozen::of(&task, it))
        };
        assert_eq!(turned(), [Frozen::All, Frozen::Some, Frozen::None]);
        assert_eq!(turned(), [Frozen::None; 3]);
        // One of two is frozen: then both are.
        set_frozen(&mut task, nodes[1], true);
        turn_frozen(&mut task, &nodes[..2]);
        assert_eq!(Frozen::of(&task, &nodes[..2]), Frozen::All);
    }
}
