//! Every rule of initialisation has the mean and variance that its article says, and each number
//! is a function of the seed, the node and the place alone.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use burn::tensor::Tensor;
use engine::layer::{Activation, Conv, Flatten, Linear};
use engine::run::{Initialisation, Network, Role, cpu};
use engine::{Graph, GraphBuilder, Shape};

/// Two large layers: 64 kernels of 16 × 5 × 5 in two groups of 32 channels before a ReLU, and a
/// linear layer of 1024 inputs and 300 features before a tanh.
fn graph() -> Graph {
    let mut graph = GraphBuilder::new("two layers", Shape::new(32, 8, 8));
    graph.then(
        "conv",
        Conv {
            groups: 2,
            ..Conv::new(64, 5)
        },
    );
    graph.then("relu", Activation::Relu);
    graph.then("flatten", Flatten::default());
    graph.then("fc", Linear::new(300));
    graph.then("tanh", Activation::Tanh);
    graph.finish().unwrap()
}

/// Values one output is a sum of and outputs one input goes into, as Glorot and Bengio count them:
/// 16 × 25 and 32 × 25 for the convolution; 64 × 4 × 4 and 300 for the linear layer.
const CONV: [f64; 2] = [400.0, 800.0];
const LINEAR: [f64; 2] = [1024.0, 300.0];

fn values(network: &Network, name: &str, role: Role) -> Vec<f32> {
    let node = network.graph().named(name).unwrap().id;
    let mut params = network.params().iter();
    let param = params
        .find(|it| it.node == node && it.role == role)
        .unwrap();
    let values: Tensor<1> = param.values.clone();
    values.into_data().try_into_vec().unwrap()
}

fn made(rule: Initialisation, seed: u64) -> Network {
    Network::initialised(graph(), &rule, seed, &cpu()).unwrap()
}

fn moment(values: &[f32], power: i32) -> f64 {
    let powers = values.iter().map(|&value| f64::from(value).powi(power));
    powers.sum::<f64>() / values.len() as f64
}

/// Mean 0, this variance and this fourth moment, which tells a uniform (9/5) from a normal (3)
/// distribution, each within five of its deviations. The fourth powers of a normal distribution
/// have the variance 105 − 9 = 96.
fn assert_moments(what: &str, values: &[f32], variance: f64, kurtosis: f64) {
    let count = values.len() as f64;
    let mean = moment(values, 1);
    assert!(
        mean.abs() < 5.0 * (variance / count).sqrt(),
        "{what}: mean {mean}"
    );
    let got = moment(values, 2);
    let deviation = ((kurtosis - 1.0) / count).sqrt();
    assert!(
        (got / variance - 1.0).abs() < 5.0 * deviation,
        "{what}: variance {got}, wanted {variance}"
    );
    let got = moment(values, 4) / variance.powi(2);
    let deviation = (96.0 / count).sqrt();
    assert!(
        (got - kurtosis).abs() < 5.0 * deviation,
        "{what}: fourth moment {got}, wanted {kurtosis}"
    );
}

const UNIFORM: f64 = 9.0 / 5.0;
const NORMAL: f64 = 3.0;

#[test]
fn each_rule_has_its_article_s_variance() {
    let glorot = |fans: [f64; 2]| 2.0 / (fans[0] + fans[1]);
    let he = |fans: [f64; 2]| 2.0 / fans[0];
    let lecun = |fans: [f64; 2]| 1.0 / fans[0];
    type Rule = (Initialisation, fn([f64; 2]) -> f64, f64);
    let rules: [Rule; 6] = [
        (Initialisation::GlorotUniform, glorot, UNIFORM),
        (Initialisation::GlorotNormal, glorot, NORMAL),
        (Initialisation::HeUniform, he, UNIFORM),
        (Initialisation::HeNormal, he, NORMAL),
        (Initialisation::LecunUniform, lecun, UNIFORM),
        (Initialisation::LecunNormal, lecun, NORMAL),
    ];
    for (rule, variance, kurtosis) in rules {
        let network = made(rule, 7);
        for (name, fans) in [("conv", CONV), ("fc", LINEAR)] {
            let values = values(&network, name, Role::Weight);
            assert_moments(
                &format!("{rule:?} {name}"),
                &values,
                variance(fans),
                kurtosis,
            );
        }
        assert!(
            values(&network, "conv", Role::Bias)
                .iter()
                .all(|&bias| bias == 0.0)
        );
    }
}

#[test]
fn the_default_depends_on_the_following_activation() {
    let network = made(Initialisation::default(), 7);
    let conv = values(&network, "conv", Role::Weight);
    assert_moments("He before the ReLU", &conv, 2.0 / CONV[0], UNIFORM);
    let linear = values(&network, "fc", Role::Weight);
    let glorot = 2.0 / (LINEAR[0] + LINEAR[1]);
    assert_moments("Glorot before the tanh", &linear, glorot, UNIFORM);
}

#[test]
fn bound_deviation_and_constant_are_exact() {
    let network = made(Initialisation::Uniform { bound: 0.25 }, 7);
    let weights = values(&network, "fc", Role::Weight);
    assert_moments("uniform", &weights, 0.25 * 0.25 / 3.0, UNIFORM);
    assert!(weights.iter().all(|weight| weight.abs() <= 0.25));
    let network = made(Initialisation::Normal { std: 0.02 }, 7);
    let weights = values(&network, "fc", Role::Weight);
    assert_moments("normal", &weights, 0.02 * 0.02, NORMAL);
    // Of 307,200 normal numbers 0.27 % lie beyond three deviations: 829, give or take 29 each.
    let beyond = weights.iter().filter(|weight| weight.abs() > 0.06).count();
    assert!((684..=974).contains(&beyond), "{beyond}");
    let network = made(Initialisation::Constant { value: -0.5 }, 7);
    assert!(
        values(&network, "fc", Role::Weight)
            .iter()
            .all(|&weight| weight == -0.5)
    );
}

#[test]
fn the_same_seed_gives_the_same_bits_and_another_seed_others() {
    for rule in [Initialisation::GlorotUniform, Initialisation::HeNormal] {
        let bits = |seed| -> Vec<u32> {
            let values = values(&made(rule, seed), "conv", Role::Weight);
            values.into_iter().map(f32::to_bits).collect()
        };
        assert_eq!(bits(7), bits(7));
        assert_ne!(bits(7), bits(8));
        assert_ne!(bits(7), bits(7 + (1 << 32)));
    }
}

#[test]
fn a_graph_with_a_problem_is_refused_before_its_sizes_are_taken() {
    for conv in [
        Conv {
            groups: 0,
            ..Conv::new(4, 3)
        },
        Conv {
            kernel: [0, 3],
            ..Conv::new(4, 3)
        },
        Conv::new(u32::MAX, 3),
        Conv::new(4, 100),
    ] {
        let mut graph = GraphBuilder::new("wrong", Shape::new(3, 8, 8));
        graph.then("conv", conv);
        graph.then("fc", Linear::new(u32::MAX));
        let graph = graph.finish().unwrap();
        for rule in [Initialisation::ByActivation, Initialisation::HeNormal] {
            let made = Network::initialised(graph.clone(), &rule, 1, &cpu());
            let message = made.unwrap_err().to_string();
            assert!(message.contains("conv"), "{message}");
        }
        assert!(Network::seeded(graph, 1, &cpu()).is_err());
    }
}
