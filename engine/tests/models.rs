//! The reference's small models on the CPU: every activation, the gradients, batch norm folded,
//! weights as Keras has them.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod reference_run;

use std::collections::BTreeMap;
use std::path::PathBuf;

use burn::tensor::Tensor;
use engine::checkpoint::Note;
use engine::graph::Edit;
use engine::layer::{BatchNorm, Conv, Flatten, FlattenOrder, Layer, Merge};
use engine::run::{Mode, Network, Param, WeightsError, cpu, read_weights, write_weights};
use engine::train::{CrossEntropy, one_hot};
use engine::{GraphBuilder, NodeId, Shape, zoo};
use pollster::block_on;
use reference_run::op_graph::{Imported, Op, import};
use reference_run::{Array, Budget, arrays, json, read, values};
use safetensors::SafeTensors;
use serde::Deserialize;

#[derive(Deserialize)]
struct Model {
    name: String,
    graph: Vec<Op>,
    float32_torch_max_abs_diff: f64,
    float32_torch_max_grad_diff: f64,
    #[serde(default)]
    keras_files: Vec<String>,
}

/// How many times PyTorch's own largest 32-bit error ours may be: the reference is exact (64-bit
/// floats, rounded once), PyTorch sums in blocks and so errs little, and we may sum in another
/// order, where the error grows with the number of terms rather than its logarithm.
const TIMES_TORCH: f64 = 10.0;

/// The budget of an activation: the file has one figure for a model, but an error is as large as
/// the values it was made in, and those behind a batch norm of small variance are larger than the
/// logits. Some 16 roundings of the map's largest value.
fn activation_budget(wanted: &Array) -> Budget {
    let largest = wanted
        .values
        .iter()
        .fold(0.0, |largest: f64, value| largest.max(value.abs()));
    Budget {
        absolute: 16.0 * f64::from(f32::EPSILON) * largest,
        relative: 0.0,
    }
}

impl Model {
    fn value_budget(&self) -> Budget {
        Budget {
            absolute: TIMES_TORCH * self.float32_torch_max_abs_diff,
            relative: 1e-5,
        }
    }

    fn gradient_budget(&self) -> Budget {
        Budget {
            absolute: TIMES_TORCH * self.float32_torch_max_grad_diff,
            relative: 1e-5,
        }
    }

    fn file(&self, ending: &str) -> PathBuf {
        folder().join(format!("{}.{ending}", self.name))
    }

    /// The graph, and what the reference run has.
    fn open(&self) -> (Imported, BTreeMap<String, Array>) {
        let io = arrays(&self.file("io.safetensors"));
        let weights = arrays(&self.file("safetensors"));
        let inputs = BTreeMap::from([("x".to_owned(), io["input"].clone())]);
        let dims = |name: &str| Some(weights.get(name)?.dims.clone());
        (import(&self.graph, &inputs, dims), io)
    }

    fn network(&self, imported: &Imported) -> Network {
        let mut network = Network::seeded(imported.graph.clone(), 0, &cpu()).unwrap();
        read_weights(&mut network, &read(&self.file("safetensors"))).unwrap();
        network
    }
}

fn folder() -> PathBuf {
    common::folder().join("models")
}

fn models() -> Vec<Model> {
    let models: Vec<Model> = json(&folder().join("models.json"));
    assert!(!models.is_empty());
    models
}

fn passed(what: &str, outcomes: impl IntoIterator<Item = Result<(), String>>) {
    let wrong: Vec<String> = outcomes.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{what}:\n{}", wrong.join("\n"));
}

#[test]
fn every_activation_of_every_model_equals_the_reference() {
    for model in models() {
        let (imported, io) = model.open();
        let network = model.network(&imported);
        let names: Vec<&String> = io.keys().filter(|name| name.starts_with("act.")).collect();
        assert_eq!(names.len(), model.graph.len(), "{}", model.name);
        let node = |name: &&String| imported.nodes[name.strip_prefix("act.").unwrap()];
        let mut ids: Vec<NodeId> = names.iter().map(node).collect();
        ids.push(imported.output);
        let trace = block_on(network.trace(&io["input"].floats(), &ids)).unwrap();
        assert_eq!(trace.warning, None);
        let (output, activations) = trace.values.split_last().unwrap();
        let check = |(name, got): (&String, &Vec<f32>)| {
            activation_budget(&io[name]).check(name, got, &io[name].values)
        };
        let outcomes = names.into_iter().zip(activations).map(check);
        let of_output = model
            .value_budget()
            .check("output", output, &io["output"].values);
        passed(&model.name, outcomes.chain([of_output]));
    }
}

