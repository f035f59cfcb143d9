//! How much accuracy falls without each map of a layer.

use super::operate::{OperationFailure, operated};
use super::{Operation, SurgeryError};
use crate::NodeId;
use crate::data::{DataSet, Part};
use crate::run::Network;
use crate::session::NonFinite;
use crate::train::{Evaluation, Examination, Task, TrainError, Turn};

/// Why maps could not be ranked.
#[derive(Debug, thiserror::Error)]
pub enum AblationFailure {
    #[error(transparent)]
    Operation(#[from] OperationFailure),
    #[error(transparent)]
    Train(#[from] TrainError),
    #[error("{0}")]
    NotFinite(NonFinite),
}

impl From<SurgeryError> for AblationFailure {
    fn from(error: SurgeryError) -> Self {
        Self::Operation(error.into())
    }
}

/// How many of the images the network answers rightly, as it is and without maps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranked {
    pub images: u64,
    pub right: u64,
    /// Without each map, in their order.
    pub without: Vec<u64>,
}

/// A ranking under way: the network as it is, then without one map after the other. Without a node
/// only the network as it is.
#[derive(Debug)]
pub struct Ablation {
    task: Task,
    node: Option<NodeId>,
    channels: u32,
    images: usize,
    examination: Examination,
    changed: Option<Network>,
    right: Vec<u64>,
    counted: u64,
}

impl Ablation {
    /// On the first test images, so many at most.
    ///
    /// # Errors
    /// When the maps cannot be switched off, or network and data do not fit each other.
    pub fn new(
        network: &Network,
        data: &DataSet,
        task: Task,
        node: Option<NodeId>,
        images: usize,
    ) -> Result<Self, AblationFailure> {
        let mut channels = 0;
        if let Some(node) = node {
            Operation::SwitchOff { node, channel: 0 }.check(network.graph())?;
            channels = network.shape(node).map_or(0, |shape| shape.channels);
        }
        let examination = Examination::new(network, data, task.clone(), Part::Test)?;
        Ok(Self {
            examination: examination.limited(images),
            task,
            node,
            channels,
            images,
            changed: None,
            right: Vec::new(),
            counted: 0,
        })
    }

    /// Images run, and of how many in all.
    pub fn progress(&self) -> [u64; 2] {
        let [done, each] = self.examination.progress();
        let before = self.right.len() as u64;
        [before * each + done, (u64::from(self.channels) + 1) * each]
    }

    /// Runs the next images; the result when it is complete.
    ///
    /// # Errors
    /// When the device fails, or an answer is not finite.
    pub async fn advance(
        &mut self,
        network: &Network,
        data: &DataSet,
    ) -> Result<Option<Ranked>, AblationFailure> {
        let present = self.changed.as_ref().unwrap_or(network);
        let evaluation = match self.examination.advance(present, data).await? {
            Turn::More => return Ok(None),
            Turn::NotFinite(found) => return Err(AblationFailure::NotFinite(found)),
            Turn::Finished(evaluation, _) => evaluation,
        };
        self.counted = evaluation.examples;
        self.right.push(right(&evaluation));
        let channel = self.right.len() as u32 - 1;
        let Some(node) = self.node.filter(|_| channel < self.channels) else {
            let mut without = std::mem::take(&mut self.right);
            let right = if without.is_empty() {
                0
            } else {
                without.remove(0)
            };
            return Ok(Some(Ranked {
                images: self.counted,
                right,
                without,
            }));
        };
        let changed = operated(network, &Operation::SwitchOff { node, channel }).await?;
        let examination = Examination::new(&changed, data, self.task.clone(), Part::Test)?;
        self.examination = examination.limited(self.images);
        self.changed = Some(changed);
        Ok(None)
    }
}

/// The images on the diagonal of the confusion matrix.
fn right(evaluation: &Evaluation) -> u64 {
    let classes = evaluation.confusion.len().isqrt();
    let diagonal = evaluation.confusion.iter().step_by(classes + 1);
    diagonal.map(|&count| u64::from(count)).sum()
}
