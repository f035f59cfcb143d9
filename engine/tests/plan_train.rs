//! Training steps of the compiled plan: the reference's runs step by step, finite differences.
#![cfg(feature = "plan")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod naive;
mod reference_run;

use std::collections::BTreeMap;

use engine::checkpoint::parameters;
use engine::layer::{Activation, AvgPool, Conv, Flatten, Linear, MaxPool, Padding};
use engine::plan::{LowerError, Params, Rule, TrainError, Trainer};
use engine::{Graph, GraphBuilder, Shape};
use reference_run::op_graph::{Op, import};
use reference_run::{Array, Budget, arrays, json};
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

impl Chosen {
    fn rule(&self) -> Rule {
        match self.name.as_str() {
            "sgd" => Rule::Sgd {
                momentum: self.momentum as f32,
                weight_decay: self.weight_decay as f32,
            },
            "adam" => {
                let [beta1, beta2] = self.betas.unwrap();
                Rule::Adam {
                    beta1,
                    beta2,
                    eps: self.eps.unwrap(),
                    eps_hat: self.form == "keras",
                }
            }
            other => panic!("the optimiser {other} is not known"),
        }
    }
}

/// Ten times what PyTorch's own 32-bit arithmetic is off by, as for the other executor.
const TIMES_TORCH: f64 = 10.0;

