//! Requests to an engine whose callers wait for the last reply.

use std::collections::HashMap;

use engine::session::{Command, DeviceKind, Event, Message, Reply, Request, RequestId};
use futures_channel::oneshot;

use super::Lab;

/// Who waits for the last reply to which request.
pub type Waiting = HashMap<RequestId, oneshot::Sender<Message<Event>>>;

impl Lab {
    /// Asks this device's engine; anything but `Load` and `Run`, whose replies go elsewhere.
    ///
    /// # Errors
    /// A sentence, when there is no such engine, it ends before it answers, it cannot answer, or
    /// the request was cancelled.
    pub async fn ask(
        self,
        device: DeviceKind,
        command: Command,
        payload: Vec<u8>,
    ) -> Result<Message<Event>, String> {
        let message = self.request(device, command, payload).await?;
        match message.header {
            Event::Failed { failure } => Err(failure.to_string()),
            Event::Cancelled { reason } => Err(format!("The request ended early: {reason}.")),
            _ => Ok(message),
        }
    }

    /// As [`Self::ask`], but a failure or a cancellation is a reply like others.
    ///
    /// # Errors
    /// A sentence, when there is no such engine or it ends before it answers.
    pub(super) async fn request(
        self,
        device: DeviceKind,
        command: Command,
        payload: Vec<u8>,
    ) -> Result<Message<Event>, String> {
        let answer = self.core(|core| {
            let id = core.next_request();
            let header = Request { id, command };
            let request = Message { header, payload };
            let Some(engine) = core
                .engine(device)
                .as_mut()
                .filter(|it| it.loaded.is_some())
            else {
                return Err(format!("The {} engine has no network yet.", device.title()));
            };
            engine.send(&request).map_err(|error| format!("{error}."))?;
            let (sender, receiver) = oneshot::channel();
            engine.waiting.insert(id, sender);
            Ok(receiver)
        })?;
        answer
            .await
            .map_err(|_| format!("The {} engine stopped before it answered.", device.title()))
    }

    /// Gives a reply to its caller when it is the last one; `None` when a caller waits for this
    /// request.
    pub(super) fn answered(
        self,
        device: DeviceKind,
        message: Message<Reply>,
    ) -> Option<Message<Reply>> {
        let id = message.header.id;
        let last = message.header.event.is_last();
        let waiting = self.core(|core| {
            let waiting = &mut core.engine(device).as_mut()?.waiting;
            let asked = waiting.contains_key(&id);
            asked.then(|| if last { waiting.remove(&id) } else { None })
        });
        let Some(waiting) = waiting else {
            return Some(message);
        };
        if let Some(waiting) = waiting {
            let Message { header, payload } = message;
            let header = header.event;
            // The caller may have left.
            let _unwanted = waiting.send(Message { header, payload }).is_err();
        }
        None
    }
}
