//! Losses, optimisers and training mode where the reference has no case: by what defines them.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use burn::tensor::{Tensor, TensorData};
use engine::layer::{Activation, BatchNorm, Conv, Dropout, Flatten, Linear, Subsample};
use engine::run::{Mode, Network, NetworkError, Role, Training, cpu, read_weights};
use engine::train::{CrossEntropy, Method, Optimiser, Reduction, Update, one_hot};
use engine::{Graph, GraphBuilder, Layer, NodeId, Shape};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

fn one_layer(input: Shape, layer: impl Into<Layer>) -> Graph {
    let mut net = GraphBuilder::new("one layer", input);
    net.then("layer", layer);
    net.finish().unwrap()
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.inner().into_data().try_into_vec().unwrap()
}

fn line(values: &[f32]) -> Tensor<1> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), &cpu())
}

fn close(got: &[f32], wanted: &[f32], tolerance: f32) {
    assert_eq!(got.len(), wanted.len());
    for (got, wanted) in got.iter().zip(wanted) {
        assert!((got - wanted).abs() <= tolerance, "{got}, wanted {wanted}");
    }
}

/// Szegedy et al. 2016: a smoothed target is a mixture, and cross-entropy is linear in its target.
#[test]
fn smoothing_mixes_the_label_s_loss_with_the_mean_over_all_classes() {
    let logits = [[0.3, -1.2, 2.0, 0.1], [1.0, 0.0, -0.5, 0.7]];
    let logits = Tensor::<2>::from_data(logits, &cpu());
    let loss = |label_smoothing, labels: [usize; 2]| {
        let loss = CrossEntropy {
            label_smoothing,
            reduction: Reduction::None,
        };
        values(loss.of(logits.clone(), one_hot(&labels, 4, &cpu()).unwrap()))
    };
    let labels = [2, 1];
    let plain = loss(0.0, labels);
    let of_classes: Vec<Vec<f32>> = (0..4).map(|class| loss(0.0, [class, class])).collect();
    let mixed: Vec<f32> = (0..2)
        .map(|row| {
            let mean = of_classes.iter().map(|losses| losses[row]).sum::<f32>() / 4.0;
            0.9 * plain[row] + 0.1 * mean
        })
        .collect();
    close(&loss(0.1, labels), &mixed, 1e-6);
}

#[test]
fn a_label_that_is_no_class_has_no_target() {
    assert!(one_hot(&[0, 4], 4, &cpu()).is_none());
}

/// By hand from the definition: v = 0.9 · v + g + 0.1 · w, w −= 0.5 · v.
#[test]
fn weight_decay_pulls_through_the_momentum() {
    let mut sgd = Optimiser::new(Method::Momentum { momentum: 0.9 });
    let update = Update {
        rate: 0.5,
        decay: 0.1,
        momentum: None,
    };
    let first = sgd.step(0, line(&[2.0]), line(&[1.0]), update);
    // v = 1 + 0.2 = 1.2, w = 2 − 0.6 = 1.4.
    close(&values(first.clone()), &[1.4], 1e-6);
    // v = 1.08 − 1 + 0.14 = 0.22, w = 1.4 − 0.11 = 1.29; another place has a memory of its own.
    let other = sgd.step(3, line(&[2.0]), line(&[1.0]), update);
    close(&values(other), &[1.4], 1e-6);
    close(
        &values(sgd.step(0, first, line(&[-1.0]), update)),
        &[1.29],
        1e-6,
    );
}

#[test]
fn seeded_dropout_keeps_its_share_scaled_and_repeats() {
    let graph = one_layer(Shape::new(4, 50, 50), Dropout { p: 0.3 });
    let network = Network::seeded(graph, 0, &cpu()).unwrap();
    let run = |training: &mut Training| {
        let input = network.input(vec![1.0; 10_000]).unwrap();
        let output = [network.graph().output()];
        values(
            network
                .forward_in(Mode::Training(training), input, &output)
                .unwrap()
                .remove(0),
        )
    };
    let mut training = Training::seeded(5);
    let first = run(&mut training);
    assert_ne!(first, run(&mut training), "each pass drops others");
    assert_eq!(first, run(&mut Training::seeded(5)));
    let kept = first.iter().filter(|value| **value != 0.0);
    assert!(kept.clone().all(|value| (value - 1.0 / 0.7).abs() < 1e-6));
    // Of 10,000 draws with p = 0.7 the standard deviation is 46: five of them.
    assert!((kept.count() as f64 - 7_000.0).abs() < 230.0);
}

#[test]
fn dropout_of_everything_gives_zeros_and_of_nothing_the_input() {
    for (p, wanted) in [(1.0, 0.0), (0.0, 2.0)] {
        let network =
            Network::seeded(one_layer(Shape::vector(8), Dropout { p }), 0, &cpu()).unwrap();
        let input = network.input(vec![2.0; 8]).unwrap();
        let mut training = Training::seeded(1);
        let output = [network.graph().output()];
        let outputs = network
            .forward_in(Mode::Training(&mut training), input, &output)
            .unwrap();
        assert_eq!(values(outputs[0].clone()), [wanted; 8]);
    }
}

#[test]
fn batch_norm_of_a_single_value_is_refused_while_training_only() {
    let network =
        Network::seeded(one_layer(Shape::vector(3), BatchNorm::new()), 0, &cpu()).unwrap();
    let input = network.input(vec![1.0, 2.0, 3.0]).unwrap();
    let output = [network.graph().output()];
    let mut training = Training::seeded(1);
    let refused = network.forward_in(Mode::Training(&mut training), input.clone(), &output);
    assert!(matches!(refused, Err(NetworkError::SingleValue { node }) if node == "layer"));
    assert!(network.forward(input, &output).is_ok());
}

