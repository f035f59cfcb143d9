//! How long a person waits for the numbers after an edit: `cargo bench -p engine --bench analysis
//! --no-default-features`. The goal is 1 ms for the largest networks of the zoo.

#![allow(
    clippy::expect_used,
    reason = "a benchmark without its graph has nothing to measure"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use engine::graph::{Edit, Piece, Place};
use engine::layer::BatchNorm;
use engine::zoo::{self, Options};
use engine::{Analysis, Graph, Shape};

fn network(name: &str) -> Graph {
    let entry = zoo::entry(name).expect("in the zoo");
    entry.graph(&Options::default()).expect("as published")
}

fn analysis(criterion: &mut Criterion) {
    for name in ["resnet-152", "densenet-121"] {
        let graph = network(name);
        let title = format!("analysis of {name}, {} nodes", graph.nodes().len());
        criterion.bench_function(&title, |bencher| {
            bencher.iter(|| Analysis::of(black_box(&graph)))
        });
    }
}

fn edit(criterion: &mut Criterion) {
    let graph = network("mobilenet-v2");
    let node = graph.nodes()[graph.nodes().len() / 2].id;
    let place = Place::After {
        node,
        with: Vec::new(),
    };
    let edit = Edit::Insert {
        place,
        piece: Piece::Layer(BatchNorm::new().into()),
        name: None,
    };
    let title = format!("an edit of {} nodes and its analysis", graph.nodes().len());
    criterion.bench_function(&title, |bencher| {
        bencher.iter(|| {
            let edited = black_box(&graph).apply(&edit).expect("fits");
            Analysis::of(&edited)
        });
    });
}

fn repairs(criterion: &mut Criterion) {
    let graph = network("vgg-16");
    let small = graph
        .apply(&Edit::SetInput {
            shape: Shape::new(3, 8, 8),
        })
        .expect("a picture");
    let problem = Analysis::of(&small)
        .problems
        .into_iter()
        .next()
        .expect("too small for VGG");
    criterion.bench_function("all repairs of VGG-16 on 8×8", |bencher| {
        bencher.iter(|| problem.repairs(black_box(&small)));
    });
}

criterion_group!(benches, analysis, edit, repairs);
criterion_main!(benches);
