//! The shipped weights give the answers that an independent implementation gave.
//!
//! The numbers come from a forward pass written in numpy, with Pillow's crop and bicubic scaling,
//! in 32-bit floats; ours are from 16-bit weights, so 0.01 is allowed.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::path::Path;

use engine::Graph;
use engine::data::{DataSet, Part, Split, prepare_photo, read_files};
use engine::run::{Network, cpu, read_weights};
use engine::train::{Examination, Task, Turn};
use engine::zoo::{self, Options, Pretrained};
use pollster::block_on;

fn public(file: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public");
    std::fs::read(folder.join(file)).unwrap()
}

/// The shipped weights of a network, in this graph.
fn loaded(name: &str, graph: Graph) -> (Network, &'static Pretrained) {
    let shipped = zoo::pretrained(name).unwrap();
    let mut network = Network::seeded(graph, 0, &cpu()).unwrap();
    read_weights(&mut network, &public(shipped.file)).unwrap();
    (network, shipped)
}

/// The probability of each class on a shipped photo.
fn answer((network, shipped): &(Network, &Pretrained), photo: &str) -> Vec<f32> {
    let photo = image::load_from_memory(&public(&format!("photos/{photo}"))).unwrap();
    let (width, height) = (photo.width() as usize, photo.height() as usize);
    let rgba = photo.to_rgba8().into_raw();
    let target = network.graph().input();
    let preparation = shipped.preparation.unwrap();
    let input = prepare_photo(&rgba, width, height, preparation, target)
        .unwrap()
        .input;
    let output = network.graph().output();
    let mut trace = block_on(network.trace(&input, &[output])).unwrap();
    let scores = trace.values.pop().unwrap();
    let most = scores.iter().copied().fold(f32::MIN, f32::max);
    let shares: Vec<f32> = scores.iter().map(|score| (score - most).exp()).collect();
    let total: f32 = shares.iter().sum();
    shares.iter().map(|share| share / total).collect()
}

fn best(probabilities: &[f32]) -> usize {
    let all = probabilities.iter().enumerate();
    all.max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0
}

/// A photo, the class that comes first, and some classes' probabilities.
type Golden = (&'static str, &'static [(usize, f32)]);

fn agrees(network: &(Network, &Pretrained), golden: &[Golden]) {
    for (photo, classes) in golden {
        let probabilities = answer(network, photo);
        assert_eq!(best(&probabilities), classes[0].0, "{photo}");
        for &(class, wanted) in *classes {
            let got = probabilities[class];
            assert!(
                (got - wanted).abs() <= 0.01,
                "{photo}, class {class}: {got}, {wanted}"
            );
        }
    }
}

#[test]
fn efficientnet_lite0_answers_as_numpy_did() {
    let graph = zoo::build("efficientnet-lite0", &Options::default()).unwrap();
    agrees(
        &loaded("efficientnet-lite0", graph),
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
    let graph = zoo::build("squeezenet-1.1", &Options::default()).unwrap();
    agrees(
        &loaded("squeezenet-1.1", graph),
        &[
            ("chelsea.png", &[(285, 0.383), (281, 0.372), (282, 0.243)]),
            ("coffee.png", &[(967, 0.976), (925, 0.023)]),
            ("camera.png", &[(872, 0.900)]),
            ("astronaut.png", &[(422, 0.367)]),
        ],
    );
}

/// A thousand of ten thousand images give the published share within three standard deviations of the
/// binomial distribution.
#[test]
fn the_small_networks_are_as_accurate_as_their_entries_say() {
    for (name, set) in [("lenet-5", "mnist"), ("lenet-5-fashion", "fashion-mnist")] {
        let graph = zoo::build(name, &Options::default()).unwrap();
        let (network, shipped) = loaded(name, graph);
        let file = |kind: &str| public(&format!("data/{set}/test-00-{kind}.gz"));
        let (images, labels) = (file("images.idx3"), file("labels.idx1"));
        let labelled = read_files(&[("images.gz", &images), ("labels.gz", &labels)]).unwrap();
        let mut examples = DataSet::new(labelled.shape, 10).unwrap();
        examples.append(&labelled, true).unwrap();
        let task = Task {
            split: Split::default(),
            ..Task::default()
        };
        let mut examination = Examination::new(&network, &examples, task, Part::Test).unwrap();
        let share = loop {
            match block_on(examination.advance(&network, &examples)).unwrap() {
                Turn::More => {}
                Turn::Finished(evaluation, _) => break evaluation.accuracy,
                Turn::NotFinite(found) => panic!("{name}: {found:?}"),
            }
        };
        let said = shipped.accuracy.unwrap() / 100.0;
        let deviation = (said * (1.0 - said) / examples.labels().len() as f64).sqrt();
        assert!(
            (share - said).abs() <= 3.0 * deviation,
            "{name}: {share}, {said}"
        );
    }
}
