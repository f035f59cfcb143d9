//! Every architecture of the reference file, turned into a graph row by row, is accounted as
//! torch, torchvision and Keras account it.

// A test may unwrap, and so may what it calls.
#![allow(clippy::unwrap_used)]

mod common;

use common::import::import;
use common::{architectures, counts, reach, shape, valid};
use engine::analysis::Reach;

#[test]
fn totals_equal_the_reference() {
    for architecture in architectures() {
        let analysis = valid(&import(&architecture).graph);
        assert_eq!(
            counts(analysis.total),
            architecture.totals(),
            "{}",
            architecture.name
        );
    }
}

#[test]
fn every_layer_equals_the_reference() {
    for architecture in architectures() {
        let imported = import(&architecture);
        let analysis = valid(&imported.graph);
        let rows = architecture
            .layers
            .iter()
            .zip(imported.nodes.iter().zip(&imported.ends));
        for (row, (nodes, &end)) in rows {
            let place = format!("{}, {}", architecture.name, row.name);
            let mut cost = engine::layer::Cost::default();
            for &node in nodes {
                cost.add(analysis.node(node).unwrap().cost);
            }
            if !nodes.is_empty() {
                let wanted = [row.params, row.nontrainable, row.macs];
                assert_eq!(counts(cost), wanted, "{place}");
            }
            let got = analysis
                .node(end)
                .map_or(Some(imported.graph.input()), |facts| facts.shape);
            assert_eq!(got, Some(shape(&row.out)), "{place}");
        }
    }
}

#[test]
fn every_receptive_field_equals_the_reference() {
    for architecture in architectures() {
        let imported = import(&architecture);
        let analysis = valid(&imported.graph);
        for (row, &end) in architecture.layers.iter().zip(&imported.ends) {
            let got = analysis
                .node(end)
                .map_or(Some(Reach::PIXEL), |facts| facts.reach);
            assert_eq!(got, reach(row), "{}, {}", architecture.name, row.name);
        }
    }
}
