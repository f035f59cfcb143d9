//! Training steps in WGSL on a device: their slopes beside those of the CPU's plan, which the
//! reference's runs and finite differences prove. Without a device each test says that it was
//! skipped. A software device is enough.
#![cfg(feature = "plan-gpu")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::rc::Rc;

use engine::checkpoint::{Role, parameters};
use engine::layer::{
    Activation, AvgPool, BatchNorm, Conv, Flatten, GlobalPool, Linear, MaxPool, Merge, Padding,
    PoolMode,
};
use engine::plan::gpu::{Gpu, GpuTrainError, GpuTrainer};
use engine::plan::{LowerError, Params, TrainError, Trainer};
use engine::zoo::{self, CATALOGUE};
use engine::{Graph, GraphBuilder, Shape};
use pollster::block_on;

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

/// Slopes, loss, scores and statistics of a batch beside the CPU's.
fn compare(gpu: &Rc<Gpu>, graph: &Graph, count: usize, smoothing: f32) {
    let params = Params::made_up(graph);
    let name = graph.name();
    let pictures = pictures(graph, count);
    let mut cpu = Trainer::new(graph, &params).unwrap();
    let classes = {
        let labels = vec![0; count];
        cpu.slopes(&pictures, &labels).unwrap();
        cpu.logits().len() / count
    };
    let labels: Vec<usize> = (0..count).map(|number| number * 7 % classes).collect();
    let loss = cpu.slopes_of(&pictures, &labels, smoothing).unwrap();
    let mut device = GpuTrainer::new(Rc::clone(gpu), graph, Vec::new()).unwrap();
    let values = |node, role| Some(&*params.get(node, role)?.values);
    device.load(values).unwrap();
    let got = block_on(device.slopes_of(&pictures, &labels, smoothing, false)).unwrap();
    assert!(
        (got - loss).abs() <= 1e-5 * loss.abs().max(1.0),
        "{name}: the loss is {got}, not {loss}"
    );
    let error = worst(device.logits(), cpu.logits());
    assert!(error < BOUND, "{name}: scores {error:e}");
    let wanted = cpu.last_slopes();
    for it in parameters(graph) {
        if !matches!(it.role, Role::Weight | Role::Bias) {
            continue;
        }
        let wanted = &wanted.get(it.node, it.role).unwrap().values;
        let error = worst(device.slopes(it.node, it.role).unwrap(), wanted);
        assert!(error < BOUND, "{name}, {}: {error:e}", it.name);
    }
    let statistics = cpu.statistics(count);
    let others = device.statistics(count);
    assert_eq!(statistics.len(), others.len());
    for ((node, wanted), (other, got)) in statistics.iter().zip(&others) {
        assert_eq!(node, other);
        for (got, wanted) in got.iter().zip(wanted) {
            let error = worst(got, wanted);
            assert!(error < BOUND, "{name}: statistics {error:e}");
        }
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
    net.then("norm", BatchNorm::default());
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
    // Not whole vectors, one vector, one picture more than whole vectors.
    for (count, smoothing) in [(3, 0.0), (4, 0.1), (9, 0.0)] {
        compare(&gpu, &layers(), count, smoothing);
    }
}
