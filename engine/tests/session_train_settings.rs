//! What the settings of a training do: early stopping, parts of the data, frozen layers,
//! initialisation; and the search for a rate.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod driven;
mod training;

use driven::{Driven, id, picture};
use engine::data::Part;
use engine::session::{Command, Event, Snapshots};
use engine::train::{EarlyStopping, End, Initialisation, Length, RateRange, Settings};
use training::{SET, blobs, classifier, data, events, held, send_train, settings, task, trained};

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
        images: None,
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
        images: None,
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
        ..settings.clone()
    };
    let mut other = Driven::seeded(&graph, 1);
    held(&mut other, &blobs(240, 3));
    other.ask_last(
        training::train(changed.clone(), Snapshots::default()),
        Vec::new(),
    );
    let floats = |bits: &[(String, Vec<usize>, Vec<u32>)]| -> Vec<f32> {
        bits.iter()
            .flat_map(|(.., bits)| bits.iter().map(|it| f32::from_bits(*it)))
            .collect()
    };
    let (kept, anew) = (floats(&after[2]), floats(&bits(&mut other, "head")));
    for (kept, anew) in kept.iter().zip(&anew) {
        assert!((kept - anew).abs() < 1e-4, "{kept} {anew}");
    }
    // Sums over a batch are taken in another order than over each image: the losses are the same
    // but for rounding.
    let [kept, anew] = [&settings, &changed].map(|it| training::run(&graph, it, &[None]).points);
    assert_eq!(kept.len(), 12 * 12);
    for (kept, anew) in kept.iter().zip(&anew) {
        let apart = (kept.loss - anew.loss).abs();
        assert!(apart < 1e-4 * kept.loss, "{kept:?} {anew:?}");
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
    // The first pass computes every node by itself, later ones fused layers, which may round otherwise.
    driven.answer(&picture(&graph));
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
