//! Whether a network can be trained on a data set.

use std::collections::HashSet;

use super::{Settings, TaskError};
use crate::data::{DataSet, Parts};
use crate::graph::Edit;
use crate::layer::Layer;
use crate::{Analysis, Graph, NodeId};

/// Checks settings, network and data against each other.
///
/// # Errors
/// The first thing that does not fit.
pub fn check(
    settings: &Settings,
    graph: &Graph,
    data: &DataSet,
    parts: &Parts,
) -> Result<(), TaskError> {
    settings.check(graph)?;
    let analysis = Analysis::of(graph);
    let trainable = |node: NodeId| analysis.node(node).is_some_and(|it| it.cost.trainable > 0);
    let weighted = graph.nodes().iter().filter(|node| trainable(node.id));
    let weighted: Vec<NodeId> = weighted.map(|node| node.id).collect();
    if weighted.is_empty() {
        return Err(TaskError::NoParameters);
    }
    if weighted.iter().all(|node| settings.frozen.contains(node)) {
        return Err(TaskError::AllFrozen);
    }
    check_head(graph, data.classes())?;
    let (batch, examples) = (settings.batch, parts.training.len());
    if examples == 0 {
        return Err(TaskError::NoImages);
    }
    let with_images = data.counts(&parts.training).into_iter();
    if with_images.filter(|&count| count > 0).count() < 2 {
        return Err(TaskError::OneClass);
    }
    if batch > examples {
        return Err(TaskError::Batch { batch, examples });
    }
    let norm = graph.nodes().iter().find(|node| {
        matches!(node.layer, Layer::BatchNorm(_)) && !settings.frozen.contains(&node.id)
    });
    match norm {
        Some(node) if batch < 2 => Err(TaskError::SingleExample {
            node: node.name.clone(),
        }),
        _ => Ok(()),
    }
}

/// Checks that the network tells as many classes apart as there are.
///
/// # Errors
/// [`TaskError::Head`] when it does not, with what repairs it.
pub fn check_head(graph: &Graph, classes: u32) -> Result<(), TaskError> {
    let analysis = Analysis::of(graph);
    let outputs = analysis.node(graph.output()).and_then(|it| it.shape);
    let outputs = outputs.map_or(0, |shape| shape.elements());
    if outputs == u64::from(classes) {
        return Ok(());
    }
    Err(TaskError::Head {
        outputs,
        classes,
        repair: repair(graph, classes),
    })
}

/// What gives the network as many outputs as there are classes: the last layer with a number of
/// outputs gets as many. None where that is not enough.
fn repair(graph: &Graph, classes: u32) -> Vec<Edit> {
    let mut node = graph.output();
    let mut seen = HashSet::new();
    while let Some(found) = graph.node(node) {
        let layer = match &found.layer {
            Layer::Linear(linear) => {
                let mut linear = linear.clone();
                linear.features = classes;
                Some(Layer::from(linear))
            }
            Layer::Conv(conv) => {
                let mut conv = conv.clone();
                conv.channels = classes;
                Some(Layer::from(conv))
            }
            _ => None,
        };
        if let Some(layer) = layer {
            let edit = Edit::SetLayer { node, layer };
            let fits = graph.apply(&edit).is_ok_and(|repaired| {
                let analysis = Analysis::of(&repaired);
                let shape = analysis.node(repaired.output()).and_then(|it| it.shape);
                let outputs = shape.map(|shape| shape.elements());
                analysis.is_valid() && outputs == Some(classes.into())
            });
            return if fits { vec![edit] } else { Vec::new() };
        }
        match found.inputs.as_slice() {
            [input] if seen.insert(node) => node = *input,
            _ => return Vec::new(),
        }
    }
    Vec::new()
}
