//! The WGSL plan on a device: the reference's operations and models, the zoo, random graphs. Without
//! a device each test says that it was skipped; the same cases run in a browser's worker
//! (`tests/e2e/long`). A software device is enough, such as Mesa's lavapipe or SwiftShader.
#![cfg(feature = "plan-gpu")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod gpu_run;
mod naive;
mod random;
mod reference_run;
mod rounding;

use std::collections::BTreeMap;
use std::mem::ManuallyDrop;
use std::rc::Rc;

use engine::graph::Edit;
use engine::layer::{Activation, Conv, GlobalPool, Merge, Padding, PoolMode};
use engine::plan::gpu::{Gpu, GpuError};
use engine::plan::{Executor, LowerError, Options, Packer, Params, Plan};
use engine::session::{
    Command, Event, Executor as RanBy, Input, Message, Request, Session, Wanted, Weights,
};
use engine::zoo::{self, CATALOGUE};
use engine::{Analysis, Graph, GraphBuilder, NodeId, Shape};
use gpu_run::{all, executor, picture, run};
use pollster::block_on;
use proptest::prelude::*;
use reference_run::op_graph::{Op, import};
use reference_run::wgsl_case::PlanCase;
use reference_run::{arrays, json};
use rounding::{error, error_of_sums, terms_behind};
use serde::Deserialize;

/// Of the largest value of a map.
const BOUND: f64 = 2e-5;

#[derive(Deserialize)]
struct Model {
    name: String,
    graph: Vec<Op>,
}

/// The device, where there is one.
fn device() -> Option<Rc<Gpu>> {
    match block_on(Gpu::find()) {
        Ok(gpu) => Some(Rc::new(gpu)),
        Err(why) => {
            eprintln!("skipped, no device for WGSL: {why}");
            None
        }
    }
}

