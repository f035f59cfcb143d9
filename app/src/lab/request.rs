//! Requests to an engine whose callers wait for the result.

use engine::session::{Command, DeviceKind, Event, Message, Request, RequestId};
use web_sys::Blob;

use super::Lab;
use crate::client::{QueryError, Replies};

impl Lab {
    /// Sends a request to this device's engine; returns its number, for [`Lab::cancel`], and its
    /// replies.
    ///
    /// # Errors
    /// When there is no such engine, or it has no network.
    pub fn query(
        self,
        device: DeviceKind,
        command: Command,
        payload: Vec<u8>,
    ) -> Result<(RequestId, Replies), QueryError> {
        self.query_with(device, command, payload, None)
    }

    /// As [`Self::query`]; a file, if there is one, is the payload.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub(super) fn query_with(
        self,
        device: DeviceKind,
        command: Command,
        payload: Vec<u8>,
        file: Option<&Blob>,
    ) -> Result<(RequestId, Replies), QueryError> {
        self.core(|core| {
            let id = core.next_request();
            let header = Request { id, command };
            let engine = core.engine(device).as_mut();
            let engine = engine.filter(|it| it.loaded.is_some());
            let engine = engine.ok_or(QueryError::NotReady)?;
            let replies = engine.client.query(&Message { header, payload }, file)?;
            Ok((id, replies))
        })
    }

    /// Sends a request to this device's engine and waits for the result.
    ///
    /// # Errors
    /// As [`Self::query`], and when the request has no result.
    pub async fn request(
        self,
        device: DeviceKind,
        command: Command,
        payload: Vec<u8>,
    ) -> Result<Message<Event>, QueryError> {
        let (_, replies) = self.query(device, command, payload)?;
        replies.result(|_, _| {}).await
    }

    /// Cancels a waiting or running request; its caller gets `Cancelled`.
    pub fn cancel(self, device: DeviceKind, request: RequestId) {
        let sent = self.core(|core| {
            let id = core.next_request();
            let engine = core.engine(device).as_ref()?;
            let command = Command::Cancel { request };
            let message = Message::new(Request { id, command });
            Some(engine.client.send(&message, None))
        });
        if let Some(Err(error)) = sent {
            self.cannot_start(device, &format!("{error}."));
        }
    }
}
