//! Measures the sensitivity of all layers, a pass at a time.

use super::prune::{Scope, apply, magnitude};
use super::quantise::{Granularity, Scheme, quantise};
use super::sample::Tally;
use super::shrinker::plain;
use super::{Curve, Failed, Levels, Measured, Sensitivity, ShrinkError, Weights};
use crate::NodeId;
use crate::data::DataSet;
use crate::run::Network;
use crate::train::check_head;

/// A measurement under way.
#[derive(Debug)]
pub struct SensitivityExam {
    levels: Levels,
    weights: Weights,
    layers: Vec<NodeId>,
    tally: Tally,
    /// The layer and the level that come next; none for the network as it is.
    at: Option<[usize; 2]>,
    changed: Option<Network>,
    result: Sensitivity,
    done: u64,
}

impl SensitivityExam {
    /// Of this network, on test images.
    ///
    /// # Errors
    /// When network and data do not fit each other.
    pub async fn new(
        network: &Network,
        data: &DataSet,
        levels: Levels,
        measured: Measured,
    ) -> Result<Self, Failed> {
        let graph = network.graph();
        check_head(graph, data.classes())?;
        let values = network.values().await?;
        let weights = Weights::new(graph, &values).ok_or(super::structure::Refusal::Weights);
        let weights = weights.map_err(ShrinkError::from)?;
        let layers: Vec<NodeId> = weights.matrices().map(|it| it.parameter.node).collect();
        if layers.is_empty() {
            return Err(ShrinkError::NoWeights.into());
        }
        let curve = |&node: &NodeId| Curve {
            node,
            name: graph
                .node(node)
                .map_or_else(String::new, |it| it.name.clone()),
            points: Vec::new(),
        };
        Ok(Self {
            result: Sensitivity {
                levels: levels.clone(),
                accuracy: 0.0,
                images: 0,
                curves: layers.iter().map(curve).collect(),
            },
            tally: Tally::new(graph, data, measured)?,
            levels,
            weights,
            layers,
            at: None,
            changed: None,
            done: 0,
        })
    }

    /// How many turns are done, and of how many.
    pub fn progress(&self) -> [u64; 2] {
        let points = 1 + self.layers.len() * self.levels.len();
        [self.done, points as u64 * self.tally.turns()]
    }

    /// What is known so far.
    pub const fn so_far(&self) -> &Sensitivity {
        &self.result
    }

    /// One turn; `true` with the last.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn advance(&mut self, network: &Network, data: &DataSet) -> Result<bool, Failed> {
        self.done += 1;
        let run = |inputs| plain(self.changed.as_ref().unwrap_or(network), inputs);
        let found = self.tally.advance(network.graph(), data, run).await?;
        let Some(found) = found else {
            return Ok(false);
        };
        self.tally.restart();
        let next = match self.at {
            None => {
                self.result.accuracy = found.right;
                self.result.images = found.images;
                [0, 0]
            }
            Some([layer, level]) => {
                let number = self.levels.number(level);
                if let Some(curve) = self.result.curves.get_mut(layer) {
                    curve.points.push([number, found.right]);
                }
                match level + 1 < self.levels.len() {
                    true => [layer, level + 1],
                    false => [layer + 1, 0],
                }
            }
        };
        let Some(&node) = self.layers.get(next[0]).filter(|_| !self.levels.is_empty()) else {
            return Ok(true);
        };
        self.at = Some(next);
        let mut changed = network.clone();
        let weights = self.changed_at(node, next[1]);
        let wrong = |_| ShrinkError::from(super::structure::Refusal::Weights);
        changed.set_values(&weights.flat()).map_err(wrong)?;
        self.changed = Some(changed);
        Ok(false)
    }

    /// The weights with one layer at one level.
    fn changed_at(&self, node: NodeId, level: usize) -> Weights {
        let mut weights = self.weights.clone();
        match &self.levels {
            Levels::Shares { shares } => {
                let layer = weights.of_layers(&[node]);
                let share = shares.get(level).copied().unwrap_or(0.0);
                apply(&mut weights, &magnitude(&layer, Scope::Layer, share));
            }
            Levels::Widths { widths } => {
                let tensors = weights.tensors_mut().iter_mut();
                let mut tensors = tensors.filter(|it| it.is_matrix() && it.parameter.node == node);
                if let (Some(tensor), Some(&width)) = (tensors.next(), widths.get(level)) {
                    let channels = tensor.dims().first().copied().unwrap_or(1);
                    let (each, scheme) = (Granularity::Channel, Scheme::Symmetric);
                    tensor.values = quantise(&tensor.values, channels, width, each, scheme).values;
                }
            }
        }
        weights
    }
}
