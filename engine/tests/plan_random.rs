//! Random graphs through the compiled plan, layer by layer against the layers' definitions in 64-bit
//! floats.
#![cfg(feature = "plan")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod naive;
mod random;
mod rounding;

use std::collections::HashMap;

use engine::checkpoint::Role;
use engine::graph::Edit;
use engine::layer::{
    Activation, BatchNorm, Conv, Flatten, GlobalPool, Merge, Padding, PoolMode, Rbf,
};
use engine::plan::{Executor, Kernel, Options, Packer, Params, Plan};
use engine::{Graph, GraphBuilder, NodeId, Shape};
use proptest::prelude::*;
use rounding::{error, error_of_sums};

fn all(graph: &Graph) -> Vec<NodeId> {
    graph.nodes().iter().map(|node| node.id).collect()
}

fn executor(graph: &Graph, params: &Params, watched: Vec<NodeId>, winograd: bool) -> Executor {
    let options = Options::watching(watched, winograd);
    Executor::new(Plan::lower_with(graph, params, &options, &mut Packer::default()).unwrap())
}

fn picture(shape: Shape) -> Vec<f32> {
    let value = |at: u64| (at.wrapping_mul(2_654_435_761) % 2001) as f32 / 1000.0 - 1.0;
    (0..shape.elements()).map(value).collect()
}

/// Every node's map of a run, the input's too.
fn maps(run: &mut Executor, graph: &Graph, input: &[f32]) -> HashMap<NodeId, Vec<f32>> {
    run.run(input).unwrap();
    let each = all(graph).into_iter();
    let mut maps: HashMap<NodeId, Vec<f32>> =
        each.map(|id| (id, run.map(id).unwrap().to_vec())).collect();
    maps.insert(NodeId::INPUT, input.to_vec());
    maps
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_layer_is_its_definition(graph in random::graphs(14)) {
        let params = Params::made_up(&graph);
        let input = picture(graph.input());
        let mut run = executor(&graph, &params, all(&graph), false);
        let maps = maps(&mut run, &graph, &input);
        for node in graph.nodes() {
            let map = |id| maps[&id].iter().map(|&value| f64::from(value)).collect();
            let wanted = naive::layer(&graph, node, &params, map);
            let terms = rounding::terms(&graph, node, &params, map);
            let error = error_of_sums(&maps[&node.id], &wanted, terms);
            prop_assert!(error <= 2e-5, "{}: {error:e}", node.name);
        }
    }

    #[test]
    fn a_fused_network_gives_what_its_layers_give(graph in random::graphs(14), winograd: bool) {
        let params = Params::made_up(&graph);
        let input = picture(graph.input());
        let maps = naive::maps(&graph, &params, &input);
        let terms = rounding::terms_behind(&graph, graph.output(), &params, &maps);
        let mut run = executor(&graph, &params, vec![], winograd);
        // Twice: the second run finds what the first left in the buffers.
        run.run(&vec![7.0; input.len()]).unwrap();
        let error = error_of_sums(run.run(&input).unwrap(), &maps[&graph.output()], terms);
        prop_assert!(error <= 1e-4, "{error:e}");
    }

    #[test]
    fn watching_changes_no_other_values(graph in random::graphs(14), chosen in 0..14_usize) {
        let params = Params::made_up(&graph);
        let input = picture(graph.input());
        let node = &graph.nodes()[chosen % graph.nodes().len()];
        let everything = maps(&mut executor(&graph, &params, all(&graph), false), &graph, &input);
        let mut run = executor(&graph, &params, vec![node.id], false);
        run.run(&input).unwrap();
        let wanted: Vec<f64> = everything[&node.id].iter().map(|&it| f64::from(it)).collect();
        let error = error(run.map(node.id).unwrap(), &wanted);
        // Layers before it may be fused.
        prop_assert!(error <= 1e-4, "{}: {error:e}", node.name);
    }

    #[test]
    fn what_is_no_finite_number_passes_through(graph in random::graphs(10), at: usize, which in 0..3_usize) {
        let params = Params::made_up(&graph);
        let mut input = picture(graph.input());
        let place = at % input.len();
        input[place] = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY][which];
        let mut run = executor(&graph, &params, all(&graph), false);
        let maps = maps(&mut run, &graph, &input);
        for node in graph.nodes() {
            let wanted = naive::layer(&graph, node, &params, |id| {
                maps[&id].iter().map(|&value| f64::from(value)).collect()
            });
            for (got, wanted) in maps[&node.id].iter().zip(&wanted) {
                prop_assert!(
                    wanted.is_finite() || !got.is_finite(),
                    "{}: {got}, wanted {wanted}", node.name
                );
            }
        }
    }
}

