//! One step that makes a network smaller, with its accuracy before and after: a pass at a time.

mod integer;
mod make;
mod report;
mod scores;

use std::collections::HashMap;

use self::integer::{Integer, runs_in_integers};
use self::scores::Gradients;
use super::quantise::Grid;
use super::sample::{Sample, Tally};
use super::simulate::Calibrator;
use super::structure::{Left, Refusal};
use super::timing::Timing;
use super::{
    Failed, Figures, LEAST_IMAGES, Measured, Prune, Quantise, Report, Shrink, ShrinkError, Stored,
    Weights, What,
};
use crate::NodeId;
use crate::data::{DataSet, Part};
use crate::run::{Network, NetworkError};
use crate::train::{check_head, logits};

/// Images that the maps of a quantised network are compared on.
const PROBE: usize = 16;

/// A step under way.
#[derive(Debug)]
pub struct Shrinker {
    shrink: Shrink,
    /// On which the accuracy is measured; without it, it is not.
    tally: Option<Tally>,
    images: Option<Sample>,
    stage: Stage,
    weights: Weights,
    before: Figures,
    /// How the weights are stored before.
    stored: Stored,
    gradients: Gradients,
    calibrator: Calibrator,
    grids: HashMap<NodeId, Grid>,
    result: Option<Made>,
    integer: Option<Integer>,
    timed: bool,
    timing: Option<Timing>,
    /// Some inputs, to compare maps on.
    probe: Vec<f32>,
    done: u64,
    of: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Collect,
    Before,
    Make,
    After,
    Integer,
    Time,
    Finish,
}

/// What was made.
#[derive(Debug)]
struct Made {
    network: Network,
    weights: Weights,
    left: Vec<Left>,
    unfitting: Vec<NodeId>,
    report: Option<Report>,
}

/// The smaller network.
#[derive(Debug)]
pub struct Shrunk {
    pub network: Network,
    pub report: Report,
    /// The grids of its activations, where they are quantised.
    pub grids: HashMap<NodeId, Grid>,
}

impl Shrinker {
    /// Of this network. Without data nothing is measured, and what needs images is refused.
    ///
    /// # Errors
    /// When the settings make no sense for it.
    pub async fn new(
        network: &Network,
        data: Option<&DataSet>,
        shrink: Shrink,
        measured: Measured,
    ) -> Result<Self, Failed> {
        shrink.check()?;
        let graph = network.graph();
        let values = network.values().await?;
        let weights = Weights::new(graph, &values).ok_or(Refusal::Weights);
        let weights = weights.map_err(ShrinkError::from)?;
        if weights.matrices().next().is_none() {
            return Err(ShrinkError::NoWeights.into());
        }
        let wanted = match &shrink {
            Shrink::Prune(Prune {
                what: What::Channels { by },
                images,
                ..
            }) if by.needs_images() => Some((*images, 1)),
            Shrink::Quantise(Quantise {
                activations: Some(_),
                images,
                ..
            }) => Some((*images, LEAST_IMAGES)),
            _ => None,
        };
        let mut images = None;
        if let Some((count, least)) = wanted {
            let data = data.ok_or(ShrinkError::NoData)?;
            let sample = Sample::of(graph, data, Part::Training, count, measured);
            if sample.len() < least {
                return Err(ShrinkError::TooFewImages {
                    got: sample.len(),
                    wanted: least,
                }
                .into());
            }
            images = Some(sample);
        }
        let mut tally = None;
        if let Some(data) = data {
            check_head(graph, data.classes())?;
            tally = Some(Tally::new(graph, data, measured)?);
        }
        let in_integers = u64::from(runs_in_integers(&shrink));
        let runs = 2 + in_integers;
        let of = images.as_ref().map_or(0, Sample::turns)
            + tally.as_ref().map_or(0, |it| runs * it.turns())
            + in_integers * u64::from(measured.timed) * Timing::TURNS
            + 1;
        Ok(Self {
            before: Figures::of(graph, &weights, measured.stored),
            stored: measured.stored,
            calibrator: Calibrator::new(graph),
            shrink,
            tally,
            images,
            stage: Stage::Collect,
            weights,
            gradients: Gradients::default(),
            grids: HashMap::new(),
            result: None,
            integer: None,
            timed: measured.timed,
            timing: None,
            probe: Vec::new(),
            done: 0,
            of,
        })
    }

    /// How many turns are done, and of how many.
    pub fn progress(&self) -> [u64; 2] {
        [self.done.min(self.of), self.of]
    }

    /// One turn; the result with the last.
    ///
    /// # Errors
    /// When nothing can be made, or the device fails.
    pub async fn advance(
        &mut self,
        network: &Network,
        data: Option<&DataSet>,
    ) -> Result<Option<Shrunk>, Failed> {
        self.done += 1;
        match self.stage {
            Stage::Collect => {
                if !self.collect(network, data).await? {
                    self.stage = Stage::Before;
                }
            }
            Stage::Before => {
                let run = |inputs| plain(network, inputs);
                let found = match (&mut self.tally, data) {
                    (Some(tally), Some(data)) => tally.advance(network.graph(), data, run).await?,
                    _ => {
                        self.stage = Stage::Make;
                        return Ok(None);
                    }
                };
                if found.is_some() {
                    self.before.accuracy = found;
                    self.stage = Stage::Make;
                }
            }
            Stage::Make => {
                self.make(network)?;
                if let Some(tally) = &mut self.tally {
                    tally.restart();
                }
                self.stage = Stage::After;
            }
            Stage::After => self.after(network, data).await?,
            Stage::Integer => self.in_integers(data).await?,
            Stage::Time => self.time()?,
            Stage::Finish => {}
        }
        if self.stage != Stage::Finish {
            return Ok(None);
        }
        let Some(Made {
            network,
            report: Some(report),
            ..
        }) = self.result.take()
        else {
            return Ok(None);
        };
        Ok(Some(Shrunk {
            network,
            report,
            grids: std::mem::take(&mut self.grids),
        }))
    }

    /// `false` once all images are through.
    async fn collect(&mut self, network: &Network, data: Option<&DataSet>) -> Result<bool, Failed> {
        let (Some(images), Some(data)) = (&mut self.images, data) else {
            return Ok(false);
        };
        let Some(batch) = images.next(network.graph(), data) else {
            return Ok(false);
        };
        match &self.shrink {
            Shrink::Prune(Prune {
                what: What::Channels { by },
                ..
            }) => {
                let by = *by;
                self.gradients
                    .add(network, &self.weights, by, batch)
                    .await?;
            }
            _ => {
                if self.probe.is_empty() {
                    let each = network.graph().input().elements() as usize;
                    let count = batch.inputs.len().min(PROBE * each);
                    self.probe = batch.inputs[..count].to_vec();
                }
                self.calibrator.add(network, batch.inputs).await?;
            }
        }
        Ok(true)
    }
}

/// The logits.
pub(super) async fn plain(network: &Network, inputs: Vec<f32>) -> Result<Vec<f32>, NetworkError> {
    let logits = logits(network.graph());
    let given = vec![(NodeId::INPUT, inputs)];
    let mut outputs = network.outputs_from(given, &[logits]).await?;
    outputs.pop().ok_or(NetworkError::NoNode(logits.0))
}
