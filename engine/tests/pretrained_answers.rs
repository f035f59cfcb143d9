//! The shipped weights: the answers of an independent implementation, and the published accuracies.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod shipped;

use engine::data::{DataSet, Part, Split, read_files};
use engine::run::{Network, cpu, read_weights};
use engine::train::{Examination, Task, Turn};
use engine::zoo::{self, Classes};
use pollster::block_on;
use shipped::{answers_as_numpy_did, graph, is_as_accurate_as_its_entry_says, public};

fn loaded(name: &str) -> Network {
    let mut network = Network::seeded(graph(name), 0, &cpu()).unwrap();
    read_weights(&mut network, &shipped::weights(name)).unwrap();
    network
}

fn agrees(name: &str) {
    let network = loaded(name);
    let output = network.graph().output();
    answers_as_numpy_did(name, |input| {
        let mut trace = block_on(network.trace(input, &[output])).unwrap();
        trace.values.pop().unwrap()
    });
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
fn the_small_networks_are_as_accurate_as_their_entries_say() {
    let small = zoo::PRETRAINED.iter().filter_map(|it| match it.classes {
        Classes::Digits => Some((it.network, "mnist")),
        Classes::Fashion => Some((it.network, "fashion-mnist")),
        Classes::ImageNet => None,
    });
    for (name, set) in small {
        let network = loaded(name);
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
        is_as_accurate_as_its_entry_says(name, share, examples.labels().len());
    }
}
