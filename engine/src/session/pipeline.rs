//! The job that computes a training step in stages.

use super::clock::milliseconds;
use super::input::values as floats;
use super::job::{Job, JobFuture, Step};
use super::{Ended, Event, Failure, Message, Session, StagePass};
use crate::NodeId;
use crate::distribute::{Cut, OneStage, Piped, StageError, Staged};
use crate::run::Network;

#[derive(Debug)]
struct Pipeline {
    staged: Staged,
    /// The same batch in one piece, which the stages' gradients are compared with.
    whole: Staged,
    piped: Option<Piped>,
}

impl Pipeline {
    async fn next(&mut self, session: &Session) -> Result<Step, Ended> {
        let network = session.network()?;
        let Some(piped) = &self.piped else {
            self.piped = self.staged.advance(network).await?;
            return Ok(Step::Continue);
        };
        let Some(whole) = self.whole.advance(network).await? else {
            return Ok(Step::Continue);
        };
        let nodes = network.graph().nodes();
        let ids = |stage| -> Vec<NodeId> {
            let range = piped.partition.range(stage);
            nodes[range].iter().map(|node| node.id).collect()
        };
        let event = Event::Piped {
            nodes: (0..piped.partition.stages()).map(ids).collect(),
            stages: piped.stages.clone(),
            sent_bytes: piped.sent_bytes.clone(),
            weight_bytes: piped.weight_bytes.clone(),
            map_bytes: piped.map_bytes.clone(),
            difference: difference(&piped.params, &whole.params),
        };
        Ok(Step::Finish(Message::new(event)))
    }
}

/// The largest difference of a gradient, as a share of the largest of its parameter.
fn difference(found: &[Option<Vec<f32>>], wanted: &[Option<Vec<f32>>]) -> f64 {
    let pairs = found.iter().zip(wanted);
    let pairs = pairs.filter_map(|(found, wanted)| Some((found.as_ref()?, wanted.as_ref()?)));
    let shares = pairs.map(|(found, wanted)| {
        let largest = wanted.iter().fold(0.0_f32, |most, it| most.max(it.abs()));
        let apart = found.iter().zip(wanted).map(|(a, b)| (a - b).abs());
        let apart = apart.fold(0.0_f32, f32::max);
        if largest > 0.0 {
            f64::from(apart / largest)
        } else {
            f64::from(apart)
        }
    });
    shares.fold(0.0, f64::max)
}

impl Job for Pipeline {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.next(session))
    }

    fn progress(&self) -> [u64; 2] {
        let ([done, all], [more, of]) = (self.staged.progress(), self.whole.progress());
        [done + more, all + of]
    }
}

/// Which stage of which step.
#[derive(Clone, Copy, Debug)]
pub(super) struct StageOf {
    pub stages: u32,
    pub stage: u32,
    pub batch: u32,
    pub micro_batches: u32,
}

/// Compares the gradients of the stages with those of a step in one piece.
#[derive(Debug)]
struct Comparison {
    whole: Staged,
    found: Vec<Option<Vec<f32>>>,
    rest: Vec<f32>,
}

impl Comparison {
    async fn next(&mut self, session: &Session) -> Result<Step, Ended> {
        let Some(whole) = self.whole.advance(session.network()?).await? else {
            return Ok(Step::Continue);
        };
        // Those of the other stages follow this one's in the order of the parameters.
        let mut rest = self.rest.as_slice();
        for (found, wanted) in self.found.iter_mut().zip(&whole.params) {
            let (None, Some(wanted)) = (&found, wanted) else {
                continue;
            };
            let missing = || Failure::Stages {
                why: "the gradients of a stage are missing".to_owned(),
            };
            let parts = rest.split_at_checked(wanted.len());
            let (one, others) = parts.ok_or_else(missing)?;
            rest = others;
            *found = Some(one.to_vec());
        }
        let event = Event::StagePassed {
            ms: 0.0,
            difference: difference(&self.found, &whole.params),
        };
        Ok(Step::Finish(Message::new(event)))
    }
}

impl Job for Comparison {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.next(session))
    }

    fn progress(&self) -> [u64; 2] {
        self.whole.progress()
    }
}

impl Session {
    pub(super) fn pipeline(
        &self,
        stages: u32,
        batch: u32,
        micro_batches: u32,
    ) -> Result<Box<dyn Job>, Ended> {
        let network = self.network()?;
        let labels = self.pipeline_labels(network, batch)?;
        let input = self.last_input()?.repeat(batch as usize);
        let staged = |stages: u32, micro_batches: u32| {
            let (stages, micro_batches) = (stages as usize, micro_batches as usize);
            Staged::new(network, stages, &input, &labels, micro_batches)
        };
        Ok(Box::new(Pipeline {
            staged: staged(stages, micro_batches)?,
            whole: staged(1, 1)?,
            piped: None,
        }))
    }

    /// Labels of a batch of copies of one picture: each class in turn.
    fn pipeline_labels(&self, network: &Network, batch: u32) -> Result<Vec<usize>, Ended> {
        if batch == 0 {
            return Err(Failure::NoPictures.into());
        }
        self.check_training_step(batch)?;
        let from = crate::train::logits(network.graph());
        let classes = network.shape(from).map_or(0, |it| it.elements() as usize);
        if classes == 0 {
            return Err(Failure::NoClasses.into());
        }
        Ok((0..batch as usize).map(|it| it % classes).collect())
    }

