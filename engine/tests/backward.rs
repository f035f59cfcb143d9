//! The backward pass as the page sees it: against the reference's gradients, against differences of the
//! loss, and against itself (the terms of the chain rule add up to what burn's whole pass gives).
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod driven;
mod reference_run;

use std::collections::BTreeMap;

use driven::{Driven, id, lenet5, picture};
use engine::analysis::Budget as Memory;
use engine::checkpoint::Role;
use engine::explain::{
    Ask, Backward, BackwardAsk, Chain, ExplainFailure, GoingBack, Scope, Term, Told, WeightStep,
};
use engine::layer::{Activation, Conv, Flatten, Layer, Linear, MaxPool, Merge};
use engine::run::{Network, cpu, read_weights};
use engine::session::{Command, Encoded, Event, Unit, Wanted};
use engine::zoo::Options;
use engine::{Graph, GraphBuilder, NodeId, Shape, zoo};
use pollster::block_on;
use reference_run::op_graph::{Op, import};
use reference_run::{Budget, arrays, json, read};
use serde::Deserialize;

#[derive(Deserialize)]
struct Model {
    name: String,
    graph: Vec<Op>,
    float32_torch_max_abs_diff: f64,
    float32_torch_max_grad_diff: f64,
}

/// As in `models.rs`.
const TIMES_TORCH: f64 = 10.0;

fn back(
    network: &Network,
    ask: BackwardAsk,
    input: &[f32],
) -> Result<(Backward, Vec<f32>), ExplainFailure> {
    let mut going = GoingBack::new(network, ask, input.to_vec(), Memory::default())?;
    loop {
        if let Some(told) = block_on(going.advance(network))? {
            return Ok(told);
        }
    }
}

/// The gradient of one node, of the values beside an answer.
fn map<'a>(told: &Backward, values: &'a [f32], node: NodeId) -> &'a [f32] {
    let slice = told.maps.iter().find(|it| it.node == node).unwrap();
    &values[slice.offset..][..slice.sent.elements() as usize]
}

fn labelled(label: u32, maps: Vec<Wanted>) -> BackwardAsk {
    BackwardAsk {
        label: Some(label),
        maps,
        ..BackwardAsk::default()
    }
}

#[test]
fn loss_and_gradients_are_those_of_the_reference() {
    let folder = common::folder().join("models");
    let models: Vec<Model> = json(&folder.join("models.json"));
    let mut biases = 0;
    for model in models {
        let io = arrays(&folder.join(format!("{}.io.safetensors", model.name)));
        let Some(labels) = io.get("labels").map(reference_run::Array::labels) else {
            continue;
        };
        let file = folder.join(format!("{}.safetensors", model.name));
        let weights = arrays(&file);
        let inputs = BTreeMap::from([("x".to_owned(), io["input"].clone())]);
        let imported = import(&model.graph, &inputs, |name| {
            Some(weights.get(name)?.dims.clone())
        });
        let mut network = Network::seeded(imported.graph.clone(), 0, &cpu()).unwrap();
        read_weights(&mut network, &read(&file)).unwrap();
        // Every node with a bias: the gradient of a bias is the sum of that of the node's maps.
        let params = network.params().iter();
        let biased: Vec<(NodeId, String)> = params
            .filter(|it| it.role == Role::Bias)
            .map(|it| (it.node, format!("grad.param.{}", it.name)))
            .collect();
        let wanted = biased.iter().map(|it| it.0).chain([NodeId::INPUT]);
        let maps: Vec<Wanted> = wanted.map(Wanted::all).collect();
        let batch = labels.len();
        let input = io["input"].floats();
        let (mut loss, mut of_input) = (0.0, Vec::new());
        let mut sums: BTreeMap<NodeId, Vec<f64>> = BTreeMap::new();
        for (input, &label) in input.chunks_exact(input.len() / batch).zip(&labels) {
            let ask = labelled(label as u32, maps.clone());
            let (told, values) = back(&network, ask, input).unwrap();
            // The reference's loss is the mean of the batch.
            loss += told.loss / batch as f64;
            let mean = |it: &f32| it / batch as f32;
            of_input.extend(map(&told, &values, NodeId::INPUT).iter().map(mean));
            for (node, _) in &biased {
                let shape = network.shape(*node).unwrap();
                let maps = map(&told, &values, *node);
                let maps = maps.chunks_exact(shape.positions() as usize);
                let one = sums.entry(*node).or_default();
                one.resize(maps.len(), 0.0);
                for (sum, map) in one.iter_mut().zip(maps) {
                    *sum += map.iter().map(|&it| f64::from(it)).sum::<f64>() / batch as f64;
                }
            }
        }
        let budget = Budget {
            absolute: TIMES_TORCH * model.float32_torch_max_grad_diff,
            relative: 1e-5,
        };
        let value = Budget {
            absolute: TIMES_TORCH * model.float32_torch_max_abs_diff,
            relative: 1e-5,
        };
        value
            .check("loss", &[loss as f32], &io["loss"].values)
            .unwrap();
        budget
            .check("grad.input", &of_input, &io["grad.input"].values)
            .unwrap();
        for (node, name) in &biased {
            let got: Vec<f32> = sums[node].iter().map(|&it| it as f32).collect();
            // A batch norm's own bias is added to each value too.
            budget.check(name, &got, &io[name].values).unwrap();
            biases += 1;
        }
    }
    assert!(biases > 20, "{biases} biases were compared");
}

