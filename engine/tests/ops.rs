//! Every operation of the reference, forward and backward, on the CPU.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod reference_run;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use burn::tensor::Tensor;
use engine::NodeId;
use engine::run::{Mode, Network, Param, Training, cpu, read_weights};
use engine::train::{CrossEntropy, Reduction, mean_squared_error, one_hot};
use reference_run::op_graph::{Imported, Op, import, optional};
use reference_run::{Array, Budget, arrays, json, values};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    file: String,
    graph: Vec<Op>,
    suggested_rtol_atol: f64,
}

impl Case {
    /// The reference is exact (64-bit floats, rounded once), so what remains is our own 32-bit
    /// arithmetic: the file's bound for that, `rtol` and `atol` at once, some twenty times what
    /// PyTorch's own 32-bit arithmetic is off by.
    fn budget(&self) -> Budget {
        let bound = self.suggested_rtol_atol;
        Budget {
            absolute: bound,
            relative: bound,
        }
    }
}

fn folder() -> PathBuf {
    common::folder().join("ops")
}

fn with_prefix(tensors: &BTreeMap<String, Array>, prefix: &str) -> BTreeMap<String, Array> {
    let stripped = |(name, array): (&String, &Array)| {
        Some((name.strip_prefix(prefix)?.to_owned(), array.clone()))
    };
    tensors.iter().filter_map(stripped).collect()
}

/// A case on the CPU: the network with the case's weights.
fn network(imported: &Imported, weights: &BTreeMap<String, Array>) -> Network {
    let bytes: Vec<(&String, Vec<u8>)> = weights
        .iter()
        .map(|(name, array)| {
            (
                name,
                array
                    .floats()
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect(),
            )
        })
        .collect();
    let views = bytes.iter().map(|(name, bytes)| {
        (
            *name,
            TensorView::new(Dtype::F32, weights[*name].dims.clone(), bytes).unwrap(),
        )
    });
    let file = safetensors::serialize(views.collect::<Vec<_>>(), None).unwrap();
    let mut network = Network::seeded(imported.graph.clone(), 0, &cpu()).unwrap();
    read_weights(&mut network, &file).unwrap();
    network
}

/// The loss an operation stands for, of values batch × classes.
fn loss(op: &Op, values: Tensor<2>, target: Tensor<2>) -> Tensor<1> {
    match op.op.as_str() {
        "mse" => mean_squared_error(values, target),
        "cross_entropy" => {
            let reduction = match optional::<String>(op, "reduction").as_deref() {
                None | Some("mean") => Reduction::Mean,
                Some("sum") => Reduction::Sum,
                Some("none") => Reduction::None,
                Some(other) => panic!("{} has the reduction {other}", op.id),
            };
            let label_smoothing = optional(op, "label_smoothing").unwrap_or(0.0);
            CrossEntropy {
                label_smoothing,
                reduction,
            }
            .of(values, target)
        }
        other => panic!("{other} is no loss"),
    }
}

/// Labels become one-hot rows; anything else is taken as it is.
fn target(array: &Array, classes: usize) -> Tensor<2> {
    match *array.dims.as_slice() {
        [_] => one_hot(&array.labels(), classes, &cpu()).unwrap(),
        [rows, columns] => array.tensor([rows, columns]),
        _ => panic!("a target has the axes {:?}", array.dims),
    }
}

/// Everything the case has numbers for, computed here.
fn computed(case: &Case, tensors: &BTreeMap<String, Array>) -> BTreeMap<String, Vec<f32>> {
    let inputs = with_prefix(tensors, "input.");
    let mut weights = with_prefix(tensors, "param.");
    weights.extend(with_prefix(tensors, "buffer."));
    let dims = |name: &str| Some(weights.get(name)?.dims.clone());
    let imported = import(&case.graph, &inputs, dims);
    let mut network = network(&imported, &weights);
    let mask =
        |(node, name): (&NodeId, &String)| (*node, inputs[name].tensor(inputs[name].dims4()));
    let masks: HashMap<NodeId, Tensor<4>> = imported.masks.iter().map(mask).collect();
    let mut training = Training::with_masks(masks);
    training.variance = imported.variance;

    let cotangent = &tensors["cotangent"];
    let mut output = None;
    let mut logits = None;
    let objective = |mut outputs: Vec<Tensor<4>>| {
        let y = outputs.remove(0);
        let [batch, channels, height, width] = y.dims();
        let y = match &imported.loss {
            Some(op) => {
                let y = y.reshape([batch, channels * height * width]);
                logits = Some(y.clone().inner());
                loss(op, y, target(&inputs[&op.inputs[1]], channels))
            }
            None => y.reshape([batch * channels * height * width]),
        };
        output = Some(y.clone().inner());
        (y * cotangent.tensor([cotangent.values.len()])).sum()
    };
    let mode = match imported.training {
        Some(true) => Mode::Training(&mut training),
        Some(false) | None => Mode::Inference,
    };
    let picture = imported.packing.pack(&inputs);
    let of = [NodeId::INPUT];
    let gradients = network
        .gradients(picture.clone(), &of, &[imported.output], mode, objective)
        .unwrap();

    let mut all = BTreeMap::from([("output".to_owned(), values(output.unwrap()))]);
    if imported.training != Some(true) && imported.loss.is_none() {
        let plain = network
            .forward(picture, &[imported.output])
            .unwrap()
            .remove(0);
        all.insert("output on a plain device".to_owned(), values(plain));
    }
    let of_input = values(gradients.nodes[0].clone());
    for (name, gradient) in imported.packing.unpack(&of_input) {
        all.insert(format!("grad.input.{name}"), gradient);
    }
    if let (Some(op), Some(logits)) = (&imported.loss, logits) {
        let name = &op.inputs[1];
        let classes = logits.dims()[1];
        let target = target(&inputs[name], classes).autodiff().require_grad();
        let weight = cotangent.tensor([cotangent.values.len()]);
        let gradient = (loss(op, logits, target.clone()) * weight).sum().backward();
        all.insert(
            format!("grad.input.{name}"),
            values(target.grad(&gradient).unwrap()),
        );
    }
    for (Param { name, .. }, gradient) in network.params().iter().zip(gradients.params) {
        if let Some(gradient) = gradient {
            all.insert(format!("grad.param.{name}"), values(gradient));
        }
    }
    network.update_running(&mut training);
    for Param {
        name, values: new, ..
    } in network.params()
    {
        all.insert(format!("buffer_after.{name}"), values(new.clone()));
    }
    all
}

#[test]
fn every_case_equals_the_reference_forward_and_backward() {
    let cases: Vec<Case> = json(&folder().join("cases.json"));
    assert!(!cases.is_empty());
    let mut wrong = Vec::new();
    for case in &cases {
        let tensors = arrays(&folder().join(&case.file));
        let all = computed(case, &tensors);
        let results = ["output", "grad.", "buffer_after."];
        let wanted: BTreeSet<&String> = tensors
            .keys()
            .filter(|name| results.iter().any(|result| name.starts_with(result)))
            .collect();
        assert!(wanted.len() > 1, "{} has no gradient", case.name);
        let plain = "output on a plain device".to_owned();
        for name in wanted
            .into_iter()
            .chain(all.contains_key(&plain).then_some(&plain))
        {
            let array = &tensors[name.split(' ').next().unwrap()];
            let outcome = match all.get(name) {
                Some(got) => case.budget().check(name, got, &array.values),
                None => Err(format!("{name} was not computed")),
            };
            if let Err(error) = outcome {
                wrong.push(format!("{}: {error}", case.name));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}
