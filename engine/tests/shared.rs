//! One layer used several times: the recurrent convolution of PyTorch (tests/reference/shared_torch.py),
//! and what edits, documents, files and code make of it.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod reference_run;

use std::collections::BTreeMap;

use burn::tensor::Tensor;
use engine::checkpoint::{Weights, parameters};
use engine::compress::quantise::{Activations, Granularity, Grid};
use engine::compress::structure::{Channels, masked, remove};
use engine::explain::Operation;
use engine::export::{Library, code};
use engine::format::{json, share};
use engine::graph::{Edit, EditError};
use engine::layer::{Activation, BatchNorm, Conv, Flatten, Linear, MaxPool, Merge, Padding};
use engine::onnx;
use engine::plan::{Executor, Params, Plan, Trainer};
use engine::run::{
    Before, Mode, Network, Provenance, Remembered, Role, Training, cpu, read_weights, write_weights,
};
use engine::train::{CrossEntropy, one_hot};
use engine::{Analysis, Graph, GraphBuilder, Layer, NodeId, Shape};
use proptest::prelude::*;
use reference_run::{Array, Budget, arrays, read, values};

fn conv(channels: u32) -> Conv {
    Conv {
        padding: Padding::Sides([1; 4]),
        ..Conv::new(channels, 3)
    }
}

/// The network of tests/reference/shared_torch.py.
fn recurrent() -> Graph {
    let mut net = GraphBuilder::new("recurrent", Shape::new(2, 6, 6));
    net.then("first", conv(4));
    let u = net.then("relu", Activation::Relu);
    let (mut again, mut norm) = (None, None);
    for number in 1..=3 {
        let name = |stem: &str| match number {
            1 => stem.to_owned(),
            _ => format!("{stem}{number}"),
        };
        again = Some(match again {
            None => net.then(name("again"), conv(4)),
            Some(source) => net.again(name("again"), source),
        });
        norm = Some(match norm {
            None => net.then(name("norm"), BatchNorm::new()),
            Some(source) => net.again(name("norm"), source),
        });
        let last = net.last();
        net.from(&[last, u], name("sum"), Merge::Add);
        net.then(name("out"), Activation::Relu);
    }
    net.then("pool", MaxPool::new(2));
    net.then("flatten", Flatten::default());
    net.then(
        "head",
        Linear {
            features: 5,
            bias: true,
        },
    );
    net.finish().unwrap()
}

fn models(file: &str) -> std::path::PathBuf {
    common::folder().join("models").join(file)
}

fn io() -> BTreeMap<String, Array> {
    arrays(&models("recurrent.io.safetensors"))
}

fn network() -> Network {
    let mut network = Network::seeded(recurrent(), 1, &cpu()).unwrap();
    read_weights(&mut network, &read(&models("recurrent.safetensors"))).unwrap();
    network
}

/// Ten times what float32 can tell of sums of a hundred terms.
const BUDGET: Budget = Budget {
    absolute: 1e-5,
    relative: 1e-5,
};

fn id(graph: &Graph, name: &str) -> NodeId {
    graph.named(name).unwrap_or_else(|| panic!("no {name}")).id
}

fn source<'g>(graph: &'g Graph, name: &str) -> Option<&'g str> {
    let source = graph.named(name).unwrap().shares?;
    Some(&graph.node(source).unwrap().name)
}

fn apply(graph: &Graph, edit: Edit) -> Graph {
    graph.apply(&edit).unwrap()
}

fn close(what: &str, got: &[f32], wanted: &[f64]) {
    BUDGET.check(what, got, wanted).unwrap();
}

/// As PyTorch counts `parameters()`; the multiply-adds of every call count.
#[test]
fn weights_count_once_and_multiply_adds_each_time() {
    let graph = recurrent();
    let analysis = Analysis::of(&graph);
    assert!(analysis.is_valid());
    assert_eq!([analysis.total.trainable, analysis.total.other], [417, 8]);
    let conv = |from: u64, to: u64| from * to * 9 * 36;
    assert_eq!(analysis.total.macs, conv(2, 4) + 3 * conv(4, 4) + 36 * 5);
    let again = analysis.node(id(&graph, "again2")).unwrap();
    assert_eq!((again.cost.params(), again.cost.macs), (0, conv(4, 4)));
    assert_eq!(parameters(&graph).len(), 2 + 2 + 4 + 2);
    let node = graph.named("again3").unwrap();
    assert_eq!(graph.title(node), "conv 3×3 ×4 pad 1, shares again");
}