/// Several values of each node of a network, so that every kind of layer behind them is met.
fn terms_add_up(graph: &Graph, seed: u64) -> usize {
    let network = Network::seeded(graph.clone(), seed, &cpu()).unwrap();
    let scope = Scope::of(graph).unwrap();
    let input = picture(graph);
    let (mut found, mut sums_only, mut repeated) = (0, 0, 0);
    for node in [NodeId::INPUT].into_iter().chain(scope.nodes.clone()) {
        let shape = network.shape(node).unwrap();
        // A gate's value is repeated over a whole map: of more than 256 values only the sum is told.
        let is_repeated = graph.consumers(node).any(|(taker, _)| {
            matches!(taker.layer, Layer::Merge(Merge::Multiply))
                && shape.positions() == 1
                && network.shape(taker.id).unwrap().positions() > 256
        });
        for [channel, row, column] in [
            [0, 0, 0],
            [shape.channels / 2, shape.height / 2, shape.width / 2],
            [shape.channels - 1, shape.height - 1, shape.width / 3],
        ] {
            let unit = Unit {
                node,
                channel,
                row,
                column,
            };
            let ask = BackwardAsk {
                label: Some(1),
                unit: Some(unit),
                ..BackwardAsk::default()
            };
            let (told, _) = back(&network, ask, &input).unwrap();
            let chain = told.chain.unwrap();
            if node == scope.logits {
                assert!(chain.through.is_empty());
                continue;
            }
            repeated += usize::from(is_repeated);
            assert!(!chain.through.is_empty(), "{node:?} of {}", graph.name());
            let sum: f64 = chain.through.iter().map(|it| it.sum).sum();
            let sizes = chain.through.iter().flat_map(|it| it.terms.iter());
            let size: f64 = sizes
                .flat_map(|(_, terms)| terms)
                .map(|it| it.product().abs())
                .sum();
            sums_only += chain.through.iter().filter(|it| it.terms.is_none()).count();
            // Some hundred roundings of the terms' sizes.
            let bound = 1e-4 * (size + f64::from(chain.gradient).abs()) + 1e-12;
            let named = graph.node(node).map_or("input", |it| it.name.as_str());
            assert!(
                (sum - f64::from(chain.gradient)).abs() <= bound,
                "{} “{named}”: {sum}, not {}",
                graph.name(),
                chain.gradient
            );
            found += usize::from(chain.gradient != 0.0);
        }
    }
    assert_eq!(sums_only, repeated, "{}", graph.name());
    found
}

#[test]
fn the_terms_of_the_chain_rule_add_up_to_the_gradient_in_every_kind_of_layer() {
    for name in [
        "lenet-5-1998",
        "alexnet-mini",
        "googlenet-mini",
        "resnet-mini",
        "mobilenet-v3-mini",
        "densenet-mini",
    ] {
        let graph = zoo::build(name, &Options::default()).unwrap();
        let found = terms_add_up(&graph, 3);
        assert!(found > 8, "{name}: {found} gradients other than 0");
    }
}

