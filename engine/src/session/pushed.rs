//! Replies that the page takes up without having waited for them, read apart from all others: the
//! code that reads every [`Event`](super::Event) is large, and most of it is needed by callers that
//! come later.

use serde::Deserialize;

use super::event::numbers;
use super::{
    CancelReason, DeviceKind, EncodedFailure, MapSlice, NonFinite, RequestId, StepPicture,
};
use crate::data::DigitNote;

/// A [`Reply`](super::Reply) with a pushed event.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PushedReply {
    pub id: RequestId,
    pub event: Pushed,
}

/// Those variants of [`Event`](super::Event), with the same fields.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pushed {
    Ready {
        device: DeviceKind,
    },
    Loaded {
        trained: usize,
        weighted: usize,
    },
    Traced {
        forward_ms: f64,
        steps: Vec<StepPicture>,
        maps: Vec<MapSlice>,
        #[serde(deserialize_with = "numbers")]
        answer: Vec<f32>,
        #[serde(default)]
        warning: Option<NonFinite>,
        #[serde(default)]
        note: Option<DigitNote>,
    },
    Cancelled {
        reason: CancelReason,
    },
    Failed {
        failure: EncodedFailure,
    },
}

impl Pushed {
    /// Whether an event of this name is one of these.
    pub fn has(name: &str) -> bool {
        matches!(name, "ready" | "loaded" | "traced" | "cancelled" | "failed")
    }
}

/// The beginning of a reply's header: the request's number and the event's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peek<'a> {
    pub id: RequestId,
    pub event: &'a str,
}

impl<'a> Peek<'a> {
    /// Looks at a reply's header without reading all of it. `None` where it does not begin as
    /// [`Reply`](super::Reply) is written: `{"id":7,"event":{"traced":…` or `{"id":7,"event":"done"}`.
    pub fn of(header: &'a str) -> Option<Self> {
        let rest = header.strip_prefix("{\"id\":")?;
        let (id, rest) = rest.split_once(',')?;
        let rest = rest.strip_prefix("\"event\":")?;
        let rest = rest.strip_prefix('{').unwrap_or(rest).strip_prefix('"')?;
        let (event, _) = rest.split_once('"')?;
        Some(Self {
            id: id.parse().ok()?,
            event,
        })
    }

    /// Whether no other reply to the request follows; as [`Event::is_last`](super::Event::is_last).
    pub fn is_last(self) -> bool {
        !matches!(
            self.event,
            "started" | "progress" | "stepped" | "worker_refused" | "validated" | "snapshot"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Note;
    use crate::session::{Event, Failure, Reply};

    fn header(id: RequestId, event: Event) -> String {
        serde_json::to_string(&Reply { id, event }).unwrap()
    }

    /// What a training tells.
    fn of_training() -> Vec<Event> {
        use crate::data::Part;
        use crate::session::Executor;
        use crate::train::{End, Evaluation, Position};

        let evaluation = Evaluation {
            part: Part::Test,
            epoch: 1,
            examples: 2,
            loss: 0.5,
            accuracy: 0.5,
            confusion: vec![1, 0, 1, 0],
            worst: Vec::new(),
            training: None,
        };
        vec![
            Event::Stepped {
                points: Vec::new(),
                health: Vec::new(),
                worked: Vec::new(),
                executor: Executor::Plan,
            },
            Event::WorkerRefused {
                peer: 1,
                failure: Failure::NoNetwork.into(),
            },
            Event::Validated {
                evaluation: evaluation.clone(),
                points: Vec::new(),
            },
            Event::Snapshot {
                position: Position::default(),
                points: Vec::new(),
            },
            Event::Trained {
                end: End::Completed,
                position: Position::default(),
                points: Vec::new(),
            },
            Event::Evaluated { evaluation },
        ]
    }

    #[test]
    fn what_is_seen_of_a_header_is_what_it_says() {
        let events = [
            Event::Started,
            Event::Progress { done: 1, total: 2 },
            Event::Done,
            Event::Checkpoint,
            Event::Measured { ms: 0.5 },
            Event::Latencies {
                batch: 1,
                first_ms: 2.0,
                clock_ms: 0.1,
            },
            Event::Ready {
                device: DeviceKind::Cpu,
            },
        ];
        for event in events.into_iter().chain(of_training()) {
            let (text, last) = (header(12, event.clone()), event.is_last());
            let peek = Peek::of(&text).unwrap();
            assert_eq!((peek.id, peek.is_last()), (12, last), "{text}");
            let name = serde_json::to_value(&event).unwrap();
            let name = name.as_str().map(str::to_owned).or_else(|| {
                let object = name.as_object().unwrap();
                object.keys().next().cloned()
            });
            assert_eq!(Some(peek.event), name.as_deref());
        }
        assert_eq!(Peek::of("{\"event\":\"done\"}"), None);
        assert_eq!(Peek::of(""), None);
    }

    #[test]
    fn a_pushed_event_is_read_as_the_event_itself() {
        let failure = EncodedFailure::from(Failure::NoNetwork);
        let reason = CancelReason::Superseded;
        for (event, pushed) in [
            (
                Event::Loaded {
                    trained: 1,
                    weighted: 2,
                    notes: vec![Note::Keras],
                },
                Pushed::Loaded {
                    trained: 1,
                    weighted: 2,
                },
            ),
            (Event::Cancelled { reason }, Pushed::Cancelled { reason }),
            (
                Event::Failed {
                    failure: failure.clone(),
                },
                Pushed::Failed { failure },
            ),
            (
                Event::Traced {
                    forward_ms: 0.5,
                    total_ms: 1.5,
                    steps: Vec::new(),
                    maps: Vec::new(),
                    answer: vec![1.0, 2.0],
                    warning: None,
                    note: Some(DigitNote::Several(2)),
                    executor: crate::session::Executor::Plan,
                },
                Pushed::Traced {
                    forward_ms: 0.5,
                    steps: Vec::new(),
                    maps: Vec::new(),
                    answer: vec![1.0, 2.0],
                    warning: None,
                    note: Some(DigitNote::Several(2)),
                },
            ),
        ] {
            let text = header(3, event);
            assert!(Pushed::has(Peek::of(&text).unwrap().event));
            let read: PushedReply = serde_json::from_str(&text).unwrap();
            assert_eq!(
                read,
                PushedReply {
                    id: 3,
                    event: pushed
                }
            );
        }
        assert!(!Pushed::has("timed"));
    }
}
