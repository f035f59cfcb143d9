//! A network whose activations have 8 bits: simulated in floats, or with its convolutions and linear
//! layers in whole numbers.

use std::collections::{BTreeMap, HashMap};

use super::Weights;
use super::prune::activation_of;
use super::quantise::integer::{IntegerLayer, bytes};
use super::quantise::{Calibration, Granularity, Grid, Method, Scheme, Width, quantise, source};
use crate::checkpoint::Role;
use crate::layer::Layer;
use crate::run::{Network, NetworkError};
use crate::{Graph, NodeId};

/// The nodes whose values have 8 bits, in the graph's order: what goes into convolutions and linear
/// layers, and the logits.
pub fn sites(graph: &Graph) -> Vec<NodeId> {
    let layers = graph.nodes().iter().filter(|it| is_layer(&it.layer));
    let inputs = layers.filter_map(|it| it.inputs.first());
    let mut wanted: Vec<NodeId> = inputs.map(|&it| source(graph, it)).collect();
    wanted.push(crate::train::logits(graph));
    let nodes = graph.nodes().iter().map(|it| it.id);
    let all = [NodeId::INPUT].into_iter().chain(nodes);
    all.filter(|it| wanted.contains(it)).collect()
}

const fn is_layer(layer: &Layer) -> bool {
    matches!(
        layer,
        Layer::Conv(_) | Layer::TableConv(_) | Layer::Linear(_)
    )
}

/// Collects the values of all sites.
#[derive(Clone, Debug)]
pub struct Calibrator {
    sites: Vec<NodeId>,
    of: BTreeMap<NodeId, Calibration>,
}

impl Calibrator {
    pub fn new(graph: &Graph) -> Self {
        Self {
            sites: sites(graph),
            of: BTreeMap::new(),
        }
    }

    /// The values for these inputs.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn add(&mut self, network: &Network, inputs: Vec<f32>) -> Result<(), NetworkError> {
        let given = vec![(NodeId::INPUT, inputs)];
        let values = network.outputs_from(given, &self.sites).await?;
        for (site, values) in self.sites.iter().zip(values) {
            self.of.entry(*site).or_default().add(&values);
        }
        Ok(())
    }

    /// The grids of 8 bits.
    pub fn grids(&self, method: Method) -> HashMap<NodeId, Grid> {
        let grid = |(&site, it): (&NodeId, &Calibration)| Some((site, it.grid(method, 8)?));
        self.of.iter().filter_map(grid).collect()
    }
}

/// The logits with the sites on their grids, computed in floats.
///
/// # Errors
/// When the device fails.
pub async fn simulated(
    network: &Network,
    grids: &HashMap<NodeId, Grid>,
    inputs: Vec<f32>,
) -> Result<Vec<f32>, NetworkError> {
    let graph = network.graph();
    let mut given: Vec<(NodeId, Vec<f32>)> = Vec::new();
    let mut last = inputs.clone();
    for site in sites(graph) {
        let values = match site {
            NodeId::INPUT => inputs.clone(),
            _ if given.is_empty() => {
                let input = vec![(NodeId::INPUT, inputs.clone())];
                one(network, input, site).await?
            }
            _ => one(network, given.clone(), site).await?,
        };
        last = match grids.get(&site) {
            Some(&grid) => values.iter().map(|&it| grid.fake(it)).collect(),
            None => values,
        };
        given.push((site, last.clone()));
    }
    Ok(last)
}

/// The values of these nodes, behind sites on their grids.
///
/// # Errors
/// When the device fails.
pub async fn simulated_maps(
    network: &Network,
    grids: &HashMap<NodeId, Grid>,
    mut given: Vec<(NodeId, Vec<f32>)>,
    nodes: &[NodeId],
) -> Result<Vec<Vec<f32>>, NetworkError> {
    for site in sites(network.graph()) {
        let Some(&grid) = grids.get(&site) else {
            continue;
        };
        let values = match given.iter().position(|(known, _)| *known == site) {
            Some(place) => given.swap_remove(place).1,
            None => one(network, given.clone(), site).await?,
        };
        let values = values.iter().map(|&it| grid.fake(it)).collect();
        given.push((site, values));
    }
    network.outputs_from(given, nodes).await
}

async fn one(
    network: &Network,
    given: Vec<(NodeId, Vec<f32>)>,
    node: NodeId,
) -> Result<Vec<f32>, NetworkError> {
    let mut outputs = network.outputs_from(given, &[node]).await?;
    outputs.pop().ok_or(NetworkError::NoNode(node.0))
}

