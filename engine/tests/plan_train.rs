//! Training steps of the compiled plan: the reference's runs step by step, finite differences.
#![cfg(feature = "plan")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod naive;
mod reference_run;

use engine::checkpoint::parameters;
use engine::layer::{
    Activation, AvgPool, Conv, Flatten, GlobalPool, Linear, MaxPool, Merge, Padding, PoolMode,
};
use engine::plan::{LowerError, Params, Rule, TrainError, Trainer};
use engine::{Graph, GraphBuilder, Shape};
use reference_run::training::{Chosen, budget, for_each_run};

fn rule(chosen: &Chosen) -> Rule {
    match chosen.name.as_str() {
        "sgd" => Rule::Sgd {
            momentum: chosen.momentum as f32,
            weight_decay: chosen.weight_decay as f32,
        },
        "adam" => {
            let [beta1, beta2] = chosen.betas.unwrap();
            Rule::Adam {
                beta1,
                beta2,
                eps: chosen.eps.unwrap(),
                eps_hat: chosen.form == "keras",
            }
        }
        other => panic!("the optimiser {other} is not known"),
    }
}

#[test]
fn every_training_run_equals_the_reference_step_by_step() {
    for_each_run(&common::folder().join("models"), |run, training| {
        let graph = &training.graph;
        let params = Params::made(graph, |parameter| {
            training.data[&format!("init.{}", parameter.name)].floats()
        });
        let mut trainer = Trainer::new(graph, &params).unwrap();
        let mut wrong = Vec::new();
        let compare = |trainer: &Trainer, prefix: &str, wrong: &mut Vec<String>| {
            let params = trainer.params();
            for it in parameters(graph) {
                let name = format!("{prefix}.{}", it.name);
                let got = &params.get(it.node, it.role).unwrap().values;
                let wanted = &training.result[&name].values;
                let outcome = budget(run.float32_torch_max_weight_diff).check(&name, got, wanted);
                wrong.extend(outcome.err());
            }
        };
        for number in 0..run.steps {
            let (inputs, labels) = training.batch(number);
            let (rule, rate) = (rule(&run.optimizer), run.optimizer.lr);
            let loss = trainer.step(&inputs, &labels, rule, rate).unwrap();
            let what = format!("loss of step {}", number + 1);
            let wanted = [run.loss[number]];
            let outcome = budget(run.float32_torch_max_loss_diff).check(&what, &[loss], &wanted);
            wrong.extend(outcome.err());
            if number == 0 {
                compare(&trainer, "after_step1", &mut wrong);
            }
        }
        compare(&trainer, "final", &mut wrong);
        assert!(wrong.is_empty(), "{}:\n{}", run.file, wrong.join("\n"));
    });
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

/// Zeros around maps, groups, sums, each channel by itself.
fn block() -> Graph {
    let mut net = GraphBuilder::new("block", Shape::new(4, 7, 6));
    let same = |conv: Conv| Conv {
        padding: Padding::Same,
        ..conv
    };
    let first = net.then("conv", same(Conv::new(6, 3)));
    net.then("tanh1", Activation::Tanh);
    net.then(
        "grouped",
        same(Conv {
            groups: 2,
            ..Conv::new(6, 3)
        }),
    );
    let middle = net.then("tanh2", Activation::Tanh);
    net.then(
        "each",
        same(Conv {
            groups: 6,
            bias: false,
            stride: [1, 1],
            ..Conv::new(6, 3)
        }),
    );
    let last = net.last();
    net.from(&[last, first, middle], "sum", Merge::Add);
    net.then("sigmoid", Activation::Sigmoid);
    net.then(
        "half",
        Conv {
            padding: Padding::Sides([1, 0, 2, 1]),
            groups: 3,
            stride: [2, 2],
            ..Conv::new(9, 3)
        },
    );
    net.then(
        "mean",
        GlobalPool {
            mode: PoolMode::Avg,
        },
    );
    net.then("head", Linear::new(3));
    net.finish().unwrap()
}

#[test]
fn slopes_equal_finite_differences() {
    for graph in [net(), block()] {
        slopes_of(&graph);
    }
}

fn slopes_of(graph: &Graph) {
    let params = Params::made_up(graph);
    let pictures = pictures(graph);
    let mut trainer = Trainer::new(graph, &params).unwrap();
    let loss = trainer.slopes(&pictures, &LABELS).unwrap();
    let exact = exact_loss(graph, &params, &pictures);
    assert!((f64::from(loss) - exact).abs() < 1e-6, "{loss}, {exact}");
    let slopes = trainer.last_slopes();
    let mut checked = 0;
    for parameter in parameters(graph) {
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
                (value, exact_loss(graph, &params, &pictures))
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
    let mut graph = GraphBuilder::new("wide", Shape::new(1, 8, 8));
    let dilation = [2, 2];
    graph.then(
        "wide",
        Conv {
            dilation,
            ..Conv::new(4, 3)
        },
    );
    let graph = graph.finish().unwrap();
    let error = Trainer::new(&graph, &Params::made_up(&graph)).unwrap_err();
    let (node, kind) = ("wide".to_owned(), "Conv");
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
