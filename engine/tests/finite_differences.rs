//! Gradients against differences of the objective itself, on random graphs in 64-bit floats.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod random;

use burn::tensor::{DType, FloatDType, Tensor, TensorData};
use engine::run::{Mode, Network, Param, Training, cpu, read_weights};
use engine::{Graph, NodeId};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestCaseResult};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// Pictures in one batch.
const BATCH: usize = 2;

/// Half the distance of the two points. In 64-bit floats an objective of order 1 to 100 is known to
/// about 1e-14, so the difference over the distance to 1e-14 / 1e-6 = 1e-8; what the curvature adds
/// is of order step² = 1e-12.
const STEP: f64 = 1e-6;

/// Of the slope, relative to the gradient's and the objective's size.
const TOLERANCE: f64 = 1e-6;

fn tensor(values: Vec<f64>, dims: [usize; 4]) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values, dims), (&cpu(), DType::F64))
}

fn normal(random: &mut Pcg64Mcg, count: usize) -> Vec<f64> {
    // The sum of uniform numbers is near enough to normal and needs no further crate.
    let one = |_| (0..6).map(|_| random.random::<f64>() - 0.5).sum::<f64>();
    (0..count).map(one).collect()
}

/// What an objective is a function of: a batch of pictures, and the weights (the network's).
struct Point {
    network: Network,
    input: Vec<f64>,
}

/// What the objective comes to at a point, and its gradients.
struct Slopes {
    value: f64,
    nodes: Vec<Vec<f64>>,
    /// Of each parameter that training changes, in order.
    params: Vec<Vec<f64>>,
}

/// The objective: the sum of output · cotangent, in one mode.
struct Problem {
    cotangent: Vec<f64>,
    training: bool,
}

impl Problem {
    /// Dropout is drawn anew from the same seed each time.
    fn slopes(&self, point: &Point, of: &[NodeId]) -> Slopes {
        let Point { network, input } = point;
        let network = network.in_precision(FloatDType::F64);
        let shape = network.graph().input();
        let [c, h, w] = [shape.channels, shape.height, shape.width].map(|side| side as usize);
        let mut training = Training::seeded(7);
        let mode = if self.training {
            Mode::Training(&mut training)
        } else {
            Mode::Inference
        };
        let objective = |mut outputs: Vec<Tensor<4>>| {
            let output = outputs.remove(0);
            let dims = output.dims();
            (output * tensor(self.cotangent.clone(), dims)).sum()
        };
        let input = tensor(input.clone(), [BATCH, c, h, w]);
        let from = [network.graph().output()];
        let gradients = network
            .gradients(input, of, &from, mode, objective)
            .unwrap();
        let params = network.params().iter().zip(gradients.params);
        let trainable = params.filter(|(param, _)| param.role.trainable());
        Slopes {
            value: doubles(gradients.objective)[0],
            nodes: gradients.nodes.into_iter().map(doubles).collect(),
            // One the output does not depend on has no gradient.
            params: trainable
                .map(|(param, gradient)| match gradient {
                    Some(gradient) => doubles(gradient),
                    None => vec![0.0; param.dims.iter().product()],
                })
                .collect(),
        }
    }

    /// Between two points the objective changes by the slope along the way, the mean of those at
    /// both ends. `along` gives a point's slope in the direction from the one to the other.
    fn check(&self, ends: [&Point; 2], along: impl Fn(&Slopes) -> f64) -> TestCaseResult {
        let slopes = ends.map(|end| self.slopes(end, &[NodeId::INPUT]));
        let [behind, ahead] = slopes.each_ref().map(|slopes| along(slopes) / (2.0 * STEP));
        let quotient = (slopes[1].value - slopes[0].value) / (2.0 * STEP);
        let (slope, size) = (
            0.5 * (behind + ahead),
            1.0 + ahead.abs() + slopes[0].value.abs(),
        );
        // Between the two points may lie a kink (a rectifier's 0, another maximum). The quotient is
        // then a mean of the slopes before and behind it, so no further from theirs than they are
        // apart; where that is much, it tells nothing.
        let bend = (ahead - behind).abs();
        prop_assume!(bend <= 1e-3 * size);
        if (slope - quotient).abs() > TOLERANCE * size + bend {
            let graph = ends[0].network.graph();
            let layers = graph.nodes().iter().map(|node| format!("{:?}", node.layer));
            return Err(TestCaseError::fail(format!(
                "slope {slope}, quotient {quotient} on {}: {}",
                graph.input(),
                layers.collect::<Vec<_>>().join(" · ")
            )));
        }
        Ok(())
    }
}

fn doubles<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.inner().into_data().try_into_vec().unwrap()
}

/// Σ slope · (to − from).
fn toward(slopes: &[f64], from: &[f64], to: &[f64]) -> f64 {
    slopes
        .iter()
        .zip(from.iter().zip(to))
        .map(|(slope, (from, to))| slope * (to - from))
        .sum()
}

