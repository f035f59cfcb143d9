//! Pruning against PyTorch's masks, rankings and smaller networks, and the smaller network against
//! the masked large one.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod random;
mod reference_run;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use common::folder;
use engine::checkpoint::{Parameter, Role};
use engine::compress::Weights;
use engine::compress::prune::{
    Criterion, Gradual, Mask, Scope, activation_of, apply, is_two_of_four, l1, magnitude,
    norm_after, normalised, order, pattern, scales, taylor_activation, taylor_weight_group,
    taylor_weight_squares,
};
use engine::compress::structure::{Channels, Refusal, dimensions, masked, remove, select};
use engine::layer::{Activation, BatchNorm, ChannelShuffle, Conv, Flatten, Linear, Lrn, Merge};
use engine::run::{Network, cpu};
use engine::{Analysis, Graph, GraphBuilder, Layer, NodeId, Shape};
use pollster::block_on;
use proptest::prelude::*;
use reference_run::op_graph::{Imported, Op, import};
use reference_run::{Array, Budget, arrays, json};
use serde::Deserialize;

#[derive(Deserialize)]
struct Model {
    name: String,
    graph: Vec<Op>,
    file: String,
    input: Vec<usize>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    file: String,
    kind: String,
    #[serde(default)]
    model: String,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    sparsity: Vec<f64>,
    #[serde(default)]
    graph: Vec<Op>,
    #[serde(default)]
    remove: BTreeMap<String, Vec<u32>>,
    #[serde(default)]
    keep: BTreeMap<String, Vec<usize>>,
    large: Option<Figures>,
    small: Option<Figures>,
    float32_torch_max_abs_diff: f64,
}

#[derive(Clone, Copy, Deserialize)]
struct Figures {
    params: u64,
    macs: u64,
}

fn second(name: &str) -> PathBuf {
    folder().join("second").join(name)
}

fn cases() -> Vec<(Case, BTreeMap<String, Array>)> {
    let cases: Vec<Case> = json(&second("prune/cases.json"));
    let with = |case: Case| {
        let tensors = arrays(&second("prune").join(&case.file));
        (case, tensors)
    };
    cases.into_iter().map(with).collect()
}

fn of_kind(kind: &str) -> Vec<(Case, BTreeMap<String, Array>)> {
    let found: Vec<_> = { cases().into_iter() }
        .filter(|(case, _)| case.kind.starts_with(kind))
        .collect();
    assert!(!found.is_empty(), "no case of the kind {kind}");
    found
}

/// A model of the folder as a graph with its weights.
fn model(name: &str) -> (Imported, Weights) {
    let models: Vec<Model> = json(&second("models/models.json"));
    let model = models.into_iter().find(|it| it.name == name).unwrap();
    let tensors = arrays(&second("models").join(&model.file));
    let input = Array {
        dims: [&[1], model.input.as_slice()].concat(),
        values: Vec::new(),
    };
    let inputs = BTreeMap::from([("x".to_owned(), input)]);
    let imported = import(&model.graph, &inputs, |name| {
        Some(tensors.get(name)?.dims.clone())
    });
    let weights = weights(&imported.graph, |name| tensors.get(name));
    (imported, weights)
}

fn weights<'a>(graph: &Graph, of: impl Fn(&str) -> Option<&'a Array>) -> Weights {
    Weights::made(graph, |parameter: &Parameter| {
        Some(of(&parameter.name)?.floats())
    })
    .unwrap()
}

fn network(graph: &Graph, weights: &Weights) -> Network {
    let mut network = Network::seeded(graph.clone(), 0, &cpu()).unwrap();
    network.set_values(&weights.flat()).unwrap();
    network
}

fn output(graph: &Graph, weights: &Weights, input: &[f32]) -> Vec<f32> {
    let network = network(graph, weights);
    let given = vec![(NodeId::INPUT, input.to_vec())];
    let mut outputs = block_on(network.outputs_from(given, &[graph.output()])).unwrap();
    outputs.pop().unwrap()
}

/// The reference is exact; ten times what PyTorch's own 32-bit run is off by, as in `models.rs`.
fn budget(case: &Case) -> Budget {
    Budget {
        absolute: 10.0 * case.float32_torch_max_abs_diff,
        relative: 1e-5,
    }
}

