//! The value of a check that needs no run.

use std::collections::BTreeMap;

use super::check::snake;
use super::{Check, Found, Quantity};
use crate::analysis::{Analysis, Precision, ReceptiveField};
use crate::{Graph, Layer};

/// The value of the check with this place in the exercise; `None` where it needs a run.
pub fn pure(
    check: &Check,
    place: usize,
    graph: &Graph,
    analysis: &Analysis,
    answers: &BTreeMap<usize, String>,
) -> Option<Found> {
    let nothing = |why: &str| {
        Some(Found::Nothing {
            why: why.to_owned(),
        })
    };
    match check {
        Check::Accuracy { .. } | Check::Reads { .. } | Check::Flips { .. } => {
            match analysis.is_valid() {
                true => None,
                false => nothing("the network has problems"),
            }
        }
        Check::Answer { .. } => match answers.get(&place) {
            Some(answer) if !answer.trim().is_empty() => Some(Found::Answer {
                answer: answer.clone(),
            }),
            _ => nothing("not answered"),
        },
        Check::Count {
            quantity: Quantity::Layers { layer },
            ..
        } => {
            let is_one = |it: &&Layer| snake(it.kind()) == *layer;
            let layers = graph.nodes().iter().map(|node| &node.layer);
            let value = layers.filter(is_one).count() as u64;
            Some(Found::Count { value })
        }
        _ if !analysis.is_valid() => nothing("the network has problems"),
        Check::Output { .. } => Some(Found::Shape {
            shape: analysis
                .node(graph.output())
                .and_then(|node| node.shape)
                .unwrap_or(graph.input()),
        }),
        Check::Count { quantity, .. } => match count(quantity, graph, analysis) {
            Ok(value) => Some(Found::Count { value }),
            Err(why) => Some(Found::Nothing { why }),
        },
    }
}

fn count(quantity: &Quantity, graph: &Graph, analysis: &Analysis) -> Result<u64, String> {
    Ok(match quantity {
        Quantity::Parameters => analysis.total.params(),
        Quantity::Macs => analysis.total.macs,
        Quantity::Memory => {
            let maps = Precision::F32.bytes(analysis.inference.activations);
            analysis.weight_bytes(Precision::F32).saturating_add(maps)
        }
        Quantity::Depth => analysis.depth.into(),
        Quantity::Layers { .. } => 0,
        Quantity::ReceptiveField { node } => {
            let field = match node {
                None => analysis.last_receptive_field(),
                Some(name) => {
                    let found = graph.nodes().iter().find(|node| node.name == *name);
                    let found = found.and_then(|node| analysis.node(node.id));
                    let missing = || format!("there is no node “{name}”");
                    found.ok_or_else(missing)?.receptive_field
                }
            };
            let whole = graph.input().size().map(u64::from);
            let [height, width] = field.map_or(whole, |ReceptiveField { size, .. }| size);
            height.min(width)
        }
    })
}
