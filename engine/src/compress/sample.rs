//! Images of a data set run through a network, some at a time.

use std::future::Future;

use super::{Accuracy, Measured, ShrinkError};
use crate::data::{DataSet, Part, Random};
use crate::plan::RunError;
use crate::run::NetworkError;
use crate::{Analysis, Graph};

/// Multiply-adds of one turn, about.
const TURN: u64 = 500_000_000;
/// Images of one turn at most.
const MOST_IMAGES: u64 = 64;

/// Some images, and how far they have been run.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    images: Vec<u32>,
    at: usize,
    turn: usize,
    measured: Measured,
}

/// Some images as inputs, with their labels.
pub(super) struct Batch {
    pub inputs: Vec<f32>,
    pub labels: Vec<usize>,
}

impl Sample {
    /// So many images of a part at most, in the order of a seed.
    pub fn of(graph: &Graph, data: &DataSet, part: Part, count: u32, measured: Measured) -> Self {
        let mut images = data.split(&measured.split).of(part).to_vec();
        if images.len() > count as usize {
            Random::of(&[measured.seed, 0x7368_726e]).shuffle(&mut images);
            images.truncate(count as usize);
            images.sort_unstable();
        }
        let macs = Analysis::of(graph).total.macs.max(1);
        Self {
            images,
            at: 0,
            turn: (TURN / macs).clamp(1, MOST_IMAGES) as usize,
            measured,
        }
    }

    pub const fn len(&self) -> usize {
        self.images.len()
    }

    /// From the first image on again.
    pub const fn restart(&mut self) {
        self.at = 0;
    }

    /// How many turns all of them are.
    pub const fn turns(&self) -> u64 {
        self.images.len().div_ceil(self.turn) as u64
    }

    /// The next images; none once all have been run.
    pub fn next(&mut self, graph: &Graph, data: &DataSet) -> Option<Batch> {
        let end = (self.at + self.turn).min(self.images.len());
        let images = &self.images[self.at..end];
        self.at = end;
        if images.is_empty() {
            return None;
        }
        let input = |&image: &u32| {
            let input = data.input(image as usize, None, self.measured.means, graph.input());
            input.unwrap_or_default()
        };
        let label = |&image: &u32| usize::from(*data.labels().get(image as usize).unwrap_or(&0));
        Some(Batch {
            inputs: images.iter().flat_map(input).collect(),
            labels: images.iter().map(label).collect(),
        })
    }
}

/// Counts right answers.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    sample: Sample,
    right: u64,
    loss: f64,
}

impl Tally {
    /// On the test images; on the validation images where there are none.
    pub fn new(graph: &Graph, data: &DataSet, measured: Measured) -> Result<Self, ShrinkError> {
        let of = |part| Sample::of(graph, data, part, measured.images, measured);
        let mut sample = of(Part::Test);
        if sample.len() == 0 {
            sample = of(Part::Validation);
        }
        if sample.len() == 0 {
            return Err(ShrinkError::NoTestImages);
        }
        Ok(Self {
            sample,
            right: 0,
            loss: 0.0,
        })
    }

    pub const fn turns(&self) -> u64 {
        self.sample.turns()
    }

    /// From the first image on again.
    pub const fn restart(&mut self) {
        self.sample.restart();
        self.right = 0;
        self.loss = 0.0;
    }

    /// The next images through `run`, which gives their logits; the result once all are through.
    pub async fn advance<F>(
        &mut self,
        graph: &Graph,
        data: &DataSet,
        run: impl FnOnce(Vec<f32>) -> F,
    ) -> Result<Option<Accuracy>, Failed>
    where
        F: Future<Output = Result<Vec<f32>, NetworkError>>,
    {
        if let Some(Batch { inputs, labels }) = self.sample.next(graph, data) {
            let logits = run(inputs).await?;
            let classes = logits.len() / labels.len().max(1);
            for (row, label) in logits.chunks_exact(classes.max(1)).zip(labels) {
                let judged = crate::train::judged(row, label);
                let (loss, answer) = judged.ok_or(ShrinkError::NotFinite)?;
                self.loss += loss;
                self.right += u64::from(answer == label);
            }
        }
        if self.sample.at < self.sample.len() {
            return Ok(None);
        }
        let images = self.sample.len() as u64;
        Ok(Some(Accuracy {
            images,
            right: self.right as f64 / images as f64,
            loss: self.loss / images as f64,
        }))
    }
}

/// What ends a step without a result.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    #[error(transparent)]
    Shrink(#[from] ShrinkError),
    #[error(transparent)]
    Task(#[from] crate::train::TaskError),
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Plan(#[from] RunError),
}
