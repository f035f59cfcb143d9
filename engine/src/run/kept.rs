//! Networks on a device with weights kept through edits: those that the same node has or had.

use burn::tensor::{Device, Tensor};

use super::{Network, NetworkError};
use crate::Graph;
use crate::checkpoint::WeightsError;
pub use crate::weights::Provenance;
use crate::weights::{self, Held, filled};

/// Trained parameters of nodes that an edit removed, on their device.
pub type Remembered = weights::Remembered<Tensor<1>>;

impl Provenance {
    /// For a network whose weights all come from one source.
    pub fn all(network: &Network, trained: bool) -> Self {
        Self::of_all(network.params(), trained)
    }
}

/// The sources of an edited network's parameters.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    pub network: &'a Network,
    pub provenance: &'a Provenance,
    /// Trained parameters of nodes that are not in `network`.
    pub remembered: &'a Remembered,
}

impl Network {
    /// The edited `graph` with the weights that its nodes had in `before`, where they are of the
    /// same dimensions. Others come from `file` where it has one of the same name (or, in a
    /// checkpoint, of the same node's number) and dimensions, else they are random numbers from
    /// `seed`.
    ///
    /// # Errors
    /// When the graph has a problem, or the file is none.
    pub fn edited(
        before: Before<'_>,
        graph: Graph,
        file: Option<&[u8]>,
        seed: u64,
    ) -> Result<(Self, Provenance), EditedError> {
        let held = Held {
            graph: before.network.graph(),
            params: before.network.params(),
            provenance: before.provenance,
            remembered: before.remembered,
        };
        let device = before.network.device();
        let (params, provenance) = filled(&graph, file, seed, device, |it| held.kept(it))?;
        Ok((Self::with_params(graph, params, device)?, provenance))
    }

    /// The `graph` with the weights of `file` where it has one of the same name (or, in a
    /// checkpoint, of the same node's number) and dimensions, else random numbers from `seed`.
    ///
    /// # Errors
    /// When the graph has a problem, or the file is none.
    pub fn fitting(
        graph: Graph,
        file: &[u8],
        seed: u64,
        device: &Device,
    ) -> Result<(Self, Provenance), EditedError> {
        let (params, provenance) = filled(&graph, Some(file), seed, device, |_| None)?;
        Ok((Self::with_params(graph, params, device)?, provenance))
    }
}

impl Remembered {
    /// Updates the memory after an edit: remembered parameters that `after` has are dropped, and
    /// trained parameters of `before` that it lacks are added.
    pub fn follow(&mut self, before: &Network, provenance: &Provenance, after: &Network) {
        self.follow_params(before.params(), provenance, after.params());
    }
}

/// Why weights cannot be transferred to a graph.
#[derive(Debug, thiserror::Error)]
pub enum EditedError {
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Weights(#[from] WeightsError),
}
