//! Variants, the frontier of accuracy against cost, and what a step costs and saves.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use engine::compress::prune::{Criterion, Scope};
use engine::compress::quantise::{Granularity, Width};
use engine::compress::{Accuracy, Bytes, Figures, Prune, Quantise, Stored, What};
use engine::zoo;
use state::document::{OwnWeights, Snapshot};
use state::shrink::pareto::{Cost, Plot, points};
use state::shrink::{
    Forecast, MOST, MOST_BYTES, New, Step, VariantError, VariantId, VariantRecord, Variants,
    forecast,
};

fn snapshot(number: Option<u64>) -> Snapshot {
    Snapshot {
        graph: zoo::lenet5().unwrap(),
        origin: Some("lenet-5"),
        weights: number.map(|number| OwnWeights {
            number,
            from: "a step".into(),
            step: 0,
        }),
    }
}

fn figures(bytes: u64, right: f64) -> Figures {
    Figures {
        parameters: 10,
        nonzero: 10,
        macs: 100,
        bytes: Bytes {
            dense: bytes,
            sparse: bytes,
            deflated: bytes,
        },
        accuracy: Some(Accuracy {
            images: 100,
            right,
            loss: 0.1,
        }),
    }
}

/// Of the weights with this number, or the shipped ones.
fn new(number: Option<u64>, figures: Figures) -> New {
    New {
        id: VariantId(number.unwrap_or(0)),
        made: number.unwrap_or(0) as f64,
        snapshot: snapshot(number),
        figures,
        set: Some("MNIST".to_owned()),
        bytes: number.map_or(0, |_| figures.bytes.dense),
    }
}

fn four() -> (Variants, [VariantId; 4]) {
    let mut variants = Variants::default();
    let first = variants.keep(new(None, figures(1000, 0.98)));
    let step = |variants: &mut Variants, from, number, bytes, right| {
        let step = format!("step {number}");
        variants.step(from, step, new(Some(number), figures(bytes, right)))
    };
    let second = step(&mut variants, first, 1, 500, 0.97);
    let third = step(&mut variants, second, 2, 600, 0.90);
    let fourth = step(&mut variants, second, 3, 100, 0.80);
    (variants, [first, second, third, fourth])
}

#[test]
fn a_variant_has_the_steps_of_those_before_it() {
    let (mut variants, [first, second, _, fourth]) = four();
    let steps = |id| variants.get(id).unwrap().steps.clone();
    assert!(steps(first).is_empty());
    assert_eq!(steps(fourth), ["step 1", "step 3"]);
    // The network of a variant is that variant, whatever it is called.
    variants.rename(second, "  half  ");
    variants.rename(second, " ");
    let graph = zoo::lenet5().unwrap();
    let own = snapshot(Some(1)).weights;
    let origin = Some("lenet-5");
    let of = |own: Option<&OwnWeights>, origin| variants.of(&graph, own, origin).map(|it| it.id);
    let half = variants.of(&graph, own.as_ref(), origin);
    assert_eq!(half.unwrap().name, "half");
    assert_eq!(of(own.as_ref(), None), Some(second));
    // Shipped weights are those of the network that was opened; without it they are random.
    assert_eq!(of(None, origin), Some(first));
    assert_eq!(of(None, None), None);
    assert_eq!(variants.keep(new(Some(1), figures(9, 0.5))), second);
    assert_eq!(variants.get(second).unwrap().figures.bytes.dense, 500);
    assert_eq!(variants.get(second).unwrap().accuracy(), Some(0.5));
    variants.remove(first);
    assert_eq!(variants.all().len(), 3);
}

#[test]
fn a_kept_variant_comes_back_as_it_was() {
    let (mut variants, [first, _, _, fourth]) = four();
    variants.pin(fourth, true);
    variants.get_mut(fourth).unwrap().ms = Some(0.25);
    variants.get_mut(fourth).unwrap().stored.width = Some(Width::Int4);
    let mut read = Variants::default();
    // In any order, as a database gives them.
    for id in [fourth, first] {
        let one = variants.get(id).unwrap();
        let text = VariantRecord::write(one).unwrap();
        assert_eq!(VariantRecord::read(&text).unwrap(), *one);
        read.add(VariantRecord::read(&text).unwrap());
        read.add(VariantRecord::read(&text).unwrap());
    }
    let ids: Vec<VariantId> = read.all().iter().map(|it| it.id).collect();
    assert_eq!(ids, [first, fourth]);
    assert_eq!(read.networks(), ["LeNet-5"]);
    let text = VariantRecord::write(variants.get(first).unwrap()).unwrap();
    let newer = text.replace("\"form\":1", "\"form\":2");
    assert_eq!(VariantRecord::read(&newer), Err(VariantError::Newer));
    for damaged in ["{}", "", &text[..text.len() / 2], "{\"form\":1}"] {
        assert_eq!(VariantRecord::read(damaged), Err(VariantError::Damaged));
    }
    // A name that a kept variant has is not given again.
    let next = read.step(first, "step".to_owned(), new(Some(9), figures(1, 0.1)));
    let name = |all: &Variants, id| all.get(id).unwrap().name.clone();
    assert_ne!(name(&read, next), name(&read, fourth));
}

