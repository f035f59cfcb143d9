//! A training step without a tensor library: convolutions, linear layers, batch norm, pools, sums,
//! functions whose slope follows from their value, softmax cross-entropy at the end.
//!
//! Eight pictures go through all layers together, the picture innermost in every map, so that one
//! weight meets two vectors of values and what eight pictures need stays in the cache. A network with
//! batch norm needs the statistics of the whole batch: there all pictures go through a layer before
//! the next one.

mod stages;
mod weighted;

pub use kernels::train::Rule;

use kernels::Eight;
use kernels::train::{Scratch, values};

use super::{LowerError, Params};
use crate::checkpoint::Role;
use crate::{Graph, NodeId};
use stages::{Kind, Stage};

/// How many pictures go through the layers together.
const LANES: usize = 8;

/// A network in training.
#[derive(Clone, Debug)]
pub struct Trainer {
    stages: Vec<Stage>,
    /// Values of the input, and of each stage's output, of one picture.
    sizes: Vec<usize>,
    /// All pictures go through a layer together.
    together: bool,
    /// The input, and what each stage gives.
    maps: Vec<Vec<Eight>>,
    /// The slope of the loss for each of them.
    slopes: Vec<Vec<Eight>>,
    scratch: Scratch,
    /// Of the last pictures, one after the other.
    logits: Vec<f32>,
    /// Values of a picture, and of an answer.
    pixels: usize,
    classes: usize,
    /// Height · width of a picture, and of what the network gives.
    positions: usize,
    out_positions: usize,
}

