//! The state of an engine's worker: which network it has and which request it runs.

use std::collections::HashMap;

use engine::Shape;
use engine::data::Recipe;
use engine::session::{DeviceKind, RequestId};

use state::data::SetId;

use super::data::Sent;
use crate::client::{Client, WorkerError, WorkerMessage};

/// Which network an engine has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// The index of the opened network.
    pub opening: u64,
    /// The index of the valid state, over all opened networks.
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

/// The photo that a worker has as its last input and that need not be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// `Input::pictures` when it was sent.
    pub picture: u64,
    /// Another network may preprocess it differently …
    pub opening: u64,
    /// … and a network with another input shape discards it.
    pub input: Shape,
    /// A switch of the preprocessing was turned.
    pub recipe: Recipe,
}

/// The run under way in a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    pub id: RequestId,
    /// A run for warm-up and measurement whose answer is not shown.
    pub quiet: bool,
    pub blank: bool,
    /// The index of the opened network.
    pub opening: u64,
    /// The last photo again; the answer has no pictures of its preprocessing.
    pub again: bool,
    /// The maps are saved as a file.
    pub save: bool,
}

/// See the module; dropping it ends the worker.
pub struct Engine {
    pub client: Client,
    /// Incremented with each start, to recognise messages of an earlier worker.
    pub start: u32,
    /// The engine has reported that it is ready.
    pub ready: bool,
    /// The network that was sent and not confirmed yet.
    pub loading: Option<Version>,
    /// The loaded network.
    pub loaded: Option<Version>,
    /// The network that it refused; it keeps the previous one.
    pub refused: Option<Version>,
    /// Warm-up is over and it was timed: it runs at its normal speed.
    pub warm: bool,
    /// Its end is detected by its lock.
    pub locked: bool,
    pub running: Option<Running>,
    pub given: Option<Given>,
    /// The data sets that it has, or is being sent.
    pub sets: HashMap<SetId, Sent>,
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
            sets: HashMap::new(),
        })
    }
}
