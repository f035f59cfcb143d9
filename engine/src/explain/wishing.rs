//! Finds the input that excites a unit, and the images of a data set that do.

use super::fourier::{natural, preconditioned};
use super::scope::finite;
use super::wish::{blurred, rolled};
use super::{
    Ascent, Exciting, ExplainError, ExplainFailure, ProjectFailure, Scope, Wish, gaussian,
};
use crate::analysis::{Analysis, Budget};
use crate::data::{DataSet, Part, Random};
use crate::run::{Network, NetworkError};
use crate::train::{Task, TaskError};
use crate::{NodeId, Shape};

/// How many exciting images are told.
const BEST: usize = 9;
/// Multiply-adds of one turn, about, and images of one at most.
const TURN: u64 = 1_000_000_000;
const MOST_IMAGES: u64 = 64;

/// The node and the value of it that is to be large.
pub(super) fn target(
    network: &Network,
    wish: Wish,
) -> Result<(NodeId, Shape, u32), ExplainFailure> {
    let (node, channel) = match wish {
        Wish::Class { class } => {
            let scope = Scope::of(network.graph())?;
            scope.class(class)?;
            (scope.logits, class)
        }
        Wish::Channel { node, channel } | Wish::Middle { node, channel } => (node, channel),
    };
    let shape = network.shape(node).ok_or(NetworkError::NoNode(node.0))?;
    if channel >= shape.channels || node == NodeId::INPUT {
        let found = network.graph().node(node).map(|it| it.name.clone());
        return Err(ExplainError::NoChannel {
            node: found.unwrap_or_else(|| "input".to_owned()),
            channels: shape.channels,
            channel,
        }
        .into());
    }
    Ok((node, shape, channel))
}

/// An ascent under way.
#[derive(Debug)]
pub struct Wishing {
    wish: Wish,
    node: NodeId,
    shape: Shape,
    channel: usize,
    ascent: Ascent,
    size: [usize; 2],
    input: Vec<f32>,
    random: Random,
    at: u32,
    /// The value that is to be large, before each step.
    values: Vec<f32>,
}

impl Wishing {
    /// From seeded noise in the middle of the range.
    ///
    /// # Errors
    /// When there is no such unit, or gradients do not fit the memory.
    pub fn new(
        network: &Network,
        wish: Wish,
        ascent: Ascent,
        budget: Budget,
    ) -> Result<Self, ExplainFailure> {
        let (node, shape, channel) = target(network, wish)?;
        budget.check_gradients(network.graph(), 1)?;
        let ascent = ascent.within();
        let picture = network.graph().input();
        let [low, high] = ascent.range;
        let size = [picture.height, picture.width].map(|side| side as usize);
        let mut noise = gaussian(ascent.seed, 0, picture.elements() as usize);
        if ascent.fourier {
            noise = natural(&noise, size, ascent.colours);
            let scale = 1.0 / mean_size(&noise).max(f32::MIN_POSITIVE);
            noise.iter_mut().for_each(|it| *it *= scale);
        }
        let start = noise.iter().map(|it| {
            let value = (low + high) / 2.0 + 0.05 * (high - low) * it;
            value.clamp(low, high)
        });
        Ok(Self {
            wish,
            node,
            shape,
            channel: channel as usize,
            ascent,
            size,
            input: start.collect(),
            random: Random::of(&[ascent.seed, 1]),
            at: 0,
            values: Vec::new(),
        })
    }

    /// Steps done, and of how many.
    pub fn progress(&self) -> [u64; 2] {
        [self.at.into(), self.ascent.steps.into()]
    }

    /// One step; the input and the values before each step when all are done.
    ///
    /// # Errors
    /// When the device fails or a gradient is not finite.
    pub async fn advance(
        &mut self,
        network: &Network,
    ) -> Result<Option<(Vec<f32>, Vec<f32>)>, ExplainFailure> {
        let [height, width] = self.size;
        let side = |length: usize| (self.ascent.jitter as usize).min(length / 4);
        let by = [
            self.random.below(2 * side(height) + 1) + height - side(height),
            self.random.below(2 * side(width) + 1) + width - side(width),
        ];
        let back = [height - by[0] % height, width - by[1] % width];
        let given = vec![(NodeId::INPUT, rolled(&self.input, self.size, by))];
        let weights = self.weights();
        let mut value = 0.0;
        let upstream = |output: &[f32]| {
            let both = output.iter().zip(&weights);
            value = both.map(|(a, b)| a * b).sum();
            weights.clone()
        };
        let of = [NodeId::INPUT];
        let pulled = network.pull_back(given, self.node, &of, upstream).await?;
        let mut gradient = rolled(&pulled.gradients.concat(), self.size, back);
        if !finite(&gradient) || !value.is_finite() {
            let wrong = gradient.iter().filter(|it| !it.is_finite()).count() as u64;
            let all = gradient.len() as u64;
            return Err(ExplainError::NotDifferentiable { wrong, all }.into());
        }
        self.values.push(value);
        if self.ascent.fourier {
            gradient = preconditioned(&gradient, self.size, self.ascent.colours);
        }
        let length = mean_size(&gradient);
        let [low, high] = self.ascent.range;
        let scale = if length > 0.0 {
            self.ascent.rate * (high - low) / length
        } else {
            0.0
        };
        let middle = (low + high) / 2.0;
        let kept = 1.0 - self.ascent.decay;
        for (value, slope) in self.input.iter_mut().zip(gradient) {
            let moved = *value + scale * slope;
            *value = (middle + kept * (moved - middle)).clamp(low, high);
        }
        self.at += 1;
        let last = self.at == self.ascent.steps;
        if !last && self.ascent.blur_every > 0 && self.at.is_multiple_of(self.ascent.blur_every) {
            self.input = blurred(&self.input, self.size);
        }
        Ok(last.then(|| {
            (
                std::mem::take(&mut self.input),
                std::mem::take(&mut self.values),
            )
        }))
    }

