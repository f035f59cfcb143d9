//! What a training tells of each layer: gradients against `Differentiate`, changes against plain
//! descent's formula, activations that are dead by their biases.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod driven;
mod training;

use std::collections::HashMap;

use driven::{Driven, bytes, id};
use engine::data::{DataSet, Labelled, Means, Split};
use engine::layer::{Activation, Conv, Flatten, Linear};
use engine::session::{Command, Event, Message, Snapshots, Wanted, Weights};
use engine::train::{LayerHealth, Length, Method, Schedule, Settings, Task};
use engine::{Graph, GraphBuilder, NodeId, Shape};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use training::{SET, blobs, events, held, settings};

const CLASSES: u32 = 3;

/// One convolution, this activation, a linear head.
fn network(conv: Conv, activation: Activation) -> Graph {
    let mut net = GraphBuilder::new("small", Shape::new(1, 8, 8));
    net.then("conv", conv);
    net.then("activation", activation);
    net.then("flatten", Flatten::default());
    net.then("head", Linear::new(CLASSES));
    net.finish().unwrap()
}

/// Plain descent on whole, unchanged images in their order.
fn plain(batch: usize) -> Settings {
    Settings {
        batch,
        length: Length::Steps(1),
        method: Method::Sgd,
        shuffle: false,
        schedule: Schedule {
            rate: 0.25,
            ..settings(1).schedule
        },
        ..Settings::default()
    }
}

/// The layers as the first step tells them, in a training on all images.
fn first(driven: &mut Driven, images: &Labelled, settings: Settings) -> Vec<LayerHealth> {
    held(driven, images);
    let split = Split {
        validation: 0.0,
        test: 0.0,
        ..Split::default()
    };
    let task = Box::new(Task {
        settings,
        split,
        ..Task::default()
    });
    let command = Command::Train {
        set: SET,
        task,
        snapshots: Snapshots::default(),
    };
    let train = driven.send(command, Vec::new());
    let events = events(driven, train);
    let told = events.iter().find_map(|it| match &it.header {
        Event::Stepped { points, health, .. } => Some((points.len(), health.clone())),
        _ => None,
    });
    let (points, health) = told.unwrap();
    assert_eq!(points, 1, "the first step is told at once");
    health
}

fn of(health: &[LayerHealth], node: NodeId) -> LayerHealth {
    *health.iter().find(|it| it.node == node).unwrap()
}

fn length<'a>(values: impl IntoIterator<Item = &'a f32>) -> f64 {
    let squares = values.into_iter().map(|&value| f64::from(value).powi(2));
    squares.sum::<f64>().sqrt()
}

fn is_near(got: f64, wanted: f64, what: &str) {
    assert!(
        (got - wanted).abs() <= 1e-5 * wanted,
        "{what}: {got}, not {wanted}"
    );
}

#[test]
fn gradients_are_those_of_differentiate_and_descent_moves_by_the_rate_times_them() {
    let graph = network(Conv::new(4, 3), Activation::Tanh);
    let images = blobs(48, 3);
    let mut driven = Driven::seeded(&graph, 1);
    let mut set = DataSet::new(images.shape, CLASSES).unwrap();
    set.append(&images, false).unwrap();
    let inputs: Vec<Vec<f32>> = (0..set.len())
        .map(|image| set.input(image, None, Means::default(), graph.input()))
        .collect::<Option<_>>()
        .unwrap();
    // The slope of the mean cross-entropy: softmax less the target, over the number of examples.
    let head = id(&graph, "head");
    let slopes = inputs.iter().zip(set.labels()).flat_map(|(input, &label)| {
        let wanted = vec![Wanted::all(head)];
        let logits = driven.maps(input, wanted).remove(0).1;
        let powers: Vec<f64> = logits.iter().map(|&it| f64::from(it).exp()).collect();
        let sum: f64 = powers.iter().sum();
        let slope = move |(class, power): (usize, f64)| {
            let target = f64::from(u8::from(class == usize::from(label)));
            ((power / sum - target) / 48.0) as f32
        };
        powers.into_iter().enumerate().map(slope)
    });
    let slopes: Vec<f32> = slopes.collect();
    let command = Command::Differentiate {
        of: head,
        batch: 48,
        wrt: Vec::new(),
    };
    let message = driven.ask(command, bytes(&[inputs.concat(), slopes].concat()));
    let values = message.values().unwrap();
    let Message {
        header: Event::Differentiated { params, .. },
        ..
    } = message
    else {
        panic!("no gradients")
    };
    let mut expected = HashMap::new();
    for name in ["conv", "head"] {
        let of_node = params
            .iter()
            .filter(|it| it.name.starts_with(&format!("{name}.")));
        let gradients = of_node.flat_map(|it| {
            let count: usize = it.dims.iter().product();
            &values[it.offset..it.offset + count]
        });
        let weights: Vec<f32> = driven
            .params(id(&graph, name))
            .into_iter()
            .flat_map(|it| it.1)
            .map(f32::from_bits)
            .collect();
        expected.insert(name, (length(gradients), length(&weights)));
    }
    let health = first(&mut driven, &images, plain(48));
    for (name, (gradient, weights)) in expected {
        let layer = of(&health, id(&graph, name));
        assert!(gradient > 1e-3, "{name}: {gradient}");
        is_near(layer.gradient_norm.unwrap(), gradient, name);
        is_near(layer.update_ratio.unwrap(), 0.25 * gradient / weights, name);
        assert_eq!(layer.dead, None);
    }
}