#[test]
fn every_gradient_of_every_model_equals_the_reference() {
    for model in models() {
        let (imported, io) = model.open();
        let network = model.network(&imported);
        let objective = |mut outputs: Vec<Tensor<4>>| {
            let output = outputs.remove(0);
            let dims @ [batch, channels, ..] = output.dims();
            match io.get("cotangent") {
                Some(cotangent) => (output * cotangent.tensor(dims)).sum(),
                None => {
                    let targets = one_hot(&io["labels"].labels(), channels, &cpu()).unwrap();
                    CrossEntropy::default().of(output.reshape([batch, channels]), targets)
                }
            }
        };
        let input = network.input(io["input"].floats()).unwrap();
        let (of, from) = ([NodeId::INPUT], [imported.output]);
        let gradients = network
            .gradients(input, &of, &from, Mode::Inference, objective)
            .unwrap();
        let mut outcomes = Vec::new();
        if let Some(loss) = io.get("loss") {
            let got = values(gradients.objective);
            outcomes.push(model.value_budget().check("loss", &got, &loss.values));
        }
        let of_input = values(gradients.nodes[0].clone());
        let budget = model.gradient_budget();
        outcomes.push(budget.check("grad.input", &of_input, &io["grad.input"].values));
        let mut compared = 0;
        for (Param { name, .. }, gradient) in network.params().iter().zip(gradients.params) {
            let name = format!("grad.param.{name}");
            assert_eq!(
                gradient.is_some(),
                io.contains_key(&name),
                "{}: {name}",
                model.name
            );
            if let Some(gradient) = gradient {
                outcomes.push(budget.check(&name, &values(gradient), &io[&name].values));
                compared += 1;
            }
        }
        let wanted = io
            .keys()
            .filter(|name| name.starts_with("grad.param."))
            .count();
        assert_eq!(compared, wanted, "{}", model.name);
        passed(&model.name, outcomes);
    }
}

#[test]
fn folding_batch_norm_keeps_the_logits() {
    let mut folded_norms = 0;
    for model in models() {
        let (imported, io) = model.open();
        let network = model.network(&imported);
        let folded = network.folded().unwrap();
        let norms = |network: &Network| {
            let norm = |node: &&engine::Node| matches!(node.layer, Layer::BatchNorm(_));
            network.graph().nodes().iter().filter(norm).count()
        };
        // In these models each follows a convolution.
        assert_eq!(norms(&folded), 0, "{}", model.name);
        folded_norms += norms(&network);
        let output = folded.graph().output();
        let trace = block_on(folded.trace(&io["input"].floats(), &[output])).unwrap();
        let outcome = model
            .value_budget()
            .check("output", &trace.values[0], &io["output"].values);
        passed(&model.name, [outcome]);
    }
    assert!(folded_norms > 0);
}

/// A DenseNet layer's batch norms stand before their convolutions; only the second follows one.
#[test]
fn a_batch_norm_behind_no_convolution_stays() {
    let mut net = GraphBuilder::new("dense layer", Shape::new(3, 5, 5));
    net.then("norm1", BatchNorm::new());
    let shared = net.then("conv1", Conv::new(4, 1));
    net.then("norm2", BatchNorm::new());
    net.from(&[shared, net.last()], "sum", Merge::Add);
    net.then(
        "conv2",
        Conv {
            bias: false,
            ..Conv::new(2, 3)
        },
    );
    net.then(
        "norm3",
        BatchNorm {
            scale: false,
            shift: false,
            ..BatchNorm::new()
        },
    );
    let network = Network::seeded(net.finish().unwrap(), 1, &cpu()).unwrap();
    let folded = network.folded().unwrap();
    let names: Vec<&str> = folded
        .graph()
        .nodes()
        .iter()
        .map(|node| node.name.as_str())
        .collect();
    assert_eq!(names, ["norm1", "conv1", "norm2", "sum", "conv2"]);
    let input: Vec<f32> = (0..75_u16)
        .map(|value| (f32::from(value) * 0.7).sin())
        .collect();
    let run = |network: &Network| {
        let output = [network.graph().output()];
        block_on(network.trace(&input, &output))
            .unwrap()
            .values
            .remove(0)
    };
    let wanted: Vec<f64> = run(&network).into_iter().map(f64::from).collect();
    // Sums of 36 products of order 1, some in another order.
    let budget = Budget {
        absolute: 1e-6,
        relative: 1e-6,
    };
    passed(
        "dense layer",
        [budget.check("output", &run(&folded), &wanted)],
    );
}

