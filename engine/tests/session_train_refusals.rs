//! What a training refuses: networks, settings and images that do not fit each other.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod driven;
mod training;

use driven::{Driven, id};
use engine::data::{Labelled, Part, Split};
use engine::graph::Edit;
use engine::session::{Command, DataPart, Event, Failure, Message, Snapshots};
use engine::train::{Length, RateRange, Settings, Task, TaskError};
use engine::{NodeId, Shape};
use training::{SET, blobs, classifier, data, held, settings, task};

fn failure(message: &Message<Event>) -> Failure {
    match &message.header {
        Event::Failed { failure } => failure.decode(),
        event => panic!("{event:?}"),
    }
}

#[test]
fn a_head_that_does_not_fit_is_refused_with_its_repair() {
    let graph = classifier(10);
    let mut driven = Driven::seeded(&graph, 1);
    held(&mut driven, &blobs(120, 3));
    let refused = driven.ask(
        training::train(settings(1), Snapshots::default()),
        Vec::new(),
    );
    let Failure::Task(TaskError::Head {
        outputs: 10,
        classes: 3,
        repair,
    }) = failure(&refused)
    else {
        panic!("{:?}", failure(&refused))
    };
    assert!(
        failure(&refused)
            .to_string()
            .contains("give its last layer 3 outputs")
    );
    let repaired = graph.apply_all(&repair).unwrap();
    driven.edited(&repaired);
    let message = driven.ask_last(
        training::train(settings(1), Snapshots::default()),
        Vec::new(),
    );
    assert!(matches!(message.header, Event::Trained { .. }));
    // A network that ends in convolution and global pooling, as SqueezeNet does.
    let graph = engine::zoo::entry("squeezenet-1.1").unwrap();
    let graph = graph.graph(&engine::zoo::Options::default()).unwrap();
    let repair = training::repair(&graph, 3);
    let [Edit::SetLayer { .. }] = repair.as_slice() else {
        panic!("{repair:?}")
    };
    let repaired = engine::Analysis::of(&graph.apply_all(&repair).unwrap());
    let last = repaired.nodes.last().unwrap().shape.unwrap();
    assert_eq!(last.elements(), 3);
}

#[test]
fn what_cannot_be_trained_is_refused_with_the_way_out() {
    let graph = classifier(3);
    let ids = ["conv", "norm", "head"]
        .map(|name| id(&graph, name))
        .to_vec();
    let cases: [(Settings, &str); 5] = [
        (
            Settings {
                batch: 500,
                ..settings(1)
            },
            "only 96 training examples",
        ),
        (
            Settings {
                batch: 1,
                ..settings(1)
            },
            "“norm” normalises over the batch",
        ),
        (
            Settings {
                frozen: ids,
                ..settings(1)
            },
            "unfreeze at least one",
        ),
        (
            Settings {
                frozen: vec![NodeId(99)],
                ..settings(1)
            },
            "no such node",
        ),
        (
            Settings {
                length: Length::Epochs(0),
                ..settings(1)
            },
            "a length of 0",
        ),
    ];
    let mut driven = Driven::seeded(&graph, 1);
    let train = |settings| training::train(settings, Snapshots::default());
    let why = driven.refused(train(settings(1)), Vec::new());
    assert!(
        why.contains("no data set number 1") && why.contains("send its images"),
        "{why}"
    );
    held(&mut driven, &blobs(120, 3));
    for (settings, wanted) in cases {
        let why = driven.refused(train(settings), Vec::new());
        assert!(why.contains(wanted), "{why}");
    }
    // All of one class.
    let mut one = blobs(60, 3);
    one.labels.fill(1);
    driven.ask(Command::DropData { set: SET }, Vec::new());
    held(&mut driven, &one);
    let why = driven.refused(train(settings(1)), Vec::new());
    assert!(why.contains("all of one class"), "{why}");
    // No part of it is for validation.
    let task = Task {
        split: Split {
            validation: 0.0,
            ..Split::default()
        },
        ..Task::default()
    };
    let (task, part) = (Box::new(task), Part::Validation);
    let why = driven.refused(
        Command::Evaluate {
            set: SET,
            task,
            part,
            images: None,
        },
        Vec::new(),
    );
    assert!(why.contains("no images in this part"), "{why}");
    let mut blank = Driven::new();
    held(&mut blank, &one);
    let why = blank.refused(train(settings(1)), Vec::new());
    assert!(why.contains("no network is loaded"), "{why}");
}

#[test]
fn images_that_are_none_are_refused_and_the_set_stays() {
    let mut driven = Driven::new();
    held(&mut driven, &blobs(60, 3));
    let part = |lengths: &[usize]| Command::Data {
        set: SET,
        classes: 3,
        held_out: false,
        part: DataPart::Files {
            lengths: lengths.to_vec(),
        },
    };
    let why = driven.refused(part(&[40]), vec![0; 30]);
    assert!(why.contains("ends early or is too long"), "{why}");
    let why = driven.refused(part(&[30]), vec![7; 30]);
    assert!(why.contains("file 1 is not read as a data set"), "{why}");
    let why = driven.refused(part(&[]), Vec::new());
    assert!(why.contains("no images"), "{why}");
    let other = Labelled {
        shape: Shape::new(1, 2, 2),
        pixels: vec![0; 4],
        labels: vec![0],
    };
    let (command, payload) = data(&other, 3, false);
    let why = driven.refused(command, payload);
    assert!(why.contains("all must be of one size"), "{why}");
    let (command, payload) = data(&blobs(3, 3), 3, false);
    let Event::Held { images, .. } = driven.ask(command, payload).header else {
        panic!("not held")
    };
    assert_eq!(images, 63);
}

#[test]
fn data_that_exceed_the_memory_are_refused() {
    let mut driven = Driven::within(20_000);
    let (command, payload) = data(&blobs(120, 3), 3, false);
    let why = driven.refused(command, payload);
    assert!(why.contains("Use fewer or smaller ones"), "{why}");
}

#[test]
fn a_set_that_is_replaced_meanwhile_ends_what_is_done_with_it() {
    let graph = classifier(3);
    let evaluate = Command::Evaluate {
        set: SET,
        task: Box::new(task(Settings::default())),
        part: Part::Training,
        images: None,
    };
    let find = Command::FindRate {
        set: SET,
        task: Box::new(task(settings(1))),
        range: RateRange::default(),
    };
    for command in [
        training::train(settings(50), Snapshots::default()),
        evaluate,
        find,
    ] {
        // Fewer images, of another size or of other classes.
        let smaller = blobs(12, 3);
        let flat = Labelled {
            shape: Shape::new(1, 4, 16),
            ..blobs(240, 3)
        };
        for (images, classes) in [(&smaller, 3), (&flat, 3), (&blobs(240, 3), 5)] {
            let mut driven = Driven::seeded(&graph, 1);
            held(&mut driven, &blobs(240, 3));
            let job = driven.send(command.clone(), Vec::new());
            for _ in 0..6 {
                driven.turn();
            }
            driven.send(Command::DropData { set: SET }, Vec::new());
            let (add, payload) = data(images, classes, false);
            driven.send(add, payload);
            let replies = driven.finish();
            let (_, last) = replies.iter().rfind(|(id, _)| *id == job).unwrap();
            match last {
                Event::Failed { failure } => {
                    assert_eq!(failure.decode(), Failure::Task(TaskError::OtherData));
                }
                // An evaluation of so few images may be over by then.
                Event::Evaluated { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    }
}