fn masks_of(masks: &[Mask], graph: &Graph) -> BTreeMap<String, Vec<f64>> {
    let named = |mask: &Mask| {
        let name = &graph.node(mask.node).unwrap().name;
        let keep = mask.keep.iter().map(|&it| f64::from(u8::from(it)));
        (format!("{name}.weight"), keep.collect())
    };
    masks.iter().map(named).collect()
}

#[test]
fn magnitude_masks_and_their_outputs_are_pytorchs() {
    for (case, tensors) in of_kind("magnitude") {
        let (imported, weights) = model(&case.model);
        let graph = &imported.graph;
        let scope = match case.scope.as_str() {
            "global" => Scope::Global,
            "per_layer" => Scope::Layer,
            other => panic!("no scope {other}"),
        };
        for (number, &share) in case.sparsity.iter().enumerate() {
            let masks = magnitude(&weights, scope, share);
            let got = masks_of(&masks, graph);
            let prefix = format!("mask.{number}.");
            let wanted = tensors.iter().filter_map(|(name, array)| {
                let name = name.strip_prefix(&prefix)?.to_owned();
                Some((name, array.values.clone()))
            });
            let wanted: BTreeMap<String, Vec<f64>> = wanted.collect();
            assert_eq!(got, wanted, "{} {share}", case.name);
            let mut pruned = weights.clone();
            apply(&mut pruned, &masks);
            let output = output(graph, &pruned, &tensors["input"].floats());
            let wanted = &tensors[&format!("output.{number}")].values;
            budget(&case).check(&case.name, &output, wanted).unwrap();
        }
    }
}

#[test]
fn a_matrix_with_the_pattern_is_known_by_its_zeros() {
    // One output, four inputs, kernels of two places: at each place two of the four are 0.
    let has = [0.0, 1.0, 2.0, 0.0, 0.0, 3.0, 4.0, 0.0];
    assert!(is_two_of_four(&[1, 4, 1, 2], &has));
    let mut lacks = has;
    lacks[4] = 5.0;
    assert!(!is_two_of_four(&[1, 4, 1, 2], &lacks));
    assert!(!is_two_of_four(&[2, 3], &[0.0; 6]), "three inputs");
    assert!(
        !is_two_of_four(&[4, 4, 1], &[0.0; 16]),
        "a connection table"
    );
    assert!(!is_two_of_four(&[1, 4], &[0.0; 3]), "too few values");
}

#[test]
fn two_of_four_is_the_references_and_fits_only_multiples_of_four() {
    for (case, tensors) in of_kind("2:4") {
        let (imported, weights) = model(&case.model);
        let (masks, left) = pattern(&weights);
        let got = masks_of(&masks, &imported.graph);
        assert_eq!(got["fc.weight"], tensors["mask.fc.weight"].values);
        // Its one input channel is no multiple of four; the second's eight are.
        assert_eq!(left, [imported.nodes["conv1"]]);
        assert!(got.contains_key("conv2.weight"));
    }
}

fn close(what: &str, got: &[f64], wanted: &Array, relative: f64) {
    let largest = wanted
        .values
        .iter()
        .fold(0.0, |most: f64, it| most.max(it.abs()));
    let got: Vec<f32> = got.iter().map(|&it| it as f32).collect();
    let budget = Budget {
        absolute: relative * largest,
        relative,
    };
    budget.check(what, &got, &wanted.values).unwrap();
}

