//! The reference's training runs, step by step, and training in training mode.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod reference_run;

use std::collections::BTreeMap;
use std::path::PathBuf;

use burn::tensor::Tensor;
use engine::layer::{Activation, BatchNorm, Conv, Dropout, Flatten, Linear};
use engine::run::{Mode, Network, Param, Role, Training, cpu, read_weights, write_weights};
use engine::train::{
    Adam, CrossEntropy, Examples, Optimiser, Settings, Sgd, accuracy, fit, one_hot, step,
};
use engine::{Graph, GraphBuilder, Shape};
use pollster::block_on;
use reference_run::op_graph::{Op, import};
use reference_run::{Array, Budget, arrays, json, values};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde::Deserialize;

#[derive(Deserialize)]
struct Run {
    tag: String,
    optimizer: Chosen,
    steps: usize,
    batch: usize,
    data: String,
    file: String,
    loss: Vec<f64>,
    /// Only the first run of a model has it.
    graph: Option<Vec<Op>>,
    float32_torch_max_loss_diff: f64,
    float32_torch_max_weight_diff: f64,
}

#[derive(Deserialize)]
struct Chosen {
    name: String,
    #[serde(default)]
    form: String,
    lr: f64,
    #[serde(default)]
    momentum: f64,
    #[serde(default)]
    weight_decay: f64,
    betas: Option<[f64; 2]>,
    eps: Option<f64>,
}

/// The optimisers of the reference as one type.
enum Any {
    Sgd(Sgd),
    Adam(Adam),
}

impl Optimiser for Any {
    fn step(
        &mut self,
        place: usize,
        value: Tensor<1>,
        gradient: Tensor<1>,
        rate: f64,
    ) -> Tensor<1> {
        match self {
            Self::Sgd(sgd) => sgd.step(place, value, gradient, rate),
            Self::Adam(adam) => adam.step(place, value, gradient, rate),
        }
    }
}

impl Chosen {
    fn optimiser(&self) -> Any {
        match (self.name.as_str(), self.form.as_str()) {
            ("sgd", _) => {
                let mut sgd = Sgd::new(self.momentum);
                sgd.weight_decay = self.weight_decay;
                Any::Sgd(sgd)
            }
            ("adam", form) => {
                let mut adam = if form == "keras" {
                    Adam::keras()
                } else {
                    Adam::default()
                };
                [adam.beta1, adam.beta2] = self.betas.unwrap();
                adam.eps = self.eps.unwrap();
                Any::Adam(adam)
            }
            (other, _) => panic!("the optimiser {other} is not known"),
        }
    }
}

fn folder() -> PathBuf {
    common::folder().join("models")
}

/// The arrays whose names start so, as a weights file.
fn weights(tensors: &BTreeMap<String, Array>, prefix: &str) -> Vec<u8> {
    let of_prefix = tensors.iter().filter_map(|(name, array)| {
        let bytes = array
            .floats()
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        Some((name.strip_prefix(prefix)?, array.dims.clone(), bytes))
    });
    let all: Vec<(&str, Vec<usize>, Vec<u8>)> = of_prefix.collect();
    let views = all.iter().map(|(name, dims, bytes)| {
        (
            *name,
            TensorView::new(Dtype::F32, dims.clone(), bytes).unwrap(),
        )
    });
    safetensors::serialize(views.collect::<Vec<_>>(), None).unwrap()
}

/// 32-bit errors grow from step to step, because each step starts from the last one's; ours and
/// PyTorch's start equal. Ten times PyTorch's own: another order of summation (see `models`).
const TIMES_TORCH: f64 = 10.0;

