//! The replies to one request, as its caller reads them.

use std::fmt::Display;

use engine::session::{CancelReason, EncodedFailure, Event, Message};
use futures_channel::mpsc;
use futures_util::StreamExt;
use web_sys::Blob;

use super::{Received, WorkerError};

/// Why a request has no result.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// There is no worker, or it has no network.
    #[error("the engine has no network yet")]
    NotReady,
    #[error(transparent)]
    Worker(#[from] WorkerError),
    #[error("the engine stopped before it answered")]
    Gone,
    /// Its code is put into words where it is shown: that takes much code.
    #[error("{}", .0.decode())]
    Failed(EncodedFailure),
    #[error("{0}")]
    Cancelled(CancelReason),
    #[error("the engine answered with something else than was asked for")]
    Unexpected,
}

impl QueryError {
    /// The error message as a sentence.
    pub fn sentence(&self) -> String {
        sentence(self)
    }
}

/// An error message as a sentence.
pub fn sentence(error: &impl Display) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    // Only Latin letters: ε stays what it is.
    let first = letters.next().map(|it| it.to_ascii_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

/// See the module.
pub struct Replies(mpsc::UnboundedReceiver<Received>);

impl Replies {
    pub(super) const fn new(receiver: mpsc::UnboundedReceiver<Received>) -> Self {
        Self(receiver)
    }

    /// Waits for the result. `on_progress` gets the completed and the total amount of a job's work.
    ///
    /// # Errors
    /// When the request fails, is cancelled, or the worker ends.
    pub async fn result(
        self,
        on_progress: impl FnMut(u64, u64),
    ) -> Result<Message<Event>, QueryError> {
        Ok(self.last(on_progress).await?.0)
    }

    /// The checkpoint that was asked for.
    ///
    /// # Errors
    /// As [`Self::result`], and when the result is something else.
    pub async fn file(self) -> Result<Blob, QueryError> {
        self.last(|_, _| {}).await?.1.ok_or(QueryError::Unexpected)
    }

    async fn last(
        mut self,
        mut on_progress: impl FnMut(u64, u64),
    ) -> Result<(Message<Event>, Option<Blob>), QueryError> {
        loop {
            let (message, file) = self.next().await?;
            match message.header {
                Event::Started => {}
                Event::Progress { done, total } => on_progress(done, total),
                _ => return Ok((message, file)),
            }
        }
    }

    /// The next reply, whatever it is, with the file of a checkpoint.
    ///
    /// # Errors
    /// When the request fails, is cancelled, or the worker ends.
    pub async fn next(&mut self) -> Result<(Message<Event>, Option<Blob>), QueryError> {
        let received = self.0.next().await.ok_or(QueryError::Gone)?;
        let (Message { header, payload }, file) = received.reply()?;
        match header.event {
            Event::Failed { failure } => Err(QueryError::Failed(failure)),
            Event::Cancelled { reason } => Err(QueryError::Cancelled(reason)),
            header => Ok((Message { header, payload }, file)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_message_is_a_sentence() {
        assert_eq!(
            QueryError::Gone.sentence(),
            "The engine stopped before it answered."
        );
    }
}