#[test]
fn a_frozen_layer_has_no_gradient_and_a_clipped_one_its_whole() {
    let graph = network(Conv::new(4, 3), Activation::Tanh);
    let conv = id(&graph, "conv");
    let run = |settings| first(&mut Driven::seeded(&graph, 1), &blobs(48, 3), settings);
    let whole = run(plain(48));
    let clipped = run(Settings {
        clip_norm: Some(1e-3),
        ..plain(48)
    });
    let frozen = run(Settings {
        frozen: vec![conv],
        ..plain(48)
    });
    let norm = |health: &[LayerHealth]| of(health, conv).gradient_norm;
    assert_eq!(norm(&clipped), norm(&whole));
    let moved = |health: &[LayerHealth]| of(health, conv).update_ratio.unwrap();
    assert!(moved(&clipped) < 0.1 * moved(&whole));
    assert!(frozen.iter().all(|it| it.node != conv));
    assert!(frozen.iter().any(|it| it.update_ratio.is_some()));
}

/// The share of dead channels of this activation behind two maps that have the value `weight` ·
/// pixel + bias.
fn dead(activation: Activation, weight: f32, biases: [f32; 2]) -> Option<f64> {
    let graph = network(Conv::new(2, 1), activation);
    let view = |dims: &[usize], values: &[f32]| (dims.to_vec(), bytes(values));
    let seeded = Driven::seeded(&graph, 1).params(id(&graph, "head"));
    let bits = seeded.iter().map(|(param, bits)| {
        let values: Vec<f32> = bits.iter().map(|&it| f32::from_bits(it)).collect();
        (param.name.clone(), view(&param.dims, &values))
    });
    let mut tensors: HashMap<String, (Vec<usize>, Vec<u8>)> = bits.collect();
    let kernels = view(&[2, 1, 1, 1], &[weight; 2]);
    tensors.insert("conv.weight".to_owned(), kernels);
    tensors.insert("conv.bias".to_owned(), view(&[2], &biases));
    let views = tensors.iter().map(|(name, (dims, bytes))| {
        let view = TensorView::new(Dtype::F32, dims.clone(), bytes).unwrap();
        (name, view)
    });
    let file = safetensors::serialize(views, None).unwrap();
    let mut driven = Driven::new();
    let loaded = driven.load(&graph, Weights::Payload, file);
    assert!(matches!(loaded, Event::Loaded { .. }), "{loaded:?}");
    let health = first(&mut driven, &blobs(24, 3), plain(24));
    let node = id(&graph, "activation");
    health.iter().find(|it| it.node == node)?.dead
}

#[test]
fn channels_without_a_slope_anywhere_are_dead() {
    use Activation::{
        Elu, Gelu, HardSigmoid, HardSwish, LeakyRelu, Relu, Relu6, Sigmoid, Silu, Tanh,
    };
    for (activation, biases, wanted) in [
        (Relu, [-100.0, 1.0], 0.5),
        (Relu, [-100.0, -0.5], 1.0),
        (Relu, [0.5, 1.0], 0.0),
        (Relu6, [-100.0, 3.0], 0.5),
        (Relu6, [-1.0, 7.0], 1.0),
        (HardSwish, [-4.0, 2.0], 0.5),
        (HardSwish, [4.0, 2.0], 0.0),
        (HardSigmoid, [-4.0, 0.0], 0.5),
        (HardSigmoid, [-4.0, 4.0], 1.0),
        // tanh 3 is 0.9951, tanh 2.5 is 0.9866.
        (Tanh, [3.0, 2.5], 0.5),
        (Tanh, [-3.0, 3.0], 1.0),
        // The sigmoid of 5 is 0.9933, of 4.5 is 0.9890.
        (Sigmoid, [5.0, 4.5], 0.5),
        (Sigmoid, [-5.0, -4.5], 0.5),
        (Activation::LECUN, [4.5, 3.75], 0.5),
    ] {
        let got = dead(activation, 0.0, biases);
        assert_eq!(got, Some(wanted), "{activation:?} at {biases:?}");
    }
    for activation in [LeakyRelu { slope: 0.01 }, Elu { alpha: 1.0 }, Silu, Gelu] {
        assert_eq!(dead(activation, 0.0, [-100.0; 2]), None, "{activation:?}");
    }
}

#[test]
fn a_channel_that_is_alive_at_one_corner_of_some_images_is_not_dead() {
    // The brightest are at least 80 + 60, the others at most 80 + 60 of 255; in the units of MNIST's
    // mean and deviation 140 is 1.36, 200 is 2.12. The first channel passes only bright corners.
    let share = dead(Activation::Relu, 1.0, [-1.5, -100.0]);
    assert_eq!(share, Some(0.5));
}
