//! Gradients against differences of the objective itself, on random graphs in 64-bit floats.
#![cfg(feature = "run")]

mod random;

use burn::tensor::{DType, FloatDType, Tensor, TensorData};
use engine::run::{Mode, Network, Training, cpu};
use engine::{Graph, NodeId};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestCaseResult};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// Pictures in one batch.
const BATCH: usize = 2;

/// Half the distance of the two points. In 64-bit floats an objective of order 1 to 100 is known to
/// about 1e-14, so the difference quotient to 1e-14 / 1e-6 = 1e-8; what the curvature adds is of
/// order step² = 1e-12.
const STEP: f64 = 1e-6;

/// Of the quotient, relative to the gradient's own size: a hundred times the rounding above.
const TOLERANCE: f64 = 1e-6;

fn tensor(values: Vec<f64>, dims: [usize; 4]) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values, dims), (&cpu(), DType::F64))
}

fn normal(random: &mut Pcg64Mcg, count: usize) -> Vec<f64> {
    // The sum of uniform numbers is near enough to normal and needs no further crate.
    let one = |_| (0..6).map(|_| random.random::<f64>() - 0.5).sum::<f64>();
    (0..count).map(one).collect()
}

fn number(tensor: Tensor<1>) -> f64 {
    tensor.inner().into_data().try_into_vec::<f64>().unwrap()[0]
}

/// An objective on a network with the mode it is in, for one seed.
struct Problem {
    network: Network,
    training: bool,
    /// The objective is the sum of output · this.
    cotangent: Vec<f64>,
}

impl Problem {
    fn new(graph: &Graph, training: bool, random: &mut Pcg64Mcg) -> Self {
        let network = Network::seeded(graph.clone(), random.random(), &cpu()).unwrap();
        let network = network.in_precision(FloatDType::F64);
        let output = network.shape(graph.output()).unwrap().elements() as usize;
        let cotangent = normal(random, BATCH * output);
        Self {
            network,
            training,
            cotangent,
        }
    }

    fn objective(&self) -> impl FnOnce(Vec<Tensor<4>>) -> Tensor<1> {
        let cotangent = self.cotangent.clone();
        move |mut outputs| {
            let output = outputs.remove(0);
            let dims = output.dims();
            (output * tensor(cotangent, dims)).sum()
        }
    }

    /// The objective and its gradients, dropout drawn anew from the same seed each time.
    fn gradients(&self, input: &[f64], of: &[NodeId]) -> (f64, Vec<Vec<f64>>) {
        let shape = self.network.graph().input();
        let [c, h, w] = [shape.channels, shape.height, shape.width].map(|side| side as usize);
        let mut training = Training::seeded(7);
        let mode = if self.training {
            Mode::Training(&mut training)
        } else {
            Mode::Inference
        };
        let input = tensor(input.to_vec(), [BATCH, c, h, w]);
        let from = [self.network.graph().output()];
        let gradients = self
            .network
            .gradients(input, of, &from, mode, self.objective())
            .unwrap();
        let values = |gradient: Tensor<4>| gradient.into_data().try_into_vec::<f64>().unwrap();
        let nodes = gradients.nodes.into_iter().map(values).collect();
        (number(gradients.objective), nodes)
    }

    /// The gradient with respect to the picture along one direction against the quotient.
    fn check(&self, random: &mut Pcg64Mcg) -> TestCaseResult {
        let count = BATCH * self.network.graph().input().elements() as usize;
        let input = normal(random, count);
        let direction = normal(random, count);
        let moved = |by: f64| -> Vec<f64> {
            input
                .iter()
                .zip(&direction)
                .map(|(value, change)| value + by * change)
                .collect()
        };
        let of = [NodeId::INPUT];
        let (value, gradient) = self.gradients(&input, &of);
        let (ahead, of_ahead) = self.gradients(&moved(STEP), &of);
        let (behind, of_behind) = self.gradients(&moved(-STEP), &of);
        let along = |gradient: &[Vec<f64>]| -> f64 {
            gradient[0]
                .iter()
                .zip(&direction)
                .map(|(slope, change)| slope * change)
                .sum()
        };
        let (slope, quotient) = (along(&gradient), (ahead - behind) / (2.0 * STEP));
        // Between the two points may lie a kink (a rectifier's 0, another maximum). The slopes at
        // both ends then differ by far more than a step's curvature, and no quotient is right.
        let size = 1.0 + slope.abs() + value.abs();
        let bend = (along(&of_ahead) - along(&of_behind)).abs();
        prop_assume!(bend <= 1e-3 * size);
        if (slope - quotient).abs() > TOLERANCE * size {
            let graph = self.network.graph();
            let names: Vec<String> = graph
                .nodes()
                .iter()
                .map(|node| format!("{:?}", node.layer))
                .collect();
            return Err(TestCaseError::fail(format!(
                "slope {slope}, quotient {quotient} on {}: {}",
                graph.input(),
                names.join(" · ")
            )));
        }
        Ok(())
    }
}

/// Batch norm in training mode needs more than one value, which a batch of two always has.
fn checked(graph: &Graph, training: bool, seed: u64) -> TestCaseResult {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    Problem::new(graph, training, &mut random).check(&mut random)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_input_s_gradient_is_the_objective_s_slope_in_inference_mode(
        graph in random::graphs(10), seed in 0..1_000_000_u64,
    ) {
        checked(&graph, false, seed)?;
    }

    #[test]
    fn the_input_s_gradient_is_the_objective_s_slope_in_training_mode(
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
    let problem = Problem::new(&net.finish().unwrap(), false, &mut random);
    let input = normal(&mut random, BATCH * 60);
    let (_, gradients) = problem.gradients(&input, &[NodeId::INPUT, conv, relu, fc]);
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
