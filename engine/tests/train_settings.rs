//! Settings of training: schedules against the reference's, refusals, the document.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod reference_schedule;

use std::fs;

use engine::NodeId;
use engine::data::Augmentation;
use engine::train::{
    Adversarial, Decay, EarlyStopping, Initialisation, Length, Method, Schedule, Settings, WarmUp,
};
use engine::zoo;
use proptest::prelude::*;
use reference_schedule::schedule;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Case {
    name: String,
    steps: u64,
    schedule: Value,
    lr: Vec<f64>,
    momentum: Option<Vec<f64>>,
}

#[test]
fn every_schedule_of_the_reference_has_its_rates() {
    let path = common::folder().join("second/optim/schedules.json");
    let cases: Vec<Case> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert!(cases.len() >= 9);
    for case in cases {
        let base = case.schedule["lr"].as_f64().unwrap_or_default();
        let schedule = schedule(&case.schedule, base);
        assert_eq!(case.lr.len() as u64, case.steps);
        for (step, &wanted) in (0..).zip(&case.lr) {
            let got = schedule.rate(step, case.steps);
            let relative = (got / wanted - 1.0).abs();
            // PyTorch computes some rates from the last one, with a rounding each step.
            assert!(
                relative < 1e-12,
                "{} step {step}: {got} {wanted}",
                case.name
            );
        }
        let momentum = case.momentum.unwrap_or_default();
        for (step, &wanted) in (0..).zip(&momentum) {
            let got = schedule.momentum(step, case.steps).unwrap();
            assert!((got - wanted).abs() < 1e-12, "{} step {step}", case.name);
        }
        assert_eq!(
            schedule.momentum(0, case.steps).is_some(),
            !momentum.is_empty()
        );
    }
}

#[test]
fn an_even_warm_up_reaches_the_rate_in_equal_steps() {
    // Goyal et al. 2017: step t of W has (t + 1) / W.
    let schedule = Schedule {
        rate: 1.0,
        decay: Decay::Constant,
        warm_up: Some(WarmUp::even(5)),
    };
    let rates = [0, 1, 2, 3, 4, 5].map(|step| schedule.rate(step, 10));
    for (rate, wanted) in rates.into_iter().zip([0.2, 0.4, 0.6, 0.8, 1.0, 1.0]) {
        assert!((rate - wanted).abs() < 1e-12, "{rates:?}");
    }
}

fn every_setting() -> Settings {
    Settings {
        method: Method::RmsProp {
            alpha: 0.9,
            eps: 1e-7,
            momentum: 0.5,
            centred: true,
        },
        schedule: Schedule {
            rate: 0.1,
            decay: Decay::Milestones {
                at: vec![3, 7],
                factor: 0.1,
            },
            warm_up: Some(WarmUp::even(4)),
        },
        batch: 32,
        length: Length::Seconds(2.5),
        weight_decay: 1e-4,
        decay_norms_and_biases: true,
        label_smoothing: 0.1,
        clip_norm: Some(1.0),
        shuffle: false,
        seed: 77,
        initialisation: Some(Initialisation::Normal { std: 0.01 }),
        early_stopping: Some(EarlyStopping::default()),
        augmentation: Some(Augmentation::of_photos()),
        frozen: vec![NodeId(1)],
        shards: Some(8),
        adversarial: Some(Adversarial {
            share: 0.5,
            ..Adversarial::default()
        }),
        // These do not go together with shards; `SettingsFile`'s own test has them.
        teacher: None,
        quantised: None,
        pruning: None,
        keep_zeros: true,
    }
}

#[test]
fn settings_survive_a_document_and_what_is_missing_is_the_default() {
    let settings = every_setting();
    let text = serde_json::to_string(&settings).unwrap();
    assert_eq!(serde_json::from_str::<Settings>(&text).unwrap(), settings);
    assert_eq!(
        serde_json::from_str::<Settings>("{}").unwrap(),
        Settings::default()
    );
    let text = r#"{"batch":16,"length":{"epochs":2},"method":{"optimiser":"sgd"}}"#;
    let read: Settings = serde_json::from_str(text).unwrap();
    assert_eq!(
        (read.batch, read.length, read.method),
        (16, Length::Epochs(2), Method::Sgd)
    );
}

#[test]
fn settings_that_make_no_sense_are_refused_by_name() {
    let graph = zoo::lenet5().unwrap();
    assert_eq!(Settings::default().check(&graph), Ok(()));
    assert_eq!(every_setting().check(&graph), Ok(()));
    type Spoil = fn(&mut Settings);
    let cases: [(Spoil, &str); 16] = [
        (
            |it| it.schedule.rate = 0.0,
            "the learning rate is 0; it must be a finite number above 0",
        ),
        (|it| it.schedule.rate = f64::NAN, "the learning rate is NaN"),
        (|it| it.batch = 0, "the batch is 0"),
        (
            |it| it.batch = 5000,
            "the batch is 5000; it must be from 1 to 4096",
        ),
        (|it| it.length = Length::Epochs(0), "a length of 0"),
        (
            |it| it.length = Length::Seconds(-1.0),
            "the number of seconds is -1",
        ),
        (|it| it.weight_decay = -0.1, "weight decay is -0.1"),
        (|it| it.label_smoothing = 1.0, "label smoothing is 1"),
        (
            |it| it.clip_norm = Some(0.0),
            "the largest gradient norm is 0",
        ),
        (
            |it| it.method = Method::Momentum { momentum: 1.0 },
            "momentum is 1; it must be from 0, below 1",
        ),
        (
            |it| {
                it.schedule.decay = Decay::Step {
                    every: 0,
                    factor: 0.1,
                }
            },
            "the steps between two decays is 0",
        ),
        (
            |it| it.schedule.decay = Decay::Cosine { least: 1.0 },
            "the last learning rate is 1",
        ),
        (
            |it| {
                it.schedule.warm_up = Some(WarmUp {
                    steps: 2,
                    rise: 3,
                    start: 0.1,
                })
            },
            "the warm-up rises for 3 of its 2 steps",
        ),
        (
            |it| it.schedule.decay = Decay::ONE_CYCLE,
            "one cycle has a warm-up of its own",
        ),
        (
            |it| it.frozen = vec![NodeId(999)],
            "node 999 is to be frozen",
        ),
        (
            |it| {
                it.augmentation = Some(Augmentation {
                    shift: 2.0,
                    ..Augmentation::default()
                })
            },
            "the shift of the augmentation is 2",
        ),
    ];
    for (spoil, wanted) in cases {
        let mut settings = every_setting();
        spoil(&mut settings);
        let error = settings.check(&graph).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

proptest! {
    #[test]
    fn rates_are_finite_and_never_above_the_given_one(
        step in 0..2000_u64,
        steps in 1..2000_u64,
        kind in 0..6_usize,
    ) {
        let decay = [
            Decay::Constant,
            Decay::Step { every: 7, factor: 0.5 },
            Decay::Milestones { at: vec![5, 50], factor: 0.1 },
            Decay::Exponential { factor: 0.99 },
            Decay::Cosine { least: 1e-4 },
            Decay::ONE_CYCLE,
        ][kind].clone();
        let schedule = Schedule { rate: 0.1, decay, warm_up: None };
        let rate = schedule.rate(step, steps);
        prop_assert!((0.0..=0.1 + 1e-12).contains(&rate), "{rate}");
    }
}
