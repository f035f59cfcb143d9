//! What can be operated on, and the edits of a graph that are operations too.

use engine::explain::Operation;
use engine::graph::Edit;
use engine::layer::Merge;
use engine::{Analysis, Graph, Layer, NodeId};

/// How many test images are answered rightly, as the network is and without each map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranked {
    pub images: u64,
    pub right: u64,
    pub without: Vec<u64>,
}

impl Ranked {
    /// The maps with how many more images are answered rightly with them, the most needed first; maps
    /// that are needed equally in their order.
    pub fn order(&self) -> Vec<(u32, i64)> {
        let lost = |without: u64| self.right.cast_signed() - without.cast_signed();
        let all = (0..).zip(&self.without);
        let mut order: Vec<(u32, i64)> = all.map(|(map, &without)| (map, lost(without))).collect();
        order.sort_by_key(|&(map, lost)| (-lost, map));
        order
    }

    /// The share of right answers, in percent.
    pub fn accuracy(&self) -> f64 {
        self.right as f64 / self.images.max(1) as f64 * 100.0
    }
}

/// A layer whose maps can be operated on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operable {
    pub node: NodeId,
    pub name: String,
    pub maps: u32,
    /// It has kernels that can be mirrored, and that can be turned.
    pub kernels: bool,
    pub square: bool,
}

/// Those of a graph, in its order.
pub fn operable(graph: &Graph) -> Vec<Operable> {
    let analysis = Analysis::of(graph);
    let of = |node: &engine::Node| {
        let (node, name) = (node.id, node.name.clone());
        let channel = 0;
        { Operation::SwitchOff { node, channel } }
            .check(graph)
            .ok()?;
        let kernels = Operation::Flip {
            node,
            channel: None,
        };
        let square = Operation::Rotate {
            node,
            channel: None,
        };
        Some(Operable {
            node,
            name,
            maps: analysis.node(node)?.shape?.channels,
            kernels: kernels.check(graph).is_ok(),
            square: square.check(graph).is_ok(),
        })
    };
    graph.nodes().iter().filter_map(of).collect()
}

/// The layer that makes the maps of this node: itself, or the nearest one before it that keeps their
/// number and order.
pub fn maker(graph: &Graph, mut node: NodeId) -> Option<NodeId> {
    let all = operable(graph);
    loop {
        if all.iter().any(|it| it.node == node) {
            return Some(node);
        }
        let found = graph.node(node)?;
        let keeps = matches!(
            found.layer,
            Layer::Activation(_)
                | Layer::MaxPool(_)
                | Layer::AvgPool(_)
                | Layer::AdaptiveAvgPool(_)
                | Layer::AdaptiveMaxPool(_)
                | Layer::PRelu(_)
                | Layer::GroupNorm(_)
                | Layer::LayerNorm(_)
                | Layer::InstanceNorm(_)
                | Layer::Upsample(_)
                | Layer::GlobalPool(_)
                | Layer::Dropout(_)
                | Layer::Lrn(_)
                | Layer::BatchNorm(_)
        );
        node = *found.inputs.first().filter(|_| keeps)?;
    }
}

/// The sums that join a skip connection, with their names.
pub fn skips(graph: &Graph) -> Vec<(NodeId, String)> {
    let sums = graph
        .nodes()
        .iter()
        .filter(|node| matches!(node.layer, Layer::Merge(Merge::Add)) && node.inputs.len() == 2);
    sums.map(|node| (node.id, node.name.clone())).collect()
}

