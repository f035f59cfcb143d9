//! Training as a job: curves, evaluation, pause and resumption with the same bits, another network
//! meanwhile, divergence.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod driven;
mod training;

use driven::{Driven, bytes, picture};
use engine::checkpoint::{File, Header};
use engine::data::Part;
use engine::session::{CancelReason, Command, Event, Input, Message, Snapshots, Weights};
use engine::train::{End, Method, Point, Settings};
use training::{
    SET, blobs, classifier, data, events, held, position, send_train, settings, tensors, trained,
};

#[test]
fn a_training_tells_its_steps_and_epochs_and_ends_with_a_checkpoint() {
    let graph = classifier(3);
    let mut driven = Driven::seeded(&graph, 1);
    let total = held(&mut driven, &blobs(240, 3));
    assert_eq!(total, vec![80, 80, 80]);
    let train = send_train(&mut driven, settings(3), Snapshots::default());
    let events = events(&mut driven, train);
    assert_eq!(events[0].header, Event::Started);
    let (last, before) = events.split_last().unwrap();
    let Event::Trained { end, position, .. } = &last.header else {
        panic!("{:?}", last.header)
    };
    assert_eq!(*end, End::Completed);
    // A tenth is for validation and a tenth for the test: 192 of 240, in batches of 16.
    assert_eq!((position.epoch, position.step), (3, 36));
    let points: Vec<Point> = training::points(&events);
    assert_eq!(
        points.iter().map(|it| it.step).collect::<Vec<_>>(),
        (1..=36).collect::<Vec<_>>()
    );
    assert!(
        points
            .iter()
            .all(|it| it.steps == 36 && it.gradient_norm > 0.0)
    );
    // The cosine of the settings: at its start the rate, in the middle half of it.
    assert!((points[0].rate - 5e-3).abs() < 1e-12 && (points[18].rate - 2.5e-3).abs() < 1e-12);
    let evaluations = before.iter().filter_map(|it| match &it.header {
        Event::Validated { evaluation, .. } => Some((evaluation, it.values().unwrap())),
        _ => None,
    });
    let evaluations: Vec<_> = evaluations.collect();
    assert_eq!(evaluations.len(), 3);
    for (evaluation, answers) in &evaluations {
        assert_eq!(
            (evaluation.examples, evaluation.part),
            (24, Part::Validation)
        );
        // Rows are true classes, eight of each; the diagonal is what was right.
        let rows: Vec<u32> = evaluation
            .confusion
            .chunks(3)
            .map(|row| row.iter().sum())
            .collect();
        assert_eq!(rows, [8, 8, 8]);
        let right: u32 = (0..3).map(|class| evaluation.confusion[4 * class]).sum();
        assert!((evaluation.accuracy - f64::from(right) / 24.0).abs() < 1e-12);
        assert_eq!(evaluation.worst.len(), 24 - right as usize);
        let losses = evaluation.worst.iter().map(|it| it.loss);
        assert!(losses.rev().is_sorted());
        let mean = answers.chunks(3).map(|it| f64::from(it[2])).sum::<f64>() / 24.0;
        assert!((mean - evaluation.loss).abs() < 1e-5);
    }
    let accuracy = evaluations[2].0.accuracy;
    assert!(
        accuracy >= 0.9,
        "three bright corners are told apart: {accuracy}"
    );
    let about = Header::of_file(&last.payload).unwrap().about.unwrap();
    assert_eq!(about.step, 36);
    assert_eq!(about.training.unwrap().position, *position);
}

#[test]
fn ten_steps_and_ten_more_from_the_checkpoint_are_twenty_steps_bit_for_bit() {
    let graph = classifier(3);
    for method in Method::ALL {
        let settings = Settings {
            method,
            weight_decay: 1e-3,
            augmentation: Some(engine::data::Augmentation::of_drawings()),
            ..settings(4)
        };
        let whole = training::run(&graph, &settings, &[None]);
        // Across the end of an epoch of 12 steps, in a session of its own.
        let parts = training::run(&graph, &settings, &[Some(10), Some(10), None]);
        assert_eq!(tensors(&parts.file), tensors(&whole.file), "{method:?}");
        let curve = |points: &[Point]| {
            points
                .iter()
                .map(|it| it.loss.to_bits())
                .collect::<Vec<_>>()
        };
        assert_eq!(curve(&parts.points), curve(&whole.points));
        assert_eq!(curve(&whole.points).len(), 48);
    }
}