#[test]
fn every_training_run_equals_the_reference_step_by_step() {
    let folder = common::folder().join("models");
    let runs: Vec<Run> = json(&folder.join("traces.json"));
    let mut graphs: BTreeMap<String, Vec<Op>> = BTreeMap::new();
    let (mut done, mut wrong) = (0, Vec::new());
    for run in &runs {
        if let Some(graph) = &run.graph {
            graphs.insert(run.tag.clone(), graph.clone());
        }
        let data = arrays(&folder.join(&run.data));
        let result = arrays(&folder.join(&run.file));
        let images = &data["images"];
        let [_, channels, height, width] = images.dims4();
        let pixels = channels * height * width;
        let first = Array {
            dims: vec![1, channels, height, width],
            values: Vec::new(),
        };
        let dims = |name: &str| Some(data.get(&format!("init.{name}"))?.dims.clone());
        let inputs = BTreeMap::from([("x".to_owned(), first)]);
        let graph = import(&graphs[&run.tag], &inputs, dims).graph;
        let params = Params::made(&graph, |parameter| {
            data[&format!("init.{}", parameter.name)].floats()
        });
        let mut trainer = Trainer::new(&graph, &params).unwrap();
        let budget = |of_torch: f64| Budget {
            absolute: TIMES_TORCH * of_torch,
            relative: 0.0,
        };
        let weights = budget(run.float32_torch_max_weight_diff);
        let compare = |trainer: &Trainer, prefix: &str| -> Vec<String> {
            let params = trainer.params();
            let check = |it: &engine::checkpoint::Parameter| {
                let name = format!("{prefix}.{}", it.name);
                let got = params.get(it.node, it.role).unwrap();
                weights
                    .check(&name, &got.values, &result[&name].values)
                    .err()
            };
            parameters(&graph).iter().filter_map(check).collect()
        };
        for number in 0..run.steps {
            let (from, to) = (number * run.batch, (number + 1) * run.batch);
            let inputs: Vec<f32> = images.values[from * pixels..to * pixels]
                .iter()
                .map(|value| ((value - 128.0) / 128.0) as f32)
                .collect();
            let labels = &data["labels"].labels()[from..to];
            let rate = run.optimizer.lr;
            let loss = trainer.step(&inputs, labels, run.optimizer.rule(), rate);
            let what = format!("{}: loss of step {}", run.file, number + 1);
            let outcome = budget(run.float32_torch_max_loss_diff).check(
                &what,
                &[loss.unwrap()],
                &[run.loss[number]],
            );
            wrong.extend(outcome.err());
            if number == 0 {
                wrong.extend(compare(&trainer, "after_step1"));
            }
        }
        wrong.extend(compare(&trainer, "final"));
        done += 1;
    }
    assert!(done >= 3, "{done} runs");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every kind of layer that has a step, with sizes that no vector divides.
fn net() -> Graph {
    let mut net = GraphBuilder::new("trained", Shape::new(2, 15, 13));
    net.then("conv1", Conv::new(6, 3));
    net.then("tanh", Activation::LECUN);
    net.then("pool1", AvgPool::new(2));
    net.then(
        "conv2",
        Conv {
            bias: false,
            stride: [2, 1],
            kernel: [2, 3],
            ..Conv::new(5, 1)
        },
    );
    net.then("leaky", Activation::LeakyRelu { slope: 0.1 });
    net.then("pool2", MaxPool::new(2));
    net.then("flatten", Flatten::default());
    net.then("fc1", Linear::new(7));
    net.then("sigmoid", Activation::Sigmoid);
    net.then("fc2", Linear::new(3));
    net.finish().unwrap()
}

/// More than one group of eight, and one that is not full.
const LABELS: [usize; 11] = [0, 2, 1, 1, 0, 2, 2, 0, 1, 2, 0];

fn pictures(graph: &Graph) -> Vec<f32> {
    let value = |at: u64| (at.wrapping_mul(2_654_435_761) % 2001) as f32 / 1000.0 - 1.0;
    (0..graph.input().elements() * LABELS.len() as u64)
        .map(value)
        .collect()
}

/// The mean cross-entropy in 64-bit floats.
fn exact_loss(graph: &Graph, params: &Params, pictures: &[f32]) -> f64 {
    let each = pictures.chunks_exact(pictures.len() / LABELS.len());
    let losses = each.zip(LABELS).map(|(picture, label)| {
        let scores = naive::output(graph, params, picture);
        scores.iter().map(|score| score.exp()).sum::<f64>().ln() - scores[label]
    });
    losses.sum::<f64>() / LABELS.len() as f64
}

#[test]
fn slopes_equal_finite_differences() {
    let graph = net();
    let params = Params::made_up(&graph);
    let pictures = pictures(&graph);
    let mut trainer = Trainer::new(&graph, &params).unwrap();
    let loss = trainer.slopes(&pictures, &LABELS).unwrap();
    let exact = exact_loss(&graph, &params, &pictures);
    assert!((f64::from(loss) - exact).abs() < 1e-6, "{loss}, {exact}");
    let slopes = trainer.last_slopes();
    let mut checked = 0;
    for parameter in parameters(&graph) {
        let values = params
            .get(parameter.node, parameter.role)
            .unwrap()
            .values
            .to_vec();
        let got = &slopes.get(parameter.node, parameter.role).unwrap().values;
        assert_eq!(got.len(), values.len());
        for place in (0..values.len()).step_by(1 + values.len() / 12) {
            let moved = |by: f32| {
                let mut params = params.clone();
                let mut values = values.clone();
                values[place] += by;
                let value = f64::from(values[place]);
                params.set(
                    parameter.node,
                    parameter.role,
                    parameter.dims.clone(),
                    values,
                );
                (value, exact_loss(&graph, &params, &pictures))
            };
            let ((high, above), (low, below)) = (moved(1e-3), moved(-1e-3));
            let wanted = (above - below) / (high - low);
            let error = (f64::from(got[place]) - wanted).abs();
            assert!(
                error < 1e-5 + 1e-4 * wanted.abs(),
                "{}[{place}]: {}, {wanted}",
                parameter.name,
                got[place]
            );
            checked += 1;
        }
    }
    assert!(checked > 50, "{checked}");
}

#[test]
fn what_has_no_step_is_named() {
    let mut graph = GraphBuilder::new("padded", Shape::new(1, 8, 8));
    let padding = Padding::Same;
    graph.then(
        "same",
        Conv {
            padding,
            ..Conv::new(4, 3)
        },
    );
    let graph = graph.finish().unwrap();
    let error = Trainer::new(&graph, &Params::made_up(&graph)).unwrap_err();
    let (node, kind) = ("same".to_owned(), "Conv");
    assert_eq!(error, LowerError::Unlowered { node, kind });
}

#[test]
fn a_step_refuses_labels_and_pictures_that_do_not_fit() {
    let graph = net();
    let mut trainer = Trainer::new(&graph, &Params::made_up(&graph)).unwrap();
    let pictures = pictures(&graph);
    let mut step = |count: usize, label| {
        let labels = vec![label; count];
        trainer
            .step(&pictures, &labels, Rule::ADAM, 1e-3)
            .unwrap_err()
    };
    assert_eq!(step(0, 0), TrainError::Empty);
    let (label, classes) = (3, 3);
    assert_eq!(step(LABELS.len(), 3), TrainError::Label { label, classes });
    assert!(matches!(step(2, 0), TrainError::Pictures { labels: 2, .. }));
}