/// The edits that cut the skip connection at this sum: what comes the longer way goes on alone, and the
/// layers that were on the short way only go as well. None where it is no sum of two.
pub fn cut(graph: &Graph, sum: NodeId) -> Vec<Edit> {
    let Some(node) = graph.node(sum).filter(|node| node.inputs.len() == 2) else {
        return Vec::new();
    };
    let depths = depths(graph);
    let depth = |id: NodeId| {
        depths
            .get(graph.position(id).map_or(0, |it| it + 1))
            .copied()
    };
    let (first, second) = (node.inputs[0], node.inputs[1]);
    let (long, mut short) = if depth(first) >= depth(second) {
        (first, second)
    } else {
        (second, first)
    };
    let mut edits = vec![
        Edit::Connect {
            from: long,
            to: sum,
            slot: 0,
        },
        Edit::Remove { node: sum },
    ];
    // What only the short way used.
    while let Some(node) = graph.node(short) {
        let goes = |by: NodeId| by == sum || edits.contains(&Edit::Remove { node: by });
        let used = graph.consumers(short).filter(|(by, _)| !goes(by.id));
        let used = used.count();
        if used > 0 || edits.contains(&Edit::Remove { node: short }) || node.inputs.len() != 1 {
            break;
        }
        let others = graph.consumers(node.inputs[0]).count();
        edits.push(Edit::Remove { node: short });
        if others > 1 {
            break;
        }
        short = node.inputs[0];
    }
    edits
}

/// How many layers lie on the longest way to each node, the input first.
fn depths(graph: &Graph) -> Vec<usize> {
    let mut depths = vec![0; graph.nodes().len() + 1];
    for (place, node) in graph.nodes().iter().enumerate() {
        let before = node.inputs.iter().map(|&input| {
            let place = graph.position(input).map_or(0, |it| it + 1);
            depths.get(place).copied().unwrap_or_default()
        });
        depths[place + 1] = before.max().unwrap_or_default() + 1;
    }
    depths
}

#[cfg(test)]
mod tests {
    use engine::GraphBuilder;
    use engine::layer::{Activation, BatchNorm, Conv, Padding};
    use engine::{Shape, zoo};

    use super::*;

    fn same(channels: u32, kernel: u32) -> Conv {
        Conv {
            padding: Padding::Same,
            ..Conv::new(channels, kernel)
        }
    }

    /// A residual block, whose skip has a convolution of its own or not.
    fn residual(projected: bool) -> Graph {
        let mut net = GraphBuilder::new("residual", Shape::new(4, 8, 8));
        let start = net.then("start", same(4, 3));
        net.then("conv", same(4, 3));
        let long = net.then("norm", BatchNorm::new());
        let short = if projected {
            net.from(&[start], "project", same(4, 1))
        } else {
            start
        };
        net.from(&[short, long], "sum", Merge::Add);
        net.then("relu", Activation::Relu);
        net.finish().unwrap()
    }

    fn names(graph: &Graph) -> Vec<&str> {
        graph.nodes().iter().map(|it| it.name.as_str()).collect()
    }

    #[test]
    fn a_cut_skip_leaves_the_long_way() {
        for projected in [false, true] {
            let graph = residual(projected);
            let all = skips(&graph);
            assert_eq!(all.len(), 1);
            let edited = graph.apply_all(&cut(&graph, all[0].0)).unwrap();
            assert_eq!(names(&edited), ["start", "conv", "norm", "relu"]);
            assert!(Analysis::of(&edited).is_valid());
            let relu = edited.named("relu").unwrap();
            assert_eq!(relu.inputs, [edited.named("norm").unwrap().id]);
        }
    }

    #[test]
    fn the_maps_of_an_activation_are_made_by_the_layer_before() {
        let graph = zoo::lenet5().unwrap();
        let id = |name: &str| graph.named(name).unwrap().id;
        for (of, by) in [("C1", "C1"), ("tanh1", "C1"), ("S2", "C1"), ("tanh6", "F6")] {
            assert_eq!(maker(&graph, id(of)), Some(id(by)), "{of}");
        }
        assert_eq!(maker(&graph, id("flatten")), None);
        assert_eq!(maker(&graph, NodeId::INPUT), None);
        let all = operable(&graph);
        let names: Vec<&str> = all.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["C1", "C3", "F5", "F6", "output"]);
        assert_eq!(all[1].maps, 16);
        assert!(all[1].kernels && all[1].square && !all[2].kernels);
    }

    #[test]
    fn the_most_needed_map_comes_first() {
        let ranked = Ranked {
            images: 1000,
            right: 980,
            without: vec![975, 400, 985, 975],
        };
        assert_eq!(ranked.order(), [(1, 580), (0, 5), (3, 5), (2, -5)]);
        assert!((ranked.accuracy() - 98.0).abs() < 1e-12);
    }
}
