//! The shipped weights through the compiled plan give the answers that independent implementations
//! gave (see `pretrained_answers.rs`), and LeNet-5 reads MNIST's test digits.
#![cfg(feature = "plan")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::path::Path;

use engine::data::{Picture, Recipe, from_field, prepare_photo, read_images, read_labels};
use engine::plan::{Executor, Options as PlanOptions, Packer, Params, Plan};
use engine::zoo::{self, Options};

fn public(file: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public");
    std::fs::read(folder.join(file)).unwrap()
}

fn loaded(name: &str, winograd: bool) -> Executor {
    let graph = zoo::build(name, &Options::default()).unwrap();
    let shipped = zoo::pretrained(name).unwrap();
    let params = Params::read(&graph, &public(shipped.file)).unwrap();
    let watched = Vec::new();
    let options = PlanOptions { watched, winograd };
    Executor::new(Plan::lower_with(&graph, &params, &options, &mut Packer::default()).unwrap())
}

fn best(values: &[f32]) -> usize {
    let all = values.iter().enumerate();
    all.max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0
}

/// A photo, the class that comes first, and some classes' probabilities.
type Golden = (&'static str, &'static [(usize, f32)]);

fn agrees(name: &str, golden: &[Golden]) {
    let preparation = zoo::pretrained(name).unwrap().preparation.unwrap();
    let graph = zoo::build(name, &Options::default()).unwrap();
    for winograd in [false, true] {
        let mut network = loaded(name, winograd);
        for (photo, classes) in golden {
            let file = image::load_from_memory(&public(&format!("photos/{photo}"))).unwrap();
            let (width, height) = (file.width() as usize, file.height() as usize);
            let rgba = file.to_rgba8().into_raw();
            let input = prepare_photo(&rgba, width, height, preparation, graph.input());
            let scores = network.run(&input.unwrap().input).unwrap();
            let most = scores.iter().copied().fold(f32::MIN, f32::max);
            let shares: Vec<f32> = scores.iter().map(|score| (score - most).exp()).collect();
            let total: f32 = shares.iter().sum();
            assert_eq!(best(&shares), classes[0].0, "{photo}");
            for &(class, wanted) in *classes {
                let got = shares[class] / total;
                // Their weights have 32 bits, the shipped ones 16.
                let near = (got - wanted).abs() <= 0.01;
                assert!(near, "{photo}, class {class}: {got}, {wanted}");
            }
        }
    }
}

#[test]
fn efficientnet_lite0_answers_as_numpy_did() {
    agrees(
        "efficientnet-lite0",
        &[
            ("chelsea.png", &[(282, 0.385), (285, 0.363), (281, 0.167)]),
            ("coffee.png", &[(967, 0.951), (968, 0.015)]),
            ("camera.png", &[(872, 0.937)]),
            ("astronaut.png", &[(560, 0.161)]),
        ],
    );
}

#[test]
fn squeezenet_answers_as_numpy_did() {
    agrees(
        "squeezenet-1.1",
        &[
            ("chelsea.png", &[(285, 0.383), (281, 0.372), (282, 0.243)]),
            ("coffee.png", &[(967, 0.976), (925, 0.023)]),
            ("camera.png", &[(872, 0.900)]),
            ("astronaut.png", &[(422, 0.367)]),
        ],
    );
}

#[test]
fn lenet_5_reads_mnist_s_test_digits() {
    let images = read_images(&public("data/mnist/test-00-images.idx3.gz")).unwrap();
    let labels = read_labels(&public("data/mnist/test-00-labels.idx1.gz")).unwrap();
    let input = zoo::lenet5().unwrap().input();
    let mut network = loaded("lenet-5", true);
    let right = |place: &usize| {
        let image = images.get(*place).unwrap();
        let field = Picture::from_bytes(28, 28, image);
        best(
            network
                .run(&from_field(&field, Recipe::default(), input))
                .unwrap(),
        ) == usize::from(labels[*place])
    };
    let right = (0..images.len()).filter(right).count();
    assert!(right >= 980, "{right} of {}", images.len());
}
