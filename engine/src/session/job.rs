//! Work that takes many steps, carried out beside the requests of the foreground.
//!
//! One job at a time; others wait in the order in which they came. Between two steps the requests
//! of the foreground are answered, so a drawing waits for one step at most. Loading another network
//! cancels the jobs that use it, those that wait included.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use web_time::Instant;

use super::{CancelReason, Ended, Event, Message, Reply, RequestId, Session};

/// Progress is told at most this often, in seconds.
const PROGRESS_EVERY: f64 = 0.1;

/// What a step of a job gives.
pub type JobFuture<'a> = Pin<Box<dyn Future<Output = Result<Step, Ended>> + 'a>>;

/// What a step came to.
#[derive(Debug)]
pub enum Step {
    /// There is more to do.
    Continue,
    /// There is more to do once another session has sent something, or a request was answered.
    Wait,
    /// There is more to do, and this is known so far.
    Report(Message<Event>),
    /// The job is over; this is its result, or [`Event::Done`].
    Finish(Message<Event>),
}

/// Work in steps. A step should be short, at most one pass of the network: the foreground waits
/// for it. What is timed lies within one step and has no yield point in it.
pub trait Job: Debug {
    /// Carries out the next step; not called again after [`Step::Finish`] or an error.
    ///
    /// # Errors
    /// What ended the job.
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a>;

    /// How many steps are done, and of how many in all.
    fn progress(&self) -> [u64; 2];

    /// Asks a started job to end with its result after what it has done; `false` where it has none
    /// before its end, so that it is cancelled.
    fn finish_early(&mut self) -> bool {
        false
    }

    /// Whether its steps change the weights of the current network.
    fn moves_weights(&self) -> bool {
        false
    }

    /// Whether another network makes the job pointless, which then cancels it.
    fn uses_network(&self) -> bool {
        true
    }
}

/// A job with the request that asked for it.
#[derive(Debug)]
pub(super) struct Slot {
    id: RequestId,
    job: Box<dyn Job>,
    started: bool,
    /// When progress was last told.
    told: Option<Instant>,
}

impl Slot {
    /// Whether its steps change the weights, and have begun to.
    #[cfg(feature = "run")]
    pub fn moves_weights(&self) -> bool {
        self.started && self.job.moves_weights()
    }
}

pub(super) fn reply(id: RequestId, message: Message<Event>) -> Message<Reply> {
    let Message { header, payload } = message;
    let header = Reply { id, event: header };
    Message { header, payload }
}

impl Session {
    /// Puts a job behind those that are there. Its request is answered by [`Self::step`].
    pub fn enqueue(&mut self, id: RequestId, job: Box<dyn Job>) {
        self.jobs.push_back(Slot {
            id,
            job,
            started: false,
            told: None,
        });
    }

    /// The request of the job whose step is next; none while it waits for another session.
    pub fn job(&self) -> Option<RequestId> {
        let first = self.jobs.front().filter(|_| !self.waiting);
        first.map(|slot| slot.id)
    }

    /// Carries out one step of the first job and gives the replies to its request; none when there
    /// is no job or nothing is to be told. The first step only says that the job has started.
    pub async fn step(&mut self) -> Vec<Message<Reply>> {
        let Some(mut slot) = self.jobs.pop_front() else {
            return Vec::new();
        };
        let id = slot.id;
        if !std::mem::replace(&mut slot.started, true) {
            self.jobs.push_front(slot);
            return vec![reply(id, Message::new(Event::Started))];
        }
        let mut replies = Vec::new();
        match slot.job.step(self).await {
            Ok(Step::Finish(result)) => return vec![reply(id, result)],
            Err(ended) => return vec![reply(id, ended.event())],
            Ok(Step::Report(report)) => replies.push(reply(id, report)),
            Ok(Step::Continue) => {}
            Ok(Step::Wait) => self.waiting = true,
        }
        let due = |told: Instant| told.elapsed().as_secs_f64() >= PROGRESS_EVERY;
        if slot.told.is_none_or(due) {
            slot.told = Some(Instant::now());
            let [done, total] = slot.job.progress();
            replies.push(reply(id, Message::new(Event::Progress { done, total })));
        }
        self.jobs.push_front(slot);
        replies
    }

    /// Ends the job of this request, which may be waiting; none when there is no such job, or when
    /// its next step gives its result.
    pub(super) fn cancel(&mut self, request: RequestId) -> Option<Message<Reply>> {
        let place = self.jobs.iter().position(|slot| slot.id == request)?;
        let slot = self.jobs.get_mut(place)?;
        if slot.started && slot.job.finish_early() {
            return None;
        }
        self.jobs.remove(place);
        Some(cancelled(request, CancelReason::Requested))
    }

    /// Ends the jobs that use the network, for another has taken its place.
    pub(super) fn cancel_network_jobs(&mut self) -> Vec<Message<Reply>> {
        let jobs = std::mem::take(&mut self.jobs);
        let (ended, kept): (VecDeque<_>, VecDeque<_>) =
            jobs.into_iter().partition(|slot| slot.job.uses_network());
        self.jobs = kept;
        let reason = CancelReason::NetworkReplaced;
        let ended = ended.iter().map(|slot| cancelled(slot.id, reason));
        ended.collect()
    }
}

fn cancelled(id: RequestId, reason: CancelReason) -> Message<Reply> {
    reply(id, Message::new(Event::Cancelled { reason }))
}