#[test]
fn the_chain_rule_by_hand() {
    // One map of 2 × 2, pooled to its largest value, two logits 3 · x and −1 · x.
    let mut net = GraphBuilder::new("by hand", Shape::new(1, 2, 2));
    net.then("conv", Conv::new(1, 1));
    net.then("pool", MaxPool::new(2));
    net.then("flatten", Flatten::default());
    net.then("head", Linear::new(2));
    let graph = net.finish().unwrap();
    let network = Network::seeded(graph.clone(), 0, &cpu()).unwrap();
    let nodes: Vec<NodeId> = graph.nodes().iter().map(|it| it.id).collect();
    let network = block_on(network.with_changed(&nodes, |_, role, dims, values| {
        let weights: &[f32] = match (role, dims.len()) {
            (Role::Weight, 4) => &[2.0],
            (Role::Weight, _) => &[3.0, -1.0],
            _ => &[0.0, 0.0],
        };
        values.copy_from_slice(&weights[..values.len()]);
    }))
    .unwrap();
    let chain = |name: &str, row, column| -> (Backward, Chain) {
        let node = graph.named(name).map_or(NodeId::INPUT, |it| it.id);
        let unit = Unit {
            node,
            channel: 0,
            row,
            column,
        };
        let ask = BackwardAsk {
            label: Some(0),
            unit: Some(unit),
            ..BackwardAsk::default()
        };
        let (told, _) = back(&network, ask, &[0.1, 0.25, 0.0, -1.0]).unwrap();
        let chain = told.chain.clone().unwrap();
        (told, chain)
    };
    // The largest input 0.25 gives 0.5 and the logits 1.5 and −0.5: softmax 1 / (1 + e⁻²).
    let share = 1.0 / (1.0 + (-2.0_f64).exp());
    let (told, flat) = chain("flatten", 0, 0);
    assert!((told.loss + share.ln()).abs() < 1e-6);
    assert!((f64::from(told.slopes[0]) - (share - 1.0)).abs() < 1e-6);
    let terms = |chain: &Chain| -> Vec<Term> { chain.through[0].terms.clone().unwrap().1 };
    let weights: Vec<f32> = terms(&flat).iter().map(|it| it.derivative).collect();
    assert_eq!(weights, [3.0, -1.0]);
    let slope = 4.0 * (share - 1.0);
    assert!((f64::from(flat.gradient) - slope).abs() < 1e-5);
    // Only the largest value of the window gets anything back.
    let (_, won) = chain("conv", 0, 1);
    assert_eq!(terms(&won)[0].derivative, 1.0);
    assert!((f64::from(won.gradient) - slope).abs() < 1e-5);
    let (_, lost) = chain("conv", 0, 0);
    assert_eq!(lost.gradient, 0.0);
    assert!(terms(&lost).is_empty());
    let (_, input) = chain("input", 0, 1);
    assert_eq!(terms(&input)[0].derivative, 2.0);
    assert!((f64::from(input.gradient) - 2.0 * slope).abs() < 1e-5);
}

fn step(graph: &Graph, name: &str, role: Role, rate: f32) -> BackwardAsk {
    BackwardAsk {
        label: Some(4),
        step: Some(WeightStep {
            node: id(graph, name),
            role,
            place: None,
            rate,
        }),
        ..BackwardAsk::default()
    }
}

#[test]
fn a_weight_s_gradient_is_the_difference_of_the_losses_of_two_steps() {
    let graph = lenet5();
    let mut network = Network::seeded(graph.clone(), 0, &cpu()).unwrap();
    read_weights(&mut network, &driven::file()).unwrap();
    let input = picture(&graph);
    for (name, role) in [
        ("C1", Role::Weight),
        ("C3", Role::Weight),
        ("C3", Role::Bias),
        ("F6", Role::Weight),
        ("output", Role::Bias),
    ] {
        let take = |rate| {
            let (told, _) = back(&network, step(&graph, name, role, rate), &input).unwrap();
            told.step.unwrap()
        };
        let slope = f64::from(take(0.0).gradient);
        // Both ways by 1/100: the curvature falls out of the difference, whose third order is small.
        let rate = (0.01 / slope.abs()) as f32;
        let (down, up) = (take(rate), take(-rate));
        assert_eq!(down.before, up.before);
        assert_eq!(down.after, down.before - rate * down.gradient, "{name}");
        let distance = f64::from(up.after) - f64::from(down.after);
        let quotient = (up.loss[1] - down.loss[1]) / distance;
        // Logits of order 10 in 32-bit floats, over 0.02.
        let bound = 2e-3 * slope.abs() + 1e-4;
        assert!(
            (quotient - slope).abs() <= bound,
            "{name}: {quotient}, {slope}"
        );
        // What a straight line says, −rate · gradient², is near what happens, and the loss falls.
        assert!(down.change() < 0.0 && up.change() > 0.0, "{name}");
        let middle = (down.change() - up.change()) / 2.0;
        let off = (middle - down.predicted()).abs();
        assert!(
            off <= 5e-3 * down.predicted().abs() + 1e-6,
            "{name}: {middle}"
        );
    }
}

