//! The engines' workers: starting them, numbering requests, routing replies to their callers.
//! Independent of the lab's state.

mod received;
mod replies;
mod worker;

use std::collections::HashMap;

use engine::session::{DeviceKind, Message, Request, RequestId};
use futures_channel::mpsc;
use web_sys::{Blob, MessagePort};

pub use self::received::Received;
pub use self::replies::{QueryError, Replies, sentence};
pub use self::worker::{WorkerError, WorkerMessage};

use self::worker::Worker;

/// A worker and the callers that wait for its replies; dropping it terminates the worker and closes
/// their channels.
pub struct Client {
    worker: Worker,
    callers: HashMap<RequestId, mpsc::UnboundedSender<Received>>,
}

impl Client {
    /// Starts a worker for this device. `on_message` gets its messages and must pass replies to
    /// [`Self::route`].
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn start(
        device: DeviceKind,
        start: u32,
        on_message: impl Fn(WorkerMessage) + Clone + 'static,
    ) -> Result<Self, WorkerError> {
        Ok(Self {
            worker: Worker::start(device, start, on_message)?,
            callers: HashMap::new(),
        })
    }

    /// As [`Worker::watch`].
    pub fn watch(
        &self,
        on_message: impl Fn(WorkerMessage) + 'static,
        refused: impl Fn() + 'static,
    ) -> bool {
        self.worker.watch(on_message, refused)
    }

    /// Sends a request with an id unique to this worker; its replies are returned by
    /// [`Self::route`]. A file, if there is one, is the payload.
    ///
    /// # Errors
    /// When it cannot be written or the browser refuses.
    pub fn send(&self, request: &Message<Request>, file: Option<&Blob>) -> Result<(), WorkerError> {
        self.worker.send(request, file)
    }

    /// Sends a request whose replies the caller reads.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub fn query(
        &mut self,
        request: &Message<Request>,
        file: Option<&Blob>,
    ) -> Result<Replies, WorkerError> {
        self.send(request, file)?;
        let (sender, receiver) = mpsc::unbounded();
        self.callers.insert(request.header.id, sender);
        Ok(Replies::new(receiver))
    }

    /// Sends a request whose replies the caller reads, with a port to another worker.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub fn query_with_port(
        &mut self,
        request: &Message<Request>,
        port: &MessagePort,
    ) -> Result<Replies, WorkerError> {
        self.worker.send_port(request, port)?;
        let (sender, receiver) = mpsc::unbounded();
        self.callers.insert(request.header.id, sender);
        Ok(Replies::new(receiver))
    }

    /// Delivers a reply to its caller; returns it where no caller waits for this request.
    pub fn route(&mut self, received: Received) -> Option<Received> {
        let (id, last) = (received.id, received.is_last);
        let Some(caller) = self.callers.get(&id) else {
            return Some(received);
        };
        // The caller may have been dropped.
        let _unwanted = caller.unbounded_send(received).is_err();
        if last {
            self.callers.remove(&id);
        }
        None
    }
}
