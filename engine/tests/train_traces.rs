//! The training runs of the reference's second set: every optimiser, schedules, clipping, label
//! smoothing and batch norm's running statistics, step by step.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod driven;
mod reference_run;
mod reference_schedule;
mod training;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use driven::Driven;
use engine::checkpoint::File;
use engine::data::{Labelled, Means, Preparation, Split};
use engine::run::{Mode, Network, Training, cpu, read_weights};
use engine::session::{Command, Event, Snapshots, Weights};
use engine::train::{
    CrossEntropy, End, Length, Method, Optimiser, Plan, Point, Schedule, Settings, Task, Update,
    one_hot, step,
};
use engine::{Analysis, NodeId};
use reference_run::op_graph::Op;
use reference_run::training::{Training as Reference, budget};
use reference_run::{json, values, weights};
use reference_schedule::schedule;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Case {
    name: String,
    file: String,
    data: String,
    steps: usize,
    batch: usize,
    graph: Vec<Op>,
    optimizer: Value,
    schedule: Option<Value>,
    clip_norm: Option<f64>,
    label_smoothing: Option<f64>,
    decay_1d: Option<bool>,
    float32_torch_max_diff: BTreeMap<String, f64>,
}

fn folder() -> PathBuf {
    common::folder().join("second/optim")
}

fn method(of: &Value) -> Method {
    let number = |key: &str| {
        of[key]
            .as_f64()
            .unwrap_or_else(|| panic!("{of} has no {key}"))
    };
    let betas = || [0, 1].map(|place| of["betas"][place].as_f64().unwrap());
    match of["name"].as_str().unwrap() {
        "sgd" => match (number("momentum"), of["nesterov"].as_bool().unwrap()) {
            (0.0, _) => Method::Sgd,
            (momentum, false) => Method::Momentum { momentum },
            (momentum, true) => Method::Nesterov { momentum },
        },
        "rmsprop" => Method::RmsProp {
            alpha: number("alpha"),
            eps: number("eps"),
            momentum: number("momentum"),
            centred: of["centered"].as_bool().unwrap(),
        },
        "adam" => {
            let [beta1, beta2] = betas();
            let eps = number("eps");
            Method::Adam { beta1, beta2, eps }
        }
        "adamw" => {
            let [beta1, beta2] = betas();
            let eps = number("eps");
            Method::AdamW { beta1, beta2, eps }
        }
        other => panic!("the optimiser {other} is not known"),
    }
}

impl Case {
    fn reference(&self) -> Reference {
        let files = [self.data.as_str(), &self.file];
        Reference::read(&folder(), files, &self.graph, self.batch)
    }

    /// Adds what is wrong with these values to `wrong`.
    fn check(
        &self,
        prefix: &str,
        what: &str,
        got: &[f32],
        wanted: &[f64],
        wrong: &mut Vec<String>,
    ) {
        let budget = budget(self.float32_torch_max_diff[prefix]);
        let outcome = budget.check(what, got, wanted);
        wrong.extend(outcome.err().map(|it| format!("{}: {it}", self.name)));
    }

    fn weight_decay(&self) -> f64 {
        self.optimizer["weight_decay"].as_f64().unwrap()
    }

    fn schedule(&self) -> Schedule {
        let base = self.optimizer["lr"].as_f64().unwrap();
        let constant = serde_json::json!({ "name": "constant" });
        schedule(self.schedule.as_ref().unwrap_or(&constant), base)
    }

    fn run(&self, wrong: &mut Vec<String>) {
        let reference = self.reference();
        let result = &reference.result;
        let mut network = Network::seeded(reference.graph.clone(), 0, &cpu()).unwrap();
        read_weights(&mut network, &reference.first_weights()).unwrap();
        let classes = network.shape(network.graph().output()).unwrap().elements() as usize;
        let mut optimiser = Optimiser::new(method(&self.optimizer));
        let (schedule, steps) = (self.schedule(), self.steps as u64);
        let mut check = |prefix: &str, what: &str, got: &[f32], wanted: &[f64]| {
            self.check(prefix, what, got, wanted, wrong);
        };
        let smoothed = CrossEntropy {
            label_smoothing: self.label_smoothing.unwrap_or_default(),
            ..CrossEntropy::default()
        };
        for number in 0..self.steps {
            let (inputs, labels) = reference.batch(number);
            let inputs = network.input(inputs).unwrap();
            let targets = || one_hot(&labels, classes, &cpu()).unwrap();
            let given = HashMap::from([(NodeId::INPUT, inputs)]);
            if number == 0 {
                let mode = Mode::Training(&mut Training::seeded(0));
                let (none, from) = (Default::default(), network.graph().output());
                let objective = |mut outputs: Vec<burn::tensor::Tensor<4>>| {
                    let logits = outputs.remove(0).reshape([self.batch, classes]);
                    smoothed.of(logits, targets())
                };
                let gradients = network
                    .gradients_from(given.clone(), &none, from, mode, objective)
                    .unwrap();
                for (param, gradient) in network.params().iter().zip(gradients.params) {
                    let name = format!("grad_step1.{}", param.name);
                    if let Some(gradient) = gradient {
                        check(
                            "grad_step1",
                            &name,
                            &values(gradient),
                            &result[&name].values,
                        );
                    } else {
                        assert!(!result.contains_key(&name), "{name} has no gradient");
                    }
                }
            }
            let plan = Plan {
                update: Update {
                    rate: schedule.rate(number as u64, steps),
                    decay: self.weight_decay(),
                    momentum: schedule.momentum(number as u64, steps),
                },
                decay_matrices_only: self.decay_1d == Some(false),
                clip_norm: self.clip_norm,
                ..Plan::default()
            };
            let rate = plan.update.rate;
            assert!(
                (rate - result["lr"].values[number]).abs() < 1e-12,
                "{} {rate}",
                self.name
            );
            let mut training = Training::seeded(0);
            let mode = Mode::Training(&mut training);
            let loss = |logits| smoothed.of(logits, targets());
            let stepped = step(&mut network, given, mode, loss, &mut optimiser, &plan).unwrap();
            network.update_running(&mut training);
            let what = format!("loss of step {}", number + 1);
            check(
                "loss",
                &what,
                &values(stepped.loss),
                &result["loss"].values[number..=number],
            );
            let what = format!("gradient norm of step {}", number + 1);
            check(
                "grad_norm",
                &what,
                &values(stepped.norm),
                &result["grad_norm"].values[number..=number],
            );
            let named = if number == 0 { "after_step1" } else { "final" };
            if number == 0 || number + 1 == self.steps {
                for param in network.params() {
                    let name = format!("{named}.{}", param.name);
                    let Some(wanted) = result.get(&name) else {
                        // Running statistics are given at the end only.
                        assert!(number == 0 && !param.role.trainable(), "{name}");
                        continue;
                    };
                    check(named, &name, &values(param.values.clone()), &wanted.values);
                }
            }
        }
    }
}