    /// The weight of each value of the node in what is to be large.
    fn weights(&self) -> Vec<f32> {
        let area = self.shape.positions() as usize;
        let mut weights = vec![0.0; self.shape.elements() as usize];
        let map = weights.get_mut(self.channel * area..(self.channel + 1) * area);
        let map = map.unwrap_or_default();
        match self.wish {
            Wish::Class { .. } | Wish::Channel { .. } => map.fill(1.0 / area.max(1) as f32),
            Wish::Middle { .. } => {
                let [_, height, width] = super::scope::sides(self.shape);
                if let Some(weight) = map.get_mut(height / 2 * width + width / 2) {
                    *weight = 1.0;
                }
            }
        }
        weights
    }
}

/// The root of the mean square.
fn mean_size(values: &[f32]) -> f32 {
    let squares: f64 = values.iter().map(|&it| f64::from(it).powi(2)).sum();
    (squares / values.len().max(1) as f64).sqrt() as f32
}

/// A search of the data set under way.
#[derive(Debug)]
pub struct Searching {
    node: NodeId,
    shape: Shape,
    channel: usize,
    task: Task,
    numbers: Vec<u32>,
    at: usize,
    turn: usize,
    best: Vec<Exciting>,
    /// Their inputs.
    inputs: Vec<Vec<f32>>,
}

impl Searching {
    /// Among the first test images of a data set, so many at most.
    ///
    /// # Errors
    /// When there is no such map, or the data set has no images.
    pub fn new(
        network: &Network,
        data: &DataSet,
        task: Task,
        wish: Wish,
        images: usize,
        budget: Budget,
    ) -> Result<Self, ProjectFailure> {
        let (node, shape, channel) = target(network, wish)?;
        let mut numbers = data.split(&task.split).of(Part::Test).to_vec();
        numbers.truncate(images);
        if numbers.is_empty() {
            return Err(TaskError::NoImages.into());
        }
        let graph = network.graph();
        let macs = Analysis::of(graph).total.macs.max(1);
        let mut turn = (TURN / macs).clamp(1, MOST_IMAGES);
        while turn > 1 && budget.check_gradients(graph, turn).is_err() {
            turn /= 2;
        }
        Ok(Self {
            node,
            shape,
            channel: channel as usize,
            task,
            numbers,
            at: 0,
            turn: turn as usize,
            best: Vec::new(),
            inputs: Vec::new(),
        })
    }

    /// Images done, and of how many.
    pub const fn progress(&self) -> [u64; 2] {
        [self.at as u64, self.numbers.len() as u64]
    }

    /// Runs the next images; the most exciting ones when all are done, the largest value first, and
    /// their inputs.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn advance(
        &mut self,
        network: &Network,
        data: &DataSet,
    ) -> Result<Option<(Vec<Exciting>, Vec<f32>)>, ProjectFailure> {
        let end = (self.at + self.turn).min(self.numbers.len());
        let images = &self.numbers[self.at..end];
        let target = network.graph().input();
        let input = |&image: &u32| {
            let input = data.input(image as usize, None, self.task.means, target);
            input.unwrap_or_default()
        };
        let inputs: Vec<f32> = images.iter().flat_map(input).collect();
        let given = vec![(NodeId::INPUT, inputs.clone())];
        let outputs = network.outputs_from(given, &[self.node]).await;
        let values = outputs.map_err(ExplainFailure::from)?.concat();
        let (each, area) = (
            self.shape.elements().max(1) as usize,
            self.shape.positions().max(1) as usize,
        );
        let width = self.shape.width.max(1) as usize;
        let length = target.elements().max(1) as usize;
        let of_images = images.iter().zip(inputs.chunks_exact(length));
        for ((&image, input), values) in of_images.zip(values.chunks_exact(each)) {
            let map = values.get(self.channel * area..(self.channel + 1) * area);
            let largest = map.unwrap_or_default().iter().enumerate().rev();
            let Some((place, &value)) = largest.max_by(|a, b| a.1.total_cmp(b.1)) else {
                continue;
            };
            let place_in = self.best.partition_point(|other| other.value >= value);
            let found = Exciting {
                image,
                value,
                row: (place / width) as u32,
                column: (place % width) as u32,
            };
            if value.is_finite() && place_in < BEST {
                self.best.insert(place_in, found);
                self.best.truncate(BEST);
                self.inputs.insert(place_in, input.to_vec());
                self.inputs.truncate(BEST);
            }
        }
        self.at = end;
        let done = end == self.numbers.len();
        Ok(done.then(|| {
            let inputs = std::mem::take(&mut self.inputs);
            (std::mem::take(&mut self.best), inputs.concat())
        }))
    }
}
