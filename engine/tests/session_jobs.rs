//! Jobs beside the requests of the foreground: turns, cancellation, replies.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod driven;

use std::cell::RefCell;
use std::ops::RangeInclusive;
use std::rc::Rc;

use driven::{Driven, bytes, id, lenet5, noise, picture, sent};
use engine::NodeId;
use engine::run::YieldPoint;
use engine::session::{
    CancelReason, Command, Event, Failure, Inbox, Input, Job, JobFuture, Message, NO_REQUEST, Pass,
    RequestId, Session, Step, Wanted, Weights,
};

const MEASURE: Command = Command::Measure {
    runs: 3,
    pass: Pass::Forward,
};

fn run() -> (Command, Vec<u8>) {
    let (input, maps) = (Input::Values, Vec::new());
    (Command::Run { input, maps }, bytes(&picture(&lenet5())))
}

fn load(seed: u64) -> Command {
    let (graph, weights) = (lenet5(), Weights::Seeded { seed });
    Command::Load { graph, weights }
}

fn cancelled(reason: CancelReason) -> Event {
    Event::Cancelled { reason }
}

/// The events of this request, without progress.
fn of(replies: &[(RequestId, Event)], id: RequestId) -> Vec<Event> {
    let mine = replies.iter().filter(|(of, _)| *of == id);
    let mine = mine.map(|(_, event)| event.clone());
    mine.filter(|event| !matches!(event, Event::Progress { .. }))
        .collect()
}

/// Each of these requests has exactly one last event, and no other request has events.
fn assert_each_ends_once(replies: &[(RequestId, Event)], ids: RangeInclusive<RequestId>) {
    for id in ids.clone() {
        let mine: Vec<bool> = replies
            .iter()
            .filter(|(of, _)| *of == id)
            .map(|(_, event)| event.is_last())
            .collect();
        assert_eq!(mine.iter().filter(|last| **last).count(), 1, "request {id}");
        assert_eq!(mine.last(), Some(&true), "request {id}");
    }
    assert!(replies.iter().all(|(id, _)| ids.contains(id)));
}

#[test]
fn a_drawing_is_answered_before_the_job_that_is_under_way_ends() {
    let mut driven = Driven::trained();
    let job = driven.send(MEASURE, Vec::new());
    // Queued, started, warmed up: two of three timed passes are still to come.
    for _ in 0..3 {
        driven.turn();
    }
    let (command, payload) = run();
    let drawing = driven.send(command, payload);
    let replies = driven.finish();
    let place = |wanted: &dyn Fn(&(RequestId, Event)) -> bool| replies.iter().position(wanted);
    let traced = place(&|(id, event)| *id == drawing && matches!(event, Event::Traced { .. }));
    let measured = place(&|(id, event)| *id == job && matches!(event, Event::Measured { .. }));
    assert!(traced.unwrap() < measured.unwrap(), "{replies:?}");
    assert_each_ends_once(&replies, job..=drawing);
}

#[test]
fn a_job_reports_its_start_progress_and_result() {
    let mut driven = Driven::trained();
    for (command, total) in [
        // A pass to warm up, then those that are timed; `Time` has each run twice.
        (MEASURE, 4),
        (Command::Time { runs: 2 }, 5),
    ] {
        let job = driven.send(command, Vec::new());
        let replies = driven.finish();
        let replies = replies.iter().filter(|(id, _)| *id == job);
        let events: Vec<&Event> = replies.map(|(_, event)| event).collect();
        assert_eq!(events[0], &Event::Started);
        let (last, between) = events[1..].split_last().unwrap();
        assert!(
            matches!(last, Event::Measured { .. } | Event::Timed { .. }),
            "{last:?}"
        );
        let mut before = 0;
        assert!(!between.is_empty(), "no progress was told");
        for event in between {
            let Event::Progress { done, total: of } = **event else {
                panic!("{event:?}")
            };
            assert!(before < done && done < of && of == total, "{event:?}");
            before = done;
        }
    }
}

