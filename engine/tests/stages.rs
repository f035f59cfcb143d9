//! A training step's gradients stage by stage, as workers of a pipeline compute them.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod reference_run;

use std::collections::{BTreeMap, HashMap, HashSet};

use engine::distribute::{Piped, StageError, Staged};
use engine::run::{Mode, Network, cpu, read_weights};
use engine::train::{CrossEntropy, logits, one_hot};
use engine::{NodeId, data, zoo};
use pollster::block_on;
use reference_run::op_graph::{Op, import};
use reference_run::training::budget;
use reference_run::{Array, arrays, json, values, weights};
use serde::Deserialize;

fn piped(
    network: &Network,
    stages: usize,
    input: &[f32],
    labels: &[usize],
    micro_batches: usize,
) -> Piped {
    let mut staged = Staged::new(network, stages, input, labels, micro_batches).unwrap();
    loop {
        if let Some(piped) = block_on(staged.advance(network)).unwrap() {
            let [done, all] = staged.progress();
            assert_eq!(done, all);
            return piped;
        }
    }
}

#[test]
fn stages_give_the_gradients_of_the_whole_network() {
    for (name, stages) in [("lenet-5", 3), ("resnet-mini", 4), ("googlenet-mini", 3)] {
        let graph = zoo::build(name, &zoo::Options::default()).unwrap();
        let network = Network::seeded(graph, 3, &cpu()).unwrap();
        let labels = [3, 1, 4, 1];
        let count = network.graph().input().elements() as usize;
        let input = data::made_up(count * labels.len());
        let found = piped(&network, stages, &input, &labels, 2);
        assert_eq!(found.stages.len(), stages);
        assert!(found.sent_bytes.iter().all(|&bytes| bytes > 0));

        let from = logits(network.graph());
        let classes = network.shape(from).unwrap().elements() as usize;
        let targets = one_hot(&labels, classes, network.device())
            .unwrap()
            .autodiff();
        let whole = network
            .gradients_from(
                HashMap::from([(NodeId::INPUT, network.input(input).unwrap())]),
                &HashSet::new(),
                from,
                Mode::Inference,
                |mut outputs| {
                    let logits = outputs.remove(0).reshape([labels.len(), classes]);
                    CrossEntropy::default().of(logits, targets)
                },
            )
            .unwrap();
        let loss = f64::from(values(whole.objective)[0]);
        assert!((found.loss - loss).abs() < 1e-5 * loss.max(1.0), "{name}");
        let mut compared = 0;
        let params = network.params().iter().zip(found.params).zip(whole.params);
        for ((param, own), wanted) in params {
            let Some(wanted) = wanted else {
                assert!(own.is_none(), "{name} {}", param.name);
                continue;
            };
            let (own, wanted) = (own.unwrap(), values(wanted));
            let largest = wanted.iter().fold(0.0_f32, |most, it| most.max(it.abs()));
            for (own, wanted) in own.iter().zip(&wanted) {
                assert!(
                    (own - wanted).abs() <= 2e-5 * largest + 1e-9,
                    "{name} {}",
                    param.name
                );
            }
            compared += 1;
        }
        assert!(compared >= 4, "{name}");
    }
}

#[derive(Deserialize)]
struct Case {
    name: String,
    file: String,
    graph: Vec<Op>,
    shards: Vec<usize>,
    float32_torch_max_diff: BTreeMap<String, f64>,
}

#[test]
fn micro_batches_give_the_gradients_of_the_reference_s_whole_batch() {
    let folder = common::folder().join("second/parallel");
    let cases: Vec<Case> = json(&folder.join("cases.json"));
    let case = cases.iter().find(|it| it.name == "equal_shards").unwrap();
    let tensors = arrays(&folder.join(&case.file));
    let images = &tensors["images"];
    let [_, channels, height, width] = images.dims4();
    let first = Array {
        dims: vec![1, channels, height, width],
        values: Vec::new(),
    };
    let inputs = BTreeMap::from([("x".to_owned(), first)]);
    let dims = |name: &str| Some(tensors.get(&format!("param.{name}"))?.dims.clone());
    let graph = import(&case.graph, &inputs, dims).graph;
    let mut network = Network::seeded(graph, 0, &cpu()).unwrap();
    read_weights(&mut network, &weights(&tensors, "param.")).unwrap();
    let input: Vec<f32> = images
        .values
        .iter()
        .map(|it| ((it - 128.0) / 128.0) as f32)
        .collect();
    let labels = tensors["labels"].labels();
    let found = piped(&network, 2, &input, &labels, case.shards.len());
    let allowed = budget(case.float32_torch_max_diff["grad_full"]);
    for (param, own) in network.params().iter().zip(&found.params) {
        let wanted = &tensors[&format!("grad_full.{}", param.name)].values;
        allowed
            .check(&param.name, own.as_ref().unwrap(), wanted)
            .unwrap();
    }
    let loss = tensors["loss_full"].values[0];
    assert!((found.loss - loss).abs() < 1e-6 * loss.max(1.0));
}

#[test]
fn a_batch_that_does_not_divide_and_labels_out_of_range_are_refused() {
    let graph = zoo::build("lenet-5", &zoo::Options::default()).unwrap();
    let network = Network::seeded(graph, 0, &cpu()).unwrap();
    let input = data::made_up(network.graph().input().elements() as usize * 4);
    let refused = |stages, labels: &[usize], micro_batches| {
        Staged::new(&network, stages, &input, labels, micro_batches).unwrap_err()
    };
    assert!(matches!(
        refused(2, &[0; 4], 3),
        StageError::MicroBatches { .. }
    ));
    assert!(matches!(
        refused(2, &[0; 4], 0),
        StageError::MicroBatches { .. }
    ));
    assert!(matches!(
        refused(2, &[0, 0, 0, 10], 2),
        StageError::Label { .. }
    ));
    assert!(matches!(refused(99, &[0; 4], 2), StageError::Partition(_)));
}
