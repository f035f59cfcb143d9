//! Smaller networks as jobs of a session, and trainings that keep them small.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod driven;
mod training;

use driven::Driven;
use engine::checkpoint::File;
use engine::compress::prune::{Criterion, Gradual, Scope};
use engine::compress::quantise::{ACTIVATIONS, Method, Width};
use engine::compress::{
    Distillation, Job, Levels, Measured, Outcome, Prune, Quantise, Shrink, ShrinkError, What,
};
use engine::session::{Command, Event, Failure, Message, Snapshots, Weights};
use engine::train::{Pruning, Settings, TaskError};
use engine::{Analysis, Graph, NodeId};
use training::{SET, blobs, classifier, events, held, settings, task, train};

fn ready() -> Driven {
    let mut driven = Driven::new();
    let seed = 3;
    let load = Command::Load {
        graph: classifier(3),
        weights: Weights::Seeded { seed },
    };
    driven.ask(load, Vec::new());
    held(&mut driven, &blobs(900, 3));
    driven
}

fn trained(driven: &mut Driven, settings: Settings) -> Vec<u8> {
    let id = driven.send(train(settings, Snapshots::default()), Vec::new());
    let last = events(driven, id).pop().unwrap();
    assert!(
        matches!(last.header, Event::Trained { .. }),
        "{:?}",
        last.header
    );
    last.payload
}

fn run(driven: &mut Driven, job: &Job) -> Result<(Outcome, Vec<u8>), Failure> {
    let job = serde_json::to_string(job).unwrap();
    let command = Command::Shrink {
        set: Some(SET),
        job,
    };
    let id = driven.send(command, Vec::new());
    let Message { header, payload } = events(driven, id).pop().unwrap();
    match header {
        Event::Shrunk { json } => Ok((serde_json::from_str(&json).unwrap(), payload)),
        Event::Failed { failure } => Err(failure.decode()),
        event => panic!("{event:?}"),
    }
}

fn shrink(shrink: Shrink) -> Job {
    Job::Shrink {
        shrink,
        measured: Measured::default(),
    }
}

fn shrunk(driven: &mut Driven, step: Shrink) -> (Graph, engine::compress::Report, Vec<u8>) {
    match run(driven, &shrink(step)).unwrap() {
        (Outcome::Shrunk { graph, report }, file) => (graph, report, file),
        other => panic!("{other:?}"),
    }
}

fn load(driven: &mut Driven, graph: Graph, file: Vec<u8>) {
    let event = driven
        .ask(
            Command::Load {
                graph,
                weights: Weights::Payload,
            },
            file,
        )
        .header;
    assert!(matches!(event, Event::Loaded { .. }), "{event:?}");
}

#[test]
fn channels_go_and_the_smaller_network_loads_with_its_weights() {
    let mut driven = ready();
    trained(&mut driven, settings(3));
    for by in Criterion::ALL {
        let prune = Prune {
            what: What::Channels { by },
            share: 0.5,
            ..Prune::default()
        };
        let (graph, report, file) = shrunk(&mut driven, Shrink::Prune(prune));
        let (small, large) = (
            Analysis::of(&graph).total,
            Analysis::of(&classifier(3)).total,
        );
        // Two of the four channels, with all that belongs to them.
        assert_eq!(report.layers[0].channels, [4, 2], "{by:?}");
        assert_eq!(report.after.macs, small.macs);
        assert_eq!(report.before.macs, large.macs);
        assert_eq!(2 * small.macs, large.macs);
        let accuracy = report.before.accuracy.unwrap();
        assert!(
            accuracy.right > 0.9 && accuracy.images == 90,
            "{accuracy:?}"
        );
        // The same figures from the session that loads it.
        let mut other = ready();
        load(&mut other, graph, file);
        let prune = Prune {
            what: What::Weights {
                scope: Scope::Layer,
            },
            ..Prune::default()
        };
        let (_, again, _) = shrunk(&mut other, Shrink::Prune(prune));
        assert_eq!(again.before, report.after, "{by:?}");
    }
}