#[test]
fn every_optimiser_equals_the_reference_step_by_step() {
    let cases: Vec<Case> = json(&folder().join("cases.json"));
    assert!(cases.len() >= 17);
    let mut wrong = Vec::new();
    for case in &cases {
        case.run(&mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

impl Case {
    /// The same run as a job of the session: every message goes over the wire.
    fn run_as_a_job(&self, wrong: &mut Vec<String>) {
        let Reference {
            ref graph,
            ref data,
            ref result,
            ..
        } = self.reference();
        let images = &data["images"];
        let [count, channels, height, width] = images.dims4();
        let area = height * width;
        let pixel = |image: usize, at: usize, channel: usize| {
            images.values[(image * channels + channel) * area + at] as u8
        };
        let places = (0..count).flat_map(|image| (0..area).map(move |at| (image, at)));
        let pixels = places.flat_map(|(image, at)| [0, 1, 2].map(|it| pixel(image, at, it)));
        let labelled = Labelled {
            shape: graph.input(),
            pixels: pixels.collect(),
            labels: data["labels"]
                .labels()
                .iter()
                .map(|&label| label as u16)
                .collect(),
        };
        let outputs = Analysis::of(graph).nodes.last().unwrap().shape.unwrap();
        let classes = outputs.elements() as u32;
        let settings = Settings {
            method: method(&self.optimizer),
            schedule: self.schedule(),
            batch: self.batch,
            length: Length::Steps(self.steps as u64),
            weight_decay: self.weight_decay(),
            decay_norms_and_biases: self.decay_1d != Some(false),
            label_smoothing: self.label_smoothing.unwrap_or_default(),
            clip_norm: self.clip_norm,
            shuffle: false,
            ..Settings::default()
        };
        // (byte − 128) / 128, every image for training.
        let means = Means {
            photo: Preparation {
                mean: [128.0; 3],
                scale: [128.0; 3],
                ..Preparation::default()
            },
            ..Means::default()
        };
        let split = Split {
            validation: 0.0,
            test: 0.0,
            ..Split::default()
        };
        let task = Box::new(Task {
            settings,
            split,
            means,
        });
        let mut driven = Driven::new();
        let loaded = driven.load(graph, Weights::Payload, weights(data, "init."));
        assert!(matches!(loaded, Event::Loaded { .. }), "{loaded:?}");
        let (command, payload) = training::data(&labelled, classes, false);
        driven.ask(command, payload);
        let snapshots = Snapshots::default();
        let set = training::SET;
        let train = Command::Train {
            set,
            task,
            snapshots,
        };
        let id = driven.send(train, Vec::new());
        let events = training::events(&mut driven, id);
        let points = training::points(&events);
        assert_eq!(points.len(), self.steps);
        let mut check = |prefix: &str, what: &str, got: &[f32], wanted: &[f64]| {
            self.check(prefix, what, got, wanted, wrong);
        };
        let of =
            |value: fn(&Point) -> f64| points.iter().map(|it| value(it) as f32).collect::<Vec<_>>();
        check("loss", "losses", &of(|it| it.loss), &result["loss"].values);
        let norms = &result["grad_norm"].values;
        check(
            "grad_norm",
            "gradient norms",
            &of(|it| it.gradient_norm),
            norms,
        );
        for (point, wanted) in points.iter().zip(&result["lr"].values) {
            assert!(
                (point.rate - wanted).abs() < 1e-12,
                "{} {point:?}",
                self.name
            );
        }
        let (end, file) = training::trained(&events);
        assert_eq!(end, End::Completed);
        let file = File::read(&file).unwrap();
        for (place, stored) in file.header.tensors.iter().enumerate() {
            if let Some(wanted) = result.get(&format!("final.{}", stored.name)) {
                let values = file.values(place).unwrap();
                check("final", &stored.name, &values, &wanted.values);
            } else {
                assert!(stored.name.starts_with('@'), "{}", stored.name);
            }
        }
    }
}

#[test]
fn the_job_equals_the_reference_with_batch_norm_s_running_statistics() {
    let cases: Vec<Case> = json(&folder().join("cases.json"));
    let mut wrong = Vec::new();
    // Colour images are prepared as the reference has it; drawings have MNIST's normalisation.
    let of_colours = |case: &&Case| case.data.contains("bn_cnn");
    assert_eq!(cases.iter().filter(of_colours).count(), 2);
    for case in cases.iter().filter(of_colours) {
        case.run_as_a_job(&mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
