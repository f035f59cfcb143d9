//! A small training for the tests: three bright corners, and a network with batch norm and dropout.
#![allow(dead_code, reason = "each test file takes what it needs")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use engine::checkpoint::File;
use engine::data::{Labelled, Random, Split};
use engine::graph::Edit;
use engine::layer::{Activation, BatchNorm, Conv, Dropout, Flatten, Linear};
use engine::session::{Command, DataPart, Event, Failure, Message, RequestId, Snapshots, Weights};
use engine::train::{End, Length, Point, Position, Settings, Task, TaskError};
use engine::{Graph, GraphBuilder, Shape};

use crate::driven::Driven;

/// The number of the data set.
pub const SET: u32 = 1;

/// Convolution, batch norm, dropout and a head of so many classes.
pub fn classifier(classes: u32) -> Graph {
    let mut net = GraphBuilder::new("small", Shape::new(1, 8, 8));
    net.then(
        "conv",
        Conv {
            bias: false,
            ..Conv::new(4, 3)
        },
    );
    net.then("norm", BatchNorm::new());
    net.then("relu", Activation::Relu);
    net.then("flatten", Flatten::default());
    net.then("dropout", Dropout { p: 0.2 });
    net.then("head", Linear::new(classes));
    net.finish().unwrap()
}

/// Noisy images of 8×8 whose class is the corner that is bright.
pub fn blobs(count: usize, classes: u16) -> Labelled {
    let mut random = Random::new(count as u64);
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for index in 0..count {
        let label = index as u16 % classes;
        let (left, top) = (4 * usize::from(label % 2), 4 * usize::from(label / 2));
        for y in 0..8 {
            for x in 0..8 {
                let bright = (left..left + 4).contains(&x) && (top..top + 4).contains(&y);
                let level = 80.0 + 60.0 * f32::from(u8::from(bright)) + random.within(60.0);
                pixels.push(level as u8);
            }
        }
        labels.push(label);
    }
    Labelled {
        shape: Shape::new(1, 8, 8),
        pixels,
        labels,
    }
}

/// The command and payload that send these images.
pub fn data(images: &Labelled, classes: u32, held_out: bool) -> (Command, Vec<u8>) {
    let labels = images.labels.iter().flat_map(|label| label.to_le_bytes());
    let payload = labels.chain(images.pixels.iter().copied()).collect();
    let part = DataPart::Pixels {
        shape: images.shape,
        images: images.labels.len() as u32,
    };
    let command = Command::Data {
        set: SET,
        classes,
        held_out,
        part,
    };
    (command, payload)
}

/// Sends them and gives the counts of the classes.
pub fn held(driven: &mut Driven, images: &Labelled) -> Vec<u64> {
    let (command, payload) = data(images, 3, false);
    match driven.ask(command, payload).header {
        Event::Held { counts, .. } => counts,
        event => panic!("{event:?}"),
    }
}

pub fn settings(epochs: u32) -> Settings {
    let mut settings = Settings {
        batch: 16,
        length: Length::Epochs(epochs),
        ..Settings::default()
    };
    settings.schedule.rate = 5e-3;
    settings
}

pub fn task(settings: Settings) -> Task {
    Task {
        settings,
        split: Split::default(),
        ..Task::default()
    }
}

pub fn train(settings: Settings, snapshots: Snapshots) -> Command {
    let task = Box::new(task(settings));
    Command::Train {
        set: SET,
        task,
        snapshots,
    }
}

pub fn send_train(driven: &mut Driven, settings: Settings, snapshots: Snapshots) -> RequestId {
    driven.send(train(settings, snapshots), Vec::new())
}

/// All that this request is answered with, until there is nothing to do.
pub fn events(driven: &mut Driven, id: RequestId) -> Vec<Message<Event>> {
    while driven.turn() {}
    let replies = std::mem::take(&mut driven.replies).into_iter();
    let mine = replies.filter(|it| it.header.id == id).map(|it| Message {
        header: it.header.event,
        payload: it.payload,
    });
    mine.filter(|it| !matches!(it.header, Event::Progress { .. }))
        .collect()
}

/// All steps that these tell.
pub fn points(events: &[Message<Event>]) -> Vec<Point> {
    let points = events.iter().flat_map(|it| match &it.header {
        Event::Stepped { points, .. }
        | Event::Validated { points, .. }
        | Event::Snapshot { points, .. }
        | Event::Trained { points, .. } => points.clone(),
        _ => Vec::new(),
    });
    points.collect()
}

/// How it ended, and the checkpoint.
pub fn trained(events: &[Message<Event>]) -> (End, Vec<u8>) {
    match events.last() {
        Some(Message {
            header: Event::Trained { end, .. },
            payload,
        }) => (end.clone(), payload.clone()),
        other => panic!("{:?}", other.map(|it| &it.header)),
    }
}

/// The values of all tensors of a file, in its order.
pub fn tensors(file: &[u8]) -> Vec<Vec<f32>> {
    let file = File::read(file).unwrap();
    let places = 0..file.header.tensors.len();
    places.map(|place| file.values(place).unwrap()).collect()
}

pub fn position(events: &[Message<Event>]) -> Position {
    match &events.last().unwrap().header {
        Event::Trained { position, .. } => *position,
        event => panic!("{event:?}"),
    }
}

/// The checkpoint and the curve of a whole training.
pub struct Ran {
    pub file: Vec<u8>,
    pub points: Vec<Point>,
}

/// A training in parts of so many steps each, every part in a session of its own.
pub fn run(graph: &Graph, settings: &Settings, parts: &[Option<u64>]) -> Ran {
    let mut ran = Ran {
        file: Vec::new(),
        points: Vec::new(),
    };
    for &pause_after in parts {
        let snapshots = Snapshots {
            every: None,
            pause_after,
            ..Snapshots::default()
        };
        let (mut driven, command);
        if ran.file.is_empty() {
            driven = Driven::seeded(graph, 1);
            command = train(settings.clone(), snapshots);
        } else {
            driven = Driven::new();
            driven.load(graph, Weights::Payload, ran.file.clone());
            command = Command::Resume {
                set: SET,
                snapshots,
            };
        }
        held(&mut driven, &blobs(240, 3));
        let train = driven.send(command, ran.file);
        let events = events(&mut driven, train);
        ran.file = trained(&events).1;
        ran.points.extend(points(&events));
    }
    ran
}

/// The repair of a network for another number of classes.
pub fn repair(graph: &Graph, classes: u32) -> Vec<Edit> {
    let mut driven = Driven::seeded(graph, 1);
    let (command, payload) = data(&blobs(120, 3), classes, false);
    driven.ask(command, payload);
    match driven
        .ask(train(settings(1), Snapshots::default()), Vec::new())
        .header
    {
        Event::Failed { failure } => match failure.decode() {
            Failure::Task(TaskError::Head { repair, .. }) => repair,
            other => panic!("{other:?}"),
        },
        event => panic!("{event:?}"),
    }
}
