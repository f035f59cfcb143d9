//! The lab sheets: their files are those that the lab makes, the start fails and the solution passes.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use std::collections::BTreeMap;
use std::path::Path;

use engine::exercise::{Exercise, Found, Needs, encode, pure, sheets};
use engine::graph::{Edit, Piece, Place};
use engine::layer::{Conv, Dropout, Linear};
use engine::{Analysis, Graph, NodeId};

/// Whether each check that needs no run passes.
fn passed(exercise: &Exercise, graph: &Graph, answers: &BTreeMap<usize, String>) -> Vec<bool> {
    let analysis = Analysis::of(graph);
    let checks = exercise.checks.iter().enumerate();
    let checks = checks.filter(|(_, item)| item.check.needs() != Needs::Run);
    checks
        .map(|(place, item)| {
            let found: Found = pure(&item.check, place, graph, &analysis, answers).unwrap();
            item.check.passes(&found)
        })
        .collect()
}

fn id(graph: &Graph, name: &str) -> NodeId {
    graph.nodes().iter().find(|it| it.name == name).unwrap().id
}

/// The network and the answers that solve a sheet, worked out by hand.
fn solved(name: &str, graph: &Graph) -> (Graph, Vec<&'static str>) {
    match name {
        // 6 · (5 · 5 + 1) parameters; 28 · 28 places, 6 maps, 25 multiply-adds.
        "counting" => {
            let node = id(graph, "F5");
            let layer = Linear::new(48).into();
            let graph = graph.apply(&Edit::SetLayer { node, layer }).unwrap();
            (graph, vec!["156", "117,600", "F5"])
        }
        // 3 + 2; with dilation 6: 3 + 2 · 6 = 15.
        "reach" => {
            let node = id(graph, "conv2");
            let conv = Conv {
                dilation: [6, 6],
                ..Conv::new(8, 3)
            };
            let layer = conv.into();
            let graph = graph.apply(&Edit::SetLayer { node, layer }).unwrap();
            (graph, vec!["5", "two convolutions of 3×3"])
        }
        "training" => {
            let edit = Edit::Insert {
                place: Place::After {
                    node: id(graph, "tanh6"),
                    with: Vec::new(),
                },
                piece: Piece::Layer(Dropout { p: 0.5 }.into()),
                name: None,
            };
            (
                graph.apply(&edit).unwrap(),
                vec!["overfitting", "900", "Dropout"],
            )
        }
        // 32 · 32 values.
        "attacking" => (graph.clone(), vec!["L∞", "1024", "It lowers it."]),
        other => panic!("the sheet {other} has no solution here"),
    }
}

#[test]
fn the_start_fails_and_the_solution_passes() {
    for sheet in sheets().unwrap() {
        let (name, exercise) = (sheet.name, sheet.exercise);
        let start = &exercise.start.graph;
        let before = passed(&exercise, start, &BTreeMap::new());
        assert!(before.contains(&false), "{name}: {before:?}");
        let (graph, answers) = solved(name, start);
        let answers = answers.into_iter().map(str::to_owned).enumerate().collect();
        let after = passed(&exercise, &graph, &answers);
        assert!(after.iter().all(|it| *it), "{name}: {after:?}");
        let wrong = BTreeMap::from_iter((0..answers.len()).map(|it| (it, "1".to_owned())));
        let wrong = passed(&exercise, &graph, &wrong);
        assert!(wrong.contains(&false), "{name}");
    }
}

#[test]
fn the_committed_files_are_those_that_the_lab_makes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public/exercises");
    let sheets = sheets().unwrap();
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), sheets.len());
    for sheet in sheets {
        let path = folder.join(format!("{}.json", sheet.name));
        let text = std::fs::read_to_string(&path).unwrap();
        // Not the text: a drawing may be deflated in other ways.
        assert_eq!(
            Exercise::read(&text).unwrap(),
            sheet.exercise,
            "{}: write it again by `cnnlab exercise --out public/exercises`",
            sheet.name
        );
        assert_eq!(Exercise::read(&text).unwrap(), sheet.exercise);
        // Short enough for a link that programs do not cut.
        assert!(
            encode(&sheet.exercise).unwrap().len() < 7_900,
            "{}",
            sheet.name
        );
    }
}
