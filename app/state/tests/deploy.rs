//! The area Deploy's state.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use ::engine::checkpoint::{Parameter, Weights, parameters};
use ::engine::deploy::Latencies;
use ::engine::zoo;
use reactive_graph::owner::Owner;
use reactive_graph::traits::GetUntracked;
use state::deploy::versions::{
    Answers, Difference, Tested, Version, VersionError, VersionRecord, Versions, weight_changes,
};
use state::deploy::{Deploy, Load, Measured, histogram, need, versions};
use state::document::Snapshot;

fn measured(batch: u32, times: &[f64]) -> Measured {
    Measured {
        device: "CPU",
        batch,
        first_ms: 5.0,
        clock_ms: 0.1,
        times: times.to_vec(),
        latencies: Latencies::of(times).unwrap(),
    }
}

#[test]
fn measurements_are_kept_by_batch_size_until_the_network_changes() {
    let owner = Owner::new();
    owner.with(|| {
        let deploy = Deploy::new();
        for batch in [8, 1, 64, 8] {
            deploy.keep(measured(batch, &[f64::from(batch)]));
        }
        let sizes = |deploy: Deploy| {
            let all = deploy.measured().get_untracked();
            all.iter().map(|it| it.batch).collect::<Vec<_>>()
        };
        assert_eq!(sizes(deploy), [1, 8, 64]);
        deploy.fail("No.".to_owned());
        deploy.forget();
        assert_eq!(sizes(deploy), [0; 0]);
        assert_eq!(deploy.failure().get_untracked(), None);
    });
}

#[test]
fn a_load_needs_as_many_machines_as_are_busy_and_then_some() {
    let one = measured(1, &[9.0, 10.0, 11.0]);
    // 1,000 requests a second of 10 ms keep ten machines busy.
    let found = need(
        Load {
            rate: 1000.0,
            within_ms: 100.0,
        },
        &one,
    )
    .unwrap();
    assert!(found.capacity.machines > 10);
    assert!(found.capacity.response_ms <= 100.0);
    // Times that hardly differ wait less than exponential ones.
    assert!(found.simulated_ms < found.capacity.response_ms);
    let refused = need(
        Load {
            rate: 1.0,
            within_ms: 10.0,
        },
        &one,
    )
    .unwrap_err();
    assert!(refused.starts_with("A request alone"), "{refused}");
    assert!(
        need(
            Load {
                rate: 0.0,
                within_ms: 10.0
            },
            &one
        )
        .is_err()
    );
}

#[test]
fn the_measured_times_decide_how_many_machines_are_enough() {
    // By their mean, 0.3 ms, M/M/c has nothing against 3 ms.
    let mut times = vec![0.2; 98];
    times.extend([6.0, 6.0]);
    let slow = measured(1, &times);
    let load = |rate, within_ms| Load { rate, within_ms };
    let refused = need(load(100.0, 3.0), &slow).unwrap_err();
    assert!(refused.contains("6.000 ms at p99"), "{refused}");
    let found = need(load(2000.0, 7.0), &slow).unwrap();
    assert!(found.simulated_ms <= 7.0, "{found:?}");
    // Even times are within what exponential ones of their mean are not.
    let even = measured(1, &[9.0, 10.0, 11.0]);
    let found = need(load(100.0, 20.0), &even).unwrap();
    assert!(found.simulated_ms <= 20.0, "{found:?}");
    assert!(found.capacity.machines < 10, "{found:?}");
}

#[test]
fn a_histogram_has_every_pass() {
    let times: Vec<f64> = (1..=100).map(f64::from).collect();
    let (counts, end) = histogram(&measured(1, &times), 20);
    assert_eq!(counts.iter().sum::<u32>(), 100);
    assert!(end >= 99.0);
    let (counts, _) = histogram(&measured(1, &[0.0]), 20);
    assert_eq!(counts.iter().sum::<u32>(), 1);
}

/// Answers of two classes; each is image, label, answer.
fn tested(answers: &[[u32; 3]]) -> Tested {
    let mut confusion = vec![0; 4];
    for [_, label, answer] in answers {
        confusion[(label * 2 + answer) as usize] += 1;
    }
    let right = answers.iter().filter(|it| it[1] == it[2]).count();
    Tested {
        set: "Coins".to_owned(),
        classes: vec!["heads".to_owned(), "tails".to_owned()],
        accuracy: right as f64 / answers.len() as f64,
        loss: 0.5,
        confusion,
        answers: answers.to_vec(),
    }
}

fn version(name: &str, saved: f64) -> Version {
    let graph = zoo::build("lenet-5", &Default::default()).unwrap();
    let (parameters, macs) = Version::figures(&graph);
    Version {
        number: saved as u64,
        name: name.to_owned(),
        note: String::new(),
        saved,
        snapshot: Snapshot {
            graph,
            origin: Some("lenet-5"),
            weights: None,
        },
        parameters,
        macs,
        bytes: 1,
        tested: None,
        drifts: None,
    }
}