#[test]
fn a_drawing_is_answered_between_two_steps_with_the_weights_of_the_moment() {
    let graph = classifier(3);
    let mut driven = Driven::seeded(&graph, 1);
    held(&mut driven, &blobs(240, 3));
    let before = driven.answer(&picture(&graph));
    let train = send_train(&mut driven, settings(50), Snapshots::default());
    for _ in 0..20 {
        driven.turn();
    }
    let (input, maps) = (Input::Values, Vec::new());
    let drawing = driven.send(Command::Run { input, maps }, bytes(&picture(&graph)));
    // Its own turn: no step comes before it.
    driven.turn();
    let reply = driven.replies.last().unwrap();
    assert_eq!(reply.header.id, drawing);
    let Event::Traced { answer, .. } = &reply.header.event else {
        panic!("{:?}", reply.header.event)
    };
    let answer: Vec<u32> = answer.iter().map(|it| it.to_bits()).collect();
    assert_ne!(answer, before, "the weights have moved");
    driven.send(Command::Cancel { request: train }, Vec::new());
    driven.finish();
}

#[test]
fn a_cancelled_training_is_paused_and_goes_on_where_it_was() {
    let graph = classifier(3);
    let settings = settings(3);
    let whole = training::run(&graph, &settings, &[None]);
    let mut driven = Driven::seeded(&graph, 1);
    held(&mut driven, &blobs(240, 3));
    let train = send_train(&mut driven, settings.clone(), Snapshots::default());
    for _ in 0..15 {
        driven.turn();
    }
    let cancel = driven.send(Command::Cancel { request: train }, Vec::new());
    let replies = driven.finish();
    let paused = replies.iter().find_map(|(id, event)| match event {
        Event::Trained { end, position, .. } if *id == train => Some((end.clone(), position.step)),
        _ => None,
    });
    let (end, step) = paused.expect("a cancelled training tells where it stands");
    assert_eq!(end, End::Paused);
    assert!(replies.contains(&(cancel, Event::Done)));
    // The checkpoint has the state of the optimiser and where the training stood.
    let file = driven.ask(Command::Checkpoint, Vec::new()).payload;
    let about = Header::of_file(&file).unwrap().about.unwrap();
    assert_eq!(about.step, step);
    assert!((10..=15).contains(&step), "{step}");
    assert!(!File::read(&file).unwrap().states().unwrap().is_empty());
    let snapshots = Snapshots::default();
    let resume = Command::Resume {
        set: SET,
        snapshots,
    };
    let here = driven.ask_last(resume.clone(), Vec::new());
    let mut other = Driven::new();
    other.load(&graph, Weights::Payload, file.clone());
    held(&mut other, &blobs(240, 3));
    let there = other.ask_last(resume, file);
    assert_eq!(
        tensors(&here.payload),
        tensors(&whole.file),
        "in the same session"
    );
    assert_eq!(
        tensors(&there.payload),
        tensors(&whole.file),
        "in another one"
    );
}

#[test]
fn a_training_pauses_after_the_asked_steps_and_gives_snapshots() {
    let graph = classifier(3);
    let mut driven = Driven::seeded(&graph, 1);
    held(&mut driven, &blobs(240, 3));
    let snapshots = Snapshots {
        every: Some(3),
        pause_after: Some(7),
        ..Snapshots::default()
    };
    let train = send_train(&mut driven, settings(3), snapshots);
    let events = events(&mut driven, train);
    let steps: Vec<u64> = events
        .iter()
        .filter_map(|it| match &it.header {
            Event::Snapshot { position, .. } => {
                let about = Header::of_file(&it.payload).unwrap().about.unwrap();
                assert_eq!(about.step, position.step);
                Some(position.step)
            }
            _ => None,
        })
        .collect();
    // The first has the weights that it starts with.
    assert_eq!(steps, [0, 3, 6]);
    assert_eq!(trained(&events).0, End::Paused);
    assert_eq!(position(&events).step, 7);
}

/// As a race does for its curve.
#[test]
fn an_evaluation_in_a_pause_changes_nothing() {
    let graph = classifier(3);
    let whole = training::run(&graph, &settings(3), &[None]);
    let mut driven = Driven::seeded(&graph, 1);
    held(&mut driven, &blobs(240, 3));
    let snapshots = Snapshots {
        pause_after: Some(10),
        ..Snapshots::default()
    };
    let mut points: Vec<Point> = Vec::new();
    let mut command = training::train(settings(3), snapshots);
    for paused_at in [10, 20, 30, 36] {
        let id = driven.send(command, Vec::new());
        let events = events(&mut driven, id);
        points.extend(training::points(&events));
        assert_eq!(position(&events).step, paused_at);
        let evaluate = Command::Evaluate {
            set: SET,
            task: Box::new(training::task(settings(3))),
            part: Part::Validation,
            images: None,
        };
        let event = driven.ask(evaluate, Vec::new()).header;
        let Event::Evaluated { evaluation } = event else {
            panic!("{event:?}")
        };
        assert_eq!(evaluation.examples, 24);
        if paused_at == 36 {
            assert_eq!(trained(&events).0, End::Completed);
            assert_eq!(tensors(&trained(&events).1), tensors(&whole.file));
        }
        command = Command::Resume {
            set: SET,
            snapshots,
        };
    }
    let losses = |points: &[Point]| points.iter().map(|it| it.loss).collect::<Vec<f64>>();
    assert_eq!(losses(&points), losses(&whole.points));
}

