//! What is known of an engine's worker: which network it has and what it is busy with.

use engine::Shape;
use engine::session::{DeviceKind, RequestId};

use crate::client::{Client, WorkerError, WorkerMessage};

/// Which network an engine has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// Counts the opened networks.
    pub opening: u64,
    /// Counts the valid states of all of them.
    pub revision: u64,
    /// Counts the weights that networks got in the place of those before.
    pub weights: u64,
}

impl Version {
    /// Whether only edits lie between this version and a later one, so that an engine that has this
    /// one keeps its weights.
    pub fn is_edited_to(self, later: Self) -> bool {
        (self.opening, self.weights) == (later.opening, later.weights)
    }
}

/// A photo that a worker has as its last input: it need not be sent again for other maps of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    pub photo: u64,
    /// Another network may prepare it otherwise …
    pub opening: u64,
    /// … and with another input it is forgotten.
    pub input: Shape,
}

/// The run a worker is busy with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    pub id: RequestId,
    /// Only to warm up and measure: its answer is not shown.
    pub quiet: bool,
    pub blank: bool,
    /// The network that was opened, as its number.
    pub opening: u64,
    /// The last photo once more: the pictures of its preparation do not come again.
    pub again: bool,
    /// The maps are saved as a file.
    pub save: bool,
}

/// See the module; dropping it ends the worker.
pub struct Engine {
    pub client: Client,
    /// Counts up with each start, so that messages of an earlier worker are known.
    pub start: u32,
    /// The engine has said that it takes commands.
    pub ready: bool,
    /// The network that was sent to it and is not answered yet.
    pub loading: Option<Version>,
    /// Its network.
    pub loaded: Option<Version>,
    /// The network that it cannot take; it keeps the one before.
    pub refused: Option<Version>,
    /// What it does on first use only is over, and it was timed: it answers at its own pace.
    pub warm: bool,
    /// Its end is noticed by its lock.
    pub locked: bool,
    pub running: Option<Running>,
    pub given: Option<Given>,
}

impl Engine {
    /// Starts a worker; see [`Client::start`].
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn start(
        device: DeviceKind,
        start: u32,
        on_message: impl Fn(WorkerMessage) + Clone + 'static,
    ) -> Result<Self, WorkerError> {
        Ok(Self {
            client: Client::start(device, start, on_message)?,
            start,
            ready: false,
            loading: None,
            loaded: None,
            refused: None,
            warm: false,
            locked: false,
            running: None,
            given: None,
        })
    }
}