#[test]
fn the_oldest_that_are_not_pinned_make_room() {
    let (mut variants, [first, second, third, fourth]) = four();
    assert_eq!(variants.thin(&[fourth]).sentence(), None);
    for id in [second, third, fourth] {
        variants.get_mut(id).unwrap().bytes = MOST_BYTES / 2;
    }
    variants.pin(second, true);
    let third_name = variants.get(third).unwrap().name.clone();
    let thinned = variants.thin(&[fourth]);
    // The first has no weights of its own, so it makes no room.
    assert_eq!(thinned.gone, [third_name]);
    assert!(thinned.sentence().unwrap().contains("250 MB"));
    assert!(variants.get(first).is_some() && variants.bytes() <= MOST_BYTES);
    variants.get_mut(second).unwrap().bytes = 1;
    for number in 0..MOST as u64 {
        variants.step(
            first,
            "s".to_owned(),
            new(Some(100 + number), figures(1, 0.1)),
        );
    }
    let thinned = variants.thin(&[fourth]);
    assert_eq!(variants.all().len(), MOST);
    assert_eq!(thinned.gone.len(), 3);
    assert!(variants.get(second).is_some() && variants.get(fourth).is_some());
    // What stays may be too much; nothing else goes for it.
    variants.get_mut(fourth).unwrap().bytes = 2 * MOST_BYTES;
    variants.get_mut(second).unwrap().bytes = 0;
    let before = variants.all().len();
    let with_bytes = variants.all().iter().filter(|it| it.bytes > 0).count();
    variants.thin(&[fourth]);
    assert_eq!(variants.all().len(), before - (with_bytes - 1));
}

#[test]
fn the_frontier_has_those_that_none_beats() {
    let (variants, [first, second, third, fourth]) = four();
    let all = points(variants.all(), Cost::Bytes);
    let frontier: Vec<VariantId> = { all.iter() }
        .filter(|it| it.frontier)
        .map(|it| it.id)
        .collect();
    assert_eq!(frontier, [first, second, fourth]);
    assert!(all.iter().any(|it| it.id == third && !it.frontier));
    // As many multiply-adds each: only the most accurate is left.
    let all = points(variants.all(), Cost::Macs);
    assert_eq!(all.iter().filter(|it| it.frontier).count(), 1);
    assert!(points(variants.all(), Cost::Milliseconds).is_empty());
}

#[test]
fn the_cheaper_is_further_left_and_the_more_accurate_further_up() {
    let (variants, _) = four();
    let all = points(variants.all(), Cost::Bytes);
    let plot = Plot::of(&all, [40.0, 10.0, 300.0, 150.0]).unwrap();
    let [cheap, dear] = [plot.place(100.0, 0.8), plot.place(1000.0, 0.98)];
    assert!(cheap[0] < dear[0] && cheap[1] > dear[1]);
    for point in &all {
        let [x, y] = plot.place(point.cost, point.accuracy);
        assert!((40.0..=300.0).contains(&x) && (10.0..=150.0).contains(&y));
    }
    assert_eq!(plot.frontier(&all).matches('V').count(), 2);
    assert!(Plot::of(&[], [0.0; 4]).is_none());
}

#[test]
fn the_table_is_comma_separated() {
    let (variants, _) = four();
    let csv = variants.csv();
    let mut lines = csv.lines();
    let columns = lines.next().unwrap().split(',').count();
    assert_eq!(lines.clone().count(), 4);
    assert!(
        lines.all(|line| line.split(',').count() == columns),
        "{csv}"
    );
}

/// LeNet-5 has 61,706 parameters, 61,470 of them weights and 236 biases (LeCun et al. 1998, with
/// C3 fully connected).
#[test]
fn forecasts_are_the_counts_of_lenet() {
    let graph = zoo::lenet5().unwrap();
    let floats = Stored::default();
    let now = Forecast::of(&graph, floats);
    assert_eq!(now.parameters, 61_706);
    let share = 0.5;
    let of = |what| {
        let prune = Prune {
            what,
            share,
            ..Prune::default()
        };
        forecast(&graph, floats, &Step::Prune(&prune))
    };
    let weights = of(What::Weights {
        scope: Scope::Global,
    });
    assert_eq!(weights.nonzero, 61_706 - 61_470 / 2);
    assert_eq!(weights.bytes, now.bytes);
    assert_eq!(weights.macs, now.macs);
    let channels = of(What::Channels { by: Criterion::L1 });
    assert!(channels.macs < now.macs / 2 && channels.parameters < now.parameters / 2);
    let quantise = Quantise {
        width: Width::Int8,
        granularity: Granularity::Tensor,
        ..Quantise::default()
    };
    let quantised = forecast(&graph, floats, &Step::Quantise(&quantise));
    // A byte a weight, four a bias, four for the scale of each of five layers.
    let bytes = 61_470 + 4 * 236 + 4 * 5;
    assert_eq!(quantised.bytes, bytes);
    // Pruned then, its weights stay of 8 bits: half of them go, and a bit a weight says which.
    let prune = Prune {
        what: What::Weights {
            scope: Scope::Global,
        },
        share,
        ..Prune::default()
    };
    let stored = quantise.stored();
    let both = forecast(&graph, stored, &Step::Prune(&prune));
    assert_eq!(both.bytes, bytes);
    assert_eq!(both.sparse, bytes - 61_470 / 2 + 61_470_u64.div_ceil(8));
}
