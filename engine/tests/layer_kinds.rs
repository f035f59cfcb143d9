//! Tests of every kind of layer, and that none is missing.

#![allow(clippy::expect_used, reason = "a helper that fails is a failed test")]

use std::collections::HashSet;

use engine::analysis::{Precision, Quantity};
use engine::format::{json, share};
use engine::layer::{
    Activation, AdaptiveAvgPool, AdaptiveMaxPool, AvgPool, BatchNorm, ChannelShuffle, ChannelSlice,
    Conv, Dropout, Family, Flatten, GlobalPool, GroupNorm, InstanceNorm, LayerNorm, LayerNormAxes,
    Linear, Lrn, MaxPool, Merge, PRelu, Pad, PoolMode, Rbf, Subsample, TableConv, TransposedConv,
    Upsample, UpsampleMode,
};
use engine::{Analysis, Graph, GraphBuilder, Layer, NodeId, Shape};

const MAP: Shape = Shape::new(4, 8, 6);
const VECTOR: Shape = Shape::vector(12);

/// One layer of each kind, and the shape of what it takes.
fn examples() -> Vec<(Layer, Shape)> {
    let mode = PoolMode::Max;
    let (size, alpha, beta, k) = (3, 1e-4, 0.75, 2.0);
    let alpha_divided_by_size = true;
    let lrn = Lrn {
        size,
        alpha,
        beta,
        k,
        alpha_divided_by_size,
    };
    let table = TableConv {
        table: vec![vec![0, 1], vec![1, 2, 3]],
        kernel: [3, 2],
        bias: true,
    };
    let pad = Pad {
        sides: [1, 0, 2, 3],
        value: 0.5,
    };
    let transposed = TransposedConv {
        crop: [1, 0, 1, 1],
        output_padding: [1, 0],
        ..TransposedConv::new(6, 2)
    };
    let upsample = Upsample {
        factor: [2, 3],
        mode: UpsampleMode::Bilinear,
        align_corners: false,
    };
    vec![
        (transposed.into(), MAP),
        (AdaptiveMaxPool { output: [3, 4] }.into(), MAP),
        (GroupNorm::new(2).into(), MAP),
        (LayerNorm::new(LayerNormAxes::All).into(), MAP),
        (InstanceNorm::new().into(), MAP),
        (PRelu { per_channel: true }.into(), MAP),
        (upsample.into(), MAP),
        (Conv::new(6, 3).into(), MAP),
        (table.into(), MAP),
        (MaxPool::new(2).into(), MAP),
        (AvgPool::new(2).into(), MAP),
        (AdaptiveAvgPool { output: [3, 4] }.into(), MAP),
        (GlobalPool { mode }.into(), MAP),
        (Subsample::new(2).into(), MAP),
        (BatchNorm::new().into(), MAP),
        (lrn.into(), MAP),
        (Activation::Tanh.into(), MAP),
        (Dropout { p: 0.5 }.into(), MAP),
        (Linear::new(5).into(), VECTOR),
        (Rbf { classes: 5 }.into(), VECTOR),
        (Merge::Concat.into(), MAP),
        (Flatten::default().into(), MAP),
        (pad.into(), MAP),
        (ChannelShuffle { groups: 2 }.into(), MAP),
        (ChannelSlice { start: 1, end: 3 }.into(), MAP),
    ]
}

/// The layer behind the input, which it takes as often as it must.
fn alone(layer: &Layer, input: Shape) -> Graph {
    let mut net = GraphBuilder::new("alone", input);
    let once = layer.measure(&[input]).is_ok();
    let inputs = vec![NodeId::INPUT; if once { 1 } else { 2 }];
    net.from(&inputs, "layer", layer.clone());
    net.finish().expect("one node")
}

#[test]
fn there_is_an_example_of_each_kind() {
    let examples = examples();
    let kinds: HashSet<_> = examples.iter().map(|(layer, _)| layer.kind()).collect();
    assert_eq!(kinds, Layer::KINDS.iter().copied().collect());
    assert_eq!(kinds.len(), examples.len());
}

#[test]
fn each_kind_has_a_rule_that_fits_its_example() {
    for (layer, input) in examples() {
        let analysis = Analysis::of(&alone(&layer, input));
        assert!(analysis.is_valid(), "{:?}", analysis.problems);
    }
}

