//! The reference's training runs: the network, its first weights, its batches and their results.

use std::collections::BTreeMap;
use std::path::Path;

use engine::Graph;
use serde::Deserialize;

use super::op_graph::{Op, import};
use super::{Array, Budget, arrays, json, weights};

/// 32-bit errors grow from step to step, because each step starts from the last one's; ours and
/// PyTorch's start equal. Ten times PyTorch's own: another order of summation (see `models`).
const TIMES_TORCH: f64 = 10.0;

/// By what PyTorch's own 32-bit arithmetic is off.
pub const fn budget(of_torch: f64) -> Budget {
    Budget {
        absolute: TIMES_TORCH * of_torch,
        relative: 0.0,
    }
}

/// What a run starts from and leads to.
pub struct Training {
    pub graph: Graph,
    /// `images`, `labels`, and the first weights as `init.<name>`.
    pub data: BTreeMap<String, Array>,
    pub result: BTreeMap<String, Array>,
    batch: usize,
}

impl Training {
    /// From these two files of a folder, with batches of so many examples.
    pub fn read(folder: &Path, [data, result]: [&str; 2], ops: &[Op], batch: usize) -> Self {
        let data = arrays(&folder.join(data));
        let [_, channels, height, width] = data["images"].dims4();
        let first = Array {
            dims: vec![1, channels, height, width],
            values: Vec::new(),
        };
        let inputs = BTreeMap::from([("x".to_owned(), first)]);
        let dims = |name: &str| Some(data.get(&format!("init.{name}"))?.dims.clone());
        Self {
            graph: import(ops, &inputs, dims).graph,
            result: arrays(&folder.join(result)),
            data,
            batch,
        }
    }

    /// The first weights as a weights file.
    pub fn first_weights(&self) -> Vec<u8> {
        weights(&self.data, "init.")
    }

    /// The inputs and the labels of a step, counted from 0.
    pub fn batch(&self, step: usize) -> (Vec<f32>, Vec<usize>) {
        let places = step * self.batch..(step + 1) * self.batch;
        let images = &self.data["images"];
        let pixels: usize = images.dims[1..].iter().product();
        let inputs = images.values[places.start * pixels..places.end * pixels].iter();
        let inputs = inputs.map(|value| ((value - 128.0) / 128.0) as f32);
        (
            inputs.collect(),
            self.data["labels"].labels()[places].to_vec(),
        )
    }
}

/// A run of the reference's first set.
#[derive(Deserialize)]
pub struct Run {
    tag: String,
    pub optimizer: Chosen,
    pub steps: usize,
    batch: usize,
    data: String,
    pub file: String,
    pub loss: Vec<f64>,
    /// Only the first run of a model has it.
    graph: Option<Vec<Op>>,
    pub float32_torch_max_loss_diff: f64,
    pub float32_torch_max_weight_diff: f64,
}

#[derive(Deserialize)]
pub struct Chosen {
    pub name: String,
    #[serde(default)]
    pub form: String,
    pub lr: f64,
    #[serde(default)]
    pub momentum: f64,
    #[serde(default)]
    pub weight_decay: f64,
    pub betas: Option<[f64; 2]>,
    pub eps: Option<f64>,
}

/// Takes every run of the reference's first set, which has at least three.
pub fn for_each_run(folder: &Path, mut take: impl FnMut(&Run, &Training)) {
    let runs: Vec<Run> = json(&folder.join("traces.json"));
    assert!(runs.len() >= 3, "{} runs", runs.len());
    let mut graphs: BTreeMap<&str, &[Op]> = BTreeMap::new();
    for run in &runs {
        if let Some(graph) = &run.graph {
            graphs.insert(&run.tag, graph);
        }
        let files = [run.data.as_str(), &run.file];
        take(
            run,
            &Training::read(folder, files, graphs[run.tag.as_str()], run.batch),
        );
    }
}