/// The network's weights, each trainable one moved by `by` in a seeded direction. They are 32-bit
/// floats, so how far a weight really moved is what it became less what it was.
fn moved_weights(network: &Network, by: f64, seed: u64) -> Network {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let floats =
        |values: &Tensor<1>| -> Vec<f32> { values.clone().into_data().try_into_vec().unwrap() };
    let move_one = |param: &Param| -> Vec<u8> {
        let direction = normal(&mut random, param.dims.iter().product());
        let values = floats(&param.values).into_iter().zip(direction);
        let values = values.map(|(value, change)| {
            if param.role.trainable() {
                (f64::from(value) + by * change) as f32
            } else {
                value
            }
        });
        values.flat_map(f32::to_le_bytes).collect()
    };
    let bytes: Vec<Vec<u8>> = network.params().iter().map(move_one).collect();
    let views = network.params().iter().zip(&bytes).map(|(param, bytes)| {
        (
            &param.name,
            TensorView::new(Dtype::F32, param.dims.clone(), bytes).unwrap(),
        )
    });
    let file = safetensors::serialize(views.collect::<Vec<_>>(), None).unwrap();
    let mut moved = network.clone();
    read_weights(&mut moved, &file).unwrap();
    moved
}

fn weights(network: &Network) -> Vec<Vec<f64>> {
    let exact = network.in_precision(FloatDType::F64);
    let trainable = exact.params().iter().filter(|param| param.role.trainable());
    trainable
        .map(|param| doubles(param.values.clone()))
        .collect()
}

/// Batch norm in training mode needs more than one value, which a batch of two always has.
fn checked(graph: &Graph, training: bool, seed: u64) -> TestCaseResult {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let network = Network::seeded(graph.clone(), seed, &cpu()).unwrap();
    let outputs = BATCH * network.shape(graph.output()).unwrap().elements() as usize;
    let problem = Problem {
        cotangent: normal(&mut random, outputs),
        training,
    };
    let inputs = BATCH * graph.input().elements() as usize;
    let (input, direction) = (normal(&mut random, inputs), normal(&mut random, inputs));

    let end = |by: f64| {
        let input = input
            .iter()
            .zip(&direction)
            .map(|(value, change)| value + by * change);
        Point {
            network: network.clone(),
            input: input.collect(),
        }
    };
    let (behind, ahead) = (end(-STEP), end(STEP));
    problem.check([&behind, &ahead], |slopes| {
        toward(&slopes.nodes[0], &behind.input, &ahead.input)
    })?;

    let end = |by: f64| Point {
        network: moved_weights(&network, by, seed),
        input: input.clone(),
    };
    let (behind, ahead) = (end(-STEP), end(STEP));
    let (from, to) = (weights(&behind.network), weights(&ahead.network));
    problem.check([&behind, &ahead], |slopes| {
        let ways = from.iter().zip(&to);
        slopes
            .params
            .iter()
            .zip(ways)
            .map(|(slopes, (from, to))| toward(slopes, from, to))
            .sum()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn gradients_of_input_and_weights_are_the_objective_s_slope_in_inference_mode(
        graph in random::graphs(10), seed in 0..1_000_000_u64,
    ) {
        checked(&graph, false, seed)?;
    }

    #[test]
    fn gradients_of_input_and_weights_are_the_objective_s_slope_in_training_mode(
        graph in random::graphs(10), seed in 0..1_000_000_u64,
    ) {
        checked(&graph, true, seed)?;
    }
}

/// With respect to an activation: what the nodes behind it make of it is a network of its own.
#[test]
fn an_activation_s_gradient_is_that_of_the_network_behind_it() {
    use engine::layer::{Activation, BatchNorm, Conv, Flatten, Linear};
    use engine::{GraphBuilder, Shape};
    let mut net = GraphBuilder::new("whole", Shape::new(2, 6, 5));
    let conv = net.then("conv", Conv::new(3, 3));
    let relu = net.then("relu", Activation::Relu);
    net.then("norm", BatchNorm::new());
    net.then("flatten", Flatten::default());
    net.then("fc", Linear::new(4));
    let fc = net.then("tanh", Activation::Tanh);
    let mut random = Pcg64Mcg::seed_from_u64(5);
    let network = Network::seeded(net.finish().unwrap(), 5, &cpu()).unwrap();
    let problem = Problem {
        cotangent: normal(&mut random, BATCH * 4),
        training: false,
    };
    let point = Point {
        network,
        input: normal(&mut random, BATCH * 60),
    };
    let gradients = problem
        .slopes(&point, &[NodeId::INPUT, conv, relu, fc])
        .nodes;
    let lengths: Vec<usize> = gradients.iter().map(Vec::len).collect();
    assert_eq!(lengths, [BATCH * 60, BATCH * 36, BATCH * 36, BATCH * 4]);
    // The output's own gradient is the cotangent, and the rectifier's is its input's where that is
    // positive and lost elsewhere.
    assert_eq!(gradients[3], problem.cotangent);
    let mut passed = 0;
    for (before, behind) in gradients[1].iter().zip(&gradients[2]) {
        assert!(*before == 0.0 || before == behind, "{before} and {behind}");
        passed += usize::from(before == behind);
    }
    assert!((1..BATCH * 36).contains(&passed), "{passed}");
}
