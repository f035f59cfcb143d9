//! A graph made of an architecture's rows against what the rows say.

use engine::analysis::ReceptiveField;
use engine::layer::Cost;

use super::import::{import, second_use};
use super::{Architecture, counts, receptive_field, shape, valid};

/// Trainable and other parameters and MACs of the whole network. The parameters of a module that
/// is used twice count once, as the file counts them.
pub fn totals(architecture: &Architecture) {
    let imported = import(architecture);
    let analysis = valid(&imported.graph);
    let mut total = Cost::default();
    for (row, nodes) in architecture.layers.iter().zip(&imported.nodes) {
        for &node in nodes {
            let cost = analysis.node(node).unwrap().cost;
            total.add(if second_use(row) { shared(cost) } else { cost });
        }
    }
    if !architecture.layers.iter().any(second_use) {
        assert_eq!(total, analysis.total, "{}", architecture.name);
    }
    assert_eq!(
        counts(total),
        architecture.totals(),
        "{}",
        architecture.name
    );
}

/// Output shape, parameters and MACs of every row.
pub fn layers(architecture: &Architecture) {
    let imported = import(architecture);
    let analysis = valid(&imported.graph);
    let rows = architecture
        .layers
        .iter()
        .zip(imported.nodes.iter().zip(&imported.ends));
    for (row, (nodes, &end)) in rows {
        let place = format!("{}, {}", architecture.name, row.name);
        let mut cost = Cost::default();
        for &node in nodes {
            cost.add(analysis.node(node).unwrap().cost);
        }
        if second_use(row) {
            cost = shared(cost);
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

/// Receptive field, output stride and start of every row.
pub fn receptive_fields(architecture: &Architecture) {
    let imported = import(architecture);
    let analysis = valid(&imported.graph);
    for (row, &end) in architecture.layers.iter().zip(&imported.ends) {
        let got = analysis
            .node(end)
            .map_or(Some(ReceptiveField::PIXEL), |facts| facts.receptive_field);
        assert_eq!(
            got,
            receptive_field(row),
            "{}, {}",
            architecture.name,
            row.name
        );
    }
}

/// What a second use of a module costs: its work again, its parameters not.
fn shared(cost: Cost) -> Cost {
    Cost {
        trainable: 0,
        other: 0,
        ..cost
    }
}