#[test]
fn burn_and_the_plan_give_pytorch_s_logits() {
    let io = io();
    let network = network();
    let graph = network.graph().clone();
    let input = network.input(io["input"].floats()).unwrap();
    let burn = network.forward(input, &[graph.output()]).unwrap().remove(0);
    close("burn", &values(burn), &io["logits"].values);
    let params = Params::read(&graph, &read(&models("recurrent.safetensors"))).unwrap();
    let mut plan = Executor::new(Plan::lower(&graph, &params).unwrap());
    let pictures = io["input"].floats();
    let each = graph.input().elements() as usize;
    let logits = pictures.chunks(each);
    let logits: Vec<f32> = logits
        .flat_map(|picture| plan.run(picture).unwrap().to_vec())
        .collect();
    close("plan", &logits, &io["logits"].values);
    // The plan's trainer knows no shared weights: such a network is trained on burn.
    assert!(Trainer::new(&graph, &params).is_err());
}

fn gradients(mode: Mode<'_>, prefix: &str) {
    let io = io();
    let network = network();
    let graph = network.graph();
    let input = network.input(io["input"].floats()).unwrap();
    let labels = one_hot(&io["labels"].labels(), 5, &cpu()).unwrap();
    let loss = |outputs: Vec<Tensor<4>>| {
        let [output] = <[Tensor<4>; 1]>::try_from(outputs).unwrap();
        CrossEntropy::default().of(output.reshape([4, 5]), labels.autodiff())
    };
    let of = [NodeId::INPUT];
    let gradients = network
        .gradients(input, &of, &[graph.output()], mode, loss)
        .unwrap();
    let wanted = &io[&format!("{prefix}loss")].values;
    close("loss", &values(gradients.objective), wanted);
    if prefix.is_empty() {
        close(
            "input",
            &values(gradients.nodes[0].clone()),
            &io["grad.input"].values,
        );
    }
    let mut compared = 0;
    for (param, gradient) in network.params().iter().zip(gradients.params) {
        if param.role.is_running() {
            continue;
        }
        let name = format!("{prefix}grad.param.{}", param.name);
        close(&name, &values(gradient.unwrap()), &io[&name].values);
        compared += 1;
    }
    assert_eq!(compared, 8);
}

#[test]
fn the_gradients_of_all_uses_add_up() {
    gradients(Mode::Inference, "");
}

#[test]
fn a_shared_batch_norm_moves_its_statistics_on_with_each_use() {
    let mut training = Training::seeded(1);
    gradients(Mode::Training(&mut training), "train.");
    let mut network = network();
    network.update_running(&mut training);
    let io = io();
    let mut compared = 0;
    for param in network.params().iter().filter(|it| it.role.is_running()) {
        let wanted = &io[&format!("after.{}", param.name)].values;
        close(&param.name, &values(param.values.clone()), wanted);
        compared += 1;
    }
    assert_eq!(compared, 2);
}

#[test]
fn pytorch_s_onnx_file_has_the_layer_once() {
    let import = onnx::read(&read(&models("recurrent.onnx")), &onnx::Options::default()).unwrap();
    assert_eq!(import.unsupported, []);
    let graph = &import.graph;
    let total = Analysis::of(graph).total;
    assert_eq!([total.trainable, total.other], [417, 8]);
    assert_eq!(import.notes, Vec::<String>::new());
    let users = |name: &str| graph.uses(id(graph, name)).count();
    assert_eq!([users("again"), users("norm"), users("first")], [3, 3, 1]);
    let io = io();
    let check = |graph: &Graph, weights: &Weights| {
        let params = Params::made(graph, |it| weights.get(it.node, it.role).unwrap().to_vec());
        let mut plan = Executor::new(Plan::lower(graph, &params).unwrap());
        let picture = &io["input"].floats()[..72];
        close(
            "logits",
            plan.run(picture).unwrap(),
            &io["logits"].values[..5],
        );
    };
    check(graph, &import.weights);
    // And out again.
    let file = onnx::write(graph, &import.weights, &[]).unwrap();
    let again = onnx::read(&file, &onnx::Options::default()).unwrap();
    let layers = |graph: &Graph| -> Vec<(Layer, Option<NodeId>)> {
        let nodes = graph.nodes().iter();
        nodes.map(|it| (it.layer.clone(), it.shares)).collect()
    };
    assert_eq!(layers(&again.graph), layers(graph));
    check(&again.graph, &again.weights);
}

