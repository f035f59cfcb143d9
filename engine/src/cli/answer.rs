//! A network's answer as text.

use std::io::{self, Write};

use crate::layer::Activation;
use crate::zoo::Classes;
use crate::{Graph, Layer};

/// How many classes are named.
const NAMED: usize = 5;
const IMAGENET: &str = include_str!("../../../public/models/imagenet-classes.txt");

/// The largest output of each picture, and the most probable classes by name where there are names;
/// no answer where an output is not a finite number.
pub(super) fn write(
    graph: &Graph,
    classes: Option<Classes>,
    rows: &[&[f32]],
    out: &mut dyn Write,
) -> io::Result<()> {
    for (picture, row) in rows.iter().enumerate() {
        if let Some(wrong) = row.iter().position(|value| !value.is_finite()) {
            let count = row.iter().filter(|value| !value.is_finite()).count();
            let (value, all) = (row[wrong], row.len());
            writeln!(
                out,
                "picture {picture}: no answer: output {wrong} is {value} ({count} of {all} are not \
                 finite numbers)"
            )?;
            continue;
        }
        let mut order: Vec<usize> = (0..row.len()).collect();
        order.sort_by(|&a, &b| row[b].total_cmp(&row[a]));
        let Some(&first) = order.first() else {
            continue;
        };
        writeln!(
            out,
            "picture {picture}: output {first} is the largest, {}",
            row[first]
        )?;
        let Some(classes) = classes.filter(|classes| classes.count() == row.len()) else {
            continue;
        };
        let names = names(classes);
        let shares = probabilities(graph, row);
        for &class in order.iter().take(NAMED) {
            let name = names.get(class).copied().unwrap_or("?");
            writeln!(out, "{:7.2} %  {class:>4}  {name}", 100.0 * shares[class])?;
        }
    }
    Ok(())
}

/// The names of these classes.
pub(super) fn names(classes: Classes) -> Vec<&'static str> {
    match classes.names() {
        Some(names) => names.to_vec(),
        None => IMAGENET.lines().collect(),
    }
}

/// The outputs as probabilities: with softmax applied unless the network ends in one.
fn probabilities(graph: &Graph, row: &[f32]) -> Vec<f32> {
    let last = graph.node(graph.output()).map(|node| &node.layer);
    if matches!(last, Some(Layer::Activation(Activation::Softmax))) {
        return row.to_vec();
    }
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let parts: Vec<f32> = row.iter().map(|value| (value - largest).exp()).collect();
    let total: f32 = parts.iter().sum();
    parts.iter().map(|part| part / total).collect()
}