/// See [`Trainer::pull_back`].
#[derive(Clone, Debug)]
pub struct PulledBack {
    pub output: Vec<f32>,
    pub input: Vec<f32>,
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
        let (stages, sizes, out_positions) = stages::of(graph, params)?;
        Ok(Self {
            together: stages
                .iter()
                .any(|stage| matches!(stage.kind, Kind::Norm(_))),
            maps: vec![Vec::new(); sizes.len()],
            slopes: vec![Vec::new(); sizes.len()],
            scratch: Scratch::default(),
            logits: Vec::new(),
            pixels: sizes[0],
            classes: sizes[sizes.len() - 1],
            positions: graph.input().positions() as usize,
            out_positions,
            stages,
            sizes,
        })
    }

    /// The slopes of the mean cross-entropy for these pictures (each channel after channel) and
    /// their classes; the mean itself is returned.
    ///
    /// # Errors
    /// When the pictures do not fit the network or their labels.
    pub fn slopes(&mut self, pictures: &[f32], labels: &[usize]) -> Result<f32, TrainError> {
        self.slopes_of(pictures, labels, 0.0)
    }

    /// As [`Self::slopes`]; `smoothing` is the share of each target that is spread evenly over the
    /// classes.
    ///
    /// # Errors
    /// When the pictures do not fit the network or their labels.
    pub fn slopes_of(
        &mut self,
        pictures: &[f32],
        labels: &[usize],
        smoothing: f32,
    ) -> Result<f32, TrainError> {
        let classes = self.classes;
        if let Some(&label) = labels.iter().find(|&&label| label >= classes) {
            return Err(TrainError::Label { label, classes });
        }
        let share = 1.0 / labels.len() as f32;
        let mut loss = 0.0;
        let mut rest = labels;
        self.there_and_back(pictures, labels.len(), false, |slopes, count| {
            let (labels, after) = rest.split_at_checked(count).unwrap_or_default();
            rest = after;
            loss += values::cross_entropy(slopes, labels, share, smoothing);
        })?;
        Ok(loss * share)
    }

    /// What the network gives for these pictures, and the slopes of the sum of it times `weights`
    /// with respect to the pictures; those with respect to the parameters are
    /// [`Self::last_slopes`]. All arrays are picture after picture, each channel after channel; a
    /// last softmax is left out.
    ///
    /// # Errors
    /// When the pictures do not fit the network or the weights.
    pub fn pull_back(
        &mut self,
        pictures: &[f32],
        weights: &[f32],
    ) -> Result<PulledBack, TrainError> {
        let [positions, outputs] = [self.out_positions, self.classes];
        let mut rest = weights;
        let [output, input] =
            self.there_and_back(pictures, weights.len() / outputs, true, |slopes, count| {
                let (weights, after) = rest.split_at_checked(count * outputs).unwrap_or_default();
                rest = after;
                values::side_by_side(weights, positions, slopes);
            })?;
        Ok(PulledBack { output, input })
    }

    /// Forward, and back from the slopes that `begin` makes of the scores of up to eight pictures,
    /// given their number. With `whole` gives the outputs and the slopes of the pictures.
    fn there_and_back(
        &mut self,
        pictures: &[f32],
        examples: usize,
        whole: bool,
        mut begin: impl FnMut(&mut [Eight], usize),
    ) -> Result<[Vec<f32>; 2], TrainError> {
        let (got, wanted) = (pictures.len(), examples * self.pixels);
        if examples == 0 {
            return Err(TrainError::Empty);
        }
        if got != wanted {
            return Err(TrainError::Pictures {
                got,
                labels: examples,
                wanted,
            });
        }
        self.stages.iter_mut().for_each(Stage::forget);
        self.logits.clear();
        let flight = match self.together {
            true => examples.next_multiple_of(LANES),
            false => LANES,
        };
        for maps in [&mut self.maps, &mut self.slopes] {
            for (map, size) in maps.iter_mut().zip(&self.sizes) {
                map.resize(flight / LANES * size, [[0.0; 4]; 2]);
            }
        }
        let classes = self.classes;
        let mut all = [Vec::new(), Vec::new()];
        for pictures in pictures.chunks(flight * self.pixels) {
            let count = pictures.len() / self.pixels;
            let maps = self.maps[0].chunks_exact_mut(self.pixels);
            for (pictures, map) in pictures.chunks(LANES * self.pixels).zip(maps) {
                values::side_by_side(pictures, self.positions, map);
            }
            self.forward(count);
            for slopes in &mut self.slopes {
                slopes.fill([[0.0; 4]; 2]);
            }
            let (Some(scores), Some(slopes)) = (self.maps.last(), self.slopes.last_mut()) else {
                break;
            };
            let chunks = scores
                .chunks_exact(classes)
                .zip(slopes.chunks_exact_mut(classes));
            let mut left = count;
            for (scores, slopes) in chunks {
                let here = left.min(LANES);
                left -= here;
                slopes.copy_from_slice(scores);
                for lane in 0..here {
                    let scores = scores.iter().map(|score| score[lane / 4][lane % 4]);
                    self.logits.extend(scores);
                }
                if whole {
                    values::one_by_one(scores, self.out_positions, here, &mut all[0]);
                }
                begin(slopes, here);
            }
            self.backward(count, whole);
            if whole {
                let mut left = count;
                for slopes in self.slopes[0].chunks_exact(self.pixels) {
                    let here = left.min(LANES);
                    left -= here;
                    values::one_by_one(slopes, self.positions, here, &mut all[1]);
                }
            }
        }
        for stage in &mut self.stages {
            stage.conclude(&mut self.scratch);
        }
        Ok(all)
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

    /// Bytes of the maps of so many pictures and of their slopes.
    pub fn bytes(&self, examples: usize) -> usize {
        let together = if self.together { examples } else { LANES };
        let floats = self.sizes.iter().sum::<usize>() * together.next_multiple_of(LANES);
        2 * 4 * floats
    }

    /// What the network answered to the pictures of the last call, before softmax: one picture after
    /// the other.
    pub fn logits(&self) -> &[f32] {
        &self.logits
    }

    /// Takes these weights.
    ///
    /// # Errors
    /// The name of a node that has none, or not as many as it needs.
    pub fn load<'a>(
        &mut self,
        values: impl Fn(NodeId, Role) -> Option<&'a [f32]>,
    ) -> Result<(), NodeId> {
        for stage in &mut self.stages {
            stage.load(&values)?;
        }
        Ok(())
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
            for (role, dims, values) in stage.arrays(slopes) {
                params.set(stage.node(), role, dims, values);
            }
        }
        params
    }

    fn forward(&mut self, count: usize) {
        let chunks = count.div_ceil(LANES);
        for (place, stage) in self.stages.iter_mut().enumerate() {
            let (before, after) = self.maps.split_at_mut(place + 1);
            let first = stage.inputs.first().copied().unwrap_or(0);
            let sizes = [self.sizes[first], self.sizes[place + 1]];
            let output = &mut after[0][..chunks * sizes[1]];
            if let Kind::Norm(it) = &mut stage.kind {
                it.forward(
                    [sizes[0], count],
                    &before[first][..chunks * sizes[0]],
                    output,
                );
                stage.finish(output);
                continue;
            }
            for (chunk, output) in output.chunks_exact_mut(sizes[1].max(1)).enumerate() {
                let input = |number: usize| {
                    let size = self.sizes[number];
                    &before[number][chunk * size..][..size]
                };
                stage.kind.forward(&stage.inputs, input, output);
                stage.finish(output);
            }
        }
    }

    /// With `whole` also the slopes of the pictures.
    fn backward(&mut self, count: usize, whole: bool) {
        let chunks = count.div_ceil(LANES);
        for (place, stage) in self.stages.iter_mut().enumerate().rev() {
            let (before, after) = self.slopes.split_at_mut(place + 1);
            let size = self.sizes[place + 1];
            let (slope, output) = (&mut after[0][..chunks * size], &self.maps[place + 1]);
            stage.begin_back(&output[..chunks * size], slope);
            for &number in &stage.inputs {
                let from = self.sizes[number];
                let (input, into) = (&self.maps[number], &mut before[number]);
                if let Kind::Norm(it) = &mut stage.kind {
                    let input = &input[..chunks * from];
                    it.backward([from, count], [input, slope], &mut into[..chunks * from]);
                    continue;
                }
                for chunk in 0..chunks {
                    let maps = [
                        &input[chunk * from..][..from],
                        &output[chunk * size..][..size],
                    ];
                    let slope = &mut slope[chunk * size..][..size];
                    let into = &mut into[chunk * from..][..from];
                    let wanted = whole || number > 0;
                    stage
                        .kind
                        .backward(maps, slope, into, wanted, &mut self.scratch);
                }
            }
        }
    }

    /// The mean and the variance (the sum of squares over their number less 1) of each channel that
    /// the batch norms had in the last call, with `count` pictures.
    pub fn statistics(&self, count: usize) -> Vec<(NodeId, [Vec<f32>; 2])> {
        let each = self.stages.iter().filter_map(|stage| match &stage.kind {
            Kind::Norm(it) => {
                let size = self.sizes[stage.inputs[0]];
                Some((stage.node(), it.stored(size, count)))
            }
            _ => None,
        });
        each.collect()
    }
}

/// For errors: the node that has no step.
pub(super) fn unlowered(graph: &Graph, id: NodeId) -> LowerError {
    let node = graph.node(id);
    LowerError::Unlowered {
        node: node.map_or_else(String::new, |node| node.name.clone()),
        kind: node.map_or("", |node| node.layer.kind()),
    }
}