#[test]
fn a_second_job_waits_for_the_first() {
    let mut driven = Driven::trained();
    let first = driven.send(MEASURE, Vec::new());
    let second = driven.send(Command::Time { runs: 1 }, Vec::new());
    let replies = driven.finish();
    let order: Vec<RequestId> = replies.iter().map(|(id, _)| *id).collect();
    assert!(order.is_sorted(), "{replies:?}");
    assert_eq!(of(&replies, first).len(), 2);
    assert_eq!(of(&replies, second).len(), 2);
}

#[test]
fn a_job_is_cancelled_at_every_stage() {
    let mut driven = Driven::trained();
    driven.finish();
    // Before its turn in the inbox, queued, started, and after each of four passes.
    for turns in 0..6 {
        let job = driven.send(MEASURE, Vec::new());
        for _ in 0..turns {
            driven.turn();
        }
        let cancel = driven.send(Command::Cancel { request: job }, Vec::new());
        let replies = driven.finish();
        let job_events = of(&replies, job);
        let last = job_events.last().unwrap();
        assert_eq!(*last, cancelled(CancelReason::Requested), "{turns} turns");
        assert_eq!(job_events.len(), if turns < 2 { 1 } else { 2 });
        assert_eq!(of(&replies, cancel), [Event::Done]);
    }
    // Over: the result stands, and the cancellation is harmless.
    let job = driven.send(MEASURE, Vec::new());
    let replies = driven.finish();
    assert!(matches!(of(&replies, job)[..], [_, Event::Measured { .. }]));
    let cancel = driven.send(Command::Cancel { request: job }, Vec::new());
    assert_eq!(driven.finish(), [(cancel, Event::Done)]);
}

#[test]
fn cancelling_a_waiting_job_does_not_stop_the_running_one() {
    let mut driven = Driven::trained();
    let first = driven.send(MEASURE, Vec::new());
    let second = driven.send(MEASURE, Vec::new());
    for _ in 0..4 {
        driven.turn();
    }
    driven.send(Command::Cancel { request: second }, Vec::new());
    let replies = driven.finish();
    assert!(matches!(
        of(&replies, first)[..],
        [_, Event::Measured { .. }]
    ));
    assert_eq!(of(&replies, second), [cancelled(CancelReason::Requested)]);
}

#[test]
fn cancelling_an_unknown_request_changes_nothing() {
    let mut driven = Driven::trained();
    for request in [NO_REQUEST, 999, u64::MAX] {
        let event = driven.ask(Command::Cancel { request }, Vec::new()).header;
        assert_eq!(event, Event::Done);
    }
    let job = driven.send(MEASURE, Vec::new());
    driven.turn();
    // A cancellation that names itself.
    let cancel = driven.send(Command::Cancel { request: job + 1 }, Vec::new());
    let replies = driven.finish();
    assert_eq!(of(&replies, cancel), [Event::Done]);
    assert!(matches!(of(&replies, job)[..], [_, Event::Measured { .. }]));
}

#[test]
fn the_latest_of_several_drawings_is_answered_and_the_others_are_cancelled() {
    let mut driven = Driven::trained();
    let drawings: Vec<RequestId> = (0..3)
        .map(|_| {
            let (command, payload) = run();
            driven.send(command, payload)
        })
        .collect();
    let replies = driven.finish();
    for drawing in &drawings[..2] {
        assert_eq!(
            of(&replies, *drawing),
            [cancelled(CancelReason::Superseded)]
        );
    }
    assert!(matches!(
        of(&replies, drawings[2])[..],
        [Event::Traced { .. }]
    ));
}

/// A session whose yield point sends this request once, as if it had come during the pass.
fn interrupted_by(id: RequestId, command: Command) -> Driven {
    let driven = Driven::trained();
    let (inbox, coming) = (Rc::clone(&driven.inbox), RefCell::new(Some(command)));
    driven.yielding(YieldPoint::new(move || {
        if let Some(command) = coming.borrow_mut().take() {
            let replies = inbox.borrow_mut().push(sent(id, command, Vec::new()));
            assert!(replies.is_empty());
        }
        let verdict = inbox.borrow().interrupts();
        Box::pin(async move { verdict })
    }))
}