/// N, H, W, C as N, C, H, W.
fn channels_first(array: &Array) -> Array {
    let [batch, height, width, channels] = *array.dims.as_slice() else {
        return array.clone();
    };
    let dims = vec![batch, channels, height, width];
    let place =
        |n: usize, c: usize, y: usize, x: usize| ((n * height + y) * width + x) * channels + c;
    let mut values = Vec::with_capacity(array.values.len());
    for n in 0..batch {
        for c in 0..channels {
            for y in 0..height {
                values.extend((0..width).map(|x| array.values[place(n, c, y, x)]));
            }
        }
    }
    Array { dims, values }
}

fn keras_models() -> Vec<Model> {
    let models: Vec<Model> = models()
        .into_iter()
        .filter(|model| !model.keras_files.is_empty())
        .collect();
    assert!(!models.is_empty());
    models
}

/// Keras numbers the layers of a kind; these are the operations of ours that each kind's value
/// belongs to, as a function of their place.
fn keras_nodes(model: &Model, kind: &str) -> Vec<String> {
    let depthwise = |op: &Op| op.attrs.get("groups").is_some();
    let ops = model.graph.iter().enumerate();
    let ids = ops.filter_map(|(place, op)| {
        let fits = match kind {
            "conv2d" => op.op == "conv2d" && !depthwise(op),
            "depthwise_conv2d" => op.op == "conv2d" && depthwise(op),
            "batch_normalization" => op.op == "batch_norm",
            "re_lu" => op.op == "relu6",
            "average_pooling2d" => op.op == "avg_pool2d",
            "global_average_pooling2d" => op.op == "global_avg_pool",
            "dense" => op.op == "linear",
            other => panic!("no operation is a {other}"),
        };
        // A Keras layer's value is that after its own activation.
        let next = model.graph.get(place + 1).filter(|next| next.op == "tanh");
        fits.then(|| next.unwrap_or(op).id.clone())
    });
    ids.collect()
}

#[test]
fn keras_weights_give_keras_activations() {
    for model in keras_models() {
        let (imported, _) = model.open();
        let mut network = Network::seeded(imported.graph.clone(), 0, &cpu()).unwrap();
        read_weights(&mut network, &read(&model.file("keras.safetensors"))).unwrap();
        let io = arrays(&model.file("keras.io.safetensors"));
        let input = channels_first(&io["input"]).floats();
        let mut outcomes = Vec::new();
        for name in io.keys().filter_map(|name| name.strip_prefix("act.")) {
            // Its order is another one; what it feeds is compared.
            if name.starts_with("flatten") {
                continue;
            }
            let (kind, number) = match name.rsplit_once('_') {
                Some((kind, number)) if number.parse::<usize>().is_ok() => {
                    (kind, number.parse().unwrap())
                }
                _ => (name, 0),
            };
            let node = imported.nodes[&keras_nodes(&model, kind)[number]];
            // Its value is the softmax, which is the output: below.
            if node == imported.output {
                continue;
            }
            let got = block_on(network.trace(&input, &[node]))
                .unwrap()
                .values
                .remove(0);
            let wanted = channels_first(&io[&format!("act.{name}")]);
            outcomes.push(activation_budget(&wanted).check(name, &got, &wanted.values));
        }
        let input = network.input(input).unwrap();
        let logits = network
            .forward(input, &[imported.output])
            .unwrap()
            .remove(0);
        let probabilities = burn::tensor::activation::softmax(logits, 1);
        let wanted = &io["output"].values;
        outcomes.push(
            model
                .value_budget()
                .check("output", &values(probabilities), wanted),
        );
        assert!(outcomes.len() > 5, "{}", model.name);
        passed(&model.name, outcomes);
    }
}

