//! A session whose compiled plan is on a device trains, finds a rate and times layers as one on the
//! CPU; skipped aloud where there is no device.
#![cfg(all(feature = "run", feature = "plan-gpu"))]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod driven;
mod training;

use std::rc::Rc;

use driven::{Driven, picture};
use engine::layer::{Activation, Conv, Flatten, Linear, MaxPool};
use engine::plan::gpu::Gpu;
use engine::session::{
    BurnReason, Command, Event, Executor, Message, Pass, Session, Snapshots, Weights,
};
use engine::train::{Adversarial, End, RateRange, Settings};
use engine::{Graph, GraphBuilder, Shape};
use pollster::block_on;
use training::{SET, blobs, events, held, points, send_train, settings, task, tensors, trained};

/// Without dropout, whose masks would differ.
fn network() -> Graph {
    let mut net = GraphBuilder::new("small", Shape::new(1, 8, 8));
    net.then("conv", Conv::new(6, 3));
    net.then("relu", Activation::Relu);
    net.then("pool", MaxPool::new(2));
    net.then("flatten", Flatten::default());
    net.then("head", Linear::new(3));
    net.finish().unwrap()
}

/// One session on the CPU and one on a device, each with the network and the images.
fn sessions() -> Option<[Driven; 2]> {
    let gpu = match block_on(Gpu::find()) {
        Ok(gpu) => Rc::new(gpu),
        Err(why) => {
            eprintln!("skipped, no device for WGSL: {why}");
            return None;
        }
    };
    let sessions = [Session::on_cpu(), Session::on_cpu().planning_on(gpu)];
    Some(sessions.map(|session| {
        let mut driven = Driven::of(session);
        let loaded = driven.load(&network(), Weights::Seeded { seed: 1 }, Vec::new());
        assert!(matches!(loaded, Event::Loaded { .. }), "{loaded:?}");
        held(&mut driven, &blobs(120, 3));
        driven
    }))
}

/// The largest difference, as a share of the largest value.
fn error(got: &[f32], wanted: &[f32]) -> f32 {
    assert_eq!(got.len(), wanted.len());
    let most = wanted
        .iter()
        .fold(f32::MIN_POSITIVE, |most, it| most.max(it.abs()));
    let off = got.iter().zip(wanted).map(|(a, b)| (a - b).abs());
    off.fold(0.0, f32::max) / most
}

fn executors(events: &[Message<Event>]) -> Vec<Executor> {
    let told = events.iter().filter_map(|it| match &it.header {
        Event::Stepped { executor, .. } => Some(executor.clone()),
        _ => None,
    });
    told.collect()
}

#[test]
fn a_training_on_a_device_has_the_curve_and_the_weights_of_one_on_the_cpu() {
    let Some(sessions) = sessions() else { return };
    let [cpu, device] = sessions.map(|mut driven| {
        let id = send_train(&mut driven, settings(2), Snapshots::default());
        let events = events(&mut driven, id);
        for executor in executors(&events) {
            assert_eq!(executor, Executor::Plan);
        }
        let (end, file) = trained(&events);
        assert_eq!(end, End::Completed);
        let losses: Vec<f32> = points(&events).iter().map(|it| it.loss as f32).collect();
        let validated = events.iter().filter_map(|it| match &it.header {
            Event::Validated { evaluation, .. } => Some(evaluation.loss as f32),
            _ => None,
        });
        // The trained weights answer, by the plan again.
        let answer = driven.answer(&picture(&network())).into_iter();
        let answer: Vec<f32> = answer.map(f32::from_bits).collect();
        (
            losses,
            validated.collect::<Vec<f32>>(),
            tensors(&file),
            answer,
        )
    });
    assert_eq!(cpu.0.len(), 12);
    assert!(cpu.0[11] < cpu.0[0], "{:?}", cpu.0);
    assert!(
        error(&device.0, &cpu.0) <= 1e-4,
        "{:?} {:?}",
        device.0,
        cpu.0
    );
    assert_eq!(cpu.1.len(), 2);
    assert!(
        error(&device.1, &cpu.1) <= 1e-4,
        "{:?} {:?}",
        device.1,
        cpu.1
    );
    for (got, wanted) in device.2.iter().zip(&cpu.2) {
        assert!(error(got, wanted) <= 1e-3);
    }
    assert!(error(&device.3, &cpu.3) <= 1e-3);
}

