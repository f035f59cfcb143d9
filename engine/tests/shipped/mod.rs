//! The answers of the shipped weights that are known from elsewhere.
#![allow(dead_code, reason = "each test file takes what it needs")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::path::Path;

use engine::Graph;
use engine::data::prepare_photo;
use engine::zoo::{self, Options};

/// A file that the page fetches.
pub fn public(file: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public");
    std::fs::read(folder.join(file)).unwrap()
}

pub fn graph(name: &str) -> Graph {
    zoo::build(name, &Options::default()).unwrap()
}

/// The shipped weights of a network.
pub fn weights(name: &str) -> Vec<u8> {
    public(zoo::pretrained(name).unwrap().file)
}

/// The place of the largest value.
pub fn best(values: &[f32]) -> usize {
    let all = values.iter().enumerate();
    all.max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0
}

/// A photo, the class that comes first, and some classes' probabilities.
type Golden = (&'static str, &'static [(usize, f32)]);

/// From a forward pass written in numpy, with Pillow's crop and bicubic scaling, in 32-bit floats.
const NUMPY: [(&str, [Golden; 4]); 2] = [
    (
        "efficientnet-lite0",
        [
            ("chelsea.png", &[(282, 0.385), (285, 0.363), (281, 0.167)]),
            ("coffee.png", &[(967, 0.951), (968, 0.015)]),
            ("camera.png", &[(872, 0.937)]),
            ("astronaut.png", &[(560, 0.161)]),
        ],
    ),
    (
        "squeezenet-1.1",
        [
            ("chelsea.png", &[(285, 0.383), (281, 0.372), (282, 0.243)]),
            ("coffee.png", &[(967, 0.976), (925, 0.023)]),
            ("camera.png", &[(872, 0.900)]),
            ("astronaut.png", &[(422, 0.367)]),
        ],
    ),
];

/// Runs this network on the shipped photos; `scores` gives its output, not normalised, for an input.
pub fn answers_as_numpy_did(name: &str, mut scores: impl FnMut(&[f32]) -> Vec<f32>) {
    let (_, golden) = NUMPY.iter().find(|(it, _)| *it == name).unwrap();
    let preparation = zoo::pretrained(name).unwrap().preparation.unwrap();
    let target = graph(name).input();
    for (photo, classes) in golden {
        let file = image::load_from_memory(&public(&format!("photos/{photo}"))).unwrap();
        let (width, height) = (file.width() as usize, file.height() as usize);
        let rgba = file.to_rgba8().into_raw();
        let input = prepare_photo(&rgba, width, height, preparation, target);
        let scores = scores(&input.unwrap().input);
        assert_eq!(best(&scores), classes[0].0, "{photo}");
        let most = scores.iter().copied().fold(f32::MIN, f32::max);
        let shares: Vec<f32> = scores.iter().map(|score| (score - most).exp()).collect();
        let total: f32 = shares.iter().sum();
        for &(class, wanted) in *classes {
            let got = shares[class] / total;
            // Ours are from 16-bit weights.
            let near = (got - wanted).abs() <= 0.01;
            assert!(near, "{photo}, class {class}: {got}, {wanted}");
        }
    }
}

/// This share of so many test images is right as the network's entry says, within three standard
/// deviations of the binomial distribution.
pub fn is_as_accurate_as_its_entry_says(name: &str, share: f64, images: usize) {
    let said = zoo::pretrained(name).unwrap().accuracy.unwrap() / 100.0;
    let deviation = (said * (1.0 - said) / images as f64).sqrt();
    let near = (share - said).abs() <= 3.0 * deviation;
    assert!(near, "{name}: {share} of {images}, {said}");
}
