//! The current network: its graph, its weights on the host, and what runs it: the compiled plan, or
//! burn's network, which is made of the same weights when something first needs it.

use std::collections::HashMap;
use std::sync::Arc;

#[cfg(feature = "run")]
use std::cell::OnceCell;

use super::planned::Planned;
use super::{Ended, Failure};
use crate::checkpoint::parameters;
#[cfg(feature = "run")]
use crate::run::Network;
use crate::weights::{self, bytes_left_behind};
use crate::{Analysis, Graph, NodeId, Shape};

/// A parameter on the host.
pub(super) type Param = weights::Param<Arc<[f32]>>;
/// Trained parameters that edits took out of the network.
pub(super) type Remembered = weights::Remembered<Arc<[f32]>>;

/// See the module.
#[derive(Debug)]
pub(super) struct Model {
    pub graph: Graph,
    pub planned: Planned,
    shapes: HashMap<NodeId, Shape>,
    /// In the graph's order; `None` while `network` has newer ones.
    weights: Option<Vec<Param>>,
    #[cfg(feature = "run")]
    network: OnceCell<Network>,
}

/// The shapes of a graph's nodes and of its input.
///
/// # Errors
/// When the graph has a problem.
pub(super) fn shapes(graph: &Graph) -> Result<HashMap<NodeId, Shape>, Ended> {
    let analysis = Analysis::of(graph);
    if let Some(problem) = analysis.problems.first() {
        let node = graph.node(problem.node);
        return Err(Failure::Invalid {
            node: node.map_or_else(String::new, |node| node.name.clone()),
            problem: problem.error.to_string(),
        }
        .into());
    }
    let shapes = analysis.nodes.iter();
    let shapes = shapes.filter_map(|facts| Some((facts.id, facts.shape?)));
    Ok(shapes.chain([(NodeId::INPUT, graph.input())]).collect())
}

impl Model {
    /// With these weights, which must be complete and in the graph's order.
    pub fn new(
        graph: Graph,
        shapes: HashMap<NodeId, Shape>,
        weights: Vec<Param>,
        planned: Planned,
    ) -> Self {
        Self {
            graph,
            planned,
            shapes,
            weights: Some(weights),
            #[cfg(feature = "run")]
            network: OnceCell::new(),
        }
    }

    /// The shape of a node's output.
    pub fn shape(&self, node: NodeId) -> Option<Shape> {
        self.shapes.get(&node).copied()
    }

    /// The weights, where they are on the host.
    pub fn weights(&self) -> Option<&[Param]> {
        self.weights.as_deref()
    }

    /// Its weights, and what is lowered from them.
    pub fn parts(&mut self) -> (&Graph, Option<&[Param]>, &mut Planned) {
        (&self.graph, self.weights.as_deref(), &mut self.planned)
    }

    /// Bytes of the weights that this graph does not take over.
    pub fn bytes_left_behind(&self, graph: &Graph) -> u64 {
        match &self.weights {
            Some(weights) => bytes_left_behind(weights, graph),
            None => self.weight_bytes(),
        }
    }

    /// Bytes of the weights.
    pub fn weight_bytes(&self) -> u64 {
        let parameters = parameters(&self.graph);
        4 * parameters.iter().map(|it| it.count() as u64).sum::<u64>()
    }
}

/// What burn has of it.
#[cfg(feature = "run")]
mod on_device {
    use std::collections::HashMap;

    use burn::tensor::{Device, Tensor};

    use super::{Arc, Ended, Failure, Model, Network, OnceCell, Param};
    use crate::run::Param as DeviceParam;
    use crate::weights::Values;

    impl Model {
        /// The network on the device, made of the weights when it is not there yet.
        ///
        /// # Errors
        /// When the graph has a problem.
        pub fn network(&self, device: &Device) -> Result<&Network, Ended> {
            if self.network.get().is_none() {
                let network = self.made(device, &HashMap::new())?;
                return Ok(self.network.get_or_init(|| network));
            }
            Ok(self.network.get().ok_or(Failure::NoNetwork)?)
        }

