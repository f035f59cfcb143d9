//! Training as a job: curves, evaluation, pause and resumption with the same bits, refusals, another
//! network meanwhile, divergence.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod driven;
mod training;

use driven::{Driven, bytes, id, picture};
use engine::checkpoint::{File, Header};
use engine::data::{Labelled, Part, Split};
use engine::graph::Edit;
use engine::session::{
    CancelReason, Command, DataPart, Event, Failure, Input, Message, Snapshots, Weights,
};
use engine::train::{
    EarlyStopping, End, Initialisation, Length, Method, Point, RateRange, Settings, Task, TaskError,
};
use engine::{NodeId, Shape};
use training::{
    SET, blobs, classifier, data, events, held, position, send_train, settings, task, trained,
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
        let weights = |file: &[u8]| {
            let file = File::read(file).unwrap();
            let count = file.header.tensors.len();
            (0..count)
                .map(|place| file.values(place).unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(weights(&parts.file), weights(&whole.file), "{method:?}");
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
    let reason = CancelReason::Requested;
    assert!(replies.contains(&(train, Event::Cancelled { reason })));
    assert!(replies.contains(&(cancel, Event::Done)));
    // The checkpoint has the state of the optimiser and where the training stood.
    let file = driven.ask(Command::Checkpoint, Vec::new()).payload;
    let about = Header::of_file(&file).unwrap().about.unwrap();
    assert!((10..=15).contains(&about.step), "{}", about.step);
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
    let tensors = |file: &[u8]| {
        let file = File::read(file).unwrap();
        (0..file.header.tensors.len())
            .map(|it| file.values(it).unwrap())
            .collect::<Vec<_>>()
    };
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
    assert_eq!(steps, [3, 6]);
    assert_eq!(trained(&events).0, End::Paused);
    assert_eq!(position(&events).step, 7);
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
    let file = File::read(&file).unwrap();
    let finite = |place| {
        file.values(place)
            .unwrap()
            .iter()
            .all(|it: &f32| it.is_finite())
    };
    assert!((0..file.header.tensors.len()).all(finite));
    // The session has them as well, and says so.
    let here = driven.ask(Command::Checkpoint, Vec::new()).payload;
    let here = File::read(&here).unwrap();
    for place in 0..file.header.tensors.len() {
        assert_eq!(here.values(place), file.values(place));
    }
}

#[test]
fn early_stopping_takes_the_weights_of_the_best_epoch() {
    let graph = classifier(3);
    // Labels without any relation to the images: the validation loss soon rises.
    let mut noise = blobs(120, 3);
    let mut random = engine::data::Random::new(9);
    for label in &mut noise.labels {
        *label = random.below(3) as u16;
    }
    let mut driven = Driven::seeded(&graph, 1);
    held(&mut driven, &noise);
    let settings = Settings {
        early_stopping: Some(EarlyStopping {
            patience: 2,
            ..EarlyStopping::default()
        }),
        ..settings(60)
    };
    let train = send_train(&mut driven, settings, Snapshots::default());
    let events = events(&mut driven, train);
    let (End::NoImprovement { best_epoch }, _) = trained(&events) else {
        panic!("{:?}", trained(&events).0)
    };
    let losses: Vec<f64> = events
        .iter()
        .filter_map(|it| match &it.header {
            Event::Validated { evaluation, .. } => Some(evaluation.loss),
            _ => None,
        })
        .collect();
    let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(losses[best_epoch as usize - 1], least);
    assert_eq!(losses.len(), best_epoch as usize + 2);
    let command = Command::Evaluate {
        set: SET,
        task: Box::new(task(Settings::default())),
        part: Part::Validation,
    };
    let Event::Evaluated { evaluation } = driven.ask(command, Vec::new()).header else {
        panic!("no evaluation")
    };
    assert!(
        (evaluation.loss - least).abs() < 1e-9,
        "{} {least}",
        evaluation.loss
    );
}

#[test]
fn the_test_s_images_are_never_trained_on() {
    let graph = classifier(3);
    let mut driven = Driven::seeded(&graph, 1);
    held(&mut driven, &blobs(120, 3));
    // Held out images with the wrong labels: a network that has not seen them is always wrong.
    let mut wrong = blobs(60, 3);
    for label in &mut wrong.labels {
        *label = (*label + 1) % 3;
    }
    let (command, payload) = data(&wrong, 3, true);
    driven.ask(command, payload);
    driven.ask_last(
        training::train(settings(20), Snapshots::default()),
        Vec::new(),
    );
    let evaluate = |part| Command::Evaluate {
        set: SET,
        task: Box::new(task(Settings::default())),
        part,
    };
    let mut accuracy = |part| match driven.ask(evaluate(part), Vec::new()).header {
        Event::Evaluated { evaluation } => (evaluation.accuracy, evaluation.examples),
        event => panic!("{event:?}"),
    };
    assert_eq!(accuracy(Part::Test), (0.0, 60));
    assert_eq!(accuracy(Part::Training).1, 108);
    assert!(accuracy(Part::Training).0 > 0.95);
}

#[test]
fn frozen_layers_stay_and_the_values_before_the_others_are_computed_once() {
    let graph = classifier(3);
    let mut driven = Driven::seeded(&graph, 1);
    held(&mut driven, &blobs(240, 3));
    let bits = |driven: &mut Driven, name: &str| driven.bits(&graph, name);
    let names = ["conv", "norm", "head"];
    let before = names.map(|name| bits(&mut driven, name));
    let frozen = ["conv", "norm"].map(|name| id(&graph, name)).to_vec();
    let settings = Settings {
        frozen,
        ..settings(12)
    };
    let message = driven.ask_last(
        training::train(settings.clone(), Snapshots::default()),
        Vec::new(),
    );
    assert!(matches!(
        message.header,
        Event::Trained {
            end: End::Completed,
            ..
        }
    ));
    let after = names.map(|name| bits(&mut driven, name));
    // Norm's running statistics among them.
    assert_eq!(after[..2], before[..2]);
    assert_ne!(after[2], before[2]);
    // The same with images that are changed by nothing, so that nothing can be kept.
    let changed = Settings {
        augmentation: Some(engine::data::Augmentation::default()),
        ..settings
    };
    let mut other = Driven::seeded(&graph, 1);
    held(&mut other, &blobs(240, 3));
    other.ask_last(training::train(changed, Snapshots::default()), Vec::new());
    let floats = |bits: &[(String, Vec<usize>, Vec<u32>)]| -> Vec<f32> {
        bits.iter()
            .flat_map(|(.., bits)| bits.iter().map(|it| f32::from_bits(*it)))
            .collect()
    };
    let (kept, anew) = (floats(&after[2]), floats(&bits(&mut other, "head")));
    for (kept, anew) in kept.iter().zip(&anew) {
        assert!((kept - anew).abs() < 1e-4, "{kept} {anew}");
    }
}

#[test]
fn weights_are_initialised_by_the_task_except_frozen_ones() {
    let graph = classifier(3);
    let mut driven = Driven::seeded(&graph, 1);
    held(&mut driven, &blobs(240, 3));
    let before = driven.bits(&graph, "conv");
    let settings = Settings {
        initialisation: Some(Initialisation::Constant { value: 0.0 }),
        frozen: vec![id(&graph, "conv")],
        length: Length::Steps(1),
        ..settings(1)
    };
    let events = {
        let train = send_train(&mut driven, settings, Snapshots::default());
        events(&mut driven, train)
    };
    assert_eq!(driven.bits(&graph, "conv"), before);
    // A head of zeros gives each of three classes a third: ln 3.
    let first = training::points(&events)[0];
    assert!((first.loss - 3.0_f64.ln()).abs() < 1e-6, "{first:?}");
}

#[test]
fn the_rate_finder_proposes_a_rate_and_leaves_the_weights() {
    let graph = classifier(3);
    let mut driven = Driven::seeded(&graph, 1);
    held(&mut driven, &blobs(240, 3));
    let before = driven.answer(&picture(&graph));
    let range = RateRange {
        from: 1e-5,
        to: 10.0,
        steps: 60,
    };
    let find = Command::FindRate {
        set: SET,
        task: Box::new(task(settings(1))),
        range,
    };
    let Event::RateFound {
        rates,
        losses,
        proposed,
    } = driven.ask(find, Vec::new()).header
    else {
        panic!("no rates")
    };
    assert_eq!(rates.len(), losses.len());
    assert!((rates[0] / 1e-5 - 1.0).abs() < 1e-9 && rates.is_sorted());
    let proposed = proposed.unwrap();
    assert!((1e-5..1.0).contains(&proposed), "{proposed}");
    assert_eq!(driven.answer(&picture(&graph)), before);
}

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