#[test]
fn eight_bits_in_whole_numbers_answer_as_the_simulation_does() {
    let mut driven = ready();
    trained(&mut driven, settings(3));
    let job = Job::Shrink {
        shrink: Shrink::Quantise(Quantise::default()),
        measured: Measured {
            timed: true,
            ..Measured::default()
        },
    };
    let (Outcome::Shrunk { report, .. }, file) = run(&mut driven, &job).unwrap() else {
        panic!("no smaller network");
    };
    let title = report.shrink.title();
    assert_eq!(title, "8-bit weights, 8-bit activations");
    // Both plans were timed, and the checkpoint keeps the grids that the layers run on.
    let times = report.times.unwrap();
    assert!(times.float_ms > 0.0 && times.integer_ms > 0.0, "{times:?}");
    let activations = report.activations.unwrap();
    assert!(
        activations
            .grids
            .iter()
            .any(|(node, _)| *node == NodeId::INPUT)
    );
    let kept = serde_json::to_string(&activations).unwrap();
    let note = serde_json::to_string(&kept).unwrap();
    let length = u64::from_le_bytes(*file.first_chunk().unwrap()) as usize;
    let header = std::str::from_utf8(&file[8..8 + length]).unwrap();
    assert!(
        header.contains(&format!("\"{ACTIVATIONS}\":{note}")),
        "{header}"
    );
    let (simulated, integer) = (report.after.accuracy.unwrap(), report.integer.unwrap());
    assert_eq!(simulated.right, integer.right);
    // Only the biases are rounded beside: by half of a sum's step at most.
    assert!(
        (simulated.loss - integer.loss).abs() < 1e-2,
        "{simulated:?} {integer:?}"
    );
    assert!(report.after.bytes.dense < report.before.bytes.dense / 2);
    // 4-bit weights and floats as activations have nothing to run in whole numbers.
    let quantise = Quantise {
        width: Width::Int4,
        activations: None,
        ..Quantise::default()
    };
    let (_, report, _) = shrunk(&mut driven, Shrink::Quantise(quantise));
    assert!(report.integer.is_none());
    assert_eq!(report.shrink.title(), "4-bit weights");
}

#[test]
fn folded_norms_give_the_same_accuracy() {
    let mut driven = ready();
    trained(&mut driven, settings(2));
    let (graph, report, _) = shrunk(&mut driven, Shrink::Fold);
    assert_eq!(graph.nodes().len() + 1, classifier(3).nodes().len());
    let [before, after] = [report.before, report.after].map(|it| it.accuracy.unwrap());
    assert_eq!(before.right, after.right);
    assert!((before.loss - after.loss).abs() < 1e-5);
}

#[test]
fn every_layer_has_a_curve_that_begins_at_the_networks_accuracy() {
    let mut driven = ready();
    trained(&mut driven, settings(3));
    let shares = vec![0.0, 1.0];
    let job = Job::Sensitivity {
        levels: Levels::Shares { shares },
        measured: Measured {
            images: 60,
            ..Measured::default()
        },
    };
    let (Outcome::Sensitivity { sensitivity }, _) = run(&mut driven, &job).unwrap() else {
        panic!("no sensitivity");
    };
    assert_eq!(sensitivity.images, 60);
    assert_eq!(sensitivity.curves.len(), 2);
    for curve in &sensitivity.curves {
        assert_eq!(
            curve.points[0],
            [0.0, sensitivity.accuracy],
            "{}",
            curve.name
        );
        // Without weights all images get the same class, and a third is of it.
        assert!(
            (curve.points[1][1] - 1.0 / 3.0).abs() < 0.1,
            "{:?}",
            curve.points
        );
    }
}