#[test]
fn a_gate_that_is_closed_but_for_an_underflow_is_closed() {
    let mut net = GraphBuilder::new("steep", Shape::new(2, 3, 16));
    net.from(&[NodeId::INPUT, NodeId::INPUT], "twice", Merge::Add);
    net.then("flatten", Flatten::default());
    net.then("distances", Rbf { classes: 10 });
    let squares = net.then("squares", Rbf { classes: 9 });
    let around = Conv {
        padding: Padding::Same,
        ..Conv::new(1, 3)
    };
    net.then("around", around);
    let gate = net.then("gate", Activation::Sigmoid);
    net.from(&[squares, gate], "scale", Merge::Multiply);
    let graph = net.finish().unwrap();
    let params = Params::made_up(&graph);
    let input = picture(graph.input());
    let wanted = naive::output(&graph, &params, &input);
    assert!(wanted.iter().all(|it| it.abs() < 1e-30), "{wanted:?}");
    let mut run = executor(&graph, &params, vec![], false);
    let got = run.run(&input).unwrap();
    assert!(got.iter().all(|it| it.abs() < 1e-30), "{got:?}");
    assert!(error(got, &wanted) <= 1e-4);
}

/// A network deep and wide enough for every form of a convolution.
fn net() -> Graph {
    let mut net = GraphBuilder::new("net", Shape::new(3, 21, 17));
    let same = |channels, side| Conv {
        padding: Padding::Same,
        ..Conv::new(channels, side)
    };
    for (place, channels) in [16, 20, 32].into_iter().enumerate() {
        net.then(format!("conv{place}"), same(channels, 3));
        net.then(format!("act{place}"), Activation::Relu);
    }
    net.then("point", Conv::new(24, 1));
    net.then(
        "depth",
        Conv {
            groups: 24,
            stride: [2, 2],
            ..same(24, 3)
        },
    );
    net.then("silu", Activation::Silu);
    net.then(
        "pool",
        GlobalPool {
            mode: PoolMode::Avg,
        },
    );
    net.then("last", Conv::new(10, 1));
    net.finish().unwrap()
}

#[test]
fn winograd_is_used_where_weights_rest_and_keeps_its_bound() {
    let graph = net();
    let params = Params::made_up(&graph);
    let input = picture(graph.input());
    let wanted = naive::output(&graph, &params, &input);
    for winograd in [false, true] {
        let mut run = executor(&graph, &params, vec![], winograd);
        let steps = &run.plan().steps;
        let count = steps
            .iter()
            .filter(|step| matches!(step.kernel, Kernel::Winograd(_)));
        assert_eq!(count.count(), if winograd { 2 } else { 0 });
        let error = error(run.run(&input).unwrap(), &wanted);
        assert!(error <= if winograd { 1e-4 } else { 2e-5 }, "{error:e}");
    }
}

#[test]
fn only_what_an_edit_changes_is_packed_again() {
    let graph = net();
    let mut params = Params::made_up(&graph);
    let mut packer = Packer::default();
    let options = Options::default();
    Plan::lower_with(&graph, &params, &options, &mut packer).unwrap();
    let layers = packer.packed();
    assert_eq!(layers, 6);
    Plan::lower_with(&graph, &params, &options, &mut packer).unwrap();
    assert_eq!(packer.packed(), layers);

    // Another activation changes no weights.
    let node = graph.named("act0").unwrap().id;
    let layer = Activation::Tanh.into();
    let edited = graph.apply_all(&[Edit::SetLayer { node, layer }]).unwrap();
    Plan::lower_with(&edited, &params, &options, &mut packer).unwrap();
    assert_eq!(packer.packed(), layers);

    // Another bias is packed, and is what runs.
    let node = graph.named("last").unwrap().id;
    params.set(node, Role::Bias, vec![10], vec![1e6; 10]);
    let plan = Plan::lower_with(&edited, &params, &options, &mut packer).unwrap();
    assert_eq!(packer.packed(), layers + 1);
    let mut run = Executor::new(plan);
    let output = run.run(&picture(graph.input())).unwrap();
    assert!(output.iter().all(|&value| value > 9e5));
}

#[test]
fn watching_a_layer_with_batch_norm_and_looking_away_packs_it_twice_only() {
    let mut net = GraphBuilder::new("net", Shape::new(3, 9, 9));
    let conv = net.then("conv", Conv::new(16, 3));
    net.then("norm", BatchNorm::new());
    net.then("relu", Activation::Relu);
    let graph = net.finish().unwrap();
    let params = Params::made_up(&graph);
    let mut packer = Packer::default();
    for (watched, packed, steps) in [
        (vec![], 1, 1),
        (vec![conv], 2, 2),
        (vec![], 2, 1),
        (vec![conv], 2, 2),
    ] {
        let options = Options::watching(watched, true);
        let plan = Plan::lower_with(&graph, &params, &options, &mut packer).unwrap();
        assert_eq!([packer.packed(), plan.steps.len()], [packed, steps]);
    }
}

#[test]
fn a_run_refuses_another_length_and_says_both() {
    let graph = net();
    let mut run = executor(&graph, &Params::made_up(&graph), vec![], true);
    let error = run.run(&[0.0; 5]).unwrap_err().to_string();
    assert!(
        error.contains("5 values") && error.contains("1071"),
        "{error}"
    );
}
