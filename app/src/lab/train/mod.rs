//! A training in an engine: starting, following and pausing it, and going back to its checkpoints.

mod commands;
mod drive;
mod examine;
mod export;
mod follow;
mod keep;
mod machine;
mod picture;
mod pool;
mod race;
mod rate;
mod runs;

use engine::session::{DeviceKind, RequestId};

use super::{Lab, SetError};
use crate::client::QueryError;

pub use self::machine::Machine;
pub use self::pool::{Pool, most_workers};

/// The training under way.
#[derive(Clone, Copy, Debug)]
pub struct UnderWay {
    /// Its number, so that what an earlier one tells is not taken for this one's.
    pub number: u64,
    pub device: DeviceKind,
    /// The request that trains; `None` while the data are sent.
    pub request: Option<RequestId>,
    /// It begins with the images that are here.
    pub early: bool,
    /// The person ends it.
    pub stopping: bool,
}

/// Why a training did not start, or ended without a result.
#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error(transparent)]
    Data(#[from] SetError),
    #[error(transparent)]
    Engine(#[from] QueryError),
}

impl Lab {
    /// The area Train is shown: from now on, trainings end when another network is opened.
    pub fn open_training(self) {
        self.core(|core| core.leave_training = Some(Self::forget_training));
    }

    /// Another network is open.
    fn forget_training(self) {
        self.record_run();
        self.end_pool();
        self.core(|core| {
            core.run = None;
            core.training = None;
            core.snapshots.clear();
        });
        // They are nodes of the network before.
        self.train.edit(|task| task.settings.frozen.clear());
        self.train.forget();
    }

    /// Whether this training is the one under way.
    fn is_training(self, number: u64) -> bool {
        self.core(|core| core.training.is_some_and(|it| it.number == number))
    }
}