#[test]
fn bad_input_is_refused_with_what_is_wrong_and_the_network_stays() {
    let mut driven = ready();
    let refused = |driven: &mut Driven, step: Shrink| match run(driven, &shrink(step)) {
        Err(Failure::Shrink(error)) => error,
        other => panic!("{other:?}"),
    };
    let of = |what, share| {
        Shrink::Prune(Prune {
            what,
            share,
            ..Prune::default()
        })
    };
    let channels = What::Channels { by: Criterion::L1 };
    let error = refused(&mut driven, of(channels, 1.5));
    assert!(error.to_string().contains("1.5"), "{error}");
    let weights = What::Weights {
        scope: Scope::Global,
    };
    let error = refused(&mut driven, of(weights, 1.0));
    assert!(error.to_string().contains("something is left"), "{error}");
    assert_eq!(
        refused(&mut driven, of(channels, 0.0)),
        ShrinkError::NothingPruned
    );
    // The convolution has one input channel, which four does not divide.
    let conv = Prune {
        what: What::TwoOfFour,
        layers: vec![NodeId(1)],
        ..Prune::default()
    };
    let error = refused(&mut driven, Shrink::Prune(conv));
    assert_eq!(error, ShrinkError::NoPattern);
    let few = Quantise {
        images: 99,
        ..Quantise::default()
    };
    let wanted = ShrinkError::TooFewImages {
        got: 99,
        wanted: 100,
    };
    assert_eq!(refused(&mut driven, Shrink::Quantise(few)), wanted);
    let percentile = Quantise {
        activations: Some(Method::Percentile { percentile: 20.0 }),
        ..Quantise::default()
    };
    let error = refused(&mut driven, Shrink::Quantise(percentile));
    assert!(error.to_string().contains("percentile"), "{error}");
    let job = serde_json::to_string(&shrink(Shrink::Quantise(Quantise::default()))).unwrap();
    let command = Command::Shrink { set: None, job };
    let id = driven.send(command, Vec::new());
    let last = events(&mut driven, id).pop().unwrap().header;
    let Event::Failed { failure } = last else {
        panic!("{last:?}")
    };
    assert_eq!(failure.decode(), Failure::Shrink(ShrinkError::NoData));
    let event = driven.ask(Command::Checkpoint, Vec::new()).header;
    assert!(matches!(event, Event::Checkpoint), "{event:?}");
}

fn zeros(file: &[u8], name: &str) -> Vec<bool> {
    let file = File::read(file).unwrap();
    let place = file
        .header
        .tensors
        .iter()
        .position(|it| it.name == name)
        .unwrap();
    file.values(place)
        .unwrap()
        .iter()
        .map(|it| *it == 0.0)
        .collect()
}

#[test]
fn pruned_weights_stay_0_while_the_others_are_trained() {
    let mut driven = ready();
    trained(&mut driven, settings(1));
    let what = What::Weights {
        scope: Scope::Global,
    };
    let prune = Prune {
        what,
        share: 0.5,
        ..Prune::default()
    };
    let (graph, _, file) = shrunk(&mut driven, Shrink::Prune(prune));
    let before = zeros(&file, "head.weight");
    assert!(before.iter().any(|it| *it));
    load(&mut driven, graph, file.clone());
    let after = trained(
        &mut driven,
        Settings {
            keep_zeros: true,
            ..settings(1)
        },
    );
    assert_eq!(zeros(&after, "head.weight"), before);
    // Without the setting they are trained like the others.
    load(&mut driven, classifier(3), file);
    let after = trained(&mut driven, settings(1));
    assert!(
        zeros(&after, "head.weight")
            .iter()
            .filter(|it| **it)
            .count()
            < 10
    );
}

/// What Zhu and Gupta's schedule ends with: as many weights are 0 as its last share says.
#[test]
fn a_training_that_prunes_gradually_ends_with_the_last_share() {
    let mut driven = ready();
    let pruning = Pruning {
        gradual: Gradual {
            initial: 0.0,
            last: 0.75,
            begin: 5,
            end: 25,
        },
        every: 5,
        scope: Scope::Layer,
    };
    let settings = Settings {
        pruning: Some(pruning),
        ..settings(1)
    };
    let file = trained(&mut driven, settings);
    for name in ["conv.weight", "head.weight"] {
        let zeros = zeros(&file, name);
        let wanted = (0.75 * zeros.len() as f64).round_ties_even() as usize;
        assert_eq!(zeros.iter().filter(|it| **it).count(), wanted, "{name}");
    }
}

