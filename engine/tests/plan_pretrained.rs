//! The shipped weights through the compiled plan: the answers of an independent implementation, and
//! MNIST's test digits.
#![cfg(feature = "plan")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod shipped;

use engine::data::{Picture, Recipe, from_field, read_images, read_labels};
use engine::plan::{Executor, Options, Packer, Params, Plan};
use shipped::{answers_as_numpy_did, best, graph, is_as_accurate_as_its_entry_says, public};

fn loaded(name: &str, winograd: bool) -> Executor {
    let graph = graph(name);
    let params = Params::read(&graph, &shipped::weights(name)).unwrap();
    let watched = Vec::new();
    let options = Options::watching(watched, winograd);
    Executor::new(Plan::lower_with(&graph, &params, &options, &mut Packer::default()).unwrap())
}

fn agrees(name: &str) {
    for winograd in [false, true] {
        let mut network = loaded(name, winograd);
        answers_as_numpy_did(name, |input| network.run(input).unwrap().to_vec());
    }
}

#[test]
fn efficientnet_lite0_answers_as_numpy_did() {
    agrees("efficientnet-lite0");
}

#[test]
fn squeezenet_answers_as_numpy_did() {
    agrees("squeezenet-1.1");
}

#[test]
fn lenet_5_reads_mnist_s_test_digits() {
    let images = read_images(&public("data/mnist/test-00-images.idx3.gz")).unwrap();
    let labels = read_labels(&public("data/mnist/test-00-labels.idx1.gz")).unwrap();
    let input = graph("lenet-5").input();
    let mut network = loaded("lenet-5", true);
    let right = |place: &usize| {
        let field = Picture::from_bytes(28, 28, images.get(*place).unwrap());
        let values = from_field(&field, Recipe::default(), input);
        best(network.run(&values).unwrap()) == usize::from(labels[*place])
    };
    let share = (0..images.len()).filter(right).count() as f64 / images.len() as f64;
    is_as_accurate_as_its_entry_says("lenet-5", share, images.len());
}