#[test]
fn channels_are_ranked_as_in_the_reference() {
    let mut compared = 0;
    for (case, tensors) in of_kind("channel ranking") {
        let (imported, weights) = model(&case.model);
        let graph = &imported.graph;
        let network = network(graph, &weights);
        let input = || vec![(NodeId::INPUT, tensors["input"].floats())];
        let labels = tensors["labels"].labels();
        // Of the mean cross-entropy.
        let upstream = |logits: &[f32]| {
            let classes = logits.len() / labels.len();
            let mut gradient = Vec::new();
            for (row, &label) in logits.chunks(classes).zip(&labels) {
                let soft = engine::compress::soft(row, classes, 1.0);
                gradient.extend(
                    soft.iter()
                        .enumerate()
                        .map(|(class, it)| (it - f32::from(class == label)) / labels.len() as f32),
                );
            }
            gradient
        };
        let weighted = network.pull_back_weights(input(), graph.output(), upstream);
        let (_, gradients) = block_on(weighted).unwrap();
        let convs = graph
            .nodes()
            .iter()
            .filter(|it| matches!(it.layer, Layer::Conv(_)));
        for conv in convs {
            let weight = weights.get(conv.id, Role::Weight).unwrap();
            let place = weights
                .tensors()
                .iter()
                .position(|it| it == weight)
                .unwrap();
            let gradient = gradients[place].as_ref().unwrap();
            let of = [activation_of(graph, conv.id)];
            let run = network.pull_back(input(), graph.output(), &of, upstream);
            let mut pulled = block_on(run).unwrap();
            let of_activation = pulled.gradients.remove(0);
            let run = network.outputs_from(input(), &of);
            let values = block_on(run).unwrap().remove(0);
            let channels = weight.dims()[0];
            let taylor = taylor_activation(&values, &of_activation, labels.len(), channels);
            let (values, row) = (&weight.values, weight.row());
            let mut scores = vec![
                ("l1", l1(values, row)),
                ("taylor_activation", taylor.clone()),
                ("taylor_activation_normalised", normalised(&taylor)),
                (
                    "taylor_weight_sum_sq",
                    taylor_weight_squares(gradient, values, row),
                ),
                (
                    "taylor_weight_group",
                    taylor_weight_group(gradient, values, row),
                ),
            ];
            if let Some(norm) = norm_after(graph, conv.id) {
                let gamma = weights.get(norm.id, Role::Weight).unwrap();
                scores.push(("bn_scale", scales(&gamma.values)));
            }
            for (criterion, scores) in scores {
                let name = format!("{criterion}.{}", conv.name);
                // 6e-5 is what inputs changed by 1e-6 do to the scores (`perturbed_1e-6_max_diff`).
                close(&name, &scores, &tensors[&format!("score.{name}")], 6e-5);
                let wanted = tensors[&format!("order.{name}")].labels();
                assert_eq!(order(&scores), wanted, "{} {name}", case.name);
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 2 * 5 + 3 * 6);
    assert_eq!(
        Criterion::ALL.iter().filter(|it| it.needs_images()).count(),
        2
    );
}

#[test]
fn the_gradual_schedule_is_that_of_zhu_and_gupta() {
    #[derive(Deserialize)]
    struct Schedule {
        #[serde(default)]
        initial: f64,
        #[serde(default, rename = "final")]
        last: f64,
        #[serde(default)]
        begin: u32,
        #[serde(default)]
        end: u32,
        kind: String,
    }
    let all: Vec<Schedule> = json(&second("prune/cases.json"));
    let schedule = all
        .iter()
        .find(|it| it.kind.starts_with("gradual"))
        .unwrap();
    let gradual = Gradual {
        initial: schedule.initial,
        last: schedule.last,
        begin: schedule.begin,
        end: schedule.end,
    };
    let wanted = &of_kind("gradual")[0].1["sparsity"].values;
    let got: Vec<f64> = (gradual.begin..=gradual.end)
        .map(|t| gradual.share(t))
        .collect();
    assert_eq!(got.len(), wanted.len());
    for (got, wanted) in got.iter().zip(wanted) {
        assert!((got - wanted).abs() < 1e-7, "{got} {wanted}");
    }
}

/// A parameter or a buffer of the reference.
fn found<'a>(tensors: &'a BTreeMap<String, Array>, prefix: &str, name: &str) -> Option<&'a Array> {
    let param = tensors.get(&format!("{prefix}param.{name}"));
    param.or_else(|| tensors.get(&format!("{prefix}buffer.{name}")))
}