        /// Makes the network at once, with the tensors of the weights that `before` has as well.
        ///
        /// # Errors
        /// When the graph has a problem.
        pub fn make(&self, device: &Device, before: Option<&Self>) -> Result<(), Ended> {
            let before = before.and_then(|it| Some((it.weights.as_ref()?, it.network.get()?)));
            let before = before.filter(|(_, network)| network.device() == device);
            let tensors = before.into_iter().flat_map(|(weights, network)| {
                let both = weights.iter().zip(network.params());
                both.map(|(it, tensor)| (Arc::as_ptr(&it.values), tensor.values.clone()))
            });
            let network = self.made(device, &tensors.collect())?;
            self.network.get_or_init(|| network);
            Ok(())
        }

        fn made(
            &self,
            device: &Device,
            known: &HashMap<*const [f32], Tensor<1>>,
        ) -> Result<Network, Ended> {
            let param = |it: &Param| {
                let tensor = known.get(&Arc::as_ptr(&it.values)).cloned();
                DeviceParam {
                    node: it.node,
                    role: it.role,
                    name: it.name.clone(),
                    dims: it.dims.clone(),
                    values: tensor.unwrap_or_else(|| Values::of(it.values.to_vec(), device)),
                }
            };
            let params = self.weights.iter().flatten().map(param).collect();
            Ok(Network::with_params(self.graph.clone(), params, device)?)
        }

        /// Whether the network is there.
        pub fn has_network(&self) -> bool {
            self.network.get().is_some()
        }

        /// Takes the network out, to be changed and put back.
        ///
        /// # Errors
        /// When the graph has a problem.
        pub fn take_network(&mut self, device: &Device) -> Result<Network, Ended> {
            self.drop_unless_on(device);
            self.network(device)?;
            Ok(self.network.take().ok_or(Failure::NoNetwork)?)
        }

        /// A copy of the network on this device; its weights must be on the host.
        ///
        /// # Errors
        /// When they are not, or the graph has a problem.
        pub fn copied_to(&self, device: &Device) -> Result<Network, Ended> {
            match self.network.get().filter(|it| it.device() == device) {
                Some(network) => Ok(network.clone()),
                None if self.weights.is_none() => Err(Failure::NoNetwork.into()),
                None => self.made(device, &HashMap::new()),
            }
        }

        /// Drops a network on another device, if it can be made again.
        fn drop_unless_on(&mut self, device: &Device) {
            let is_elsewhere = |it: &Network| it.device() != device;
            if self.weights.is_some() && self.network.get().is_some_and(is_elsewhere) {
                self.network = OnceCell::new();
            }
        }

        /// The network has newer weights than the host.
        pub fn put_network(&mut self, network: Network) {
            self.weights = None;
            self.planned.forget();
            self.network = OnceCell::from(network);
        }

        /// Gets the weights back to the host where the network has newer ones, and drops a network
        /// that is not on this device: a training leaves its own where it computed.
        ///
        /// # Errors
        /// When the device fails.
        pub async fn settle(&mut self, device: &Device) -> Result<(), Ended> {
            let (None, Some(network)) = (&self.weights, self.network.get()) else {
                return Ok(());
            };
            let all = network.values().await?;
            let mut rest = all.as_slice();
            let mut params = Vec::with_capacity(network.params().len());
            for param in network.params() {
                let (own, after) = rest.split_at_checked(param.count()).unwrap_or_default();
                rest = after;
                params.push(Param {
                    node: param.node,
                    role: param.role,
                    name: param.name.clone(),
                    dims: param.dims.clone(),
                    values: own.into(),
                });
            }
            self.weights = Some(params);
            self.drop_unless_on(device);
            Ok(())
        }
    }
}
