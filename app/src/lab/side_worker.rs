//! A worker beside the engines, for one piece of work: what it does leaves the page's network as it is.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use engine::session::{Command, DeviceKind, Message, Pushed, Request, RequestId};
use futures_channel::oneshot;
use web_sys::Blob;

use super::Lab;
use crate::client::{Client, QueryError, Received, Replies, WorkerMessage, sentence};

/// The worker; dropping its last handle terminates it and closes the channels of waiting callers.
#[derive(Clone)]
pub struct SideWorker(Rc<RefCell<Inner>>);

struct Inner {
    /// What it is called in messages, such as “The race's engine”.
    title: &'static str,
    client: Option<Client>,
    /// Resolves when it is ready or cannot start.
    ready: Option<oneshot::Sender<()>>,
    /// Why it has ended, as a sentence.
    ended: Option<String>,
}

/// What messages of the worker go to: they do not keep it alive.
#[derive(Clone)]
struct Listener(Weak<RefCell<Inner>>);

impl SideWorker {
    /// Starts a worker and waits until it is ready. `keep` gets a handle at once, so that it can be
    /// stopped meanwhile.
    ///
    /// # Errors
    /// Why it does not start, as a sentence.
    pub async fn start(
        lab: Lab,
        device: DeviceKind,
        title: &'static str,
        keep: impl FnOnce(Self),
    ) -> Result<Self, String> {
        let (sender, ready) = oneshot::channel();
        let inner = Rc::new(RefCell::new(Inner {
            title,
            client: None,
            ready: Some(sender),
            ended: None,
        }));
        let listener = Listener(Rc::downgrade(&inner));
        let listening = listener.clone();
        let start = lab.next_start();
        let client = Client::start(device, start, move |message| listening.take(message));
        inner.borrow_mut().client = Some(client.map_err(|error| sentence(&error))?);
        let worker = Self(inner);
        keep(worker.clone());
        // It has ended or was stopped where this fails.
        if ready.await.is_err() {
            return Err(worker.why_ended());
        }
        if let Some(client) = &worker.0.borrow().client {
            // Without locks its end is not detected; the person can cancel.
            let _watched = client.watch(move |message| listener.take(message), || {});
        }
        Ok(worker)
    }

    /// Sends a command whose replies the caller reads. A file, if there is one, is the payload.
    ///
    /// # Errors
    /// When the worker has ended or does not take it.
    pub fn query(
        &self,
        lab: Lab,
        command: Command,
        payload: Vec<u8>,
        file: Option<&Blob>,
    ) -> Result<(RequestId, Replies), QueryError> {
        let id = lab.core(|core| core.next_request());
        let header = Request { id, command };
        let mut inner = self.0.borrow_mut();
        let client = inner.client.as_mut().ok_or(QueryError::Gone)?;
        Ok((id, client.query(&Message { header, payload }, file)?))
    }

    /// Ends it: whoever waits for a reply gets [`QueryError::Gone`].
    pub fn stop(&self) {
        let mut inner = self.0.borrow_mut();
        inner.ready = None;
        // Dropped outside of the borrow.
        let client = inner.client.take();
        drop(inner);
        drop(client);
    }

    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        self.0.borrow().client.is_none()
    }

    /// What to say of an error of this worker.
    pub fn sentence(&self, error: &QueryError) -> String {
        match error {
            QueryError::Gone => self.why_ended(),
            error => error.sentence(),
        }
    }

    fn why_ended(&self) -> String {
        let inner = self.0.borrow();
        let unknown = || format!("{} stopped before it answered.", inner.title);
        inner.ended.clone().unwrap_or_else(unknown)
    }
}

impl Listener {
    fn take(&self, message: WorkerMessage) {
        let Some(inner) = self.0.upgrade() else {
            return;
        };
        let failed = match message {
            WorkerMessage::Reply(Ok(received)) => inner.borrow_mut().route(received),
            WorkerMessage::Reply(Err(error)) => Err(format!("its answer is unreadable: {error}")),
            WorkerMessage::Failed(why) | WorkerMessage::Error(why) => Err(why),
            WorkerMessage::Gone => Err("it ended before it answered".to_owned()),
        };
        if let Err(why) = failed {
            let worker = SideWorker(inner);
            {
                let mut inner = worker.0.borrow_mut();
                let title = inner.title;
                let why = why.trim_end_matches('.');
                inner.ended = Some(format!("{title} stopped: {why}."));
            }
            worker.stop();
        }
    }
}

impl Inner {
    /// Gives a reply to its caller; an error says why the worker has no use.
    fn route(&mut self, received: Received) -> Result<(), String> {
        let Some(client) = &mut self.client else {
            return Ok(());
        };
        let received = client.route(received);
        let pushed = received.map_or(Ok(None), Received::pushed);
        let pushed = pushed.map_err(|error| error.to_string())?;
        match pushed.map(|message| message.header.event) {
            Some(Pushed::Ready { .. }) => {
                if let Some(ready) = self.ready.take() {
                    // It may have been stopped meanwhile.
                    let _unwanted = ready.send(()).is_err();
                }
                Ok(())
            }
            Some(Pushed::Failed { failure }) => Err(failure.decode().to_string()),
            Some(_) | None => Ok(()),
        }
    }
}
