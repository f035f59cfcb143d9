//! Memory of a training step: weights, their gradients, the optimiser's state, and feature maps.

use super::explain::{Explanation, bytes};
use super::{Analysis, Precision};
use crate::layer::{named, number, sum, times};

/// An optimiser, by the values it keeps for each trained parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OptimiserKind {
    /// Stochastic gradient descent without momentum: nothing.
    #[default]
    Sgd,
    /// With momentum: the velocity.
    Momentum,
    /// Adam (Kingma and Ba 2015): two running means, of the gradient and of its square.
    Adam,
}

impl OptimiserKind {
    pub const ALL: [Self; 3] = [Self::Sgd, Self::Momentum, Self::Adam];

    /// The name as people write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sgd => "SGD",
            Self::Momentum => "momentum",
            Self::Adam => "Adam",
        }
    }

    /// How many values it keeps for each trained parameter.
    pub const fn values_each(self) -> u64 {
        match self {
            Self::Sgd => 0,
            Self::Momentum => 1,
            Self::Adam => 2,
        }
    }
}

/// The bytes of a training step. All parts are counted as if they were alive at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrainingMemory {
    /// All parameters, trained or not.
    pub weights: u64,
    /// One value for each trained parameter.
    pub gradients: u64,
    pub optimiser: u64,
    /// Feature maps and their gradients at the step at which most are alive, for the whole batch.
    pub activations: u64,
}

impl TrainingMemory {
    pub const fn total(&self) -> u64 {
        self.weights
            .saturating_add(self.gradients)
            .saturating_add(self.optimiser)
            .saturating_add(self.activations)
    }
}

impl Analysis {
    /// The memory of a training step on a batch of so many images.
    pub const fn training_memory(
        &self,
        optimiser: OptimiserKind,
        batch: u64,
        precision: Precision,
    ) -> TrainingMemory {
        let gradients = precision.bytes(self.total.trainable);
        TrainingMemory {
            weights: precision.bytes(self.total.params()),
            gradients,
            optimiser: gradients.saturating_mul(optimiser.values_each()),
            activations: self.training.bytes(precision).saturating_mul(batch),
        }
    }

    /// How [`Self::training_memory`] is computed.
    pub fn explain_training(
        &self,
        optimiser: OptimiserKind,
        batch: u64,
        precision: Precision,
    ) -> Explanation {
        let memory = self.training_memory(optimiser, batch, precision);
        let mut parts = vec![
            named("weights", memory.weights),
            named("gradients", memory.gradients),
        ];
        if optimiser.values_each() > 0 {
            let each = number(optimiser.values_each());
            parts.push(times([each, named("optimiser state", memory.gradients)]));
        }
        let image = named("maps and their gradients", self.training.bytes(precision));
        parts.push(times([named("batch", batch), image]));
        bytes(sum(parts), memory.total())
    }
}