#[test]
fn a_variant_of_8_bits_has_the_weights_once() {
    let graph = recurrent();
    let file = read(&models("recurrent.safetensors"));
    let (weights, _) = Weights::read(&graph, &file).unwrap();
    let grid = Grid::affine(-4.0, 4.0, 8);
    let sites = ["relu", "out", "out2", "out3"].map(|name| (id(&graph, name), grid));
    let activations = Activations {
        granularity: Granularity::Channel,
        grids: [(NodeId::INPUT, grid)].into_iter().chain(sites).collect(),
    };
    let file = onnx::write_quantised(&graph, &weights, &[], &activations).unwrap();
    let import = onnx::read(&file, &onnx::Options::default()).unwrap();
    assert_eq!(import.unsupported, []);
    let users = import.graph.uses(id(&import.graph, "again")).count();
    assert_eq!((users, import.weights.count()), (3, 425));
}

/// Exporters write tensors of equal values once: norms that were never trained are no shared one.
#[test]
fn equal_norms_of_an_untrained_network_are_not_one() {
    let mut net = GraphBuilder::new("norms", Shape::new(2, 4, 4));
    let first = net.then("first", BatchNorm::new());
    net.again("second", first);
    let graph = net.finish().unwrap();
    let network = Network::seeded(graph.clone(), 1, &cpu()).unwrap();
    let file = pollster::block_on(write_weights(&network, BTreeMap::new())).unwrap();
    let (weights, _) = Weights::read(&graph, &file).unwrap();
    let file = onnx::write(&graph, &weights, &[]).unwrap();
    let import = onnx::read(&file, &onnx::Options::default()).unwrap();
    assert!(!import.graph.has_sharers());
    assert_eq!(Analysis::of(&import.graph).total.trainable, 8);
}

#[test]
fn documents_and_links_keep_it_and_others_do_not_mention_it() {
    let graph = recurrent();
    assert_eq!(json::read(json::write(&graph).unwrap()).unwrap(), graph);
    assert_eq!(
        share::decode(&share::encode(&graph).unwrap()).unwrap(),
        graph
    );
    let plain = engine::zoo::lenet5().unwrap();
    assert!(!json::write(&plain).unwrap().contains("shares"));
    assert_eq!(json::unknown_keys(json::write(&graph).unwrap()), []);
    // A node that shares with a later one, with one of another layer, with nobody.
    let text = json::write(&graph).unwrap();
    let own = format!("\"shares\": {}", id(&graph, "again").0);
    assert!(text.contains(&own));
    for wrong in ["relu", "again3", "head"] {
        let wrong = format!("\"shares\": {}", id(&graph, wrong).0);
        let error = json::read(text.replacen(&own, &wrong, 1)).unwrap_err();
        assert!(error.to_string().contains("again2"), "{error}");
    }
}

#[test]
fn deleting_the_source_makes_the_next_user_the_source() {
    let graph = recurrent();
    let node = id(&graph, "again");
    let graph = apply(&graph, Edit::Remove { node });
    assert_eq!(source(&graph, "again2"), None);
    assert_eq!(source(&graph, "again3"), Some("again2"));
    assert_eq!(Analysis::of(&graph).total.trainable, 417);
}

#[test]
fn the_settings_of_one_are_those_of_all() {
    let graph = recurrent();
    let layer: Layer = Conv {
        bias: false,
        ..conv(4)
    }
    .into();
    let node = id(&graph, "again3");
    let changed = apply(
        &graph,
        Edit::SetLayer {
            node,
            layer: layer.clone(),
        },
    );
    for name in ["again", "again2", "again3"] {
        assert_eq!(changed.named(name).unwrap().layer, layer, "{name}");
    }
    assert_eq!(source(&changed, "again3"), Some("again"));
    // A layer without weights has none to share.
    let layer = Layer::from(Activation::Relu);
    let plain = apply(&graph, Edit::SetLayer { node, layer });
    assert_eq!(source(&plain, "again3"), None);
}

