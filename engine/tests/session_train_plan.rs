//! Trainings whose gradients the compiled plan computes: as burn's, with the same bits after a pause.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod driven;
mod training;

use driven::Driven;
use engine::compress::quantise::Width;
use engine::layer::{
    Activation, AvgPool, BatchNorm, Conv, Flatten, GlobalPool, Linear, Merge, Padding, PoolMode,
};
use engine::session::{BurnReason, Event, Executor, Snapshots};
use engine::train::{Method, Settings};
use engine::{Graph, GraphBuilder, Shape};
use training::{blobs, classifier, events, held, run, send_train, settings, tensors};

/// A small LeNet-5.
fn plain() -> Graph {
    let mut net = GraphBuilder::new("plain", Shape::new(1, 8, 8));
    net.then("conv1", Conv::new(5, 3));
    net.then("tanh", Activation::LECUN);
    net.then("pool", AvgPool::new(2));
    net.then("conv2", Conv::new(9, 2));
    net.then("relu", Activation::Relu);
    net.then("flatten", Flatten::default());
    net.then("fc", Linear::new(7));
    net.then("sigmoid", Activation::Sigmoid);
    net.then("head", Linear::new(3));
    net.then("softmax", Activation::Softmax);
    net.finish().unwrap()
}

/// A small residual network with a depthwise layer.
fn residual() -> Graph {
    let mut net = GraphBuilder::new("residual", Shape::new(1, 8, 8));
    let same = |conv: Conv| Conv {
        padding: Padding::Same,
        bias: false,
        ..conv
    };
    net.then("conv1", same(Conv::new(6, 3)));
    net.then("norm1", BatchNorm::new());
    let first = net.then("relu1", Activation::Relu);
    net.then(
        "each",
        same(Conv {
            groups: 6,
            ..Conv::new(6, 3)
        }),
    );
    net.then("norm2", BatchNorm::new());
    net.then("relu2", Activation::Relu6);
    net.then("conv2", same(Conv::new(6, 3)));
    let last = net.then("norm3", BatchNorm::new());
    net.from(&[last, first], "sum", Merge::Add);
    net.then("relu3", Activation::Relu);
    net.then(
        "mean",
        GlobalPool {
            mode: PoolMode::Avg,
        },
    );
    net.then("head", Linear::new(3));
    net.finish().unwrap()
}

/// What a training says that computes its gradients.
fn executor(graph: &Graph, settings: Settings) -> Executor {
    let mut driven = Driven::seeded(graph, 1);
    held(&mut driven, &blobs(240, 3));
    let train = send_train(&mut driven, settings, Snapshots::default());
    let told = events(&mut driven, train);
    let mut executors = told.iter().filter_map(|it| match &it.header {
        Event::Stepped { executor, .. } => Some(executor.clone()),
        _ => None,
    });
    executors.next().unwrap()
}

#[test]
fn a_training_tells_what_computes_its_gradients() {
    for graph in [plain(), residual()] {
        assert_eq!(executor(&graph, settings(1)), Executor::Plan);
    }
    let quantised = Settings {
        quantised: Some(Width::Int8),
        ..settings(1)
    };
    let told = executor(&plain(), quantised);
    assert!(
        matches!(told, Executor::Burn(BurnReason::Setting { .. })),
        "{told}"
    );
    let told = executor(&classifier(3), settings(1));
    match &told {
        Executor::Burn(BurnReason::Layer { why }) => assert!(why.contains('“'), "{why}"),
        other => panic!("{other}"),
    }
}

/// With one shard burn computes the gradient of the same batch.
#[test]
fn the_plan_trains_as_burn_does() {
    let methods = [
        Method::Momentum { momentum: 0.9 },
        Method::ADAM,
        Method::AdamW {
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
        },
    ];
    for (graph, method) in [plain(), residual()]
        .iter()
        .flat_map(|graph| methods.map(|method| (graph, method)))
    {
        let by_plan = Settings {
            method,
            label_smoothing: 0.1,
            weight_decay: 0.01,
            clip_norm: Some(0.5),
            ..settings(1)
        };
        let by_burn = Settings {
            shards: Some(1),
            ..by_plan.clone()
        };
        let [plan, burn] = [by_plan, by_burn].map(|it| run(graph, &it, &[None]));
        assert_eq!(plan.points.len(), burn.points.len());
        for (plan, burn) in plan.points.iter().zip(&burn.points) {
            assert!((plan.loss - burn.loss).abs() < 1e-5, "{plan:?}\n{burn:?}");
            let error = plan.gradient_norm / burn.gradient_norm - 1.0;
            assert!(error.abs() < 1e-4, "{plan:?}\n{burn:?}");
            assert_eq!(plan.accuracy, burn.accuracy);
        }
        for (plan, burn) in tensors(&plan.file).iter().zip(tensors(&burn.file)) {
            for (plan, burn) in plan.iter().zip(burn) {
                assert!((plan - burn).abs() < 1e-4, "{method:?}: {plan}, {burn}");
            }
        }
    }
}

#[test]
fn a_training_by_the_plan_goes_on_with_the_same_bits() {
    for graph in [plain(), residual()] {
        let whole = run(&graph, &settings(2), &[None]);
        let parts = run(&graph, &settings(2), &[Some(5), Some(9), None]);
        let losses = |points: &[engine::train::Point]| -> Vec<f64> {
            points.iter().map(|point| point.loss).collect()
        };
        assert_eq!(losses(&whole.points), losses(&parts.points));
        assert_eq!(tensors(&whole.file), tensors(&parts.file));
    }
}
