//! Requests that wait for their turn. The latest drawing wins.

use std::collections::VecDeque;

use super::{CancelReason, Command, Event, Message, Reply, Request, RequestId};

/// What is being carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UnderWay {
    Foreground(RequestId),
    Job(RequestId),
}

/// Requests in the order in which they came, with at most one `Run` among them.
#[derive(Debug, Default)]
pub struct Inbox {
    waiting: VecDeque<Message<Request>>,
    /// Messages of other sessions, by their numbers.
    heard: VecDeque<(u32, Vec<u8>)>,
    under_way: Option<UnderWay>,
    /// What is under way was cancelled.
    cancelled: bool,
}

impl Inbox {
    /// Takes a request and gives the replies that are due at once, to requests that will not be
    /// carried out: a `Run` replaces a waiting older one, a `Cancel` removes the request it names.
    /// A `Cancel` of anything else is the next request to be carried out.
    pub fn push(&mut self, message: Message<Request>) -> Vec<Message<Reply>> {
        let removed = match message.header.command {
            Command::Cancel { request } => {
                if let Some(removed) = self.remove(request) {
                    let id = message.header.id;
                    let done = Message::new(Reply {
                        id,
                        event: Event::Done,
                    });
                    return vec![cancelled(removed, CancelReason::Requested), done];
                }
                if let Some(UnderWay::Foreground(id) | UnderWay::Job(id)) = self.under_way {
                    self.cancelled |= id == request;
                }
                self.waiting.push_front(message);
                return Vec::new();
            }
            Command::Run { .. } => {
                let is_run =
                    |it: &Message<Request>| matches!(it.header.command, Command::Run { .. });
                let older = self.waiting.iter().position(is_run);
                older.and_then(|place| self.waiting.remove(place))
            }
            _ => None,
        };
        self.waiting.push_back(message);
        let replaced = removed.map(|it| cancelled(it.header.id, CancelReason::Superseded));
        replaced.into_iter().collect()
    }

    fn remove(&mut self, id: RequestId) -> Option<RequestId> {
        let named = |it: &Message<Request>| it.header.id == id;
        let place = self.waiting.iter().position(named)?;
        self.waiting.remove(place).map(|it| it.header.id)
    }

    /// The next request to carry out, which is under way until [`Self::finish`].
    pub fn begin(&mut self) -> Option<Message<Request>> {
        let next = self.waiting.pop_front()?;
        self.under_way = Some(UnderWay::Foreground(next.header.id));
        self.cancelled = false;
        Some(next)
    }

    /// Takes a message of another session.
    pub fn hear(&mut self, peer: u32, message: Vec<u8>) {
        self.heard.push_back((peer, message));
    }

    /// The next message of another session.
    pub fn next_heard(&mut self) -> Option<(u32, Vec<u8>)> {
        self.heard.pop_front()
    }

    /// A step of this job is under way until [`Self::finish`].
    pub const fn begin_step(&mut self, job: RequestId) {
        self.under_way = Some(UnderWay::Job(job));
        self.cancelled = false;
    }

    /// Nothing is under way.
    pub const fn finish(&mut self) {
        self.under_way = None;
        self.cancelled = false;
    }

    /// Why what is under way is to stop at its next yield point: it was cancelled, or it is a
    /// command of the foreground and another network waits to be loaded. A job ends only when that
    /// network is loaded.
    pub fn interrupts(&self) -> Option<CancelReason> {
        if self.cancelled {
            return Some(CancelReason::Requested);
        }
        let loads = |it: &Message<Request>| matches!(it.header.command, Command::Load { .. });
        let foreground = matches!(self.under_way, Some(UnderWay::Foreground(_)));
        (foreground && self.waiting.iter().any(loads)).then_some(CancelReason::NetworkReplaced)
    }

    /// Whether no request waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

fn cancelled(id: RequestId, reason: CancelReason) -> Message<Reply> {
    Message::new(Reply {
        id,
        event: Event::Cancelled { reason },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Recipe;
    use crate::session::{Input, Weights};

    fn request(id: RequestId, command: Command) -> Message<Request> {
        Message::new(Request { id, command })
    }

    fn run(id: RequestId) -> Message<Request> {
        let input = Input::Drawing {
            width: 1,
            height: 1,
            recipe: Recipe::default(),
        };
        let maps = Vec::new();
        request(id, Command::Run { input, maps })
    }

    fn load(id: RequestId) -> Message<Request> {
        let graph = crate::zoo::lenet5().unwrap();
        let weights = Weights::Seeded { seed: 1 };
        request(id, Command::Load { graph, weights })
    }

    fn cancel(id: RequestId, request: RequestId) -> Message<Request> {
        Message::new(Request {
            id,
            command: Command::Cancel { request },
        })
    }

    fn done(id: RequestId) -> Message<Reply> {
        let event = Event::Done;
        Message::new(Reply { id, event })
    }

    #[test]
    fn the_latest_drawing_wins_and_everything_else_keeps_its_turn() {
        let mut inbox = Inbox::default();
        assert_eq!(inbox.push(run(1)), []);
        assert_eq!(inbox.push(load(2)), []);
        let superseded = |id| cancelled(id, CancelReason::Superseded);
        assert_eq!(inbox.push(run(3)), [superseded(1)]);
        assert_eq!(inbox.push(run(4)), [superseded(3)]);
        assert_eq!(inbox.begin(), Some(load(2)));
        assert_eq!(inbox.begin(), Some(run(4)));
        assert_eq!(inbox.begin(), None);
    }

    #[test]
    fn a_waiting_request_is_cancelled_at_once() {
        let mut inbox = Inbox::default();
        inbox.push(load(1));
        inbox.push(run(2));
        let replies = inbox.push(cancel(3, 1));
        assert_eq!(replies, [cancelled(1, CancelReason::Requested), done(3)]);
        assert_eq!(inbox.begin(), Some(run(2)));
        assert!(inbox.is_empty());
    }

    #[test]
    fn a_run_under_way_stops_for_its_cancellation_or_another_network() {
        let mut inbox = Inbox::default();
        inbox.push(run(1));
        inbox.begin();
        assert_eq!(inbox.interrupts(), None);
        inbox.push(cancel(2, 7));
        assert_eq!(inbox.interrupts(), None, "another request was cancelled");
        inbox.push(cancel(3, 1));
        assert_eq!(inbox.interrupts(), Some(CancelReason::Requested));
        inbox.finish();
        // Both cancellations are still to be answered, by who knows the jobs.
        assert_eq!(inbox.begin(), Some(cancel(3, 1)));
        assert_eq!(inbox.begin(), Some(cancel(2, 7)));
        inbox.push(run(4));
        inbox.begin();
        assert_eq!(inbox.interrupts(), None);
        inbox.push(load(5));
        assert_eq!(inbox.interrupts(), Some(CancelReason::NetworkReplaced));
    }

    #[test]
    fn a_step_of_a_job_stops_for_its_cancellation_only() {
        let mut inbox = Inbox::default();
        inbox.begin_step(1);
        inbox.push(load(2));
        inbox.push(run(3));
        assert_eq!(inbox.interrupts(), None);
        inbox.push(cancel(4, 1));
        assert_eq!(inbox.interrupts(), Some(CancelReason::Requested));
    }
}
