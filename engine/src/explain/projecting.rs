//! Where a node puts images: its values for each, then their principal components or t-SNE.

use super::scope::largest;
use super::tsne::{self, MOST_POINTS, Tsne};
use super::{ExplainError, ExplainFailure, Projection, Scope, principal};
use crate::NodeId;
use crate::analysis::{Analysis, Budget};
use crate::data::{DataSet, Part};
use crate::run::Network;
use crate::train::{Task, TaskError};

/// Multiply-adds of one turn, about.
const TURN: u64 = 1_000_000_000;
/// Images of one turn at most.
const MOST_IMAGES: u64 = 64;
/// Images in all at most.
const MOST: usize = 2000;
/// Steps of t-SNE in one turn.
const STEPS: usize = 10;
/// Values in all at most: 128 MB.
const MOST_VALUES: u64 = 1 << 25;

/// Where each image lies.
#[derive(Clone, Debug, PartialEq)]
pub struct Projected {
    /// The image's number, its label and its answer.
    pub images: Vec<[u32; 3]>,
    pub places: Vec<[f64; 2]>,
    /// Of the variance, along the two principal components.
    pub shares: Option<[f64; 2]>,
}

/// A projection under way.
#[derive(Debug)]
pub struct Projecting {
    scope: Scope,
    node: NodeId,
    task: Task,
    each: usize,
    turn: usize,
    numbers: Vec<u32>,
    images: Vec<[u32; 3]>,
    values: Vec<f32>,
    projection: Projection,
    tsne: Option<Tsne>,
}

impl Projecting {
    /// Of the first test images of a data set, so many at most, at this node.
    ///
    /// # Errors
    /// When the network has no classes or not this node, or its values are too many.
    pub fn new(
        network: &Network,
        data: &DataSet,
        task: Task,
        node: NodeId,
        projection: Projection,
        images: usize,
        budget: Budget,
    ) -> Result<Self, ProjectFailure> {
        let graph = network.graph();
        let scope = Scope::of(graph).map_err(ExplainFailure::from)?;
        let missing = || ExplainFailure::from(ExplainError::NoNode { node: node.0 });
        let each = network.shape(node).ok_or_else(missing)?.elements();
        let mut numbers = data.split(&task.split).of(Part::Test).to_vec();
        let most = match projection {
            Projection::Principal => MOST,
            Projection::Tsne { .. } => MOST_POINTS,
        };
        numbers.truncate(images.min(most));
        if numbers.is_empty() {
            return Err(TaskError::NoImages.into());
        }
        let count = numbers.len() as u64;
        if each.saturating_mul(count) > MOST_VALUES {
            let name = graph.node(node).map(|it| it.name.clone());
            let refused = ExplainError::TooMany {
                node: name.unwrap_or_else(|| "input".to_owned()),
                images: count,
                each,
            };
            return Err(ExplainFailure::from(refused).into());
        }
        let macs = Analysis::of(graph).total.macs.max(1);
        let mut turn = (TURN / macs).clamp(1, MOST_IMAGES);
        while turn > 1 && budget.check_gradients(graph, turn).is_err() {
            turn /= 2;
        }
        Ok(Self {
            scope,
            node,
            task,
            each: each as usize,
            turn: turn as usize,
            numbers,
            images: Vec::new(),
            values: Vec::new(),
            projection,
            tsne: None,
        })
    }

    /// Images run, and of how many.
    pub fn progress(&self) -> [u64; 2] {
        let (done, images) = (self.images.len() as u64, self.numbers.len() as u64);
        match (&self.tsne, self.projection) {
            (Some(tsne), _) => {
                let [steps, all] = tsne.progress();
                [images + steps, images + all]
            }
            (None, Projection::Tsne { .. }) => [done, images + tsne::STEPS as u64],
            (None, Projection::Principal) => [done, images + 1],
        }
    }

    /// Runs the next images, or finds the components; the result when it is complete.
    ///
    /// # Errors
    /// When the device fails.
    pub async fn advance(
        &mut self,
        network: &Network,
        data: &DataSet,
    ) -> Result<Option<Projected>, ProjectFailure> {
        let done = self.images.len();
        if done == self.numbers.len() {
            return Ok(self.placed());
        }
        let end = (done + self.turn).min(self.numbers.len());
        let target = network.graph().input();
        let numbers = &self.numbers[done..end];
        let input = |&image: &u32| {
            let input = data.input(image as usize, None, self.task.means, target);
            input.unwrap_or_default()
        };
        let inputs: Vec<f32> = numbers.iter().flat_map(input).collect();
        let given = vec![(NodeId::INPUT, inputs)];
        let wanted = [self.node, self.scope.logits];
        let outputs = network.outputs_from(given, &wanted).await;
        let mut outputs = outputs.map_err(ExplainFailure::from)?;
        let logits = outputs.pop().unwrap_or_default();
        self.values.extend(outputs.pop().unwrap_or_default());
        for (&image, logits) in numbers.iter().zip(logits.chunks_exact(self.scope.classes)) {
            let label = data.labels().get(image as usize).copied();
            let answer = largest(logits) as u32;
            self.images
                .push([image, label.unwrap_or_default().into(), answer]);
        }
        Ok(None)
    }

    /// All images have been run: their places, or the next steps towards them.
    fn placed(&mut self) -> Option<Projected> {
        let Projection::Tsne { seed } = self.projection else {
            return Some(self.components());
        };
        let Some(tsne) = &mut self.tsne else {
            self.tsne = Some(Tsne::new(
                &std::mem::take(&mut self.values),
                self.each,
                seed,
            ));
            return None;
        };
        if !tsne.advance(STEPS) {
            return None;
        }
        Some(Projected {
            places: tsne.places().to_vec(),
            shares: None,
            images: std::mem::take(&mut self.images),
        })
    }

    fn components(&mut self) -> Projected {
        let values = std::mem::take(&mut self.values);
        let found = principal(&values, self.each, 2);
        let along = |component: usize, point: usize| {
            let coordinates = found.coordinates.get(component);
            coordinates
                .and_then(|it| it.get(point))
                .copied()
                .unwrap_or_default()
        };
        let places = (0..self.images.len()).map(|point| [along(0, point), along(1, point)]);
        let share = |component: usize| found.shares.get(component).copied().unwrap_or_default();
        Projected {
            places: places.collect(),
            shares: Some([share(0), share(1)]),
            images: std::mem::take(&mut self.images),
        }
    }
}

/// Why images could not be projected.
#[derive(Debug, thiserror::Error)]
pub enum ProjectFailure {
    #[error(transparent)]
    Explain(#[from] ExplainFailure),
    #[error(transparent)]
    Task(#[from] TaskError),
}
