//! Every problem has a repair, and every repair offered makes the graph valid.

#![allow(clippy::expect_used, reason = "a helper that fails is a failed test")]

mod random;

use std::collections::HashSet;

use engine::graph::{Edit, Piece, Place};
use engine::layer::{
    Activation, AvgPool, BatchNorm, Conv, Dropout, Linear, MaxPool, Merge, Padding, Subsample,
};
use engine::{Analysis, Graph, GraphBuilder, Layer, NodeId, Shape, zoo};
use proptest::prelude::*;

/// What the first repair of the only problem does to the graph.
fn repaired(graph: &Graph) -> (Vec<String>, Graph) {
    let analysis = Analysis::of(graph);
    let [problem] = analysis.problems.as_slice() else {
        panic!("{:?}", analysis.problems)
    };
    let repairs = problem.repairs(graph);
    let titles = repairs.iter().map(|repair| repair.title.clone()).collect();
    let first = repairs.first().expect("a repair");
    let graph = graph.apply_all(&first.edits).expect("a repair applies");
    assert!(Analysis::of(&graph).is_valid());
    (titles, graph)
}

fn broken(layers: Vec<(&str, Layer)>, input: Shape) -> Graph {
    let mut net = GraphBuilder::new("broken", input);
    for (name, layer) in layers {
        net.then(name, layer);
    }
    net.finish().expect("a graph, though not a valid one")
}

#[test]
fn a_linear_layer_on_a_map_gets_a_flatten_before_it() {
    let layers = vec![
        ("conv", Conv::new(4, 3).into()),
        ("linear", Linear::new(10).into()),
    ];
    let (titles, graph) = repaired(&broken(layers, Shape::new(1, 8, 8)));
    assert_eq!(titles[0], "Flatten the map first");
    let names: Vec<&str> = graph
        .nodes()
        .iter()
        .map(|node| node.name.as_str())
        .collect();
    assert_eq!(names, ["conv", "flatten", "linear"]);
    assert!(titles.len() > 2, "{titles:?}");
}

#[test]
fn a_kernel_larger_than_its_map_is_padded_or_made_smaller() {
    let layers = vec![("conv", Conv::new(4, 7).into())];
    let (titles, _) = repaired(&broken(layers, Shape::new(1, 5, 6)));
    assert!(titles.contains(&"Kernel 5×6".to_owned()), "{titles:?}");
}

#[test]
fn groups_become_the_largest_number_that_divides_both_sides() {
    let conv = Conv {
        groups: 8,
        ..Conv::new(18, 1)
    };
    let (titles, graph) = repaired(&broken(vec![("conv", conv.into())], Shape::new(12, 5, 5)));
    assert_eq!(titles[0], "Set groups to 6");
    assert!(matches!(&graph.nodes()[0].layer, Layer::Conv(conv) if conv.groups == 6));
}

#[test]
fn a_sum_of_unequal_shapes_gets_the_projection_of_a_residual_network() {
    let mut net = GraphBuilder::new("residual", Shape::new(64, 56, 56));
    let conv = Conv {
        stride: [2, 2],
        padding: Padding::Sides([1; 4]),
        ..Conv::new(128, 3)
    };
    let main = net.then("conv", conv);
    net.from(&[main, NodeId::INPUT], "add", Merge::Add);
    let (_, graph) = repaired(&net.finish().expect("a graph"));
    let projection = graph.named("conv2").expect("put on the skip");
    assert_eq!(projection.inputs, [NodeId::INPUT]);
    assert!(matches!(&projection.layer, Layer::Conv(conv)
        if conv.kernel == [1, 1] && conv.stride == [2, 2] && conv.channels == 128));
}

#[test]
fn a_problem_names_the_layer_and_says_its_arithmetic() {
    let layers = vec![("pool", MaxPool::new(3).into())];
    let analysis = Analysis::of(&broken(layers, Shape::new(1, 2, 9)));
    let sentence = analysis.problems[0].error.to_string();
    assert_eq!(
        sentence,
        "a 3-pixel kernel does not fit a 2-pixel-high map (2 + 0 + 0 < 3)"
    );
}