#[test]
fn smaller_networks_are_the_references() {
    let mut compared = 0;
    for (case, tensors) in of_kind("structured") {
        let inputs = BTreeMap::from([("x".to_owned(), tensors["input"].clone())]);
        let find = |prefix: &str, name: &str| found(&tensors, prefix, name);
        let imported = import(&case.graph, &inputs, |name| {
            Some(find("", name)?.dims.clone())
        });
        let graph = &imported.graph;
        let large = weights(graph, |name| find("", name));
        let wanted = case.remove.iter().map(|(name, channels)| Channels {
            node: imported.nodes[name],
            channels: channels.clone(),
        });
        let wanted: Vec<Channels> = wanted.collect();
        let small = remove(graph, &large, &wanted).unwrap();
        for (name, keep) in &case.keep {
            assert_eq!(
                &small.kept[&imported.nodes[name]], keep,
                "{} {name}",
                case.name
            );
        }
        for tensor in small.weights.tensors() {
            let name = &tensor.parameter.name;
            let wanted = find("small.", name).unwrap_or_else(|| panic!("no {name}"));
            assert_eq!(tensor.dims(), wanted.dims, "{name}");
            assert_eq!(tensor.values, wanted.floats(), "{name}");
            compared += 1;
        }
        for (graph, figures) in [(graph, case.large), (&small.graph, case.small)] {
            let total = Analysis::of(graph).total;
            let figures = figures.unwrap();
            assert_eq!(
                [total.trainable, total.macs],
                [figures.params, figures.macs],
                "{}",
                case.name
            );
        }
        let input = tensors["input"].floats();
        let check = |what: &str, got: &[f32]| {
            budget(&case)
                .check(&case.name, got, &tensors[what].values)
                .unwrap();
        };
        check("output", &output(&small.graph, &small.weights, &input));
        let masked = masked(graph, &large, &wanted).unwrap();
        check("output_masked_large", &output(graph, &masked, &input));
        check("output_large", &output(graph, &large, &input));
    }
    assert!(compared > 40, "{compared}");
}