#[test]
fn a_job_is_cancelled_and_needs_a_network() {
    let job = || serde_json::to_string(&shrink(Shrink::Fold)).unwrap();
    let mut driven = ready();
    let command = || Command::Shrink {
        set: Some(SET),
        job: job(),
    };
    let request = driven.send(command(), Vec::new());
    driven.turn();
    driven.send(Command::Cancel { request }, Vec::new());
    let last = events(&mut driven, request).pop().unwrap().header;
    assert!(matches!(last, Event::Cancelled { .. }), "{last:?}");
    let mut empty = Driven::new();
    let id = empty.send(command(), Vec::new());
    let last = events(&mut empty, id).pop().unwrap().header;
    let Event::Failed { failure } = last else {
        panic!("{last:?}")
    };
    assert_eq!(failure.decode(), Failure::NoNetwork);
}

/// Weights that were trained to be seen as signs lose nothing when they become signs; those that
/// were not, do.
#[test]
fn training_with_quantised_weights_makes_them_bear_it() {
    let loss = |quantised: Option<Width>| {
        let mut driven = ready();
        trained(
            &mut driven,
            Settings {
                quantised,
                ..settings(6)
            },
        );
        let quantise = Quantise {
            width: Width::Binary,
            activations: None,
            ..Quantise::default()
        };
        let (_, report, _) = shrunk(&mut driven, Shrink::Quantise(quantise));
        report.after.accuracy.unwrap().loss
    };
    let (with, without) = (loss(Some(Width::Binary)), loss(None));
    assert!(with < without, "{with} {without}");
}

#[test]
fn a_student_learns_from_its_teacher_alone() {
    let mut driven = ready();
    let teacher = trained(&mut driven, settings(4));
    let seed = 11;
    let load = Command::Load {
        graph: classifier(3),
        weights: Weights::Seeded { seed },
    };
    driven.ask(load, Vec::new());
    // All of the loss is the teacher's: no label is seen.
    let distillation = Distillation {
        temperature: 4.0,
        alpha: 1.0,
    };
    let settings = Settings {
        teacher: Some(distillation),
        ..settings(4)
    };
    let command = |teacher: Graph| Command::Distil {
        set: SET,
        task: Box::new(task(settings.clone())),
        snapshots: Snapshots::default(),
        teacher,
    };
    let id = driven.send(command(classifier(3)), teacher.clone());
    let last = events(&mut driven, id).pop().unwrap().header;
    assert!(matches!(last, Event::Trained { .. }), "{last:?}");
    let prune = Prune {
        what: What::Weights {
            scope: Scope::Global,
        },
        ..Prune::default()
    };
    let (_, report, _) = shrunk(&mut driven, Shrink::Prune(prune));
    let accuracy = report.before.accuracy.unwrap();
    assert!(accuracy.right > 0.9, "{accuracy:?}");

    // A teacher of other classes, and none.
    let mut other = Driven::new();
    let load = Command::Load {
        graph: classifier(4),
        weights: Weights::Seeded { seed },
    };
    other.ask(load, Vec::new());
    let file = other.ask(Command::Checkpoint, Vec::new()).payload;
    let id = driven.send(command(classifier(4)), file);
    let last = events(&mut driven, id).pop().unwrap().header;
    let Event::Failed { failure } = last else {
        panic!("{last:?}")
    };
    let wanted = TaskError::TeacherClasses {
        teacher: 4,
        classes: 3,
    };
    assert_eq!(failure.decode(), Failure::Task(wanted));
    let id = driven.send(train(settings.clone(), Snapshots::default()), Vec::new());
    let last = events(&mut driven, id).pop().unwrap().header;
    let Event::Failed { failure } = last else {
        panic!("{last:?}")
    };
    assert_eq!(failure.decode(), Failure::Task(TaskError::NoTeacher));
}