#[test]
fn lenet_5_on_a_small_picture_is_repaired_in_one_click() {
    let graph = zoo::lenet5().expect("the zoo is valid");
    let small = graph
        .apply(&Edit::SetInput {
            shape: Shape::new(1, 8, 8),
        })
        .expect("a picture");
    let (_, graph) = repaired(&small);
    assert_eq!(graph.input(), Shape::new(1, 8, 8));
}

/// Something a person or a file may do to a graph.
#[derive(Clone, Copy, Debug)]
struct Blow {
    kind: u8,
    node: u32,
    number: u32,
    other: u32,
}

fn any_blow() -> impl Strategy<Value = Blow> {
    let number = prop_oneof![0..4_u32, 4..60_u32, Just(1 << 20), any::<u32>()];
    (0..9_u8, any::<u32>(), number, any::<u32>()).prop_map(|(kind, node, number, other)| Blow {
        kind,
        node,
        number,
        other,
    })
}

impl Blow {
    fn edit(self, graph: &Graph) -> Edit {
        let nodes = graph.nodes();
        let node = &nodes[self.node as usize % nodes.len()];
        let other = &nodes[self.other as usize % nodes.len()];
        let (to, node_id) = (node.id, node.id);
        match self.kind {
            0..4 => Edit::SetLayer {
                node: node_id,
                layer: self.strike(&node.layer),
            },
            4 => Edit::Remove { node: node_id },
            5 => Edit::SetInput {
                shape: Shape::new(1 + self.other % 5, 1 + self.number % 6, 1 + self.node % 6),
            },
            6 => Edit::Disconnect {
                to,
                slot: self.other as usize % 3,
            },
            7 => Edit::Connect {
                from: other.id,
                to,
                slot: self.number as usize % 3,
            },
            _ => Edit::Insert {
                place: Place::After {
                    node: node_id,
                    with: Vec::new(),
                },
                piece: Piece::Layer(self.newcomer()),
                name: None,
            },
        }
    }

    fn newcomer(self) -> Layer {
        match self.other % 5 {
            0 => Linear::new(self.number).into(),
            1 => Merge::Add.into(),
            2 => Conv::new(self.number, 3).into(),
            3 => Subsample {
                kernel: [self.number; 2],
                fan: 1,
            }
            .into(),
            _ => AvgPool {
                padding: Padding::Sides([2; 4]),
                ..AvgPool::new(self.number)
            }
            .into(),
        }
    }

