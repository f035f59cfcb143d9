//! The reference's training runs, step by step, and training in training mode.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod reference_run;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use engine::NodeId;
use engine::run::{Mode, Network, Param, Training, cpu, read_weights};
use engine::train::{AdamForm, CrossEntropy, Method, Optimiser, Plan, Update, one_hot, step};
use reference_run::op_graph::{Op, import};
use reference_run::{Array, Budget, arrays, json, values, weights};
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
    fn optimiser(&self) -> Optimiser {
        match (self.name.as_str(), self.form.as_str()) {
            ("sgd", _) if self.momentum == 0.0 => Optimiser::new(Method::Sgd),
            ("sgd", _) => Optimiser::new(Method::Momentum {
                momentum: self.momentum,
            }),
            ("adam", form) => {
                let [beta1, beta2] = self.betas.unwrap();
                let eps = self.eps.unwrap();
                let mut adam = Optimiser::new(Method::Adam { beta1, beta2, eps });
                if form == "keras" {
                    adam.form = AdamForm::Keras;
                }
                adam
            }
            (other, _) => panic!("the optimiser {other} is not known"),
        }
    }

    fn plan(&self) -> Plan {
        let (rate, decay) = (self.lr, self.weight_decay);
        let update = Update {
            rate,
            decay,
            momentum: None,
        };
        Plan {
            update,
            ..Plan::default()
        }
    }
}

fn folder() -> PathBuf {
    common::folder().join("models")
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
            let given = HashMap::from([(NodeId::INPUT, inputs)]);
            let plan = run.optimizer.plan();
            let stepped = step(&mut network, given, mode, loss, &mut optimiser, &plan).unwrap();
            let loss = stepped.loss;
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