#[test]
fn sharing_and_separating() {
    let graph = recurrent();
    let [again, again2, again3, first] =
        ["again", "again2", "again3", "first"].map(|it| id(&graph, it));
    let separate = |node| Edit::Share { node, with: None };
    let apart = apply(&graph, separate(again2));
    assert_eq!(source(&apart, "again2"), None);
    assert_eq!(source(&apart, "again3"), Some("again"));
    // 4 × 4 × 9 + 4 more.
    assert_eq!(Analysis::of(&apart).total.trainable, 417 + 148);
    let with = Some(again3);
    let joined = apply(&apart, Edit::Share { node: again2, with });
    assert_eq!(joined, graph);
    // The source goes its own way; the others stay together.
    let apart = apply(&graph, separate(again));
    assert_eq!(source(&apart, "again2"), None);
    assert_eq!(source(&apart, "again3"), Some("again2"));
    // The first in the graph's order is always the source.
    let with = Some(again2);
    assert_eq!(apply(&apart, Edit::Share { node: again, with }), graph);
    let refused = |node, with| {
        let with = Some(with);
        graph.apply(&Edit::Share { node, with }).unwrap_err()
    };
    let itself = EditError::SharesItself("again".into());
    assert_eq!(refused(again, again), itself);
    let unlike = refused(again2, id(&graph, "norm")).to_string();
    assert!(
        unlike.contains("again2") && unlike.contains("norm"),
        "{unlike}"
    );
    assert!(graph.apply(&separate(NodeId(99))).is_err());
    let relu = refused(id(&graph, "out"), id(&graph, "relu")).to_string();
    assert!(relu.contains("no weights"), "{relu}");
    // Of the same settings, but for other channels: a problem that names both, and its repair.
    let with = Some(first);
    let wrong = apply(&graph, Edit::Share { node: again, with });
    let analysis = Analysis::of(&wrong);
    let problem = &analysis.problems[0];
    let message = problem.message(&wrong);
    assert!(
        message.contains("“again”") && message.contains("“first”"),
        "{message}"
    );
    let repair = &problem.repairs(&wrong)[0];
    let solved = Analysis::of(&wrong.apply_all(&repair.edits).unwrap());
    assert!(solved.problems.iter().all(|it| it.node != problem.node));
}

#[test]
fn copies_share_among_themselves() {
    let graph = recurrent();
    let all = ["again", "norm", "sum", "out", "again2", "norm2"];
    let nodes: Vec<NodeId> = all.iter().map(|it| id(&graph, it)).collect();
    let fragment = graph.extract(&nodes).unwrap();
    assert_eq!(source(fragment.graph(), "again2"), Some("again"));
    let after = id(&graph, "out3");
    let pasted = apply(&graph, Edit::Paste { after, fragment });
    assert_eq!(source(&pasted, "again4"), None);
    assert_eq!(source(&pasted, "again5"), Some("again4"));
    // Without its source a copy has weights of its own.
    let alone = graph.extract(&[id(&graph, "again2")]).unwrap();
    assert_eq!(alone.graph().nodes()[0].shares, None);
    // A duplicate in the same graph goes on sharing.
    let node = id(&graph, "again2");
    let twice = apply(&graph, Edit::Duplicate { node });
    assert_eq!(twice.uses(node).count(), 4);
    let renamed = apply(
        &graph,
        Edit::Rename {
            node: id(&graph, "again"),
            name: "core".into(),
        },
    );
    assert_eq!(source(&renamed, "again2"), Some("core"));
}

/// The weights go on with whoever uses them, trained ones at least.
#[test]
fn edits_keep_trained_weights() {
    let network = network();
    let graph = network.graph().clone();
    let provenance = Provenance::all(&network, true);
    let remembered = Remembered::default();
    let before = Before {
        network: &network,
        provenance: &provenance,
        remembered: &remembered,
    };
    let weight = |network: &Network, name: &str| {
        let node = network.graph().owner(id(network.graph(), name));
        let mut own = network.params().iter();
        let own = own.find(|it| it.node == node && it.role == Role::Weight);
        values(own.unwrap().values.clone())
    };
    let wanted = weight(&network, "again");
    let node = id(&graph, "again");
    for edit in [
        Edit::Remove { node },
        Edit::Share { node, with: None },
        Edit::Share {
            node: id(&graph, "again3"),
            with: None,
        },
    ] {
        let (after, now) = Network::edited(before, apply(&graph, edit), None, 5).unwrap();
        for name in ["again2", "again3"] {
            assert_eq!(weight(&after, name), wanted);
        }
        assert_eq!(now.trained, now.weighted);
    }
}