/// A variable's path in Keras 3, `…/<layer>/<variable>`, under the names that it has elsewhere: in
/// `.h5` files of Keras 2 by themselves and of a whole model, in a `.weights.h5` file of Keras 3, and
/// in Keras 1.
fn keras_names(path: &str) -> [String; 6] {
    let mut parts = path.rsplit('/');
    let (variable, layer) = (parts.next().unwrap(), parts.next().unwrap());
    let is_norm = layer.starts_with("batch_normalization");
    let number = match variable {
        "kernel" | "gamma" => 0,
        "bias" | "beta" => 1,
        "moving_mean" => 2,
        "moving_variance" => 3,
        other => panic!("{other}"),
    };
    let old = match variable {
        "kernel" => "W",
        "bias" => "b",
        "moving_mean" => "running_mean",
        "moving_variance" => "running_std",
        other => other,
    };
    let kernel = if layer.starts_with("depthwise") && !is_norm && number == 0 {
        "depthwise_kernel"
    } else {
        variable
    };
    [
        path.to_owned(),
        format!("{layer}/{kernel}:0"),
        format!("{layer}/{layer}/{kernel}:0"),
        format!("model_weights/{layer}/sequential/{layer}/{kernel}:0"),
        format!("layers/{layer}/vars/{number}"),
        format!("{layer}/{layer}_{old}:0"),
    ]
}

#[test]
fn keras_weights_turned_are_torch_s_whatever_form_their_names_have() {
    for model in keras_models() {
        let (imported, _) = model.open();
        let bytes = read(&model.file("keras.safetensors"));
        let torch = arrays(&model.file("safetensors"));
        for form in 0..6 {
            let file = SafeTensors::deserialize(&bytes).unwrap();
            let tensors = file.tensors().into_iter();
            let tensors = tensors.map(|(path, view)| (keras_names(&path)[form].clone(), view));
            let file = safetensors::serialize(tensors.collect::<Vec<_>>(), None).unwrap();
            let mut network = Network::seeded(imported.graph.clone(), 0, &cpu()).unwrap();
            let (_, notes) = read_weights(&mut network, &file).unwrap();
            assert_eq!(notes, [Note::Keras]);
            for Param {
                name, values: got, ..
            } in network.params()
            {
                let got: Vec<f64> = values(got.clone()).into_iter().map(f64::from).collect();
                assert!(got == torch[name].values, "{}, {form}: {name}", model.name);
            }
        }
    }
}

#[test]
fn a_network_that_flattens_as_keras_takes_dense_weights_as_they_are() {
    let model = keras_models()
        .into_iter()
        .find(|model| model.name == "lenet5_article")
        .unwrap();
    let (imported, _) = model.open();
    let hwc = Layer::Flatten(Flatten {
        order: FlattenOrder::Hwc,
    });
    let edit = Edit::SetLayer {
        node: imported.nodes["flatten"],
        layer: hwc,
    };
    let graph = imported.graph.apply(&edit).unwrap();
    let mut network = Network::seeded(graph, 0, &cpu()).unwrap();
    read_weights(&mut network, &read(&model.file("keras.safetensors"))).unwrap();
    let io = arrays(&model.file("keras.io.safetensors"));
    let nodes = [imported.nodes["flatten"], imported.nodes["fc3"]];
    let input = channels_first(&io["input"]).floats();
    let trace = block_on(network.trace(&input, &nodes)).unwrap();
    let flattened = &io["act.flatten"].values;
    let outcome = model
        .value_budget()
        .check("flatten", &trace.values[0], flattened);
    passed(&model.name, [outcome]);
}

#[test]
fn keras_weights_of_another_network_are_refused_by_name() {
    let model = keras_models()
        .into_iter()
        .find(|model| model.name == "lenet5_article")
        .unwrap();
    let bytes = read(&model.file("keras.safetensors"));
    let mut network = Network::seeded(
        zoo::build("lenet-1", &zoo::Options::default()).unwrap(),
        0,
        &cpu(),
    )
    .unwrap();
    let before = block_on(write_weights(&network, BTreeMap::new())).unwrap();
    let error = read_weights(&mut network, &bytes).unwrap_err();
    assert!(matches!(error, WeightsError::Mismatch { .. }), "{error}");
    assert!(error.to_string().contains("sequential/"), "{error}");
    assert_eq!(
        block_on(write_weights(&network, BTreeMap::new())).unwrap(),
        before
    );
}
