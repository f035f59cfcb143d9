//! The gradients of shards, and their mean, of the reference's second set.
#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod common;
mod reference_run;

use std::collections::BTreeMap;
use std::path::PathBuf;

use engine::Shape;
use engine::data::{DataSet, Labelled, Means, Preparation};
use engine::run::{Network, cpu, read_weights};
use engine::train::{Sum, Task, Work, Worker};
use pollster::block_on;
use reference_run::op_graph::{Op, import};
use reference_run::training::budget;
use reference_run::{Array, arrays, json, weights};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    file: String,
    graph: Vec<Op>,
    shards: Vec<usize>,
    float32_torch_max_diff: BTreeMap<String, f64>,
}

fn folder() -> PathBuf {
    common::folder().join("second/parallel")
}

/// The kernels of the first layer.
const FIRST: &str = "param.conv1.weight";

/// Kernels for grey images as those for three equal channels, of which they take the first: only
/// images in colour are prepared as the reference's are.
fn in_colour(kernels: &Array) -> Array {
    let [out, 1, 3, 3] = kernels.dims4() else {
        panic!("{:?}", kernels.dims)
    };
    let widened = kernels.values.chunks(9).flat_map(|kernel| {
        let zeros = vec![0.0; 18];
        [kernel.to_vec(), zeros].concat()
    });
    Array {
        dims: vec![out, 3, 3, 3],
        values: widened.collect(),
    }
}

impl Case {
    fn check(&self) {
        let mut tensors = arrays(&folder().join(&self.file));
        tensors.insert(FIRST.to_owned(), in_colour(&tensors[FIRST]));
        let images = &tensors["images"];
        let [count, channels, height, width] = images.dims4();
        assert_eq!(channels, 1);
        let first = Array {
            dims: vec![1, 3, height, width],
            values: Vec::new(),
        };
        let inputs = BTreeMap::from([("x".to_owned(), first)]);
        let dims = |name: &str| Some(tensors.get(&format!("param.{name}"))?.dims.clone());
        let graph = import(&self.graph, &inputs, dims).graph;
        let mut network = Network::seeded(graph, 0, &cpu()).unwrap();
        read_weights(&mut network, &weights(&tensors, "param.")).unwrap();
        let labels = tensors["labels"].labels();
        let shape = Shape::new(1, height as u32, width as u32);
        let mut data = DataSet::new(shape, 10).unwrap();
        let grey = images.values.iter().map(|&it| it as u8);
        data.append(
            &Labelled {
                shape,
                pixels: grey.collect(),
                labels: labels.iter().map(|&it| it as u16).collect(),
            },
            false,
        )
        .unwrap();
        let task = Task {
            means: Means {
                photo: Preparation {
                    mean: [128.0; 3],
                    scale: [128.0; 3],
                    ..Preparation::default()
                },
                ..Means::default()
            },
            ..Task::default()
        };
        let mut next = 0;
        let shards = self.shards.iter().map(|&size| {
            next += size as u32;
            (next - size as u32..next).collect::<Vec<u32>>()
        });
        let shards: Vec<Vec<u32>> = shards.collect();
        assert_eq!(shards.concat().len(), count);
        let mut worker = Worker::new(&network, &task);
        let mut compute = |first: u32, shards: &[Vec<u32>], examples: usize| {
            let work = Work {
                ticket: 1,
                task: task.clone(),
                step: 0,
                epoch: 0,
                examples,
                first,
                shards: shards.to_vec(),
            };
            block_on(worker.compute(&network, &data, &work)).unwrap()
        };
        let check = |kind: &str, prefix: &str, sum: &Sum, loss: (&str, usize)| {
            let mut rest = sum.values.as_slice();
            let allowed = budget(self.float32_torch_max_diff[kind]);
            for param in network.params() {
                let (own, after) = rest.split_at(param.dims.iter().product());
                rest = after;
                let name = format!("{prefix}.{}", param.name);
                let wanted = &tensors[&name].values;
                // That of the first channel.
                let kernels = own.chunks(27).flat_map(|it| it[..9].to_vec());
                let own = match param.dims.as_slice() {
                    [_, 3, 3, 3] => kernels.collect(),
                    _ => own.to_vec(),
                };
                let checked = allowed.check(&name, &own, wanted);
                checked.unwrap_or_else(|why| panic!("{}: {why}", self.name));
            }
            assert!(rest.is_empty());
            let (name, place) = loss;
            let allowed = budget(self.float32_torch_max_diff[name]);
            let wanted = &tensors[name].values[place..=place];
            let checked = allowed.check(name, &[sum.loss as f32], wanted);
            checked.unwrap_or_else(|why| panic!("{}: {why}", self.name));
        };
        for (place, shard) in shards.iter().enumerate() {
            let alone = compute(place as u32, std::slice::from_ref(shard), shard.len());
            let prefix = format!("grad_shard.{place}");
            check("grad_shard", &prefix, &alone, ("loss_shard", place));
        }
        let all = compute(0, &shards, count);
        check("grad_mean", "grad_mean", &all, ("loss_full", 0));
        check("grad_full", "grad_full", &all, ("loss_full", 0));
    }
}

#[test]
fn the_gradients_of_shards_and_their_mean_equal_the_reference() {
    let cases: Vec<Case> = json(&folder().join("cases.json"));
    assert!(cases.len() >= 2);
    for case in &cases {
        case.check();
    }
}