#[test]
fn a_training_pauses_after_the_epoch_and_its_validation() {
    let graph = classifier(3);
    let mut driven = Driven::seeded(&graph, 1);
    held(&mut driven, &blobs(240, 3));
    let snapshots = Snapshots {
        pause_after_epoch: true,
        ..Snapshots::default()
    };
    let train = send_train(&mut driven, settings(3), snapshots);
    let events = events(&mut driven, train);
    assert_eq!(trained(&events).0, End::Paused);
    let position = position(&events);
    assert_eq!((position.epoch, position.in_epoch), (1, 0));
    let validated = |it: &&Message<Event>| matches!(it.header, Event::Validated { .. });
    assert_eq!(events.iter().filter(validated).count(), 1);
}

#[test]
fn another_network_ends_the_training_and_its_training_state() {
    let graph = classifier(3);
    let mut driven = Driven::seeded(&graph, 1);
    held(&mut driven, &blobs(240, 3));
    let train = send_train(&mut driven, settings(50), Snapshots::default());
    for _ in 0..10 {
        driven.turn();
    }
    let other = classifier(4);
    let weights = Weights::Seeded { seed: 2 };
    let load = driven.send(
        Command::Load {
            graph: other,
            weights,
        },
        Vec::new(),
    );
    let replies = driven.finish();
    let reason = CancelReason::NetworkReplaced;
    assert!(
        replies.contains(&(train, Event::Cancelled { reason })),
        "{replies:?}"
    );
    assert!(
        replies
            .iter()
            .any(|(id, event)| *id == load && matches!(event, Event::Loaded { .. }))
    );
    let snapshots = Snapshots::default();
    let why = driven.refused(
        Command::Resume {
            set: SET,
            snapshots,
        },
        Vec::new(),
    );
    assert!(why.contains("no training to resume"), "{why}");
    let file = driven.ask(Command::Checkpoint, Vec::new()).payload;
    assert_eq!(
        Header::of_file(&file).unwrap().about.unwrap().training,
        None
    );
}

#[test]
fn images_that_come_meanwhile_are_trained_on_from_the_next_epoch() {
    let graph = classifier(3);
    let mut driven = Driven::seeded(&graph, 1);
    held(&mut driven, &blobs(120, 3));
    let train = send_train(&mut driven, settings(2), Snapshots::default());
    for _ in 0..4 {
        driven.turn();
    }
    let (command, payload) = data(&blobs(120, 3), 3, false);
    driven.send(command, payload);
    let events = events(&mut driven, train);
    // 96 of 120 in 6 steps, then 192 of 240 in 12.
    assert_eq!(position(&events).step, 18);
    assert_eq!(training::points(&events).last().unwrap().steps, 18);
}

#[test]
fn a_training_that_diverges_ends_with_the_last_good_weights_and_says_where() {
    let graph = classifier(3);
    let mut driven = Driven::seeded(&graph, 1);
    held(&mut driven, &blobs(240, 3));
    let mut settings = Settings {
        method: Method::Sgd,
        ..settings(3)
    };
    settings.schedule.rate = 1e3;
    // The first step throws the weights far away, the next ones beyond all numbers.
    settings.schedule.decay = engine::train::Decay::Constant;
    settings.weight_decay = 10.0;
    let train = send_train(&mut driven, settings, Snapshots::default());
    let events = events(&mut driven, train);
    let (End::Diverged(found), file) = trained(&events) else {
        panic!("{:?}", trained(&events).0)
    };
    assert!(
        found.good < found.step && found.place.is_some(),
        "{found:?}"
    );
    let sentence = found.to_string();
    assert!(
        sentence.contains("diverged in step") && sentence.contains("smaller"),
        "{sentence}"
    );
    let values = tensors(&file);
    assert!(values.iter().flatten().all(|it| it.is_finite()));
    // The session has them as well, and says so.
    let here = driven.ask(Command::Checkpoint, Vec::new()).payload;
    assert_eq!(tensors(&here)[..values.len()], values);
}