#[test]
fn a_session_goes_back_from_the_last_input() {
    let graph = lenet5();
    let mut driven = Driven::trained();
    driven.answer(&picture(&graph));
    let c3 = id(&graph, "C3");
    let fine = Wanted {
        channels: Some(4),
        side: Some(5),
        ..Wanted::all(c3)
    };
    let ask = labelled(2, vec![Wanted::all(c3), fine]);
    let command = |ask: &BackwardAsk| Command::Explain {
        ask: Encoded::new(&Ask::Backward(ask.clone())),
    };
    let message = driven.ask_last(command(&ask), Vec::new());
    let values = message.values().unwrap();
    let Event::Explained { told } = message.header else {
        panic!("no answer but {:?}", message.header)
    };
    let Told::Backward(told) = told.decode().unwrap() else {
        panic!("another answer")
    };
    let mut network = Network::seeded(graph.clone(), 0, &cpu()).unwrap();
    read_weights(&mut network, &driven::file()).unwrap();
    let (wanted, natively) = back(&network, ask, &picture(&graph)).unwrap();
    assert_eq!((*told, values), (wanted.clone(), natively.clone()));
    // The small one: four of the maps, 10 × 10, each value the mean of 2 × 2.
    let [whole, small] = [0, 1].map(|at| wanted.maps[at]);
    assert_eq!((small.sent.channels, small.sent.height), (4, 5));
    let first: f32 = [0, 1, 10, 11]
        .map(|at| natively[whole.offset + at])
        .iter()
        .sum();
    assert!((natively[small.offset] - first / 4.0).abs() < 1e-7);

    let refused = |driven: &mut Driven, ask: BackwardAsk| driven.refused(command(&ask), Vec::new());
    let class = refused(&mut driven, labelled(10, Vec::new()));
    assert!(class.contains("0 to 9"), "{class}");
    let unit = Some(Unit {
        node: c3,
        channel: 16,
        row: 0,
        column: 0,
    });
    let beyond = refused(
        &mut driven,
        BackwardAsk {
            unit,
            ..BackwardAsk::default()
        },
    );
    assert!(beyond.contains("“C3”"), "{beyond}");
    let none = refused(&mut driven, step(&graph, "S2", Role::Weight, 0.1));
    assert!(none.contains("“S2” has no weight"), "{none}");
    let rate = back(
        &network,
        step(&graph, "C3", Role::Weight, f32::NAN),
        &picture(&graph),
    );
    let rate = rate.unwrap_err().to_string();
    assert!(rate.contains("learning rate"), "{rate}");
}

#[test]
fn a_network_without_finite_answers_is_refused() {
    let mut net = GraphBuilder::new("small", Shape::new(1, 4, 4));
    net.then("conv", Conv::new(2, 3));
    net.then("relu", Activation::Relu);
    net.then("flatten", Flatten::default());
    net.then("head", Linear::new(3));
    let graph = net.finish().unwrap();
    let network = Network::seeded(graph.clone(), 0, &cpu()).unwrap();
    let conv = [id(&graph, "conv")];
    let broken = network.with_changed(&conv, |_, _, _, values| values.fill(f32::NAN));
    let broken = block_on(broken).unwrap();
    let failure = back(&broken, BackwardAsk::default(), &picture(&graph)).unwrap_err();
    assert!(matches!(failure, ExplainFailure::NotFinite(_)), "{failure}");
}