#[test]
fn code_calls_one_layer_three_times() {
    let graph = recurrent();
    let count = |library, text: &str| {
        let listing = code(&graph, library).unwrap();
        (listing.text.matches(text).count(), listing)
    };
    let (made, listing) = count(Library::PyTorch, "nn.Conv2d(");
    assert_eq!(made, 2, "{}", listing.text);
    assert_eq!(listing.text.matches("self.again(").count(), 3);
    assert!(listing.lines_of(id(&graph, "again3")).count() >= 2);
    let (made, listing) = count(Library::Keras, "layers.Conv2D(");
    assert_eq!(made, 2, "{}", listing.text);
    assert_eq!(listing.text.matches("again_layer(").count(), 3);
    let (made, listing) = count(Library::Burn, "Conv2dConfig::new(");
    assert_eq!(made, 2, "{}", listing.text);
    assert_eq!(listing.text.matches("self.again.forward(").count(), 3);
}

#[test]
fn a_shared_layer_loses_the_same_channels_everywhere() {
    let network = network();
    let graph = network.graph();
    let values = pollster::block_on(network.values()).unwrap();
    let large = engine::compress::Weights::new(graph, &values).unwrap();
    let wanted = [Channels {
        node: id(graph, "again2"),
        channels: vec![1],
    }];
    let small = remove(graph, &large, &wanted).unwrap();
    assert!(Analysis::of(&small.graph).is_valid());
    for name in ["first", "again", "again3", "norm2"] {
        assert_eq!(small.kept[&id(graph, name)], [0, 2, 3], "{name}");
    }
    assert_eq!(source(&small.graph, "again3"), Some("again"));
    let output = |graph: &Graph, weights: &engine::compress::Weights| {
        let params = Params::made(graph, |it| {
            weights.get(it.node, it.role).unwrap().values.clone()
        });
        let mut plan = Executor::new(Plan::lower(graph, &params).unwrap());
        plan.run(&io()["input"].floats()[..72]).unwrap().to_vec()
    };
    let got = output(&small.graph, &small.weights);
    let masked = output(graph, &masked(graph, &large, &wanted).unwrap());
    let masked: Vec<f64> = masked.into_iter().map(f64::from).collect();
    close("small", &got, &masked);
}

#[test]
fn surgery_on_one_is_surgery_on_all() {
    let graph = recurrent();
    let node = id(&graph, "again3");
    let changed = Operation::SwitchOff { node, channel: 0 }
        .check(&graph)
        .unwrap();
    assert_eq!(changed, [id(&graph, "again"), id(&graph, "norm")]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is done to it, the graph stays one that a document can hold, and analyses.
    #[test]
    fn edits_leave_a_valid_graph(steps in proptest::collection::vec((0..9_u8, 0..64_usize, 0..64_usize), 1..16)) {
        let mut graph = recurrent();
        for (kind, one, other) in steps {
            let nodes = graph.nodes();
            let Some(node) = nodes.get(one % nodes.len().max(1)).map(|it| it.id) else {
                break;
            };
            let after = nodes[other % nodes.len()].id;
            let edit = match kind {
                0 => Edit::Remove { node },
                1 => Edit::Share { node, with: Some(after) },
                2 => Edit::Share { node, with: None },
                3 => Edit::Move { node, after },
                4 => Edit::Duplicate { node },
                5 => Edit::DuplicateNodes { nodes: vec![node, after] },
                6 => Edit::SetLayer { node, layer: nodes[other % nodes.len()].layer.clone() },
                7 => Edit::Connect { from: after, to: node, slot: 0 },
                _ => Edit::Paste { after, fragment: graph.extract(&[node, after]).unwrap() },
            };
            let Ok(next) = graph.apply(&edit) else {
                continue;
            };
            let document = json::write(&next).unwrap();
            prop_assert_eq!(&json::read(document).unwrap(), &next);
            let linked = share::unpack(&share::pack(&next).unwrap()).unwrap();
            prop_assert_eq!(&linked, &next);
            let analysis = Analysis::of(&next);
            if analysis.is_valid() {
                let stored: usize = parameters(&next).iter().map(|it| it.count()).sum();
                prop_assert_eq!(stored as u64, analysis.total.params());
            }
            graph = next;
        }
    }
}
