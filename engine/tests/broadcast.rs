//! Sums and products of maps of different sizes, broadcast as NumPy and PyTorch do it. All values are
//! worked out by hand.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a helper that fails is a failed test"
)]

use engine::analysis::{Analysis, Quantity};
use engine::format::json;
use engine::layer::{LayerError, Merge};
use engine::{Graph, Layer, Shape};

const CBAM: &str = include_str!("documents/cbam.json");

fn measured(merge: Merge, inputs: &[[u32; 3]]) -> Result<Shape, LayerError> {
    let inputs: Vec<Shape> = inputs
        .iter()
        .map(|&[c, h, w]| Shape::new(c, h, w))
        .collect();
    Ok(Layer::from(merge).measure(&inputs)?.0)
}

#[test]
fn each_axis_is_the_longest_side_where_the_others_are_equal_or_1() {
    for (inputs, [c, h, w]) in [
        (vec![[8, 16, 16], [1, 16, 16]], [8, 16, 16]),
        (vec![[8, 16, 16], [8, 1, 1]], [8, 16, 16]),
        (vec![[8, 16, 16], [1, 1, 1]], [8, 16, 16]),
        (vec![[8, 1, 1], [1, 16, 16]], [8, 16, 16]),
        (vec![[8, 16, 1], [8, 1, 12]], [8, 16, 12]),
        (vec![[1, 1, 1], [1, 1, 1]], [1, 1, 1]),
        (vec![[8, 1, 1], [8, 5, 5], [1, 5, 5]], [8, 5, 5]),
    ] {
        for merge in [Merge::Add, Merge::Multiply] {
            let mut inputs = inputs.clone();
            for _ in 0..inputs.len() {
                inputs.rotate_left(1);
                assert_eq!(
                    measured(merge, &inputs),
                    Ok(Shape::new(c, h, w)),
                    "{inputs:?}"
                );
            }
        }
    }
}

#[test]
fn other_sizes_are_refused_with_the_two_that_differ() {
    for inputs in [
        vec![[8, 16, 16], [7, 1, 1]],
        vec![[8, 16, 16], [1, 8, 8]],
        vec![[8, 16, 16], [2, 16, 16]],
        vec![[8, 16, 16], [1, 1, 15]],
        vec![[1, 1, 1], [8, 16, 16], [4, 1, 1]],
    ] {
        for merge in [Merge::Add, Merge::Multiply] {
            let error = measured(merge, &inputs).expect_err("they differ");
            assert!(matches!(error, LayerError::Mismatch { .. }), "{error}");
            let [.., [c, h, w]] = inputs[..] else {
                unreachable!()
            };
            let text = error.to_string();
            assert!(
                text.contains("8x16x16") && text.contains(&format!("{c}x{h}x{w}")),
                "{text}"
            );
        }
    }
    // Concatenation repeats nothing.
    assert!(measured(Merge::Concat, &[[8, 16, 16], [8, 1, 1]]).is_err());
}

#[test]
fn a_product_too_large_to_hold_is_refused() {
    let error = measured(Merge::Multiply, &[[1, 1 << 20, 1], [1 << 20, 1, 1 << 20]]);
    assert!(error.is_err());
}

/// Convolutional block attention (Woo et al. 2018): a map 8×16×16, seen 3×3, times a gate of one
/// channel from a 7×7 convolution of it.
fn cbam() -> (Graph, Analysis) {
    let graph = json::read(CBAM).unwrap();
    let analysis = Analysis::of(&graph);
    (graph, analysis)
}

#[test]
fn a_spatial_gate_is_counted() {
    let (graph, analysis) = cbam();
    assert!(analysis.is_valid());
    let [.., gate, product] = &analysis.nodes[..] else {
        unreachable!()
    };
    assert_eq!(gate.shape, Some(Shape::new(1, 16, 16)));
    assert_eq!(product.shape, Some(Shape::new(8, 16, 16)));
    // One multiplication for each of 8 · 16 · 16 values.
    assert_eq!(product.cost.element_flops, 2048);
    // The map sees 3×3, the gate 3 + 7 − 1 = 9, from 4 pixels before.
    let field = product.receptive_field.unwrap();
    assert_eq!((field.size, field.start), ([9, 9], [-4, -4]));
    let explain = |quantity| analysis.explain(&graph, product.id, quantity).unwrap();
    let shape = explain(Quantity::Shape);
    assert_eq!(shape.result, "8x16x16");
    assert!(shape.formula.contains("repeated"), "{}", shape.formula);
}

#[test]
fn memory_holds_the_gate_as_small_as_it_is() {
    // f is 2048 values, m and s 256 each, x 2048: while x runs, f, s and x are alive.
    let (graph, analysis) = cbam();
    assert_eq!(
        Some(analysis.inference.node),
        graph.named("x").map(|it| it.id)
    );
    assert_eq!(analysis.inference.activations, 2048 + 256 + 2048);
}

