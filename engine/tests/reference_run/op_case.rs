//! One case of the reference's operations, run on any device: natively by a test, and in a
//! browser's worker by the program `op_cases`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use burn::tensor::{Device, Tensor};
use engine::NodeId;
use engine::run::{Mode, Network, Param, Training, read_weights};
use engine::train::{CrossEntropy, Reduction, mean_squared_error, one_hot};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde::Deserialize;

use super::op_graph::{Imported, Op, import, optional};
use super::plan_case::{Planned, by_plan, with_prefix};
use super::{Array, Budget};

#[derive(Deserialize)]
pub struct Case {
    pub name: String,
    pub file: String,
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

impl Case {
    /// The kinds of layer that the case runs.
    pub fn kinds(&self, tensors: &BTreeMap<String, Array>) -> BTreeSet<&'static str> {
        let graph = imported(self, tensors).0.graph;
        graph.nodes().iter().map(|node| node.layer.kind()).collect()
    }

    /// Runs the case by the compiled plan.
    pub fn by_plan(&self, tensors: &BTreeMap<String, Array>) -> Planned {
        by_plan(&self.name, &self.graph, self.suggested_rtol_atol, tensors)
    }

    /// Runs the case on this device and compares everything its file has a result for. The number
    /// of compared arrays, and what was wrong.
    pub async fn run(
        &self,
        tensors: &BTreeMap<String, Array>,
        device: &Device,
    ) -> (usize, Vec<String>) {
        let all = computed(self, tensors, device).await;
        let results = ["output", "grad.", "buffer_after."];
        let wanted: BTreeSet<&String> = tensors
            .keys()
            .filter(|name| results.iter().any(|result| name.starts_with(result)))
            .collect();
        assert!(wanted.len() > 1, "{} has no gradient", self.name);
        let plain = "output on a plain device".to_owned();
        let also = all.contains_key(&plain).then_some(&plain);
        let (mut compared, mut wrong) = (0, Vec::new());
        for name in wanted.into_iter().chain(also) {
            let array = &tensors[name.split(' ').next().unwrap()];
            let outcome = match all.get(name) {
                Some(got) => self.budget().check(name, got, &array.values),
                None => Err(format!("{name} was not computed")),
            };
            compared += 1;
            if let Err(error) = outcome {
                wrong.push(format!("{}: {error}", self.name));
            }
        }
        (compared, wrong)
    }
}

async fn read<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    let data = tensor.inner().into_data_async().await.unwrap();
    data.try_into_vec().unwrap()
}

/// The network with the case's weights.
fn network(imported: &Imported, weights: &BTreeMap<String, Array>, device: &Device) -> Network {
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
    let mut network = Network::seeded(imported.graph.clone(), 0, device).unwrap();
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
fn target(array: &Array, classes: usize, device: &Device) -> Tensor<2> {
    match *array.dims.as_slice() {
        [_] => one_hot(&array.labels(), classes, device).unwrap(),
        [rows, columns] => array.tensor_on([rows, columns], device),
        _ => panic!("a target has the axes {:?}", array.dims),
    }
}

/// Everything the case has numbers for, computed on this device.
/// The case as a network, and its weights.
fn imported(case: &Case, tensors: &BTreeMap<String, Array>) -> (Imported, BTreeMap<String, Array>) {
    let inputs = with_prefix(tensors, "input.");
    let mut weights = with_prefix(tensors, "param.");
    weights.extend(with_prefix(tensors, "buffer."));
    let dims = |name: &str| Some(weights.get(name)?.dims.clone());
    (import(&case.graph, &inputs, dims), weights)
}

async fn computed(
    case: &Case,
    tensors: &BTreeMap<String, Array>,
    device: &Device,
) -> BTreeMap<String, Vec<f32>> {
    let inputs = with_prefix(tensors, "input.");
    let (imported, weights) = imported(case, tensors);
    let mut network = network(&imported, &weights, device);
    let mask = |(node, name): (&NodeId, &String)| {
        (*node, inputs[name].tensor_on(inputs[name].dims4(), device))
    };
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
                loss(op, y, target(&inputs[&op.inputs[1]], channels, device))
            }
            None => y.reshape([batch * channels * height * width]),
        };
        output = Some(y.clone().inner());
        (y * cotangent.tensor_on([cotangent.values.len()], device)).sum()
    };
    let mode = match imported.training {
        Some(true) => Mode::Training(&mut training),
        Some(false) | None => Mode::Inference,
    };
    let picture = imported.packing.pack_on(&inputs, device);
    let of = [NodeId::INPUT];
    let gradients = network
        .gradients(picture.clone(), &of, &[imported.output], mode, objective)
        .unwrap();

    let mut all = BTreeMap::from([("output".to_owned(), read(output.unwrap()).await)]);
    if imported.training != Some(true) && imported.loss.is_none() {
        let plain = network
            .forward(picture, &[imported.output])
            .unwrap()
            .remove(0);
        all.insert("output on a plain device".to_owned(), read(plain).await);
    }
    let of_input = read(gradients.nodes[0].clone()).await;
    for (name, gradient) in imported.packing.unpack(&of_input) {
        all.insert(format!("grad.input.{name}"), gradient);
    }
    if let (Some(op), Some(logits)) = (&imported.loss, logits) {
        let name = &op.inputs[1];
        let classes = logits.dims()[1];
        let target = target(&inputs[name], classes, device)
            .autodiff()
            .require_grad();
        let weight = cotangent.tensor_on([cotangent.values.len()], device);
        let gradient = (loss(op, logits, target.clone()) * weight).sum().backward();
        all.insert(
            format!("grad.input.{name}"),
            read(target.grad(&gradient).unwrap()).await,
        );
    }
    for (Param { name, .. }, gradient) in network.params().iter().zip(gradients.params) {
        if let Some(gradient) = gradient {
            all.insert(format!("grad.param.{name}"), read(gradient).await);
        }
    }
    network.update_running(&mut training);
    for Param {
        name, values: new, ..
    } in network.params()
    {
        all.insert(format!("buffer_after.{name}"), read(new.clone()).await);
    }
    all
}
