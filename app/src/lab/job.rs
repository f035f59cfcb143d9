//! Long requests with progress that the user can cancel.

use engine::session::{CancelReason, Command, DeviceKind, Event, Message, RequestId};
use leptos::prelude::*;
use state::ReadOnly;

use super::Lab;
use crate::client::QueryError;

/// A job: a sequence of requests to the engines that can be cancelled.
#[derive(Clone, Copy)]
pub struct Job {
    /// The completed and total amount of the request under way; `None` while unknown.
    progress: RwSignal<Option<(u64, u64)>>,
    under_way: RwSignal<bool>,
    cancelled: StoredValue<bool>,
    request: StoredValue<Option<(DeviceKind, RequestId)>>,
}

impl Job {
    pub fn new() -> Self {
        Self {
            progress: RwSignal::new(None),
            under_way: RwSignal::new(false),
            cancelled: StoredValue::new(false),
            request: StoredValue::new(None),
        }
    }

    /// The completed and total amount of the request under way.
    pub fn progress(self) -> ReadOnly<Option<(u64, u64)>> {
        self.progress.into()
    }

    /// Whether the job is under way.
    pub fn under_way(self) -> ReadOnly<bool> {
        self.under_way.into()
    }

    /// Begins the job; `false` while it is under way already.
    pub fn begin(self) -> bool {
        if self.under_way.get_untracked() {
            return false;
        }
        self.cancelled.set_value(false);
        self.under_way.set(true);
        true
    }

    /// So much of the job is done.
    pub fn tell(self, done: u64, total: u64) {
        self.progress.set(Some((done, total)));
    }

    /// The job is over.
    pub fn end(self) {
        self.request.set_value(None);
        self.progress.set(None);
        self.under_way.set(false);
    }

    /// Whether the user has cancelled it.
    pub fn is_cancelled(self) -> bool {
        self.cancelled.get_value()
    }
}

impl Lab {
    /// Asks this device's engine as part of a job.
    ///
    /// # Errors
    /// As [`Lab::request`], and when the job was cancelled.
    pub async fn run_job(
        self,
        job: Job,
        device: DeviceKind,
        command: Command,
        payload: Vec<u8>,
    ) -> Result<Message<Event>, QueryError> {
        if job.is_cancelled() {
            return Err(QueryError::Cancelled(CancelReason::Requested));
        }
        let (id, replies) = self.query(device, command, payload)?;
        job.request.set_value(Some((device, id)));
        let result = replies.result(|done, total| job.progress.set(Some((done, total))));
        let result = result.await;
        job.request.set_value(None);
        result
    }

    /// Cancels a job.
    pub fn cancel_job(self, job: Job) {
        job.cancelled.set_value(true);
        if let Some((device, request)) = job.request.get_value() {
            self.cancel(device, request);
        }
    }
}