#[cfg(feature = "run")]
mod run {
    use burn::tensor::{Tensor, TensorData};
    use engine::layer::{AdaptiveAvgPool, ChannelSlice, GlobalPool, Merge, PoolMode};
    use engine::run::{Mode, Network, cpu};
    use engine::{GraphBuilder, NodeId, Shape};
    use pollster::block_on;

    /// Two channels of 2×2.
    const X: [f32; 8] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];

    /// On `X`: the spatial gate `s` = its first channel (1×2×2), the channel gate `g` = its means
    /// 2.5 and 6.5 (2×1×1), its row means `r` (2×2×1) and its column means `c` (2×1×2); then one
    /// product or sum of two of them.
    fn network(merge: Merge, inputs: [&str; 2]) -> Network {
        let mut net = GraphBuilder::new("m", Shape::new(2, 2, 2));
        let slice = ChannelSlice { start: 0, end: 1 };
        let mode = PoolMode::Avg;
        let made = [
            ("x", NodeId::INPUT),
            ("s", net.from(&[NodeId::INPUT], "s", slice)),
            ("g", net.from(&[NodeId::INPUT], "g", GlobalPool { mode })),
            (
                "r",
                net.from(&[NodeId::INPUT], "r", AdaptiveAvgPool { output: [2, 1] }),
            ),
            (
                "c",
                net.from(&[NodeId::INPUT], "c", AdaptiveAvgPool { output: [1, 2] }),
            ),
        ];
        let id = |name| made.iter().find(|it| it.0 == name).unwrap().1;
        net.from(&inputs.map(id), "out", merge);
        Network::seeded(net.finish().unwrap(), 0, &cpu()).unwrap()
    }

    #[test]
    fn values_are_those_of_numpy_from_either_side() {
        for (merge, [a, b], wanted) in [
            (
                Merge::Multiply,
                ["x", "s"],
                [1.0, 4.0, 9.0, 16.0, 5.0, 12.0, 21.0, 32.0],
            ),
            (
                Merge::Add,
                ["x", "s"],
                [2.0, 4.0, 6.0, 8.0, 6.0, 8.0, 10.0, 12.0],
            ),
            (
                Merge::Multiply,
                ["x", "g"],
                [2.5, 5.0, 7.5, 10.0, 32.5, 39.0, 45.5, 52.0],
            ),
            (
                Merge::Add,
                ["x", "g"],
                [3.5, 4.5, 5.5, 6.5, 11.5, 12.5, 13.5, 14.5],
            ),
            (
                Merge::Multiply,
                ["g", "s"],
                [2.5, 5.0, 7.5, 10.0, 6.5, 13.0, 19.5, 26.0],
            ),
            (
                Merge::Multiply,
                ["r", "c"],
                [3.0, 4.5, 7.0, 10.5, 33.0, 38.5, 45.0, 52.5],
            ),
        ] {
            for inputs in [[a, b], [b, a]] {
                let network = network(merge, inputs);
                let out = network.graph().output();
                let trace = block_on(network.trace(&X, &[out])).unwrap();
                assert_eq!(trace.values[0], wanted, "{merge:?} of {inputs:?}");
            }
        }
    }

    #[test]
    fn the_gradient_of_what_is_repeated_is_a_sum() {
        for (merge, inputs, of, wanted) in [
            // Over the channels of x.
            (Merge::Multiply, ["x", "s"], "s", vec![6.0, 8.0, 10.0, 12.0]),
            (Merge::Add, ["x", "s"], "s", vec![2.0; 4]),
            // Over the positions of x, and of s.
            (Merge::Multiply, ["x", "g"], "g", vec![10.0, 26.0]),
            (Merge::Add, ["g", "x"], "g", vec![4.0, 4.0]),
            (Merge::Multiply, ["g", "s"], "g", vec![10.0, 10.0]),
            // Of x0² + x1 · x0 by the two channels.
            (
                Merge::Multiply,
                ["s", "x"],
                "x",
                vec![7.0, 10.0, 13.0, 16.0, 1.0, 2.0, 3.0, 4.0],
            ),
            (Merge::Multiply, ["r", "c"], "r", vec![5.0, 5.0, 13.0, 13.0]),
        ] {
            let network = network(merge, inputs);
            let of_node = network
                .graph()
                .named(of)
                .map_or(NodeId::INPUT, |node| node.id);
            let input = Tensor::from_data(TensorData::new(X.to_vec(), [1, 2, 2, 2]), &cpu());
            let from = [network.graph().output()];
            let gradients = network
                .gradients(input, &[of_node], &from, Mode::Inference, |mut outputs| {
                    outputs.remove(0).sum()
                })
                .unwrap();
            let found: Vec<f32> = gradients.nodes[0].clone().into_data().try_to_vec().unwrap();
            assert_eq!(found, wanted, "{merge:?} of {inputs:?} by {of}");
        }
    }
}
