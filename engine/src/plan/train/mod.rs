//! A training step without a tensor library, for networks like LeNet-5: layers one behind the
//! other, convolutions without padding, linear layers, pools, functions whose slope follows from
//! their value, softmax cross-entropy at the end.
//!
//! Eight pictures go through all layers together, the picture innermost in every map, so that one
//! weight meets two vectors of values and what eight pictures need stays in the cache.

mod rule;
mod stages;
mod sums;
mod values;

pub use rule::Rule;

use super::kernels::{Eight, functions};
use super::{LowerError, Params};
use crate::{Graph, NodeId};
use stages::{Kind, Stage};

/// How many pictures go through the layers together.
const LANES: usize = 8;

/// A network in training.
#[derive(Clone, Debug)]
pub struct Trainer {
    stages: Vec<Stage>,
    /// The input, and what each stage gives.
    maps: Vec<Vec<Eight>>,
    /// The slope of the loss for each of them.
    slopes: Vec<Vec<Eight>>,
    /// Values of a picture, and of an answer.
    pixels: usize,
    classes: usize,
    /// Height · width of a picture.
    positions: usize,
}

/// Why a step was not taken; nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrainError {
    #[error("the pictures have {got} values; {labels} labels want {wanted}")]
    Pictures {
        got: usize,
        labels: usize,
        wanted: usize,
    },
    #[error("a label is {label}; the network has the classes 0 to {}", classes - 1)]
    Label { label: usize, classes: usize },
    #[error("there is no picture; a step takes at least one")]
    Empty,
}

impl Trainer {
    /// A network with its first weights.
    ///
    /// # Errors
    /// When the graph has a problem, a layer that this has no step for, or lacks a parameter.
    pub fn new(graph: &Graph, params: &Params) -> Result<Self, LowerError> {
        let (stages, sizes) = stages::of(graph, params)?;
        let map = |&size: &usize| vec![[[0.0; 4]; 2]; size];
        let maps: Vec<Vec<Eight>> = sizes.iter().map(map).collect();
        Ok(Self {
            stages,
            slopes: maps.clone(),
            maps,
            pixels: sizes[0],
            classes: sizes[sizes.len() - 1],
            positions: graph.input().positions() as usize,
        })
    }

    /// The slopes of the mean cross-entropy for these pictures (each channel after channel) and
    /// their classes; the mean itself is returned.
    ///
    /// # Errors
    /// When the pictures do not fit the network or their labels.
    pub fn slopes(&mut self, pictures: &[f32], labels: &[usize]) -> Result<f32, TrainError> {
        let (got, wanted) = (pictures.len(), labels.len() * self.pixels);
        if labels.is_empty() {
            return Err(TrainError::Empty);
        }
        if got != wanted {
            let labels = labels.len();
            return Err(TrainError::Pictures {
                got,
                labels,
                wanted,
            });
        }
        let classes = self.classes;
        if let Some(&label) = labels.iter().find(|&&label| label >= classes) {
            return Err(TrainError::Label { label, classes });
        }
        self.stages.iter_mut().for_each(Stage::forget);
        let share = 1.0 / labels.len() as f32;
        let chunks = pictures.chunks(LANES * self.pixels);
        let mut loss = 0.0;
        for (pictures, labels) in chunks.zip(labels.chunks(LANES)) {
            self.put(pictures);
            self.forward();
            let (Some(scores), Some(slopes)) = (self.maps.last(), self.slopes.last_mut()) else {
                break;
            };
            slopes.copy_from_slice(scores);
            loss += values::cross_entropy(slopes, labels, share);
            self.backward();
        }
        Ok(loss * share)
    }

    /// One step against the slopes of the mean cross-entropy, which is returned.
    ///
    /// # Errors
    /// When the pictures do not fit the network or their labels.
    pub fn step(
        &mut self,
        pictures: &[f32],
        labels: &[usize],
        rule: Rule,
        rate: f64,
    ) -> Result<f32, TrainError> {
        let loss = self.slopes(pictures, labels)?;
        for stage in &mut self.stages {
            stage.step(rule, rate);
        }
        Ok(loss)
    }

    /// The weights as they are now.
    pub fn params(&self) -> Params {
        self.arrays(false)
    }

    /// The slopes of the last call, as the weights' arrays.
    pub fn last_slopes(&self) -> Params {
        self.arrays(true)
    }

    fn arrays(&self, slopes: bool) -> Params {
        let mut params = Params::default();
        for stage in &self.stages {
            stage.write(&mut params, slopes);
        }
        params
    }

    /// Eight pictures or fewer, side by side; zeros for those that are missing.
    fn put(&mut self, pictures: &[f32]) {
        let channels = self.pixels / self.positions;
        let map = &mut self.maps[0];
        map.fill([[0.0; 4]; 2]);
        for (lane, picture) in pictures.chunks_exact(self.pixels).enumerate() {
            for (place, &value) in picture.iter().enumerate() {
                let at = place % self.positions * channels + place / self.positions;
                map[at][lane / 4][lane % 4] = value;
            }
        }
    }

    fn forward(&mut self) {
        for (place, stage) in self.stages.iter().enumerate() {
            let (before, after) = self.maps.split_at_mut(place + 1);
            let (input, output) = (&before[place], &mut after[0]);
            match &stage.kind {
                Kind::Sums(it) => it.sums.forward(&it.weights, &it.bias, input, output),
                Kind::Pool(pool, size) => values::pool(pool, *size, input, output),
                Kind::Function(function) => {
                    output.copy_from_slice(input);
                    let values = output.as_flattened_mut().as_flattened_mut();
                    functions::apply(*function, values);
                }
            }
        }
    }

    fn backward(&mut self) {
        for (place, stage) in self.stages.iter_mut().enumerate().rev() {
            let (before, after) = self.slopes.split_at_mut(place + 1);
            let (into, slope) = (&mut before[place], &after[0]);
            let maps = [&self.maps[place][..], &self.maps[place + 1][..]];
            match &mut stage.kind {
                Kind::Sums(it) => {
                    it.sums
                        .slopes(maps[0], slope, &mut it.weight_slopes, &mut it.bias_slopes);
                    // Nobody asks for the slope of the picture.
                    if place > 0 {
                        into.fill([[0.0; 4]; 2]);
                        it.sums.backward(&it.weights, slope, into);
                    }
                }
                Kind::Pool(pool, size) => {
                    into.fill([[0.0; 4]; 2]);
                    values::pool_backward(pool, *size, maps, slope, into);
                }
                Kind::Function(function) => {
                    into.copy_from_slice(slope);
                    let slopes = into.as_flattened_mut().as_flattened_mut();
                    values::backward(*function, maps[1].as_flattened().as_flattened(), slopes);
                }
            }
        }
    }
}

/// For errors: the node that has no step.
fn unlowered(graph: &Graph, id: NodeId) -> LowerError {
    let node = graph.node(id);
    LowerError::Unlowered {
        node: node.map_or_else(String::new, |node| node.name.clone()),
        kind: node.map_or("", |node| node.layer.kind()),
    }
}