#[test]
fn a_drawing_under_way_ends_when_it_is_cancelled_or_another_network_comes() {
    // The network took request 1.
    let request = 2;
    for (command, reason) in [
        (Command::Cancel { request }, CancelReason::Requested),
        (load(1), CancelReason::NetworkReplaced),
    ] {
        let mut driven = interrupted_by(9, command);
        let (command, payload) = run();
        assert_eq!(driven.send(command, payload), request);
        let replies = driven.finish();
        assert_eq!(of(&replies, request), [cancelled(reason)]);
        assert!(of(&replies, 9)[0].is_last());
    }
}

#[test]
fn a_pass_of_a_job_ends_when_it_is_cancelled_but_not_for_a_drawing() {
    let maps = || Command::Maps {
        input: Input::Last,
        maps: vec![Wanted::all(id(&lenet5(), "C1"))],
    };
    let request = 2;
    let mut driven = interrupted_by(9, Command::Cancel { request });
    driven.send(maps(), Vec::new());
    let replies = driven.finish();
    let ended = cancelled(CancelReason::Requested);
    assert_eq!(of(&replies, request), [Event::Started, ended]);
    assert_eq!(of(&replies, 9), [Event::Done]);

    let mut driven = interrupted_by(9, MEASURE);
    driven.send(maps(), Vec::new());
    let replies = driven.finish();
    assert!(matches!(
        of(&replies, request)[..],
        [_, Event::Mapped { .. }]
    ));
}

#[test]
fn timed_passes_have_no_yield_point() {
    let mut driven =
        Driven::trained().yielding(YieldPoint::new(|| panic!("a measurement was interrupted")));
    for command in [MEASURE, Command::Time { runs: 1 }] {
        driven.ask(command, Vec::new());
    }
}

#[test]
fn another_network_ends_the_jobs_that_use_the_one_before() {
    let mut driven = Driven::trained();
    let under_way = driven.send(MEASURE, Vec::new());
    let waiting = driven.send(Command::Time { runs: 1 }, Vec::new());
    for _ in 0..4 {
        driven.turn();
    }
    let loaded = driven.send(load(2), Vec::new());
    let replies = driven.finish();
    let replaced = cancelled(CancelReason::NetworkReplaced);
    assert_eq!(of(&replies, under_way), [Event::Started, replaced.clone()]);
    assert_eq!(of(&replies, waiting), [replaced]);
    assert!(matches!(of(&replies, loaded)[..], [Event::Loaded { .. }]));
}

#[test]
fn a_load_that_fails_leaves_the_job_alone() {
    let mut driven = Driven::trained();
    let job = driven.send(MEASURE, Vec::new());
    for _ in 0..3 {
        driven.turn();
    }
    let (graph, weights) = (lenet5(), Weights::Payload);
    let failing = driven.send(Command::Load { graph, weights }, vec![1, 2, 3]);
    let replies = driven.finish();
    assert!(matches!(of(&replies, failing)[..], [Event::Failed { .. }]));
    assert!(matches!(of(&replies, job)[..], [_, Event::Measured { .. }]));
}

#[test]
fn a_job_keeps_the_input_it_began_with() {
    let graph = lenet5();
    let maps = || Command::Maps {
        input: Input::Last,
        maps: vec![Wanted::all(NodeId::INPUT)],
    };
    let mut driven = Driven::trained();
    driven.answer(&picture(&graph));
    let job = driven.send(maps(), Vec::new());
    driven.turn();
    // Another drawing between the request and its pass.
    driven.answer(&vec![0.25; graph.input().elements() as usize]);
    while driven.turn() {}
    let mapped = driven
        .replies
        .iter()
        .find(|it| it.header.id == job && it.header.event.is_last());
    assert_eq!(mapped.unwrap().values().unwrap(), picture(&graph));
}

