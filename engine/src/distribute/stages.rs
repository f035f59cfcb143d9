//! The stages of a pipeline, run one pass at a time: what each takes, and the gradients that come out.

use web_time::Instant;

use super::one::{Cut, OneStage};
use super::partition::{Partition, PartitionError};
use super::pipeline::Stage;
use crate::analysis::Precision;
use crate::run::{Network, NetworkError};
use crate::{Analysis, NodeId};

/// Why a network does not run in stages.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    #[error(transparent)]
    Partition(#[from] PartitionError),
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(
        "“{node}” shares its weights with “{source_name}”, and the cut between two stages would part \
         them; take fewer stages, or separate the two"
    )]
    Shared { node: String, source_name: String },
    #[error("{batch} pictures do not make {micro_batches} micro-batches of the same size")]
    MicroBatches { batch: usize, micro_batches: usize },
    #[error("micro-batch {micro_batch} of stage {stage} has {got} values instead of {wanted}")]
    Values {
        stage: usize,
        micro_batch: usize,
        got: usize,
        wanted: usize,
    },
    #[error("stage {stage} has not made the forward pass of micro-batch {micro_batch}")]
    NoForward { stage: usize, micro_batch: usize },
    #[error("there is no stage {stage} with a micro-batch {micro_batch}")]
    NoStage { stage: usize, micro_batch: usize },
    #[error("the label {label} is not below the {classes} classes of the network")]
    Label { label: usize, classes: usize },
}

/// What a step in stages gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Piped {
    pub partition: Partition,
    /// The median times of each stage's passes on one micro-batch. Nothing was sent: `send_ms` is 0.
    pub stages: Vec<Stage>,
    /// Bytes that go to the next stage for each micro-batch, and as many come back.
    pub sent_bytes: Vec<u64>,
    /// Bytes of each stage's weights.
    pub weight_bytes: Vec<u64>,
    /// Bytes of each stage's feature maps for one micro-batch.
    pub map_bytes: Vec<u64>,
    /// The gradients of the mean loss of the whole batch, as [`Network::params`]; `None` for
    /// parameters that are not trained.
    pub params: Vec<Option<Vec<f32>>>,
    pub loss: f64,
}

/// A training step's gradients, computed stage by stage and micro-batch by micro-batch.
#[derive(Debug)]
pub struct Staged {
    stages: Vec<OneStage>,
    /// By micro-batch: the values, then the gradients, that the stage whose turn it is begins with.
    values: Vec<Vec<Vec<f32>>>,
    forward_ms: Vec<Vec<f64>>,
    backward_ms: Vec<Vec<f64>>,
    cut: Cut,
    done: usize,
}

impl Staged {
    /// Cuts the network by its multiply-adds; `input` has one picture for each label.
    ///
    /// # Errors
    /// When the network cannot be cut so, or the batch not into micro-batches of the same size.
    pub fn new(
        network: &Network,
        stages: usize,
        input: &[f32],
        labels: &[usize],
        micro_batches: usize,
    ) -> Result<Self, StageError> {
        let cut = Cut::new(network, stages, labels, micro_batches)?;
        let each = network.graph().input().elements() as usize * labels.len() / micro_batches;
        let values = input.chunks(each.max(1));
        let all = 0..stages;
        Ok(Self {
            stages: all.map(|it| OneStage::new(network, &cut, it)).collect(),
            values: values.map(|it| vec![it.to_vec()]).collect(),
            forward_ms: vec![Vec::new(); stages],
            backward_ms: vec![Vec::new(); stages],
            cut,
            done: 0,
        })
    }

    /// How many passes are made, and of how many.
    pub fn progress(&self) -> [u64; 2] {
        let all = 2 * self.stages.len() * self.values.len();
        [self.done as u64, all as u64]
    }

    /// Makes the next pass: forward ones first, then backward ones; the result after the last.
    ///
    /// # Errors
    /// When the network or the device fails.
    pub async fn advance(&mut self, network: &Network) -> Result<Option<Piped>, StageError> {
        let (stages, micro_batches) = (self.stages.len(), self.values.len());
        let half = stages * micro_batches;
        let (at, micro_batch) = (self.done / micro_batches, self.done % micro_batches);
        let given = std::mem::take(&mut self.values[micro_batch]);
        let began = Instant::now();
        self.values[micro_batch] = if self.done < half {
            let found = self.stages[at].forward(network, micro_batch, given).await?;
            self.forward_ms[at].push(milliseconds(began));
            found
        } else {
            let stage = 2 * stages - 1 - at;
            let of = &mut self.stages[stage];
            let found = of.backward(network, micro_batch, given).await?;
            self.backward_ms[stage].push(milliseconds(began));
            found
        };
        self.done += 1;
        Ok((self.done == 2 * half).then(|| self.result(network)))
    }

    fn result(&mut self, network: &Network) -> Piped {
        let analysis = Analysis::of(network.graph());
        let partition = self.cut.partition.clone();
        let examples = self.cut.examples() as u64;
        let nodes = |stage: usize| analysis.nodes[partition.range(stage)].iter();
        let bytes = |values: u64| Precision::F32.bytes(values);
        let values = |id: &NodeId| match analysis.node(*id) {
            Some(facts) => facts.elements(),
            None => network.graph().input().elements(),
        };
        let stages = 0..partition.stages();
        Piped {
            stages: stages
                .clone()
                .map(|stage| Stage {
                    forward_ms: median(&mut self.forward_ms[stage]),
                    backward_ms: median(&mut self.backward_ms[stage]),
                    send_ms: 0.0,
                })
                .collect(),
            sent_bytes: partition
                .crossings
                .iter()
                .map(|it| bytes(it.iter().map(values).sum::<u64>() * examples))
                .collect(),
            weight_bytes: stages
                .clone()
                .map(|stage| nodes(stage).map(|it| it.weight_bytes(Precision::F32)).sum())
                .collect(),
            map_bytes: stages
                .map(|stage| bytes(nodes(stage).map(|it| it.elements()).sum::<u64>() * examples))
                .collect(),
            params: gathered(&mut self.stages),
            loss: self.stages.iter().map(OneStage::loss).sum(),
            partition,
        }
    }
}

/// The gradients of all stages; each parameter has those of the stage that it is in.
fn gathered(stages: &mut [OneStage]) -> Vec<Option<Vec<f32>>> {
    let mut all: Vec<Option<Vec<f32>>> = Vec::new();
    for stage in stages {
        let found = stage.take_params();
        all.resize(found.len(), None);
        for (place, gradient) in all.iter_mut().zip(found) {
            *place = gradient.or(place.take());
        }
    }
    all
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}
