//! The zoo through the compiled plan: what is fused, shared and folded changes no answers.
#![cfg(feature = "plan")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use engine::plan::{Executor, LowerError, Options as PlanOptions, Packer, Params, Plan};
use engine::zoo::{CATALOGUE, Entry, Options};
use engine::{Analysis, Graph, Shape};

/// Larger ones take too long unoptimised; their layers are those of the smaller ones.
const MOST_PARAMETERS: u64 = 12_000_000;
const MOST_MACS: u64 = 200_000_000;

/// The network for its own pictures, or for smaller ones.
fn graph(entry: &Entry) -> Option<Graph> {
    let sides = [None, Some(64), Some(96)];
    sides.into_iter().find_map(|side| {
        let channels = entry.graph(&Options::default()).ok()?.input().channels;
        let input = side.map(|side| Shape::new(channels, side, side));
        let options = Options {
            input,
            ..Options::default()
        };
        let graph = entry.graph(&options).ok()?;
        let analysis = Analysis::of(&graph);
        let total = analysis.total;
        let fits = total.params() <= MOST_PARAMETERS && total.macs <= MOST_MACS;
        (analysis.is_valid() && fits).then_some(graph)
    })
}

/// The output, and how many steps gave it.
fn run(graph: &Graph, params: &Params, options: &PlanOptions, input: &[f32]) -> (Vec<f32>, usize) {
    let plan = Plan::lower_with(graph, params, options, &mut Packer::default()).unwrap();
    let steps = plan.steps.len();
    let mut run = Executor::new(plan);
    // Another picture first: what it leaves in the buffers must not matter.
    run.run(&vec![-3.0; input.len()]).unwrap();
    (run.run(input).unwrap().to_vec(), steps)
}

fn error(got: &[f32], wanted: &[f32]) -> f32 {
    let scale = wanted.iter().fold(0.0, |most: f32, it| most.max(it.abs()));
    let differences = got.iter().zip(wanted).map(|(a, b)| (a - b).abs());
    let worst = differences.map(|it| if it.is_nan() { f32::INFINITY } else { it });
    worst.fold(0.0, f32::max) / scale
}

#[test]
fn fused_networks_answer_as_their_layers_one_by_one() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for entry in CATALOGUE {
        let Some(graph) = graph(entry) else { continue };
        count += 1;
        let params = Params::made_up(&graph);
        let value = |at: u64| (at.wrapping_mul(2_654_435_761) % 2001) as f32 / 1000.0 - 1.0;
        let input: Vec<f32> = (0..graph.input().elements()).map(value).collect();
        let watched = graph.nodes().iter().map(|node| node.id).collect();
        let one_by_one = PlanOptions::watching(watched, false);
        if let Err(why) = Plan::lower(&graph, &params) {
            // The plan has no transposed convolution.
            let kind = "TransposedConv";
            assert!(
                matches!(why, LowerError::Unlowered { kind: it, .. } if it == kind),
                "{why}"
            );
            continue;
        }
        let (wanted, all) = run(&graph, &params, &one_by_one, &input);
        assert!(wanted.iter().all(|it| it.is_finite()), "{}", entry.name);
        // A layer keeps 2e-5, with Winograd 1e-4; a hundred layers behind each other keep this.
        for (winograd, bound) in [(false, 1e-4), (true, 1e-3)] {
            let options = PlanOptions::watching(Vec::new(), winograd);
            let (got, steps) = run(&graph, &params, &options, &input);
            let error = error(&got, &wanted);
            if error > bound || steps > all {
                wrong.push(format!("{}: {error:e}, {steps} of {all} steps", entry.name));
            }
        }
    }
    assert!(count >= 20, "{count} networks");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