    /// One pass of the stage that this session is.
    pub(super) async fn pass_stage(
        &mut self,
        of: StageOf,
        pass: StagePass,
        micro_batch: u32,
        payload: &[u8],
    ) -> Result<Message<Event>, Ended> {
        if let StagePass::Put { .. } | StagePass::Give { .. } = pass {
            return self.exchange(pass, payload);
        }
        let micro_batch = micro_batch as usize;
        if pass == StagePass::Forward && micro_batch == 0 {
            let network = self.network()?;
            let labels = self.pipeline_labels(network, of.batch)?;
            let [stages, micro_batches] = [of.stages, of.micro_batches].map(|it| it as usize);
            let cut = Cut::new(network, stages, &labels, micro_batches)?;
            let stage = of.stage as usize;
            if stage >= stages {
                return Err(StageError::NoStage { stage, micro_batch }.into());
            }
            self.stage = Some(OneStage::new(network, &cut, stage));
        }
        let Some(mut stage) = self.stage.take() else {
            let stage = of.stage as usize;
            return Err(StageError::NoForward { stage, micro_batch }.into());
        };
        let passed = self.passed(&mut stage, of, pass, micro_batch, payload);
        let passed = passed.await;
        self.stage = Some(stage);
        if pass == StagePass::Hold
            && let Ok(message) = &passed
        {
            self.sum = floats(&message.payload)?;
        }
        passed
    }

    /// A message of a sum over workers.
    fn exchange(&mut self, pass: StagePass, payload: &[u8]) -> Result<Message<Event>, Ended> {
        let given = floats(payload)?;
        let began = web_time::Instant::now();
        let (first, count) = match pass {
            StagePass::Give { first, count } => (first, count),
            StagePass::Put { first, .. } => (first, given.len()),
            _ => (0, 0),
        };
        let held = self.sum.len();
        let place = first.checked_add(count);
        let place = place.and_then(|end| self.sum.get_mut(first..end));
        let place = place.ok_or_else(|| Failure::Stages {
            why: format!("{held} gradients are summed, not those from {first} on of {count}"),
        })?;
        let values = match pass {
            StagePass::Put { adds: true, .. } => {
                for (sum, it) in place.iter_mut().zip(&given) {
                    *sum += it;
                }
                Vec::new()
            }
            StagePass::Put { .. } => {
                place.copy_from_slice(&given);
                Vec::new()
            }
            _ => place.to_vec(),
        };
        let event = Event::StagePassed {
            ms: milliseconds(began),
            difference: 0.0,
        };
        Ok(Message::with_values(event, &values))
    }

    async fn passed(
        &self,
        stage: &mut OneStage,
        of: StageOf,
        pass: StagePass,
        micro_batch: usize,
        payload: &[u8],
    ) -> Result<Message<Event>, Ended> {
        let network = self.network()?;
        let given = floats(payload)?;
        let began = web_time::Instant::now();
        let values = match pass {
            StagePass::Forward => {
                let given = match of.stage {
                    0 => {
                        let pictures = of.batch / of.micro_batches.max(1);
                        vec![self.last_input()?.repeat(pictures as usize)]
                    }
                    _ => stage.divided(network, micro_batch, &given, false)?,
                };
                stage.forward(network, micro_batch, given).await?
            }
            StagePass::Backward => {
                let upstream = match of.stage + 1 == of.stages {
                    true => Vec::new(),
                    false => stage.divided(network, micro_batch, &given, true)?,
                };
                let found = stage.backward(network, micro_batch, upstream).await?;
                // The pictures themselves take no gradient.
                if of.stage == 0 { Vec::new() } else { found }
            }
            StagePass::Gradients
            | StagePass::Hold
            | StagePass::Compare
            | StagePass::Put { .. }
            | StagePass::Give { .. } => stage.take_params().into_iter().flatten().collect(),
        };
        let event = Event::StagePassed {
            ms: milliseconds(began),
            difference: 0.0,
        };
        let values: Vec<f32> = values.into_iter().flatten().collect();
        Ok(Message::with_values(event, &values))
    }

    /// Compares this stage's gradients and those in the payload with a step in one piece.
    pub(super) fn compare_stages(
        &mut self,
        of: StageOf,
        payload: &[u8],
    ) -> Result<Box<dyn Job>, Ended> {
        let rest = floats(payload)?;
        let mut stage = self.stage.take();
        let network = self.network()?;
        let labels = self.pipeline_labels(network, of.batch)?;
        let input = self.last_input()?.repeat(of.batch as usize);
        Ok(Box::new(Comparison {
            whole: Staged::new(network, 1, &input, &labels, 1)?,
            found: match &mut stage {
                Some(stage) => stage.take_params(),
                None => vec![None; network.params().len()],
            },
            rest,
        }))
    }
}

impl From<StageError> for Ended {
    fn from(error: StageError) -> Self {
        match error {
            StageError::Network(error) => error.into(),
            // The page offers what can be.
            other => Failure::Stages {
                why: other.to_string(),
            }
            .into(),
        }
    }
}