#[test]
fn two_versions_differ_in_the_images_that_they_answer_otherwise() {
    let before = tested(&[[0, 0, 0], [1, 0, 1], [2, 1, 1], [3, 1, 0], [4, 1, 1]]);
    let after = tested(&[[0, 0, 0], [1, 0, 0], [2, 1, 0], [3, 1, 0], [5, 1, 1]]);
    let difference = Difference::between(&before, &after).unwrap();
    assert_eq!(difference.compared, 4);
    let images = |all: &[Answers]| all.iter().map(|it| it.image).collect::<Vec<_>>();
    assert_eq!(images(&difference.repaired), [1]);
    assert_eq!(images(&difference.broken), [2]);
    assert_eq!(difference.changed(), 2);
    // Heads: 1 of 2, then 2 of 2; tails: 2 of 3, then 1 of 3.
    assert_eq!(difference.classes[0].before, Some(0.5));
    assert_eq!(difference.classes[0].after, Some(1.0));
    assert_eq!(difference.classes[1].before, Some(2.0 / 3.0));
    assert_eq!(difference.classes[1].after, Some(1.0 / 3.0));

    let other = Tested {
        set: "Dice".to_owned(),
        ..after
    };
    let why = Difference::between(&before, &other).unwrap_err();
    assert!(why.contains("Coins") && why.contains("Dice"), "{why}");
}

#[test]
fn weights_that_are_doubled_have_changed_by_all_of_their_norm() {
    let graph = zoo::build("lenet-5", &Default::default()).unwrap();
    let file = |scale: f32| {
        let mut weights = Weights::default();
        for parameter in parameters(&graph) {
            let count = parameter.count();
            let of = graph.node(parameter.node).unwrap();
            let factor = if of.name == "F6" { scale } else { 1.0 };
            weights.push(parameter, vec![0.25 * factor; count]);
        }
        let name = |it: &Parameter| it.name.clone();
        weights.write(name, &Default::default()).unwrap()
    };
    let (one, two) = (file(1.0), file(2.0));
    let (changes, alone) = weight_changes((&graph, &one), (&graph, &two)).unwrap();
    assert_eq!(alone, 0);
    for change in &changes {
        let (relative, largest) = match change.node.as_str() {
            "F6" => (1.0, 0.25),
            _ => (0.0, 0.0),
        };
        assert!(
            (change.relative.unwrap() - relative).abs() < 1e-9,
            "{change:?}"
        );
        assert!((change.largest - largest).abs() < 1e-9, "{change:?}");
    }
    assert!(changes.iter().any(|it| it.node == "F6"));
}

#[test]
fn a_kept_version_comes_back_as_it_was() {
    let mut one = version("first", 7.0);
    one.note = "with “quotes” and, commas".to_owned();
    one.tested = Some(std::sync::Arc::new(tested(&[[0, 0, 0], [1, 0, 1]])));
    let text = VersionRecord::write(&one).unwrap();
    assert_eq!(VersionRecord::read(&text).unwrap(), one);
    // Shipped weights that were opened as a version are its own.
    let opened = |number| state::document::OwnWeights {
        number,
        from: "first".into(),
        step: 0,
    };
    let is = |weights: Option<&state::document::OwnWeights>, origin| {
        one.is(&one.snapshot.graph, weights, origin)
    };
    let origin = one.snapshot.origin;
    assert!(is(Some(&opened(one.number)), origin));
    assert!(is(None, origin));
    assert!(!is(Some(&opened(one.number + 1)), origin));
    // The same network from a file of another program's has random weights without those of the file.
    assert!(origin.is_some() && !is(None, None));
    let newer = text.replacen("\"form\":1", "\"form\":9", 1);
    assert_eq!(VersionRecord::read(&newer), Err(VersionError::Newer));
    assert_eq!(VersionRecord::read("{}"), Err(VersionError::Damaged));
    assert_eq!(
        VersionRecord::read(&text[..text.len() / 2]),
        Err(VersionError::Damaged)
    );
}

#[test]
fn versions_are_bounded_and_in_the_order_of_time() {
    let mut all = Versions::default();
    for number in (0..versions::MOST).rev() {
        all.keep(version("", number as f64)).unwrap();
    }
    let times: Vec<f64> = all.all().iter().map(|it| it.saved).collect();
    assert!(times.is_sorted());
    let names: std::collections::HashSet<_> = all.all().iter().map(|it| &it.name).collect();
    assert_eq!(names.len(), versions::MOST);
    let why = all.keep(version("one more", 1.0)).unwrap_err();
    assert!(why.contains("Delete one"), "{why}");
    all.rename(3, "  ");
    assert!(!all.get(3).unwrap().name.is_empty());
}