#[test]
fn each_kind_has_a_title_of_its_own_and_a_name_for_its_nodes() {
    let mut titles = HashSet::new();
    for (layer, _) in examples() {
        let stem = layer.rule().name_stem();
        // The number of a name is put behind it, and a dot separates a block's name.
        let letters = stem.chars().all(|letter| letter.is_ascii_lowercase());
        assert!(letters && !stem.is_empty(), "{}: {stem}", layer.kind());
        assert!(Family::ALL.contains(&layer.family()));
        let title = layer.title();
        assert!(
            !title.trim().is_empty() && titles.insert(title),
            "{}",
            layer.kind()
        );
    }
}

/// A document says what a layer is by its kind, and a link packs it.
#[test]
fn each_kind_survives_a_document_and_a_link() {
    for (layer, input) in examples() {
        let graph = alone(&layer, input);
        let text = json::write(&graph).expect("finite numbers");
        assert_eq!(json::read(&text).as_ref(), Ok(&graph));
        let text = share::encode(&graph).expect("short");
        assert_eq!(share::decode(&text).ok(), Some(graph));
    }
}

/// Where a cost is not 0 there is a formula for it, and none where it is.
#[test]
fn each_kind_has_formulas_of_its_costs() {
    for (layer, input) in examples() {
        let graph = alone(&layer, input);
        let analysis = Analysis::of(&graph);
        let facts = analysis.node(graph.output()).expect("the only node");
        let inputs = vec![input; graph.nodes()[0].inputs.len()];
        let output = facts.shape.expect("valid");
        let rule = layer.rule();
        let cost = facts.cost;
        for (formula, cost) in [
            (rule.trainable_formula(&inputs, output), cost.trainable),
            (rule.other_formula(&inputs, output), cost.other),
            (rule.mac_formula(&inputs, output), cost.macs),
            (rule.element_formula(&inputs, output), cost.element_flops),
        ] {
            assert_eq!(formula.is_some(), cost > 0, "{}: {cost}", layer.kind());
        }
        assert_eq!(
            rule.arithmetic().is_some(),
            cost.macs > 0,
            "{}",
            layer.kind()
        );
        for quantity in [
            Quantity::Shape,
            Quantity::Trainable,
            Quantity::Flops,
            Quantity::Intensity(Precision::F32),
            Quantity::ReceptiveField,
            Quantity::OutputStride,
        ] {
            let explained = analysis.explain(&graph, graph.output(), quantity);
            assert!(explained.is_some(), "{}: {quantity:?}", layer.kind());
        }
    }
}

/// What a repair sets never makes a layer invalid, and every count set to 0 is a problem.
#[test]
fn each_kind_is_repaired_within_its_limits() {
    for (layer, input) in examples() {
        let inputs = alone(&layer, input).nodes()[0].inputs.len();
        let inputs = vec![input; inputs];
        let mut usual = layer.clone();
        usual.rule_mut().set_usual();
        assert!(usual.measure(&inputs).is_ok(), "{usual:?}");
        let counts = layer.clone().rule_mut().counts_mut().len();
        for at in 0..counts {
            let mut broken = layer.clone();
            *broken.rule_mut().counts_mut()[at] = 0;
            assert!(broken.measure(&inputs).is_err(), "{broken:?}");
        }
    }
}

/// The running half makes values of the shape, and parameters of the count, that the rule says.
#[cfg(feature = "run")]
#[test]
fn each_kind_runs_as_its_rule_says() {
    use engine::run::{Network, cpu};

    for (layer, input) in examples() {
        let graph = alone(&layer, input);
        let analysis = Analysis::of(&graph);
        let facts = analysis.node(graph.output()).expect("the only node");
        let network = Network::seeded(graph.clone(), 1, &cpu()).expect("valid");
        let stored: usize = network
            .params()
            .iter()
            .map(|it| it.dims.iter().product::<usize>())
            .sum();
        assert_eq!(stored as u64, facts.cost.params(), "{}", layer.kind());
        let Shape {
            channels,
            height,
            width,
        } = input;
        let dims = [1, channels, height, width].map(|side| side as usize);
        let picture = burn::tensor::Tensor::ones(dims, &cpu());
        let outputs = network.forward(picture, &[graph.output()]);
        let output = outputs.expect("it runs").remove(0);
        let shape = facts.shape.expect("valid");
        let wanted = [1, shape.channels, shape.height, shape.width].map(|side| side as usize);
        assert_eq!(output.dims(), wanted, "{}", layer.kind());
    }
}
