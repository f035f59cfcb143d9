//! What ends a training without a result.

use super::TaskError;
use crate::checkpoint::WeightsError;
use crate::run::NetworkError;

/// What ends a training without a result.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    #[error(transparent)]
    Task(#[from] TaskError),
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Weights(#[from] WeightsError),
}