    /// The layer with one setting changed to anything.
    fn strike(self, layer: &Layer) -> Layer {
        let Self { number, other, .. } = self;
        let real = [f64::NAN, -1.0, 7.5, f64::INFINITY][number as usize % 4];
        let mut layer = layer.clone();
        match &mut layer {
            Layer::Conv(conv) => match other % 7 {
                0 => conv.kernel[1] = number,
                1 => conv.stride[0] = number,
                2 => conv.dilation = [number; 2],
                3 => conv.groups = number,
                4 => conv.padding = Padding::Sides([number, 0, 1, number]),
                _ => conv.channels = number,
            },
            Layer::TableConv(conv) => match (other % 4, conv.table.first_mut()) {
                (0, _) => conv.kernel[0] = number,
                (1, _) => conv.table.clear(),
                (2, Some(row)) => row.clear(),
                (_, Some(row)) => row.push(number),
                (_, None) => {}
            },
            Layer::MaxPool(pool) => match other % 3 {
                0 => pool.kernel[0] = number,
                1 => pool.stride[1] = number,
                _ => pool.padding = Padding::Sides([number; 4]),
            },
            Layer::AvgPool(pool) => match other % 2 {
                0 => pool.kernel = [number, 1],
                _ => pool.padding = Padding::Sides([number, 1, 2, 3]),
            },
            Layer::AdaptiveAvgPool(pool) => pool.output[0] = number,
            Layer::AdaptiveMaxPool(pool) => pool.output[1] = number,
            Layer::TransposedConv(conv) => match other % 5 {
                0 => conv.stride[0] = number,
                1 => conv.crop[2] = number,
                2 => conv.output_padding[1] = number,
                3 => conv.groups = number,
                _ => conv.kernel[1] = number,
            },
            Layer::Upsample(up) => up.factor[0] = number,
            Layer::GroupNorm(norm) => norm.groups = number,
            Layer::LayerNorm(norm) => norm.eps = real,
            Layer::InstanceNorm(norm) => norm.eps = real,
            Layer::Subsample(pool) => pool.fan = number,
            Layer::BatchNorm(norm) => {
                *norm = BatchNorm {
                    eps: real,
                    ..BatchNorm::new()
                }
            }
            Layer::Lrn(lrn) => match other % 2 {
                0 => lrn.size = number,
                _ => lrn.beta = real,
            },
            Layer::Activation(activation) => *activation = Activation::Elu { alpha: real },
            Layer::Dropout(dropout) => *dropout = Dropout { p: real },
            Layer::Linear(linear) => linear.features = number,
            Layer::Rbf(rbf) => rbf.classes = number,
            Layer::Merge(merge) => {
                *merge = [Merge::Add, Merge::Multiply, Merge::Concat][other as usize % 3];
            }
            Layer::Pad(pad) => match other % 2 {
                0 => pad.sides[2] = number,
                _ => pad.value = real,
            },
            Layer::ChannelShuffle(shuffle) => shuffle.groups = number,
            Layer::ChannelSlice(slice) => match other % 2 {
                0 => slice.start = number,
                _ => slice.end = number,
            },
            Layer::GlobalPool(_) | Layer::Flatten(_) | Layer::PRelu(_) => {
                return Conv::new(number, 3).into();
            }
        }
        layer
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn every_repair_of_a_broken_graph_solves_its_problem_and_makes_no_other(
        graph in random::graphs(16),
        blows in proptest::collection::vec(any_blow(), 1..4),
    ) {
        let mut broken = graph;
        for blow in blows {
            if let Ok(hit) = broken.apply(&blow.edit(&broken)) && !hit.nodes().is_empty() {
                broken = hit;
            }
        }
        let problems = Analysis::of(&broken).problems;
        for problem in &problems {
            let repairs = problem.repairs(&broken);
            prop_assert!(!repairs.is_empty(), "{:?} of {:?}", problem, broken.node(problem.node));
            let others: HashSet<NodeId> = problems
                .iter()
                .map(|other| other.node)
                .filter(|&node| node != problem.node)
                .collect();
            for repair in repairs {
                let repaired = broken.apply_all(&repair.edits).expect("a repair applies");
                let left = Analysis::of(&repaired).problems;
                prop_assert!(
                    left.iter().all(|left| others.contains(&left.node)),
                    "{} leaves {:?}", repair.title, left
                );
                prop_assert_eq!(repaired.input(), broken.input());
            }
        }
    }

    #[test]
    fn taking_the_first_repair_again_and_again_makes_any_graph_valid(
        graph in random::graphs(16),
        blows in proptest::collection::vec(any_blow(), 1..6),
    ) {
        let mut broken = graph;
        for blow in blows {
            if let Ok(hit) = broken.apply(&blow.edit(&broken)) && !hit.nodes().is_empty() {
                broken = hit;
            }
        }
        let mut clicks = 0;
        while let Some(problem) = Analysis::of(&broken).problems.first() {
            let repair = problem.repairs(&broken).into_iter().next().expect("a repair");
            broken = broken.apply_all(&repair.edits).expect("a repair applies");
            clicks += 1;
            prop_assert!(clicks <= 64, "no end of problems");
        }
    }
}
