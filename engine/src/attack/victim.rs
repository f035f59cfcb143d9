//! The network as a function of pictures of 0 to 1.

use super::{AttackError, Sanitation, answer_of};
use crate::data::Scaling;
use crate::run::{Network, NetworkError};
use crate::session::answers;
use crate::train::{TaskError, logits};
use crate::{Analysis, NodeId, Shape};

/// Pictures of one pass at most.
pub const MOST_PICTURES: usize = 64;
/// Multiply-adds of one pass, about.
const TURN: u64 = 1_000_000_000;

/// Why an attack under way ended.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error(transparent)]
    Attack(#[from] AttackError),
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Task(#[from] TaskError),
}

/// What is attacked: how a picture becomes the network's input, and where its answer is.
#[derive(Clone, Debug)]
pub struct Victim {
    pub shape: Shape,
    pub scaling: Scaling,
    /// Comes before the scaling.
    pub sanitation: Vec<Sanitation>,
    pub classes: usize,
    /// Pictures of one pass.
    pub rows: usize,
    logits: NodeId,
}

/// Where an attack of one picture leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goal {
    pub class: usize,
    /// Towards the class; away from it otherwise.
    pub targeted: bool,
}

impl Goal {
    /// Whether this answer is what was wanted.
    pub const fn is_reached(self, answer: usize) -> bool {
        (answer == self.class) == self.targeted
    }

    /// 1 up the loss, -1 down.
    pub const fn sign(self) -> f64 {
        if self.targeted { -1.0 } else { 1.0 }
    }
}

impl Victim {
    /// # Errors
    /// When the network has no classes.
    pub fn new(network: &Network, scaling: Scaling) -> Result<Self, AttackError> {
        let graph = network.graph();
        if graph.nodes().is_empty() {
            return Err(AttackError::Empty);
        }
        let shape = network.shape(graph.output()).unwrap_or(graph.input());
        if !answers(shape) {
            return Err(AttackError::Maps { shape });
        }
        let classes = shape.elements() as usize;
        if classes < 2 {
            return Err(AttackError::OneClass);
        }
        // A gradient is about two passes more.
        let macs = 3 * Analysis::of(graph).total.macs.max(1);
        Ok(Self {
            shape: graph.input(),
            scaling,
            sanitation: Vec::new(),
            classes,
            rows: (TURN / macs).clamp(1, MOST_PICTURES as u64) as usize,
            logits: logits(graph),
        })
    }

    /// Behind this sanitation.
    #[must_use]
    pub fn behind(&self, sanitation: &[Sanitation]) -> Self {
        let sanitation = sanitation.to_vec();
        Self {
            sanitation,
            ..self.clone()
        }
    }

    /// Values of one picture.
    pub fn size(&self) -> usize {
        (self.shape.elements() as usize).max(1)
    }

    /// The picture that an input was made of.
    ///
    /// # Errors
    /// When it was made of none of 0 to 1.
    pub fn picture(&self, input: &[f32]) -> Result<Vec<f32>, AttackError> {
        match self.scaling.stray(input, self.shape) {
            // JSON has neither infinities nor NaN.
            Some(value) if !value.is_finite() => Err(AttackError::NoPicture { value: f32::MAX }),
            Some(value) => Err(AttackError::NoPicture { value }),
            None => Ok(self.scaling.picture(input, self.shape)),
        }
    }

    /// Pictures as the network's input.
    pub fn input(&self, pictures: &[f32]) -> Vec<f32> {
        if self.sanitation.is_empty() {
            return self.scaling.input(pictures, self.shape);
        }
        let mut pictures = pictures.to_vec();
        for picture in pictures.chunks_mut(self.size()) {
            for sanitation in &self.sanitation {
                sanitation.apply(picture, self.shape);
            }
        }
        self.scaling.input(&pictures, self.shape)
    }

    /// The logits of at most [`Self::rows`] pictures.
    ///
    /// # Errors
    /// When one is not a finite number, or the device fails.
    pub async fn logits(&self, network: &Network, pictures: &[f32]) -> Result<Vec<f32>, RunError> {
        let given = vec![(NodeId::INPUT, self.input(pictures))];
        let mut outputs = network.outputs_from(given, &[self.logits]).await?;
        finite(outputs.pop().unwrap_or_default())
    }

    /// The logits of at most [`Self::rows`] pictures, and the gradient with respect to each picture of
    /// the objective whose gradient with respect to the logits `upstream` gives. A sanitation passes
    /// the gradient on as it is.
    ///
    /// # Errors
    /// As [`Self::logits`].
    pub async fn gradient(
        &self,
        network: &Network,
        pictures: &[f32],
        upstream: impl FnOnce(&[f32]) -> Vec<f32>,
    ) -> Result<(Vec<f32>, Vec<f32>), RunError> {
        let given = vec![(NodeId::INPUT, self.input(pictures))];
        let pulled = network.pull_back(given, self.logits, &[NodeId::INPUT], upstream);
        let mut pulled = pulled.await?;
        let logits = finite(pulled.output)?;
        let mut gradient = pulled.gradients.pop().unwrap_or_default();
        self.scaling.pull_back(&mut gradient, self.shape);
        // Infinite where a weight is too large for its square.
        Ok((logits, finite(gradient)?))
    }

    /// The answer to each of the pictures with these logits.
    pub fn answers(&self, logits: &[f32]) -> Vec<usize> {
        let rows = logits.chunks(self.classes);
        rows.map(|row| answer_of(row).unwrap_or_default()).collect()
    }
}

fn finite(values: Vec<f32>) -> Result<Vec<f32>, RunError> {
    if values.iter().all(|value| value.is_finite()) {
        return Ok(values);
    }
    Err(AttackError::NotFinite.into())
}