#[test]
fn every_training_run_equals_the_reference_step_by_step() {
    let runs: Vec<Run> = json(&folder().join("traces.json"));
    let mut graphs: BTreeMap<String, Vec<Op>> = BTreeMap::new();
    for run in &runs {
        if let Some(graph) = &run.graph {
            graphs.insert(run.tag.clone(), graph.clone());
        }
        let data = arrays(&folder().join(&run.data));
        let result = arrays(&folder().join(&run.file));
        let images = &data["images"];
        let [_, channels, height, width] = images.dims4();
        let pixels = channels * height * width;
        let first = Array {
            dims: vec![1, channels, height, width],
            values: Vec::new(),
        };
        let dims = |name: &str| Some(data.get(&format!("init.{name}"))?.dims.clone());
        let graph = import(
            &graphs[&run.tag],
            &BTreeMap::from([("x".to_owned(), first)]),
            dims,
        )
        .graph;
        let mut network = Network::seeded(graph, 0, &cpu()).unwrap();
        read_weights(&mut network, &weights(&data, "init.")).unwrap();
        let classes = network.shape(network.graph().output()).unwrap().elements() as usize;
        let mut optimiser = run.optimizer.optimiser();
        let mut wrong = Vec::new();
        let loss_budget = Budget {
            absolute: TIMES_TORCH * run.float32_torch_max_loss_diff,
            relative: 0.0,
        };
        let weight_budget = Budget {
            absolute: TIMES_TORCH * run.float32_torch_max_weight_diff,
            relative: 0.0,
        };
        let compare = |network: &Network, prefix: &str, wrong: &mut Vec<String>| {
            for Param {
                name, values: got, ..
            } in network.params()
            {
                let name = format!("{prefix}.{name}");
                let outcome =
                    weight_budget.check(&name, &values(got.clone()), &result[&name].values);
                wrong.extend(outcome.err());
            }
        };
        for number in 0..run.steps {
            let (from, to) = (number * run.batch, (number + 1) * run.batch);
            let inputs: Vec<f32> = images.values[from * pixels..to * pixels]
                .iter()
                .map(|value| ((value - 128.0) / 128.0) as f32)
                .collect();
            let inputs = network.input(inputs).unwrap();
            let labels = &data["labels"].labels()[from..to];
            let targets = one_hot(labels, classes, &cpu()).unwrap();
            let loss = |logits| CrossEntropy::default().of(logits, targets);
            let mode = Mode::Training(&mut Training::seeded(0));
            let rate = run.optimizer.lr;
            let loss = step(&mut network, inputs, mode, loss, &mut optimiser, rate).unwrap();
            let what = format!("loss of step {}", number + 1);
            let wanted = [run.loss[number]];
            wrong.extend(loss_budget.check(&what, &values(loss), &wanted).err());
            if number == 0 {
                compare(&network, "after_step1", &mut wrong);
            }
        }
        compare(&network, "final", &mut wrong);
        assert!(wrong.is_empty(), "{}:\n{}", run.file, wrong.join("\n"));
    }
}

/// Batch norm and dropout in one small network of ten classes.
fn with_training_mode() -> Graph {
    let mut net = GraphBuilder::new("trained", Shape::new(1, 28, 28));
    net.then(
        "conv1",
        Conv {
            stride: [2, 2],
            bias: false,
            ..Conv::new(4, 5)
        },
    );
    net.then("norm1", BatchNorm::new());
    net.then("relu1", Activation::Relu);
    net.then("flatten", Flatten::default());
    net.then("dropout", Dropout { p: 0.25 });
    net.then("fc", Linear::new(10));
    net.finish().unwrap()
}

fn examples(count: usize) -> Examples {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../public/data/mnist");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let images = read("test-00-images.idx3.gz");
    let mut examples = Examples::read(&images, &read("test-00-labels.idx1.gz")).unwrap();
    examples.truncate(count);
    examples
}

fn settings(seed: u64) -> Settings {
    Settings {
        epochs: 3,
        batch: 32,
        rate: 5e-3,
        seed,
        augment: false,
    }
}

#[test]
fn a_network_with_batch_norm_and_dropout_learns_and_its_running_statistics_move() {
    // 321 leaves a batch of one, which batch norm cannot take.
    let examples = examples(321);
    let mut losses = Vec::new();
    let report = async |epoch: engine::train::Epoch, _: &Network| losses.push(epoch.loss);
    let network = block_on(fit(
        with_training_mode(),
        &examples,
        &settings(1),
        &cpu(),
        report,
    ))
    .unwrap();
    assert!(losses[2] < 0.5 * losses[0], "{losses:?}");
    let share = block_on(accuracy(&network, &examples)).unwrap();
    assert!(share > 0.8, "{share} of its own training examples");
    let running = |role| {
        let param = network
            .params()
            .iter()
            .find(|param| param.role == role)
            .unwrap();
        values(param.values.clone())
    };
    assert!(running(Role::RunningMean).iter().all(|mean| *mean != 0.0));
    assert!(
        running(Role::RunningVar)
            .iter()
            .all(|variance| *variance > 0.0 && *variance != 1.0)
    );
}

#[test]
fn the_same_seed_trains_the_same_bits_with_dropout_too() {
    let examples = examples(96);
    let bits = |seed| {
        let quiet = async |_: engine::train::Epoch, _: &Network| {};
        let graph = with_training_mode();
        let network = block_on(fit(graph, &examples, &settings(seed), &cpu(), quiet)).unwrap();
        block_on(write_weights(&network, BTreeMap::new())).unwrap()
    };
    assert_eq!(bits(1), bits(1));
    assert_ne!(bits(1), bits(2));
}
