//! Training steps in WGSL on a device: their slopes beside those of the CPU's plan, which the
//! reference's runs and finite differences prove. Without a device each test says that it was
//! skipped. A software device is enough.
#![cfg(feature = "plan-gpu")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod reference_run;

use std::rc::Rc;

use engine::checkpoint::{Role, parameters};
use engine::layer::{
    Activation, AvgPool, BatchNorm, Conv, Flatten, Linear, MaxPool, Merge, Padding,
};
use engine::plan::gpu::{Gpu, GpuTrainError, GpuTrainer};
use engine::plan::wgsl::train::Extreme;
use engine::plan::{LowerError, Params, Rule, TrainError, Trainer};
use engine::{Graph, GraphBuilder, Shape};
use pollster::block_on;
use reference_run::training::{budget, for_each_run};

/// Of the largest slope of a parameter.
const BOUND: f32 = 3e-5;

/// The device, where there is one.
fn device() -> Option<Rc<Gpu>> {
    match block_on(Gpu::find()) {
        Ok(gpu) => Some(Rc::new(gpu)),
        Err(why) => {
            eprintln!("skipped, no device for WGSL: {why}");
            None
        }
    }
}

fn pictures(graph: &Graph, count: usize) -> Vec<f32> {
    let value = |at: u64| (at.wrapping_mul(2_654_435_761) % 2001) as f32 / 1000.0 - 1.0;
    (0..graph.input().elements() * count as u64)
        .map(value)
        .collect()
}

fn worst(got: &[f32], wanted: &[f32]) -> f32 {
    assert_eq!(got.len(), wanted.len());
    let scale = wanted.iter().fold(1e-6_f32, |most, it| most.max(it.abs()));
    let errors = got.iter().zip(wanted).map(|(got, wanted)| {
        let error = (got - wanted).abs() / scale;
        // NaN, too, must not pass.
        if error.is_nan() { f32::INFINITY } else { error }
    });
    errors.fold(0.0, f32::max)
}

/// Both, and a batch.
struct Pair {
    cpu: Trainer,
    device: GpuTrainer,
}

impl Pair {
    fn new(gpu: &Rc<Gpu>, graph: &Graph, params: &Params) -> Self {
        Self {
            cpu: Trainer::new(graph, params).unwrap(),
            device: GpuTrainer::new(Rc::clone(gpu), graph, Vec::new()).unwrap(),
        }
    }

    /// The device's loss of a batch; with the CPU's weights scores, slopes and statistics are the
    /// CPU's.
    fn compare(&mut self, graph: &Graph, pictures: &[f32], labels: &[usize], smooth: f32) -> f32 {
        let Self { cpu, device } = self;
        let (name, params) = (graph.name(), cpu.params());
        let loss = cpu.slopes_of(pictures, labels, smooth).unwrap();
        let values = |node, role| Some(&*params.get(node, role)?.values);
        device.load(values).unwrap();
        let got = block_on(device.slopes_of(pictures, labels, smooth, false)).unwrap();
        assert!(
            (got - loss).abs() <= 1e-5 * loss.abs().max(1.0),
            "{name}: the loss is {got}, not {loss}"
        );
        let error = worst(device.logits(), cpu.logits());
        assert!(error < BOUND, "{name}: scores {error:e}");
        let slopes = cpu.last_slopes();
        let trained = |role| matches!(role, Role::Weight | Role::Bias);
        for it in parameters(graph).iter().filter(|it| trained(it.role)) {
            let wanted = &slopes.get(it.node, it.role).unwrap().values;
            let error = worst(device.slopes(it.node, it.role).unwrap(), wanted);
            assert!(error < BOUND, "{name}, {}: {error:e}", it.name);
        }
        let statistics = cpu.statistics(labels.len());
        let others = device.statistics(labels.len());
        assert_eq!(statistics.len(), others.len());
        for ((node, wanted), (other, got)) in statistics.iter().zip(&others) {
            assert_eq!(node, other);
            for (got, wanted) in got.iter().zip(wanted) {
                let error = worst(got, wanted);
                assert!(error < BOUND, "{name}: statistics {error:e}");
            }
        }
        got
    }
}

/// Sizes that no vector divides, every window and pool, a map that is read twice.
fn layers() -> Graph {
    let mut net = GraphBuilder::new("layers", Shape::new(3, 15, 13));
    let same = |conv: Conv| Conv {
        padding: Padding::Same,
        ..conv
    };
    net.then("conv", same(Conv::new(6, 3)));
    net.then("tanh", Activation::Tanh);
    let first = net.last();
    net.then(
        "grouped",
        same(Conv {
            groups: 2,
            // The slopes of a bias before a batch norm are 0.
            bias: false,
            ..Conv::new(6, 3)
        }),
    );
    net.then("norm", BatchNorm::new());
    net.then("relu", Activation::Relu);
    net.then(
        "depthwise",
        same(Conv {
            groups: 6,
            bias: false,
            ..Conv::new(6, 3)
        }),
    );
    net.then("lecun", Activation::LECUN);
    let second = net.last();
    net.from(&[first, second], "sum", Merge::Add);
    net.then("leaky", Activation::LeakyRelu { slope: 0.1 });
    net.then(
        "mean",
        AvgPool {
            kernel: [3, 2],
            stride: [2, 2],
            padding: Padding::Sides([1, 0, 1, 0]),
            ..AvgPool::new(2)
        },
    );
    net.then(
        "strided",
        Conv {
            stride: [2, 1],
            kernel: [2, 3],
            padding: Padding::Sides([1, 0, 0, 2]),
            ..Conv::new(5, 1)
        },
    );
    net.then("relu6", Activation::Relu6);
    net.then(
        "largest",
        MaxPool {
            stride: [1, 1],
            ..MaxPool::new(3)
        },
    );
    net.then("flatten", Flatten::default());
    net.then("fc1", Linear::new(7));
    net.then("sigmoid", Activation::Sigmoid);
    net.then("fc2", Linear::new(3));
    net.then("softmax", Activation::Softmax);
    net.finish().unwrap()
}

