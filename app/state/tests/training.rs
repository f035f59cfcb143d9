//! A training's state: going back, and a kept run that takes its place.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;

use std::sync::Arc;

use common::lenet;
use engine::data::Part;
use engine::format::Experiment;
use engine::train::{Evaluation, Point, Task};
use engine::zoo;
use reactive_graph::traits::{GetUntracked, WithUntracked};
use state::State;
use state::data::SetId;
use state::document::History;
use state::train::runs::{Checkpoint, Run, RunOf};
use state::train::{Curve, Examined, Snapshot, Status, TrainedOn, Validation};

fn points(steps: std::ops::RangeInclusive<u64>) -> Vec<Point> {
    let point = |step| Point {
        step,
        steps: 30,
        epoch: 1,
        loss: 1.0,
        accuracy: 0.5,
        rate: 0.1,
        gradient_norm: 1.0,
        examples_per_second: 10.0,
    };
    steps.map(point).collect()
}

fn validation(part: Part, epoch: u32) -> Validation {
    let evaluation = Evaluation {
        part,
        epoch,
        examples: 4,
        loss: 1.0,
        accuracy: 0.5,
        confusion: vec![1, 1, 1, 1],
        worst: Vec::new(),
        training: None,
    };
    Validation::read(SetId(1), evaluation, &[])
}

/// A training of two epochs of ten steps, paused in the third.
fn trained(state: State) {
    let train = state.train;
    train.begin(TrainedOn::default());
    for (epoch, last) in [(1, 10), (2, 20)] {
        train.stepped(&points(last - 9..=last));
        train.validated(validation(Part::Validation, epoch));
        let number = last;
        train.keep(Snapshot {
            step: last,
            number,
            bytes: 1,
        });
        train.examine(Examined {
            step: last,
            validation: Arc::new(validation(Part::Test, epoch)),
        });
    }
    train.stepped(&points(21..=25));
    train.set_status(Status::Paused);
}

#[test]
fn going_back_clears_what_came_after_the_step() {
    let page = lenet();
    let state = page.state;
    trained(state);
    let train = state.train;
    assert_eq!(train.go_back(15), [20]);
    assert_eq!(train.curve().with_untracked(|it| it.samples().len()), 15);
    // Of the second epoch, which did not happen.
    assert_eq!(train.validation().get_untracked(), None);
    let examined = |step| {
        train
            .examined()
            .with_untracked(|it| it.get(step, Part::Test).is_some())
    };
    assert_eq!([examined(10), examined(20)], [true, false]);
}

#[test]
fn going_back_within_an_epoch_keeps_the_answers_before_it() {
    let page = lenet();
    let state = page.state;
    trained(state);
    let train = state.train;
    train.go_back(22);
    let epoch = train
        .validation()
        .with_untracked(|it| it.as_ref().map(|it| it.evaluation.epoch));
    assert_eq!(epoch, Some(2));
}

#[test]
fn a_kept_run_comes_back_with_its_settings_and_can_go_on() {
    let page = lenet();
    let state = page.state;
    trained(state);
    let train = state.train;
    let mut task = Task::default();
    task.settings.batch = 17;
    let run = Run {
        of: RunOf {
            number: 1,
            graph: Arc::new(zoo::lenet5().unwrap()),
            task: task.clone(),
            on: TrainedOn::default(),
        },
        name: "Run 1".to_owned(),
        curve: Arc::new(train.curve().get_untracked()),
        status: Status::Paused,
        seconds: 2.0,
        checkpoint: Checkpoint::At { step: 25, bytes: 1 },
        kept_as: Vec::new(),
    };
    train.change_runs(|runs| runs.keep(run.clone()));
    train.begin(TrainedOn::default());
    let snapshot = Snapshot {
        step: 25,
        number: 9,
        bytes: 1,
    };
    train.restore(&run, snapshot);
    assert_eq!(train.task().get_untracked(), task);
    assert_eq!(train.curve().get_untracked(), *run.curve);
    assert_eq!(train.latest().get_untracked().map(|it| it.step), Some(25));
    let newest = train.snapshots().with_untracked(|it| it.at(u64::MAX));
    assert_eq!(newest, Some(snapshot));
    assert_eq!(train.status().get_untracked(), Status::Paused);
    // The kept runs stay when another training begins.
    assert_eq!(train.runs().with_untracked(|it| it.all().len()), 1);
}

/// Photos are normalised as the network's publisher says, and not as the usual ones.
#[test]
fn images_are_prepared_as_the_network_expects() {
    let page = lenet();
    let state = page.state;
    let name = "efficientnet-lite0";
    let mut experiment = Experiment::of(zoo::build(name, &Default::default()).unwrap());
    experiment.settings.origin = Some(name.to_owned());
    experiment.settings.recipe.centre = false;
    state.put_experiment(&experiment, History::default(), None);
    let means = state.next_task().means;
    // As published by Google for the Lite variants: (x - 127) / 128.
    assert_eq!(
        (means.photo.mean, means.photo.scale),
        ([127.0; 3], [128.0; 3])
    );
    assert!(!means.drawing.centre);
}

#[test]
fn a_training_of_an_earlier_visit_goes_on_at_its_checkpoint() {
    let page = lenet();
    let state = page.state;
    trained(state);
    let train = state.train;
    let mut task = Task::default();
    task.settings.batch = 17;
    let run = Run {
        of: RunOf {
            number: 4,
            graph: Arc::new(zoo::lenet5().unwrap()),
            task: task.clone(),
            on: TrainedOn::default(),
        },
        name: "Run 4".to_owned(),
        curve: Arc::new(train.curve().get_untracked()),
        status: Status::Stopped,
        seconds: 2.0,
        checkpoint: Checkpoint::None,
        kept_as: vec![9],
    };
    train.forget();
    let snapshot = Snapshot {
        step: 20,
        number: 9,
        bytes: 1,
    };
    train.take_back(&run, snapshot);
    // What came after the checkpoint is made again.
    let last = |curve: &Curve| curve.samples().last().map(|it| it.step);
    assert_eq!(train.curve().with_untracked(last), Some(20));
    let newest = train
        .curve()
        .with_untracked(|it| it.checks().last().map(|it| it.step));
    assert_eq!(newest, Some(20));
    assert_eq!(train.latest().get_untracked().map(|it| it.step), Some(20));
    assert_eq!(train.status().get_untracked(), Status::Paused);
    // Its own settings are shown, also while those of the next training are changed.
    train.edit(|task| task.settings.batch = 3);
    let batch = || train.with_run_task(|task| task.settings.batch);
    assert_eq!(batch(), 17);
    // Without a training there are only those of the next.
    train.forget();
    assert_eq!(batch(), 3);
}
