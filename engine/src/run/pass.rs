//! One pass through the nodes.

use std::collections::{HashMap, HashSet};

use burn::tensor::Tensor;

use super::forward::{NodeParams, forward};
use super::mode::Mode;
use super::network::{Network, NetworkError};
use crate::NodeId;

/// The mode of a pass, and what it records.
pub struct Walk<'a> {
    mode: Mode<'a>,
    /// Added to the outputs of these nodes.
    pub probes: HashMap<NodeId, Tensor<4>>,
    /// The sum of each output, if requested.
    pub sums: Option<Vec<Tensor<1>>>,
}

impl<'a> Walk<'a> {
    pub fn new(mode: Mode<'a>) -> Self {
        Self {
            mode,
            probes: HashMap::new(),
            sums: None,
        }
    }

    fn probed(&self, node: NodeId, output: Tensor<4>) -> Tensor<4> {
        match self.probes.get(&node) {
            Some(probe) => output + probe.clone(),
            None => output,
        }
    }
}

/// A pass under way, one node after the other.
pub struct Pass<'a, 'm> {
    network: &'a Network,
    walk: &'a mut Walk<'m>,
    kept: HashSet<NodeId>,
    /// The number of remaining uses of each value.
    uses: HashMap<NodeId, usize>,
    values: HashMap<NodeId, Tensor<4>>,
    /// Nodes that are not computed: what is wanted does not need them.
    skipped: HashSet<NodeId>,
    next: usize,
    end: usize,
}

impl<'a, 'm> Pass<'a, 'm> {
    pub fn new(
        network: &'a Network,
        input: Tensor<4>,
        wanted: &[NodeId],
        walk: &'a mut Walk<'m>,
    ) -> Self {
        let kept: HashSet<NodeId> = wanted.iter().copied().collect();
        let nodes = network.graph.nodes();
        let end = nodes
            .iter()
            .rposition(|node| kept.contains(&node.id))
            .map_or(0, |last| last + 1);
        let mut uses: HashMap<NodeId, usize> = HashMap::new();
        for input in nodes[..end].iter().flat_map(|node| &node.inputs) {
            *uses.entry(*input).or_default() += 1;
        }
        let input = walk.probed(NodeId::INPUT, input);
        Self {
            network,
            walk,
            kept,
            uses,
            values: HashMap::from([(NodeId::INPUT, input)]),
            skipped: HashSet::new(),
            next: 0,
            end,
        }
    }

    /// From the values of these nodes: only what the wanted ones need beside them is computed.
    pub fn given(
        network: &'a Network,
        given: HashMap<NodeId, Tensor<4>>,
        wanted: &[NodeId],
        walk: &'a mut Walk<'m>,
    ) -> Self {
        let kept: HashSet<NodeId> = wanted.iter().copied().collect();
        let nodes = network.graph.nodes();
        let mut needed: HashSet<NodeId> = kept.clone();
        let (mut uses, mut skipped) = (HashMap::new(), HashSet::new());
        for node in nodes.iter().rev() {
            if !needed.contains(&node.id) || given.contains_key(&node.id) {
                skipped.insert(node.id);
                continue;
            }
            for input in &node.inputs {
                needed.insert(*input);
                *uses.entry(*input).or_default() += 1;
            }
        }
        Self {
            network,
            walk,
            kept,
            uses,
            values: given,
            skipped,
            next: 0,
            end: nodes.len(),
        }
    }

    /// Computes one node; `false` when there is none left.
    pub fn step(&mut self) -> Result<bool, NetworkError> {
        let nodes = self.network.graph.nodes()[..self.end].iter();
        let Some((node, range)) = nodes.zip(&self.network.ranges).nth(self.next) else {
            return Ok(false);
        };
        self.next += 1;
        if self.skipped.contains(&node.id) {
            return Ok(true);
        }
        let missing = || NetworkError::MissingWeights {
            node: node.name.clone(),
        };
        let mut inputs = Vec::with_capacity(node.inputs.len());
        for id in &node.inputs {
            inputs.push(self.values.get(id).cloned().ok_or_else(missing)?);
            if let Some(left) = self.uses.get_mut(id) {
                *left -= 1;
                if *left == 0 && !self.kept.contains(id) {
                    self.values.remove(id);
                }
            }
        }
        let params = NodeParams(&self.network.params[range.clone()]);
        let output = match &mut self.walk.mode {
            Mode::Inference => forward(&node.layer, &inputs, &params),
            Mode::Training(training) => training.forward(node, &inputs, &params)?,
        };
        let output = self.walk.probed(node.id, output.ok_or_else(missing)?);
        if let Some(sums) = &mut self.walk.sums {
            sums.push(output.clone().sum());
        }
        self.values.insert(node.id, output);
        Ok(true)
    }

    pub fn outputs(self, wanted: &[NodeId]) -> Result<Vec<Tensor<4>>, NetworkError> {
        wanted
            .iter()
            .map(|id| {
                self.values
                    .get(id)
                    .cloned()
                    .ok_or(NetworkError::NoNode(id.0))
            })
            .collect()
    }
}