#[test]
fn slopes_equal_those_of_the_plan_on_the_cpu() {
    let Some(gpu) = device() else { return };
    let graph = layers();
    let mut pair = Pair::new(&gpu, &graph, &Params::made_up(&graph));
    // Not a whole vector, one vector, one picture more than two, and a smaller batch again.
    for (count, smoothing) in [(3, 0.0), (4, 0.1), (9, 0.0), (3, 0.0)] {
        let labels: Vec<usize> = (0..count).map(|number| number * 7 % 3).collect();
        pair.compare(&graph, &pictures(&graph, count), &labels, smoothing);
    }
}

#[test]
fn losses_of_every_training_run_equal_the_reference() {
    let Some(gpu) = device() else { return };
    let mut runs = 0;
    for_each_run(&common::folder().join("models"), |run, training| {
        let graph = &training.graph;
        let params = Params::made(graph, |parameter| {
            training.data[&format!("init.{}", parameter.name)].floats()
        });
        let mut pair = Pair::new(&gpu, graph, &params);
        for number in 0..run.steps.min(3) {
            let (inputs, labels) = training.batch(number);
            let loss = pair.compare(graph, &inputs, &labels, 0.0);
            let what = format!("{}: loss of step {}", run.file, number + 1);
            let wanted = [run.loss[number]];
            let outcome = budget(run.float32_torch_max_loss_diff).check(&what, &[loss], &wanted);
            outcome.unwrap();
            if run.optimizer.name != "sgd" {
                break;
            }
            let rule = Rule::Sgd {
                momentum: run.optimizer.momentum as f32,
                weight_decay: run.optimizer.weight_decay as f32,
            };
            let rate = run.optimizer.lr;
            pair.cpu.step(&inputs, &labels, rule, rate).unwrap();
        }
        runs += 1;
    });
    assert!(runs >= 3, "{runs}");
}

#[test]
fn a_watched_step_finds_the_extremes_of_channels() {
    let Some(gpu) = device() else { return };
    let mut net = GraphBuilder::new("watched", Shape::new(2, 1, 3));
    let relu = net.then("relu", Activation::Relu);
    net.then("flatten", Flatten::default());
    net.then("head", Linear::new(2));
    let graph = net.finish().unwrap();
    let (first, second) = ([-4.0, -1.0, -0.5], [0.25, 2.0, 1.0]);
    let pictures: Vec<f32> = [first, second, first, second].concat();
    let wanted = [
        (Extreme::Largest, [0.0, 2.0]),
        (Extreme::Farthest(1.5), [1.5, 1.25]),
        (Extreme::Nearest(1.75), [1.75, 0.25]),
    ];
    for (extreme, wanted) in wanted {
        let mut trainer = GpuTrainer::new(Rc::clone(&gpu), &graph, vec![(relu, extreme)]).unwrap();
        block_on(trainer.slopes_of(&pictures, &[0, 1], 0.0, true)).unwrap();
        assert_eq!(trainer.extremes(), [(relu, wanted.to_vec())], "{extreme:?}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let Some(gpu) = device() else { return };
    let graph = layers();
    let mut trainer = GpuTrainer::new(Rc::clone(&gpu), &graph, Vec::new()).unwrap();
    let pixels = pictures(&graph, 2);
    let mut step = |labels: &[usize]| {
        let step = trainer.slopes_of(&pixels, labels, 0.0, false);
        let GpuTrainError::Given(error) = block_on(step).unwrap_err() else {
            panic!("not the batch's fault")
        };
        error
    };
    assert_eq!(step(&[]), TrainError::Empty);
    let (label, classes) = (3, 3);
    assert_eq!(step(&[0, 3]), TrainError::Label { label, classes });
    assert!(matches!(step(&[0]), TrainError::Pictures { labels: 1, .. }));
    let mut net = GraphBuilder::new("gelu", Shape::new(1, 8, 8));
    net.then("gelu", Activation::Gelu);
    net.then("flatten", Flatten::default());
    net.then("head", Linear::new(3));
    let graph = net.finish().unwrap();
    let error = GpuTrainer::new(gpu, &graph, Vec::new()).unwrap_err();
    assert!(matches!(error, LowerError::Unlowered { node, .. } if node == "gelu"));
}
