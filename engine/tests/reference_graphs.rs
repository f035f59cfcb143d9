//! Every architecture of the reference file, turned into a graph row by row, is accounted as
//! torch, torchvision and Keras account it.

// A test may unwrap, and so may what it calls.
#![allow(clippy::unwrap_used)]

mod common;

use common::import::import;
use common::{architectures, counts, reach, shape, valid};

#[test]
fn totals_equal_the_reference() {
    for architecture in architectures() {
        let analysis = valid(&import(&architecture).graph);
        let wanted = [
            architecture.params_trainable,
            architecture.params_nontrainable,
            architecture.macs,
        ];
        assert_eq!(counts(analysis.total), wanted, "{}", architecture.name);
    }
}

#[test]
fn every_layer_equals_the_reference() {
    for architecture in architectures() {
        let imported = import(&architecture);
        let analysis = valid(&imported.graph);
        for (row, nodes) in architecture.layers.iter().zip(&imported.nodes) {
            let place = format!("{}, {}", architecture.name, row.name);
            let mut cost = engine::layer::Cost::default();
            for &node in nodes {
                cost.add(analysis.node(node).unwrap().cost);
            }
            assert_eq!(
                counts(cost),
                [row.params, row.nontrainable, row.macs],
                "{place}"
            );
            let facts = analysis.node(nodes[0]).unwrap();
            assert_eq!(facts.shape, Some(shape(&row.out)), "{place}");
        }
    }
}

#[test]
fn every_receptive_field_equals_the_reference() {
    for architecture in architectures() {
        let imported = import(&architecture);
        let analysis = valid(&imported.graph);
        for (row, nodes) in architecture.layers.iter().zip(&imported.nodes) {
            let got = analysis.node(nodes[0]).unwrap().reach;
            assert_eq!(got, reach(row), "{}, {}", architecture.name, row.name);
        }
    }
}