/// A network whose convolutions and linear layers run in whole numbers; other nodes run in floats
/// between them.
#[derive(Clone, Debug)]
pub struct IntegerNetwork {
    layers: HashMap<NodeId, IntegerLayer>,
    grids: HashMap<NodeId, Grid>,
}

impl IntegerNetwork {
    /// Of symmetric weights of 8 bits.
    pub fn new(
        graph: &Graph,
        weights: &Weights,
        granularity: Granularity,
        grids: HashMap<NodeId, Grid>,
    ) -> Self {
        let mut layers = HashMap::new();
        for node in graph.nodes() {
            let input = node.inputs.first().map(|&it| source(graph, it));
            let grid = input.and_then(|it| grids.get(&it));
            let weight = weights.get(node.owner(), Role::Weight);
            let (Some(&grid), Some(weight)) = (grid, weight) else {
                continue;
            };
            if !matches!(node.layer, Layer::Conv(_) | Layer::Linear(_)) {
                continue;
            }
            let outputs = weight.dims().first().copied().unwrap_or(0);
            let bias = weights.get(node.owner(), Role::Bias);
            let bias = bias.map_or(&[] as &[f32], |it| &it.values);
            let quantised = quantise(
                &weight.values,
                outputs,
                Width::Int8,
                granularity,
                Scheme::Symmetric,
            );
            let layer = IntegerLayer::new(&quantised, bias, outputs, grid);
            layers.insert(node.id, layer);
        }
        Self { layers, grids }
    }

    /// The values of every node that the logits need, on their grids at the sites.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn values(
        &self,
        network: &Network,
        inputs: Vec<f32>,
    ) -> Result<HashMap<NodeId, Vec<f32>>, NetworkError> {
        let graph = network.graph();
        let faked = |node: NodeId, values: Vec<f32>| match self.grids.get(&node) {
            Some(&grid) => values.into_iter().map(|it| grid.fake(it)).collect(),
            None => values,
        };
        let mut values = HashMap::from([(NodeId::INPUT, faked(NodeId::INPUT, inputs))]);
        for node in graph.nodes() {
            if values.contains_key(&node.id) {
                continue;
            }
            let missing = || NetworkError::NoNode(node.id.0);
            if let Some(layer) = self.layers.get(&node.id) {
                let before = node.inputs.first().copied().ok_or_else(missing)?;
                let input = values.get(&before).ok_or_else(missing)?;
                let input = bytes(input, layer.input);
                let [from, to] = [before, node.id].map(|it| network.shape(it));
                let (from, to) = (from.ok_or_else(missing)?, to.ok_or_else(missing)?);
                let sums = match &node.layer {
                    Layer::Conv(conv) => layer.convolve(&input, from, conv, to),
                    _ => layer.multiply(&input, from.elements() as usize),
                };
                let positions = to.positions() as usize;
                let last = activation_of(graph, node.id);
                let relu = graph.node(last).is_some_and(|it| {
                    it.layer == Layer::Activation(crate::layer::Activation::Relu)
                        && it.inputs.first() == Some(&node.id)
                });
                if let Some(&grid) = self.grids.get(&last)
                    && (last == node.id || (relu && grid.zero_point == 0))
                {
                    let q = layer.requantise(&sums, positions, grid);
                    let real = q.iter().map(|&it| grid.value(i32::from(it)));
                    values.insert(last, real.collect());
                }
                if last != node.id || !values.contains_key(&node.id) {
                    values.insert(node.id, layer.real(&sums, positions));
                }
                continue;
            }
            let mut given: Vec<(NodeId, Vec<f32>)> = Vec::new();
            for input in &node.inputs {
                if given.iter().all(|(known, _)| known != input) {
                    let values = values.get(input).ok_or_else(missing)?;
                    given.push((*input, values.clone()));
                }
            }
            let output = one(network, given, node.id).await?;
            values.insert(node.id, faked(node.id, output));
        }
        Ok(values)
    }

    /// The logits.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn logits(
        &self,
        network: &Network,
        inputs: Vec<f32>,
    ) -> Result<Vec<f32>, NetworkError> {
        let logits = crate::train::logits(network.graph());
        let mut values = self.values(network, inputs).await?;
        values.remove(&logits).ok_or(NetworkError::NoNode(logits.0))
    }
}
