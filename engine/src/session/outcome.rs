//! How a request of the running side ends when it has no result.

use super::{CancelReason, Event, Failure, Message, WireError};
use crate::analysis::BudgetError;
use crate::attack::AttackError;
#[cfg(feature = "run")]
use crate::attack::RunError;
use crate::checkpoint::WeightsError;
use crate::data::{DataError, DrawingError, PhotoError};
#[cfg(feature = "run")]
use crate::run::NetworkError;
use crate::train::TaskError;
#[cfg(feature = "run")]
use crate::train::TrainError;

/// Why there is no result.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    Failed(Failure),
    Cancelled(CancelReason),
}

impl Ended {
    pub(super) fn event(self) -> Message<Event> {
        Message::new(match self {
            Self::Failed(failure) => Event::Failed {
                failure: failure.into(),
            },
            Self::Cancelled(reason) => Event::Cancelled { reason },
        })
    }
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

#[cfg(feature = "run")]
impl From<NetworkError> for Ended {
    fn from(error: NetworkError) -> Self {
        Self::Failed(match error {
            NetworkError::Cancelled(reason) => return Self::Cancelled(reason),
            NetworkError::Invalid { node, problem } => Failure::Invalid { node, problem },
            NetworkError::Input { got, wanted, shape } => Failure::Input { got, wanted, shape },
            NetworkError::NoNode(node) => Failure::NoNode { node },
            NetworkError::MissingWeights { node } => Failure::MissingWeights { node },
            NetworkError::SingleValue { node } => Failure::SingleValue { node },
            NetworkError::NoMask { node } => Failure::NoMask { node },
            // Only folding edits a network, which no command does.
            NetworkError::Edit(error) => Failure::Invalid {
                node: String::new(),
                problem: error.to_string(),
            },
            NetworkError::Read(why) => Failure::Device { why },
            // A caller's mistake, which no request can bring about.
            error @ NetworkError::Upstream { .. } => Failure::Device {
                why: error.to_string(),
            },
        })
    }
}

impl From<WeightsError> for Ended {
    fn from(error: WeightsError) -> Self {
        Self::Failed(Failure::Weights(error))
    }
}

impl From<BudgetError> for Ended {
    fn from(error: BudgetError) -> Self {
        Self::Failed(Failure::Budget(error))
    }
}

impl From<DrawingError> for Ended {
    fn from(error: DrawingError) -> Self {
        Self::Failed(Failure::Drawing(error))
    }
}

impl From<PhotoError> for Ended {
    fn from(error: PhotoError) -> Self {
        // JSON has no infinity: the largest number stands for it.
        let finite = match error {
            PhotoError::Crop(kept) => PhotoError::Crop(kept.clamp(f32::MIN, f32::MAX)),
            error => error,
        };
        Self::Failed(Failure::Photo(finite))
    }
}

impl From<TaskError> for Ended {
    fn from(error: TaskError) -> Self {
        Self::Failed(Failure::Task(error))
    }
}

impl From<DataError> for Ended {
    fn from(error: DataError) -> Self {
        Self::Failed(Failure::Task(error.into()))
    }
}

#[cfg(feature = "run")]
impl From<TrainError> for Ended {
    fn from(error: TrainError) -> Self {
        match error {
            TrainError::Task(error) => error.into(),
            TrainError::Network(error) => error.into(),
            TrainError::Weights(error) => error.into(),
        }
    }
}

impl From<AttackError> for Ended {
    fn from(error: AttackError) -> Self {
        Self::Failed(Failure::Attack(error))
    }
}

#[cfg(feature = "run")]
impl From<RunError> for Ended {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Attack(error) => error.into(),
            RunError::Network(error) => error.into(),
            RunError::Task(error) => error.into(),
        }
    }
}

impl From<WireError> for Ended {
    fn from(error: WireError) -> Self {
        Self::Failed(error.into())
    }
}