/// Numbers that look random, within ± 1.
fn numbers(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// Weights whose maps stay of a size.
fn made_up(graph: &Graph) -> Weights {
    Weights::made(graph, |parameter| {
        let count = parameter.count();
        let inputs = parameter.dims[1..].iter().product::<usize>().max(1) as f32;
        let of = numbers(
            u64::from(parameter.node.0) * 8 + parameter.role as u64,
            count,
        );
        Some(match parameter.role {
            Role::Weight if parameter.dims.len() > 1 => {
                of.iter().map(|it| it * (6.0 / inputs).sqrt()).collect()
            }
            Role::Weight | Role::RunningVar => of.iter().map(|it| 1.0 + 0.2 * it).collect(),
            _ => of.iter().map(|it| 0.2 * it).collect(),
        })
    })
    .unwrap()
}

/// The smaller network gives what the masked one gives, within 1e-5 of the largest value.
fn agree(graph: &Graph, large: &Weights, wanted: &[Channels]) {
    let small = remove(graph, large, wanted).unwrap();
    assert!(Analysis::of(&small.graph).is_valid(), "{:?}", small.graph);
    let input = numbers(7, 2 * graph.input().elements() as usize);
    let got = output(&small.graph, &small.weights, &input);
    let wanted_values = output(graph, &masked(graph, large, wanted).unwrap(), &input);
    let largest = wanted_values
        .iter()
        .fold(1.0, |most: f32, it| most.max(it.abs()));
    for (got, wanted) in got.iter().zip(&wanted_values) {
        let error = (got - wanted).abs();
        assert!(error <= 1e-5 * largest, "{got} {wanted}: {}", graph.name());
    }
    assert_eq!(got.len(), wanted_values.len());
}

/// By the sum of the absolute weights.
fn l1_scores(weights: &Weights) -> HashMap<NodeId, Vec<f64>> {
    let scores = |it: &engine::compress::Tensor| (it.parameter.node, l1(&it.values, it.row()));
    weights.matrices().map(scores).collect()
}

/// The small models of all kinds of architecture: residual, concatenated, depthwise, squeeze and
/// excitation, shuffled.
#[test]
fn every_small_model_becomes_smaller_and_gives_the_same() {
    #[derive(Deserialize)]
    struct Mini {
        name: String,
        graph: Vec<Op>,
    }
    let models: Vec<Mini> = json(&folder().join("models/models.json"));
    let mut smaller = Vec::new();
    for model in &models {
        let file = |ending: &str| folder().join(format!("models/{}.{ending}", model.name));
        let io = arrays(&file("io.safetensors"));
        let of_file = arrays(&file("safetensors"));
        let inputs = BTreeMap::from([("x".to_owned(), io["input"].clone())]);
        let imported = import(&model.graph, &inputs, |name| {
            Some(of_file.get(name)?.dims.clone())
        });
        let graph = &imported.graph;
        let large = weights(graph, |name| of_file.get(name));
        let (channels, left) = select(graph, &l1_scores(&large), 0.4, None);
        for it in &left {
            let said = it.why.to_string();
            let named = graph
                .nodes()
                .iter()
                .any(|node| said.contains(&format!("“{}”", node.name)));
            assert!(named, "{said}");
        }
        if channels.is_empty() {
            assert!(
                !left.is_empty(),
                "{}: nothing goes and nothing is said",
                model.name
            );
            continue;
        }
        agree(graph, &large, &channels);
        let small = remove(graph, &large, &channels).unwrap();
        let macs = |graph: &Graph| Analysis::of(graph).total.macs;
        assert!(macs(&small.graph) < macs(graph), "{}", model.name);
        smaller.push(model.name.as_str());
    }
    assert_eq!(smaller.len(), models.len(), "{smaller:?}");
}

fn conv(channels: u32) -> Conv {
    Conv {
        padding: engine::layer::Padding::Same,
        ..Conv::new(channels, 3)
    }
}

#[test]
fn a_gate_of_a_sigmoid_goes_with_its_map() {
    let mut net = GraphBuilder::new("gated", Shape::new(2, 6, 6));
    let map = net.then("map", conv(8));
    net.then(
        "squeeze",
        engine::layer::GlobalPool {
            mode: engine::layer::PoolMode::Avg,
        },
    );
    net.then("down", Conv::new(3, 1));
    net.then("relu", Activation::Relu);
    net.then("up", Conv::new(8, 1));
    let gate = net.then("gate", Activation::Sigmoid);
    net.from(&[map, gate], "scale", Merge::Multiply);
    net.then("next", conv(4));
    net.then("flatten", Flatten::default());
    net.then("fc", Linear::new(3));
    let graph = net.finish().unwrap();
    let large = made_up(&graph);
    let wanted = [Channels {
        node: map,
        channels: vec![1, 4, 7],
    }];
    agree(&graph, &large, &wanted);
    let small = remove(&graph, &large, &wanted).unwrap();
    assert_eq!(small.kept[&gate], [0, 2, 3, 5, 6]);
}

/// A removed channel is 0 where it is made, and the sigmoid of 0 is ½ all over the map: into the
/// bias of a layer that pads nothing, but not of one that pads zeros around it.
#[test]
fn what_a_sigmoid_makes_of_zeros_goes_into_the_bias() {
    let build = |next: Conv| {
        let mut net = GraphBuilder::new("squashed", Shape::new(1, 8, 8));
        let first = net.then("first", Conv::new(4, 3));
        net.then("sigmoid", Activation::Sigmoid);
        net.then(
            "next",
            Conv {
                bias: false,
                ..next
            },
        );
        net.then("flatten", Flatten::default());
        net.then("fc", Linear::new(3));
        (
            net.finish().unwrap(),
            [Channels {
                node: first,
                channels: vec![0, 2],
            }],
        )
    };
    let (graph, wanted) = build(Conv::new(5, 3));
    agree(&graph, &made_up(&graph), &wanted);
    let (graph, wanted) = build(conv(5));
    let refusal = remove(&graph, &made_up(&graph), &wanted).unwrap_err();
    assert!(matches!(&refusal, Refusal::NotZero { node, by } if node == "sigmoid" && by == "next"));
}

#[test]
fn groups_and_shuffles_need_as_many_channels_each() {
    let mut net = GraphBuilder::new("shuffled", Shape::new(3, 6, 6));
    let first = net.then("first", conv(8));
    net.then("norm", BatchNorm::new());
    let grouped = net.then(
        "grouped",
        Conv {
            groups: 2,
            ..conv(12)
        },
    );
    net.then("shuffle", ChannelShuffle { groups: 2 });
    net.then("last", conv(4));
    net.then("flatten", Flatten::default());
    net.then("fc", Linear::new(3));
    let graph = net.finish().unwrap();
    let large = made_up(&graph);
    let of = |node, channels: &[u32]| Channels {
        node,
        channels: channels.to_vec(),
    };
    agree(
        &graph,
        &large,
        &[of(first, &[1, 6]), of(grouped, &[0, 4, 7, 8])],
    );
    // A whole group, with what it makes.
    agree(
        &graph,
        &large,
        &[of(first, &[0, 1, 2, 3]), of(grouped, &[0, 1, 2, 3, 4, 5])],
    );
    let refused = remove(&graph, &large, &[of(first, &[0, 1])]).unwrap_err();
    assert_eq!(
        refused,
        Refusal::Groups {
            node: "grouped".into(),
            groups: 2
        }
    );
    let refused = remove(&graph, &large, &[of(grouped, &[0])]).unwrap_err();
    assert_eq!(
        refused,
        Refusal::Groups {
            node: "grouped".into(),
            groups: 2
        }
    );
}

#[test]
fn refusals_name_the_node_that_ties() {
    let mut net = GraphBuilder::new("tied", Shape::new(3, 6, 6));
    let first = net.then("first", conv(3));
    net.from(&[NodeId::INPUT, first], "sum", Merge::Add);
    let second = net.then("second", conv(6));
    net.then(
        "lrn",
        Lrn {
            size: 3,
            alpha: 1e-4,
            beta: 0.75,
            k: 2.0,
            alpha_divided_by_size: true,
        },
    );
    net.then("flatten", Flatten::default());
    let head = net.then("fc", Linear::new(3));
    net.then("softmax", Activation::Softmax);
    let graph = net.finish().unwrap();
    let large = made_up(&graph);
    let refused = |node, channels: &[u32]| {
        let wanted = [Channels {
            node,
            channels: channels.to_vec(),
        }];
        remove(&graph, &large, &wanted).unwrap_err().to_string()
    };
    assert!(
        refused(first, &[1]).contains("input by “sum”"),
        "{}",
        refused(first, &[1])
    );
    assert!(refused(second, &[1]).starts_with("“lrn”"));
    assert!(refused(head, &[0]).contains("output"));
    assert!(refused(second, &[6]).contains("no channel 6"));
    assert!(refused(second, &[0, 1, 2, 3, 4, 5]).contains("nothing would be left of “second”"));
    let (_, left) = dimensions(&graph);
    assert_eq!(
        left.iter().map(|it| it.node).collect::<Vec<_>>(),
        [first, head]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Any graph and any channels: a valid graph that gives the same, or a refusal that names a node.
    #[test]
    fn any_channels_of_any_graph_go_or_are_refused(
        graph in random::graphs(14),
        picks in proptest::collection::vec((0..1_000_usize, 0..1_000_u32), 1..6),
    ) {
        let analysis = Analysis::of(&graph);
        prop_assume!(analysis.is_valid());
        let large = made_up(&graph);
        let nodes = graph.nodes();
        let wanted: Vec<Channels> = { picks.iter() }
            .map(|&(node, channel)| {
                let node = nodes[node % nodes.len()].id;
                let channels = analysis.node(node).unwrap().shape.unwrap().channels;
                Channels { node, channels: vec![channel % channels] }
            })
            .collect();
        match remove(&graph, &large, &wanted) {
            Ok(_) => agree(&graph, &large, &wanted),
            Err(refusal) => {
                let said = refusal.to_string();
                let named = nodes.iter().any(|node| said.contains(&format!("“{}”", node.name)));
                prop_assert!(named, "{said}");
            }
        }
    }

    /// What is chosen by scores can always be taken out.
    #[test]
    fn what_is_chosen_goes(graph in random::graphs(14), share in 0.0..0.9_f64) {
        prop_assume!(Analysis::of(&graph).is_valid());
        let large = made_up(&graph);
        let (channels, _) = select(&graph, &l1_scores(&large), share, None);
        if !channels.is_empty() {
            agree(&graph, &large, &channels);
        }
    }
}