#[test]
fn every_case_equals_the_reference() {
    let Some(gpu) = device() else { return };
    let folder = common::folder().join("ops");
    let cases: Vec<PlanCase> = json(&folder.join("cases.json"));
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for case in &cases {
        let tensors = arrays(&folder.join(&case.file));
        let (count, errors) = block_on(case.run(&tensors, &gpu));
        compared += count;
        wrong.extend(errors);
    }
    assert!(compared > 180, "{compared} runs");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_node_of_every_model_equals_the_reference() {
    let Some(gpu) = device() else { return };
    let folder = common::folder().join("models");
    let models: Vec<Model> = json(&folder.join("models.json"));
    let mut wrong = Vec::new();
    for Model { name, graph: ops } in &models {
        let weights = arrays(&folder.join(format!("{name}.safetensors")));
        let io = arrays(&folder.join(format!("{name}.io.safetensors")));
        let inputs = BTreeMap::from([("x".to_owned(), io["input"].clone())]);
        let dims = |name: &str| Some(weights.get(name)?.dims.clone());
        let graph = import(ops, &inputs, dims).graph;
        let params = Params::made(&graph, |parameter| weights[&parameter.name].floats());
        let mut watching = executor(&gpu, &graph, &params, all(&graph), true).unwrap();
        let mut fused = executor(&gpu, &graph, &params, vec![], false).unwrap();
        let input = io["input"].floats();
        let batch = io["input"].dims[0];
        for (number, picture) in input.chunks_exact(input.len() / batch).enumerate() {
            let part = |name: &str| {
                let values = &io[name].values;
                let size = values.len() / batch;
                values[number * size..][..size].to_vec()
            };
            let found = block_on(watching.run(picture, &all(&graph))).unwrap();
            assert_eq!(found, [], "{name}");
            for node in graph.nodes() {
                let wanted = part(&format!("act.{}", node.name));
                let error = error(watching.values().map(node.id).unwrap(), &wanted);
                if error > BOUND {
                    wrong.push(format!("{name}, {}: {error:e}", node.name));
                }
            }
            let error = error(&run(&mut fused, picture), &part("output"));
            if error > BOUND {
                wrong.push(format!("{name}, fused: {error:e}"));
            }
        }
    }
    assert!(models.len() >= 6);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Larger ones take too long in software; their layers are those of the smaller ones.
fn small(entry: &zoo::Entry) -> Option<Graph> {
    [None, Some(64), Some(96)].into_iter().find_map(|side| {
        let channels = entry.graph(&zoo::Options::default()).ok()?.input().channels;
        let input = side.map(|side| Shape::new(channels, side, side));
        let options = zoo::Options {
            input,
            ..zoo::Options::default()
        };
        let graph = entry.graph(&options).ok()?;
        let analysis = Analysis::of(&graph);
        let fits = analysis.total.params() <= 12_000_000 && analysis.total.macs <= 200_000_000;
        (analysis.is_valid() && fits).then_some(graph)
    })
}

#[test]
fn networks_of_the_zoo_answer_as_on_the_cpu() {
    let Some(gpu) = device() else { return };
    let (mut wrong, mut count) = (Vec::new(), 0);
    for entry in CATALOGUE {
        let Some(graph) = small(entry) else { continue };
        let params = Params::made_up(&graph);
        let input = picture(graph.input());
        let cpu = Options::watching(all(&graph), false);
        let plan = match Plan::lower_with(&graph, &params, &cpu, &mut Packer::default()) {
            Ok(plan) => plan,
            Err(LowerError::Unlowered { .. }) => continue,
            Err(why) => panic!("{why}"),
        };
        count += 1;
        let mut cpu = Executor::new(plan);
        let output: Vec<f64> = cpu
            .run(&input)
            .unwrap()
            .iter()
            .map(|&it| it.into())
            .collect();
        let mut fused = executor(&gpu, &graph, &params, vec![], false).unwrap();
        // Another picture first: what it leaves in the buffers must not matter.
        run(&mut fused, &vec![-3.0; input.len()]);
        // A layer keeps 2e-5; a hundred layers behind each other keep this.
        let off = error(&run(&mut fused, &input), &output);
        if off > 1e-4 {
            wrong.push(format!("{}: {off:e}", entry.name));
        }
        let mut watching = executor(&gpu, &graph, &params, all(&graph), false).unwrap();
        block_on(watching.run(&input, &all(&graph))).unwrap();
        for node in graph.nodes() {
            let wanted = cpu.map(node.id).unwrap().iter().map(|&it| it.into());
            let wanted: Vec<f64> = wanted.collect();
            let off = error(watching.values().map(node.id).unwrap(), &wanted);
            if off > 1e-4 {
                wrong.push(format!("{}, {}: {off:e}", entry.name, node.name));
            }
        }
    }
    assert!(count >= 20, "{count} networks");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_graphs_give_what_their_layers_give(graph in random::graphs(14), chosen in 0..14_usize) {
        thread_local! {
            // Not dropped: at a thread's end the device has no thread-local values any more.
            static GPU: ManuallyDrop<Option<Rc<Gpu>>> = ManuallyDrop::new(device());
        }
        let Some(gpu) = GPU.with(|gpu| (**gpu).clone()) else { return Ok(()) };
        let params = Params::made_up(&graph);
        let input = picture(graph.input());
        let maps = naive::maps(&graph, &params, &input);
        let terms = terms_behind(&graph, graph.output(), &params, &maps);
        let node = graph.nodes()[chosen % graph.nodes().len()].id;
        for watched in [vec![], vec![node]] {
            let mut fused = executor(&gpu, &graph, &params, watched, false).unwrap();
            run(&mut fused, &vec![7.0; input.len()]);
            let off = error_of_sums(&run(&mut fused, &input), &maps[&graph.output()], terms);
            prop_assert!(off <= 1e-4, "{off:e}");
        }
    }
}

#[test]
fn values_that_are_not_finite_are_found_where_they_begin() {
    let Some(gpu) = device() else { return };
    let mut net = GraphBuilder::new("net", Shape::new(3, 9, 9));
    let conv = net.then("conv", Conv::new(5, 3));
    let tanh = net.then("tanh", Activation::Tanh);
    let graph = net.finish().unwrap();
    let params = Params::made_up(&graph);
    let mut watching = executor(&gpu, &graph, &params, all(&graph), true).unwrap();
    let mut input = picture(graph.input());
    assert_eq!(block_on(watching.run(&input, &[])).unwrap(), []);
    input[40] = f32::INFINITY;
    let found = block_on(watching.run(&input, &[])).unwrap();
    assert_eq!(found.first().map(|it| it.node), Some(conv));
    // Its map was not read with the pass.
    block_on(watching.fetch(&[conv, tanh])).unwrap();
    let values = watching.values().map(conv).unwrap();
    assert!(values.iter().any(|value| !value.is_finite()));
    // And the next picture has none.
    input[40] = 0.0;
    assert_eq!(block_on(watching.run(&input, &[])).unwrap(), []);
}

#[test]
fn an_edited_network_runs_with_its_new_weights() {
    let Some(gpu) = device() else { return };
    let graph = zoo::lenet5().unwrap();
    let mut params = Params::made_up(&graph);
    let input = picture(graph.input());
    let mut packer = Packer::default();
    let mut answer = |graph: &Graph, params: &Params| {
        let made = gpu_run::lowered(&gpu, graph, params, &mut packer);
        run(&mut made.unwrap(), &input)
    };
    let before = answer(&graph, &params);
    let node = graph.named("F6").unwrap().id;
    let bias = engine::checkpoint::Role::Bias;
    params.set(node, bias, vec![84], vec![0.5; 84]);
    let layer = Activation::Relu.into();
    let tanh = graph.named("tanh5").unwrap().id;
    let edited = graph
        .apply_all(&[Edit::SetLayer { node: tanh, layer }])
        .unwrap();
    let wanted = naive::output(&edited, &params, &input);
    assert!(error(&answer(&edited, &params), &wanted) <= BOUND);
    // Other buffers in between change nothing of the first.
    let again = answer(&graph, &Params::made_up(&graph));
    assert_eq!(before, again);
}

#[test]
fn a_window_larger_than_the_one_mean_that_it_reads_is_no_linear_layer_of_it() {
    let Some(gpu) = device() else { return };
    let mut net = GraphBuilder::new("net", Shape::new(1, 2, 2));
    let mode = PoolMode::Avg;
    net.then("mean", GlobalPool { mode });
    let conv = Conv {
        padding: Padding::Same,
        ..Conv::new(3, 5)
    };
    net.then("conv", conv);
    let graph = net.finish().unwrap();
    let params = Params::made_up(&graph);
    let input = picture(graph.input());
    let wanted = naive::output(&graph, &params, &input);
    let mut fused = executor(&gpu, &graph, &params, vec![], false).unwrap();
    let off = error(&run(&mut fused, &input), &wanted);
    assert!(off <= BOUND, "{off:e}");
}

#[test]
fn another_length_is_refused_with_both() {
    let Some(gpu) = device() else { return };
    let graph = zoo::lenet5().unwrap();
    let mut lenet = executor(&gpu, &graph, &Params::made_up(&graph), vec![], false).unwrap();
    let error = block_on(lenet.run(&[0.0; 5], &[])).unwrap_err();
    assert!(matches!(error, GpuError::Input(_)));
    let error = error.to_string();
    assert!(
        error.contains("5 values") && error.contains("1024"),
        "{error}"
    );
}

#[test]
fn nothing_is_read_of_a_node_that_nobody_watches() {
    let Some(gpu) = device() else { return };
    let graph = zoo::lenet5().unwrap();
    let mut lenet = executor(&gpu, &graph, &Params::made_up(&graph), vec![], false).unwrap();
    block_on(lenet.run(&picture(graph.input()), &[])).unwrap();
    let node: NodeId = graph.named("C1").unwrap().id;
    assert_eq!(lenet.values().map(node), None);
}

/// The last reply to a command.
fn ask(session: &mut Session, command: Command, payload: &[f32]) -> Message<Event> {
    let payload = payload.iter().flat_map(|it| it.to_le_bytes()).collect();
    let header = Request { id: 1, command };
    let mut replies = block_on(session.answer(Message { header, payload }));
    let Message { header, payload } = replies.pop().unwrap();
    Message {
        header: header.event,
        payload,
    }
}

#[test]
fn a_session_on_a_device_answers_by_the_plan_as_one_on_the_cpu() {
    let Some(gpu) = device() else { return };
    let graph = zoo::build("resnet-mini", &zoo::Options::default()).unwrap();
    let input = picture(graph.input());
    let mut sessions = [Session::on_cpu(), Session::on_cpu().planning_on(gpu)];
    for session in &mut sessions {
        let weights = Weights::Seeded { seed: 3 };
        let graph = graph.clone();
        let loaded = ask(session, Command::Load { graph, weights }, &[]);
        assert!(matches!(loaded.header, Event::Loaded { .. }));
    }
    let node = graph.nodes()[2].id;
    let part = Wanted {
        node,
        first: 1,
        channels: Some(2),
        side: Some(3),
    };
    // The first pass looks at every node; other maps are looked at then.
    for maps in [vec![], vec![Wanted::all(node)], vec![part]] {
        let run = |session: &mut Session| {
            let command = Command::Run {
                input: Input::Values,
                maps: maps.clone(),
            };
            let told = ask(session, command, &input);
            let values = told.values().unwrap();
            match told.header {
                Event::Traced {
                    answer,
                    executor,
                    warning,
                    ..
                } => {
                    assert_eq!((executor, warning), (RanBy::Plan, None));
                    (answer, values)
                }
                event => panic!("{event:?}"),
            }
        };
        let [cpu, device] = &mut sessions;
        let ((wanted, maps), (got, device_maps)) = (run(cpu), run(device));
        for (got, wanted) in [(got, wanted), (device_maps, maps)] {
            let wanted: Vec<f64> = wanted.iter().map(|&it| it.into()).collect();
            let off = error(&got, &wanted);
            // The CPU's Winograd convolutions keep 1e-4 a layer.
            assert!(off <= 1e-3, "{off:e}");
        }
    }
}

#[test]
fn a_session_on_a_device_names_the_node_where_infinity_begins() {
    let Some(gpu) = device() else { return };
    let mut net = GraphBuilder::new("net", Shape::new(1, 6, 6));
    let first = net.then("first", Conv::new(4, 3));
    let second = net.from(&[NodeId::INPUT], "second", Conv::new(4, 3));
    net.from(&[first, second], "product", Merge::Multiply);
    net.then("tanh", Activation::Tanh);
    let graph = net.finish().unwrap();
    let input = picture(graph.input()).into_iter();
    let input: Vec<f32> = input.map(|value| 1e30 * value).collect();
    let mut session = Session::on_cpu().planning_on(gpu);
    let weights = Weights::Seeded { seed: 3 };
    let loaded = ask(&mut session, Command::Load { graph, weights }, &[]);
    assert!(matches!(loaded.header, Event::Loaded { .. }));
    let command = Command::Run {
        input: Input::Values,
        maps: Vec::new(),
    };
    match ask(&mut session, command, &input).header {
        Event::Traced { warning, .. } => {
            assert_eq!(warning.map(|it| it.name).as_deref(), Some("product"));
        }
        event => panic!("{event:?}"),
    }
}
