//! Shapes computed by the analysis equal those of executed layers.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod random;

use engine::run::{Mode, Network, Training, cpu};
use engine::{Graph, NodeId, zoo};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

/// Runs two pictures of constant values and compares every node's axes, in both modes.
fn agree(graph: Graph) -> TestCaseResult {
    let network = Network::seeded(graph, 3, &cpu()).unwrap();
    let values = vec![0.5; 2 * network.graph().input().elements() as usize];
    let ids: Vec<NodeId> = network.graph().nodes().iter().map(|node| node.id).collect();
    let mut training = Training::seeded(1);
    for mode in [Mode::Inference, Mode::Training(&mut training)] {
        let input = network.input(values.clone()).unwrap();
        let outputs = network.forward_in(mode, input, &ids).unwrap();
        for (node, output) in network.graph().nodes().iter().zip(outputs) {
            let shape = network.shape(node.id).unwrap();
            let [channels, height, width] =
                [shape.channels, shape.height, shape.width].map(|side| side as usize);
            prop_assert_eq!(output.dims(), [2, channels, height, width], "{:?}", node);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_output_of_a_random_graph_has_the_shape_that_was_inferred(
        graph in random::graphs(12),
    ) {
        agree(graph)?;
    }
}

#[test]
fn every_output_of_the_small_zoo_has_the_shape_that_was_inferred() {
    let small: Vec<&zoo::Entry> = zoo::CATALOGUE
        .iter()
        .filter(|entry| entry.name.ends_with("-mini"))
        .collect();
    assert!(small.len() > 3);
    let lenets = zoo::CATALOGUE
        .iter()
        .filter(|entry| entry.name.starts_with("lenet"));
    for entry in small.into_iter().chain(lenets) {
        let graph = zoo::build(entry.name, &zoo::Options::default()).unwrap();
        if let Err(error) = agree(graph) {
            panic!("{}: {error}", entry.name);
        }
    }
}