#[test]
fn a_dropout_without_its_mask_is_refused_by_name() {
    let network =
        Network::seeded(one_layer(Shape::vector(3), Dropout { p: 0.5 }), 0, &cpu()).unwrap();
    let input = network.input(vec![1.0; 3]).unwrap();
    let mut training = Training::with_masks(std::collections::HashMap::new());
    let refused = network.forward_in(
        Mode::Training(&mut training),
        input,
        &[network.graph().output()],
    );
    assert!(matches!(refused, Err(NetworkError::NoMask { node }) if node == "layer"));
}

#[test]
fn running_statistics_do_not_move_in_inference_mode() {
    let network =
        Network::seeded(one_layer(Shape::new(2, 3, 3), BatchNorm::new()), 0, &cpu()).unwrap();
    let mut moved = network.clone();
    let input = || network.input((0_u8..36).map(f32::from).collect()).unwrap();
    let output = [network.graph().output()];
    let mut training = Training::seeded(1);
    network.forward(input(), &output).unwrap();
    moved.update_running(&mut training);
    let means = |network: &Network| {
        let of_role = network
            .params()
            .iter()
            .find(|param| param.role == Role::RunningMean);
        values(of_role.unwrap().values.clone())
    };
    assert_eq!(means(&moved), [0.0, 0.0]);
    network
        .forward_in(Mode::Training(&mut training), input(), &output)
        .unwrap();
    moved.update_running(&mut training);
    // A tenth of the means: pictures of 0..18 and 18..36, channels of 9 values each.
    close(&means(&moved), &[1.3, 2.2], 1e-6);
}

/// The exponential of the side that is not taken must not reach the gradient.
#[test]
fn elu_passes_large_values_with_slope_one() {
    let graph = one_layer(Shape::vector(2), Activation::Elu { alpha: 1.0 });
    let network = Network::seeded(graph, 0, &cpu()).unwrap();
    let input = network.input(vec![100.0, -100.0]).unwrap();
    let (of, from) = ([NodeId::INPUT], [network.graph().output()]);
    let sum = |mut outputs: Vec<Tensor<4>>| outputs.remove(0).sum();
    let gradients = network
        .gradients(input, &of, &from, Mode::Inference, sum)
        .unwrap();
    // At −100 it is e⁻¹⁰⁰.
    close(&values(gradients.nodes[0].clone()), &[1.0, 0.0], 1e-30);
    close(&values(gradients.objective), &[99.0], 1e-5);
}

/// Output map o of a grouped convolution with as many groups as channels reads input map
/// o / (outputs per group), as PyTorch has it; with equal taps it is a subsampling.
#[test]
fn a_fanned_subsampling_is_a_depthwise_convolution_with_equal_taps() {
    let shape = Shape::new(2, 4, 6);
    let subsample = one_layer(
        shape,
        Subsample {
            kernel: [2, 2],
            fan: 3,
        },
    );
    let conv = Conv {
        groups: 2,
        stride: [2, 2],
        ..Conv::new(6, 2)
    };
    let coefficients = [0.5_f32, -1.0, 2.0, 0.25, 3.0, -0.125];
    let biases = [0.1_f32, 0.2, 0.3, 0.4, 0.5, 0.6];
    let taps: Vec<f32> = coefficients.iter().flat_map(|value| [*value; 4]).collect();
    let run = |graph: Graph, role: &str, dims: Vec<usize>, weights: &[f32]| {
        let mut network = Network::seeded(graph, 0, &cpu()).unwrap();
        let bytes = |values: &[f32]| -> Vec<u8> {
            values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect()
        };
        let (weights, biases) = (bytes(weights), bytes(&biases));
        let views = [
            (
                format!("layer.{role}"),
                TensorView::new(Dtype::F32, dims, &weights).unwrap(),
            ),
            (
                "layer.bias".to_owned(),
                TensorView::new(Dtype::F32, vec![6], &biases).unwrap(),
            ),
        ];
        read_weights(&mut network, &safetensors::serialize(views, None).unwrap()).unwrap();
        let input = (0_u8..96)
            .map(|value| (f32::from(value) * 0.9).sin())
            .collect();
        let input = network.input(input).unwrap();
        values(
            network
                .forward(input, &[network.graph().output()])
                .unwrap()
                .remove(0),
        )
    };
    let fanned = run(subsample, "coef", vec![6], &coefficients);
    let convolved = run(one_layer(shape, conv), "weight", vec![6, 1, 2, 2], &taps);
    close(&fanned, &convolved, 1e-5);
}

#[test]
fn an_objective_that_depends_on_nothing_has_gradients_of_zero() {
    let mut net = GraphBuilder::new("two", Shape::vector(3));
    let first = net.then("first", Linear::new(2));
    net.then("flatten", Flatten::default());
    let network = Network::seeded(net.finish().unwrap(), 0, &cpu()).unwrap();
    let input = network.input(vec![1.0; 3]).unwrap();
    let constant = |_: Vec<Tensor<4>>| line(&[4.0]);
    let gradients = network
        .gradients(
            input,
            &[first],
            &[network.graph().output()],
            Mode::Inference,
            constant,
        )
        .unwrap();
    assert_eq!(values(gradients.objective), [4.0]);
    assert_eq!(values(gradients.nodes[0].clone()), [0.0, 0.0]);
    assert!(gradients.params.iter().all(Option::is_none));
}
