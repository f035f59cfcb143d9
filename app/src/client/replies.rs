//! The replies to one request, as its caller reads them.

use engine::session::{CancelReason, Event, Failure, Message};
use futures_channel::mpsc;
use futures_util::StreamExt;

use super::WorkerError;

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
    #[error("{0}")]
    Failed(Failure),
    #[error("{0}")]
    Cancelled(CancelReason),
}

impl QueryError {
    /// The error message as a sentence.
    pub fn sentence(&self) -> String {
        let text = self.to_string();
        let mut letters = text.chars();
        let first = letters.next().map(|it| it.to_uppercase().to_string());
        format!("{}{}.", first.unwrap_or_default(), letters.as_str())
    }
}

/// See the module.
pub struct Replies(mpsc::UnboundedReceiver<Message<Event>>);

impl Replies {
    pub(super) const fn new(receiver: mpsc::UnboundedReceiver<Message<Event>>) -> Self {
        Self(receiver)
    }

    /// Waits for the result. `on_progress` gets the completed and the total amount of a job's work.
    ///
    /// # Errors
    /// When the request fails, is cancelled, or the worker ends.
    pub async fn result(
        mut self,
        mut on_progress: impl FnMut(u64, u64),
    ) -> Result<Message<Event>, QueryError> {
        loop {
            let message = self.0.next().await.ok_or(QueryError::Gone)?;
            match message.header {
                Event::Started => {}
                Event::Progress { done, total } => on_progress(done, total),
                Event::Failed { failure } => return Err(QueryError::Failed(failure)),
                Event::Cancelled { reason } => return Err(QueryError::Cancelled(reason)),
                _ => return Ok(message),
            }
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