/// A job of many short steps, which fails at the 1001st.
#[derive(Debug)]
struct Counting {
    done: u64,
    total: u64,
    uses_network: bool,
}

impl Job for Counting {
    fn step<'a>(&'a mut self, _session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(async move {
            self.done += 1;
            if self.done > 1000 {
                return Err(Failure::NoClasses.into());
            }
            Ok(if self.done < self.total {
                Step::Continue
            } else {
                Step::Finish(Message::new(Event::Done))
            })
        })
    }

    fn progress(&self) -> [u64; 2] {
        [self.done, self.total]
    }

    fn uses_network(&self) -> bool {
        self.uses_network
    }
}

#[test]
fn progress_is_throttled_and_an_error_ends_the_job() {
    for (total, last) in [
        (500, Event::Done),
        (
            2000,
            Event::Failed {
                failure: Failure::NoClasses.into(),
            },
        ),
    ] {
        let (mut session, inbox) = (Session::on_cpu(), RefCell::new(Inbox::default()));
        let (done, uses_network) = (0, true);
        session.enqueue(
            7,
            Box::new(Counting {
                done,
                total,
                uses_network,
            }),
        );
        let mut events = Vec::new();
        while let Some(replies) = pollster::block_on(engine::session::turn(&mut session, &inbox)) {
            events.extend(
                replies
                    .into_iter()
                    .map(|it| (it.header.id, it.header.event)),
            );
        }
        assert!(events.iter().all(|(id, _)| *id == 7));
        assert_eq!(events.first().unwrap().1, Event::Started);
        assert_eq!(events.last().unwrap().1, last);
        assert_eq!(of(&events, 7).len(), 2);
        // Not one for each of hundreds of steps.
        assert!(events.len() < 100, "{} replies", events.len());
    }
}

#[test]
fn a_job_without_the_network_outlives_it() {
    let (mut session, inbox) = (Session::on_cpu(), RefCell::new(Inbox::default()));
    let (done, total) = (0, 5);
    for (id, uses_network) in [(1, true), (2, false)] {
        session.enqueue(
            id,
            Box::new(Counting {
                done,
                total,
                uses_network,
            }),
        );
    }
    inbox.borrow_mut().push(sent(3, load(1), Vec::new()));
    let mut events = Vec::new();
    while let Some(replies) = pollster::block_on(engine::session::turn(&mut session, &inbox)) {
        events.extend(
            replies
                .into_iter()
                .map(|it| (it.header.id, it.header.event)),
        );
    }
    assert_eq!(of(&events, 1), [cancelled(CancelReason::NetworkReplaced)]);
    assert_eq!(of(&events, 2), [Event::Started, Event::Done]);
}

#[test]
fn any_order_of_requests_ends_each_of_them_once() {
    let names = ["C1", "C3", "F6"];
    // Which request comes and how many turns follow, from a fixed sequence of pseudo-random numbers.
    let choices = noise(400);
    let mut choices = choices.iter().map(|value| ((value + 1.0) * 500.0) as usize);
    let mut driven = Driven::new();
    let mut last = 0;
    for _ in 0..120 {
        let mut choose = |count: usize| choices.next().map_or(0, |choice| choice % count);
        let node = id(&lenet5(), names[choose(3)]);
        let (command, payload) = match choose(9) {
            0 => (load(1), Vec::new()),
            1 => (MEASURE, Vec::new()),
            2 => (Command::Time { runs: 1 }, Vec::new()),
            3 => (Command::Params { node }, Vec::new()),
            4 => {
                let (input, maps) = (Input::Last, vec![Wanted::all(node)]);
                (Command::Maps { input, maps }, Vec::new())
            }
            5 | 6 => (
                Command::Cancel {
                    request: last.max(2) - choose(2) as u64,
                },
                Vec::new(),
            ),
            _ => run(),
        };
        last = driven.send(command, payload);
        for _ in 0..choose(4) {
            driven.turn();
        }
    }
    assert_each_ends_once(&driven.finish(), 1..=last);
}
