//! Adversarial training: it makes a network hold against the attack that it was trained with, and a
//! training with it is as reproducible as any other.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod driven;
mod training;

use driven::Driven;
use engine::attack::{Method, Order, SetOrder, SetReport, Settings as Attack, Study};
use engine::session::{Command, Event, Snapshots};
use engine::train::{Adversarial, End, Settings};
use engine::{Graph, GraphBuilder, Shape};
use training::{SET, blobs, classifier, events, held, send_train, settings, tensors, trained};

const EPSILON: f32 = 0.1;

fn adversarial() -> Option<Adversarial> {
    Some(Adversarial {
        epsilon: EPSILON,
        ..Adversarial::default()
    })
}

/// A network with room for what is not robust: it can rely on single pixels.
fn wide() -> Graph {
    let mut net = GraphBuilder::new("wide", Shape::new(1, 8, 8));
    net.then("flatten", engine::layer::Flatten::default());
    net.then("hidden", engine::layer::Linear::new(64));
    net.then("relu", engine::layer::Activation::Relu);
    net.then("head", engine::layer::Linear::new(3));
    net.finish().unwrap()
}

/// Accuracy on the test images as they are, and under PGD.
fn robustness(driven: &mut Driven) -> [f64; 2] {
    let order = SetOrder {
        images: 60,
        study: Study::Curve {
            attacks: vec![Attack {
                steps: 20,
                ..Attack::of(Method::Pgd)
            }],
            epsilons: vec![EPSILON],
        },
        ..SetOrder::default()
    };
    let order = Order::Set {
        set: SET,
        order: Box::new(order),
    };
    let order = serde_json::to_string(&order).unwrap();
    match driven.ask(Command::Attack { order }, Vec::new()).header {
        Event::Attacked { report } => match serde_json::from_str(&report).unwrap() {
            SetReport::Curve { clean, curves, .. } => [clean, curves[0].points[0][1]],
            other => panic!("{other:?}"),
        },
        event => panic!("{event:?}"),
    }
}

#[test]
fn a_network_trained_against_attacks_holds_against_them_better_than_one_that_is_not() {
    let measured = [None, adversarial()].map(|adversarial| {
        let mut driven = Driven::seeded(&wide(), 1);
        held(&mut driven, &blobs(600, 3));
        let settings = Settings {
            adversarial,
            ..settings(20)
        };
        let train = send_train(&mut driven, settings, Snapshots::default());
        assert_eq!(trained(&events(&mut driven, train)).0, End::Completed);
        robustness(&mut driven)
    });
    let [[clean, robust], [clean_trained, robust_trained]] = measured;
    assert!(clean > 0.9 && clean_trained > 0.8, "{measured:?}");
    assert!(robust_trained > robust + 0.1, "{measured:?}");
}

#[test]
fn the_same_seed_gives_the_same_weights_also_in_parts_and_with_shards() {
    let graph = classifier(3);
    for shards in [None, Some(2)] {
        let settings = Settings {
            adversarial: Some(Adversarial {
                share: 0.5,
                steps: 2,
                ..Adversarial::default()
            }),
            shards,
            ..settings(2)
        };
        let whole = training::run(&graph, &settings, &[None]);
        let parts = training::run(&graph, &settings, &[Some(10), None]);
        assert_eq!(tensors(&parts.file), tensors(&whole.file), "{shards:?}");
        let plain = Settings {
            adversarial: None,
            ..settings
        };
        let plain = training::run(&graph, &plain, &[None]);
        assert_ne!(tensors(&plain.file), tensors(&whole.file), "{shards:?}");
    }
}

#[test]
fn an_attack_that_makes_no_sense_is_refused_with_its_range() {
    let refused = |adversarial| {
        let settings = Settings {
            adversarial: Some(adversarial),
            ..Settings::default()
        };
        settings.check(&classifier(3)).unwrap_err().to_string()
    };
    let usual = Adversarial::default();
    let error = refused(Adversarial {
        epsilon: 2.0,
        ..usual
    });
    assert!(
        error.contains("ε") && error.contains("at most 1"),
        "{error}"
    );
    let error = refused(Adversarial { steps: 0, ..usual });
    assert!(error.contains("from 1 to 100"), "{error}");
    let error = refused(Adversarial {
        share: 0.0,
        ..usual
    });
    assert!(error.contains("share"), "{error}");
}