#[test]
fn a_training_on_a_device_goes_on_after_a_pause_and_answers_meanwhile() {
    let Some([_, mut driven]) = sessions() else {
        return;
    };
    let paused = Snapshots {
        pause_after: Some(5),
        ..Snapshots::default()
    };
    let id = send_train(&mut driven, settings(2), paused);
    let first = events(&mut driven, id);
    // The answer gets the weights to the host, and a network of the session's device in place of the
    // training's.
    driven.answer(&picture(&network()));
    let snapshots = Snapshots::default();
    let id = driven.send(
        Command::Resume {
            set: SET,
            snapshots,
        },
        Vec::new(),
    );
    let rest = events(&mut driven, id);
    assert_eq!([points(&first).len(), points(&rest).len()], [5, 7]);
    let Some([_, mut whole]) = sessions() else {
        return;
    };
    let id = send_train(&mut whole, settings(2), Snapshots::default());
    let whole = events(&mut whole, id);
    assert_eq!(tensors(&trained(&rest).1), tensors(&trained(&whole).1));
}

#[test]
fn attacked_pictures_are_left_to_burn_and_the_training_says_so() {
    let Some([_, mut driven]) = sessions() else {
        return;
    };
    let settings = Settings {
        adversarial: Some(Adversarial::default()),
        ..settings(1)
    };
    let id = send_train(&mut driven, settings, Snapshots::default());
    let events = events(&mut driven, id);
    let setting = "its pictures are attacked first".to_owned();
    let reason = Executor::Burn(BurnReason::Setting { setting });
    assert!(executors(&events).iter().all(|it| *it == reason));
    assert_eq!(trained(&events).0, End::Completed);
}

#[test]
fn the_rate_finder_on_a_device_finds_the_losses_of_the_cpu() {
    let Some(sessions) = sessions() else { return };
    let [cpu, device] = sessions.map(|mut driven| {
        let range = RateRange {
            from: 1e-5,
            to: 1e-2,
            steps: 12,
        };
        let task = Box::new(task(settings(1)));
        let command = Command::FindRate {
            set: SET,
            task,
            range,
        };
        match driven.ask(command, Vec::new()).header {
            Event::RateFound { losses, .. } => losses,
            event => panic!("{event:?}"),
        }
    });
    let [cpu, device] = [cpu, device].map(|it| it.iter().map(|&it| it as f32).collect::<Vec<_>>());
    assert!(cpu.len() >= 11, "{cpu:?}");
    assert!(error(&device, &cpu) <= 1e-3, "{device:?} {cpu:?}");
}

#[test]
fn layers_are_timed_on_a_device_by_the_plan() {
    let Some([_, mut driven]) = sessions() else {
        return;
    };
    driven.answer(&picture(&network()));
    match driven.ask(Command::Time { runs: 2 }, Vec::new()).header {
        Event::Timed {
            layers,
            total_ms,
            executor,
            ..
        } => {
            assert_eq!(executor, Executor::Plan);
            assert_eq!(layers.len(), network().nodes().len());
            assert!(total_ms > 0.0);
            // What is computed within another layer has no time of its own.
            let timed = layers.iter().filter(|it| it.within.is_none());
            assert!(timed.clone().count() >= 2);
            assert!(layers.iter().all(|it| it.ms >= 0.0 && it.ms.is_finite()));
            assert!(timed.map(|it| it.ms).sum::<f64>() > 0.0);
        }
        event => panic!("{event:?}"),
    }
}

#[test]
fn a_measured_training_step_on_a_device_leaves_the_weights_as_they_are() {
    let Some([_, mut driven]) = sessions() else {
        return;
    };
    let before = driven.answer(&picture(&network()));
    let (batch, runs) = (4, 3);
    let pass = Pass::Training { batch };
    match driven
        .ask(Command::Measure { runs, pass }, Vec::new())
        .header
    {
        Event::Measured { ms } => assert!(ms > 0.0 && ms.is_finite(), "{ms}"),
        event => panic!("{event:?}"),
    }
    assert_eq!(driven.answer(&picture(&network())), before);
}
