//! The effective patch of a unit: how much each pixel moves it, over some images (Luo et al. 2016). It is
//! smaller than the theoretical one, which only says what could.

use super::scope::{finite, sides};
use super::wishing::target;
use super::{ExplainError, ExplainFailure, ProjectFailure, Wish};
use crate::NodeId;
use crate::analysis::{Analysis, Budget};
use crate::data::{DataSet, Part};
use crate::run::Network;
use crate::train::{Task, TaskError};

/// Multiply-adds of one turn, about, how many passes of them a gradient takes, and images of one turn
/// at most.
const TURN: u64 = 1_000_000_000;
const BACKWARD: u64 = 3;
const MOST_IMAGES: u64 = 32;

/// Measurements under way.
#[derive(Debug)]
pub struct Patching {
    node: NodeId,
    /// The value in the middle of the map: its row and column, and its place in the node's values.
    middle: [u32; 2],
    place: usize,
    task: Task,
    numbers: Vec<u32>,
    at: usize,
    turn: usize,
    energy: Vec<f64>,
}

impl Patching {
    /// On the first test images of a data set, so many at most.
    ///
    /// # Errors
    /// When there is no such unit, the data has no images, or gradients do not fit the memory.
    pub fn new(
        network: &Network,
        data: &DataSet,
        task: Task,
        wish: Wish,
        images: usize,
        budget: Budget,
    ) -> Result<Self, ProjectFailure> {
        let (node, shape, channel) = target(network, wish)?;
        let graph = network.graph();
        let mut numbers = data.split(&task.split).of(Part::Test).to_vec();
        numbers.truncate(images);
        if numbers.is_empty() {
            return Err(TaskError::NoImages.into());
        }
        budget
            .check_gradients(graph, 1)
            .map_err(ExplainFailure::from)?;
        let macs = Analysis::of(graph).total.macs.max(1);
        let mut turn = (TURN / macs.saturating_mul(BACKWARD)).clamp(1, MOST_IMAGES);
        while turn > 1 && budget.check_gradients(graph, turn).is_err() {
            turn /= 2;
        }
        let [_, height, width] = sides(shape);
        let middle = [shape.height / 2, shape.width / 2];
        let [row, column] = middle.map(|it| it as usize);
        Ok(Self {
            node,
            middle,
            place: (channel as usize * height + row) * width + column,
            task,
            numbers,
            at: 0,
            turn: turn as usize,
            energy: vec![0.0; graph.input().positions() as usize],
        })
    }

    /// Images done, and of how many.
    pub const fn progress(&self) -> [u64; 2] {
        [self.at as u64, self.numbers.len() as u64]
    }

    /// The row and the column of the value in its map.
    pub const fn middle(&self) -> [u32; 2] {
        self.middle
    }

    /// Runs the next images; the mean square of the gradient at each pixel when all are done.
    ///
    /// # Errors
    /// When the device fails, or a gradient is not finite.
    pub async fn advance(
        &mut self,
        network: &Network,
        data: &DataSet,
    ) -> Result<Option<Vec<f32>>, ProjectFailure> {
        let end = (self.at + self.turn).min(self.numbers.len());
        let target = network.graph().input();
        let images = &self.numbers[self.at..end];
        let input = |&image: &u32| {
            let input = data.input(image as usize, None, self.task.means, target);
            input.unwrap_or_default()
        };
        let inputs: Vec<f32> = images.iter().flat_map(input).collect();
        let (count, place) = (images.len().max(1), self.place);
        let upstream = |output: &[f32]| {
            let mut one = vec![0.0; output.len()];
            for values in one.chunks_exact_mut((output.len() / count).max(1)) {
                if let Some(value) = values.get_mut(place) {
                    *value = 1.0;
                }
            }
            one
        };
        let (given, of) = (vec![(NodeId::INPUT, inputs)], [NodeId::INPUT]);
        let pulled = network.pull_back(given, self.node, &of, upstream).await;
        let gradient = pulled.map_err(ExplainFailure::from)?.gradients.concat();
        if !finite(&gradient) {
            let wrong = gradient.iter().filter(|it| !it.is_finite()).count() as u64;
            let all = gradient.len() as u64;
            let refused = ExplainError::NotDifferentiable { wrong, all };
            return Err(ExplainFailure::from(refused).into());
        }
        for plane in gradient.chunks_exact(self.energy.len().max(1)) {
            for (sum, &slope) in self.energy.iter_mut().zip(plane) {
                *sum += f64::from(slope).powi(2);
            }
        }
        self.at = end;
        let done = end == self.numbers.len();
        Ok(done.then(|| {
            let count = self.numbers.len() as f64;
            self.energy.iter().map(|it| (it / count) as f32).collect()
        }))
    }
}