/// The input and the maps of these nodes.
fn maps_of(driven: &mut Driven, job: &Job) -> (Vec<f32>, Vec<Vec<f32>>) {
    let (outcome, payload) = run(driven, job).unwrap();
    let Outcome::Maps { input, lengths } = outcome else {
        panic!("{outcome:?}");
    };
    let values = payload.as_chunks().0.iter();
    let mut values = values.map(|it| f32::from_le_bytes(*it));
    let input = values.by_ref().take(input).collect();
    let maps = lengths.iter().map(|it| values.by_ref().take(*it).collect());
    let maps = maps.collect();
    assert_eq!(values.next(), None);
    (input, maps)
}

#[test]
fn the_maps_of_a_quantised_network_lie_on_the_grids_of_its_activations() {
    let mut driven = ready();
    trained(&mut driven, settings(3));
    let quantise = Quantise {
        width: Width::Int8,
        activations: Some(Method::MinMax),
        images: 100,
        ..Quantise::default()
    };
    let (graph, report, file) = shrunk(&mut driven, Shrink::Quantise(quantise));
    load(&mut driven, graph.clone(), file);
    let values: Vec<f32> = { 0..graph.input().elements() }
        .map(|at| (at % 7) as f32 / 7.0)
        .collect();
    let bytes = values.iter().flat_map(|it| it.to_le_bytes()).collect();
    let run_it = Command::Run {
        input: engine::session::Input::Values,
        maps: Vec::new(),
    };
    driven.ask(run_it, bytes);
    let activations = report.activations.unwrap();
    let sites: Vec<NodeId> = { activations.grids.iter() }
        .map(|it| it.0)
        .filter(|it| *it != NodeId::INPUT)
        .collect();
    assert!(!sites.is_empty());
    let job = Job::Maps {
        activations: Some(activations.clone()),
        nodes: sites.clone(),
    };
    let (input, maps) = maps_of(&mut driven, &job);
    assert_eq!(input, values);
    for (site, map) in sites.iter().zip(&maps) {
        let grid = activations.grids.iter().find(|it| it.0 == *site).unwrap().1;
        for value in map {
            assert_eq!(grid.fake(*value), *value, "{site:?}");
        }
    }
    // Without grids they are the network's own.
    let job = Job::Maps {
        activations: None,
        nodes: sites.clone(),
    };
    let (_, plain) = maps_of(&mut driven, &job);
    let asked = Command::Maps {
        input: engine::session::Input::Last,
        maps: sites
            .iter()
            .map(|it| engine::session::Wanted::all(*it))
            .collect(),
    };
    let id = driven.send(asked, Vec::new());
    let mapped = events(&mut driven, id).pop().unwrap().values().unwrap();
    let own = plain.concat();
    assert_eq!(own.len(), mapped.len());
    for (a, b) in own.iter().zip(&mapped) {
        assert!((a - b).abs() <= 1e-5 * (1.0 + b.abs()), "{a} {b}");
    }
    assert_ne!(plain, maps);
}

#[test]
fn weights_of_a_quantised_network_stay_on_their_grids_when_some_are_pruned() {
    let mut driven = ready();
    trained(&mut driven, settings(3));
    let quantise = Quantise {
        width: Width::Int4,
        activations: None,
        ..Quantise::default()
    };
    let (graph, quantised, file) = shrunk(&mut driven, Shrink::Quantise(quantise));
    // The checkpoint says it to whoever opens it, as the report does.
    let notes = engine::checkpoint::Header::of_file(&file).unwrap().notes;
    assert_eq!(engine::compress::Stored::of_notes(&notes), quantised.stored);
    load(&mut driven, graph, file);
    let prune = Prune {
        what: What::Weights {
            scope: Scope::Global,
        },
        share: 0.5,
        ..Prune::default()
    };
    let job = Job::Shrink {
        shrink: Shrink::Prune(prune),
        measured: Measured {
            stored: quantised.stored,
            ..Measured::default()
        },
    };
    let (Outcome::Shrunk { report, .. }, _) = run(&mut driven, &job).unwrap() else {
        panic!("no network");
    };
    assert_eq!(report.before.bytes, quantised.after.bytes);
    assert_eq!(report.after.bytes.dense, quantised.after.bytes.dense);
    assert!(report.after.bytes.sparse < quantised.after.bytes.sparse);
    assert_eq!(report.stored, quantised.stored);
}
