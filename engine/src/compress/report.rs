//! What a step came to.

#[cfg(feature = "run")]
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[cfg(feature = "run")]
use super::bytes::STORED;
#[cfg(feature = "run")]
use super::prune::of_zeros;
#[cfg(feature = "run")]
use super::quantise::ACTIVATIONS;
use super::quantise::Activations;
use super::structure::Left;
use super::{Bytes, Shrink, Stored, Weights};
use crate::{Analysis, Graph, NodeId};

/// A network in figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    pub parameters: u64,
    /// Parameters that are not 0.
    pub nonzero: u64,
    pub macs: u64,
    pub bytes: Bytes,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<Accuracy>,
}

/// On the test images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    pub images: u64,
    /// The share that is right.
    pub right: f64,
    /// Mean cross-entropy, in nats.
    pub loss: f64,
}

/// One layer before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerReport {
    pub node: NodeId,
    pub name: String,
    /// Weights before.
    pub weights: u64,
    /// Weights after that are not 0.
    pub nonzero: u64,
    /// Output channels before and after.
    pub channels: [u64; 2],
    /// The mean squared change of its weights, divided by their mean square; of a layer that kept
    /// its channels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<f64>,
    /// The mean squared change of its map on calibration images, divided by its mean square.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map_error: Option<f64>,
}

/// What a step came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub shrink: Shrink,
    pub before: Figures,
    pub after: Figures,
    pub layers: Vec<LayerReport>,
    /// Layers that stay as they are, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Left>,
    /// Layers that the 2:4 pattern does not fit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unfitting: Vec<NodeId>,
    /// The accuracy after it where 8-bit layers ran in whole numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integer: Option<Accuracy>,
    /// The grids of its activations, where they are quantised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activations: Option<Activations>,
    /// How all of its weights are stored, which the next step is told.
    #[serde(default, skip_serializing_if = "Stored::is_usual")]
    pub stored: Stored,
    /// Where 8-bit layers run in whole numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<Times>,
}

/// Milliseconds of a forward pass of one picture by the compiled plan on the CPU: medians.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Times {
    /// All in floats.
    pub float_ms: f64,
    /// Convolutions and linear layers in whole numbers.
    pub integer_ms: f64,
}

impl Figures {
    /// Without an accuracy.
    pub fn of(graph: &Graph, weights: &Weights, stored: Stored) -> Self {
        Self::of_each(graph, weights, |_| stored)
    }

    /// As [`Self::of`], the weights of each node stored so.
    pub fn of_each(graph: &Graph, weights: &Weights, stored: impl Fn(NodeId) -> Stored) -> Self {
        let total = Analysis::of(graph).total;
        let values = weights.tensors().iter().flat_map(|it| &it.values);
        Self {
            parameters: total.trainable + total.other,
            nonzero: values.filter(|it| **it != 0.0).count() as u64,
            macs: total.macs,
            bytes: Bytes::of_each(weights, stored),
            accuracy: None,
        }
    }
}

#[cfg(feature = "run")]
impl Report {
    /// What the metadata of the network's checkpoint say of it: the grids of its activations, and how
    /// its weights are stored.
    pub fn notes(&self) -> BTreeMap<String, String> {
        let grids = self.activations.as_ref();
        let grids = grids.and_then(|it| serde_json::to_string(it).ok());
        let stored = Some(self.stored).filter(|it| !it.is_usual());
        let stored = stored.and_then(|it| serde_json::to_string(&it).ok());
        let notes = [(ACTIVATIONS, grids), (STORED, stored)];
        let known = |(key, json): (&str, Option<String>)| Some((key.to_owned(), json?));
        notes.into_iter().filter_map(known).collect()
    }
}

/// Each layer with a matrix, before and after.
#[cfg(feature = "run")]
pub fn layers(graph: &Graph, before: &Weights, after: &Weights) -> Vec<LayerReport> {
    let masks = of_zeros(after);
    let report = |tensor: &super::Tensor| {
        let node = tensor.parameter.node;
        let now = after.get(node, tensor.parameter.role);
        let nonzero = masks.iter().find(|it| it.node == node);
        let nonzero = nonzero.map_or(0, |it| it.keep.iter().filter(|it| **it).count());
        let channels = |it: &super::Tensor| it.dims().first().copied().unwrap_or(0) as u64;
        let same = now.filter(|it| it.dims() == tensor.dims());
        LayerReport {
            node,
            name: graph
                .node(node)
                .map_or_else(String::new, |it| it.name.clone()),
            weights: tensor.values.len() as u64,
            nonzero: nonzero as u64,
            channels: [channels(tensor), now.map_or(0, channels)],
            error: same.map(|it| relative_error(&tensor.values, &it.values)),
            map_error: None,
        }
    };
    before.matrices().map(report).collect()
}

/// The mean squared difference, divided by the mean square of the first.
pub fn relative_error(before: &[f32], after: &[f32]) -> f64 {
    let pairs = before.iter().zip(after);
    let (mut error, mut size) = (0.0, 0.0);
    for (&a, &b) in pairs {
        error += f64::from(a - b).powi(2);
        size += f64::from(a).powi(2);
    }
    if error == 0.0 {
        0.0
    } else {
        error / size.max(f64::MIN_POSITIVE)
    }
}
