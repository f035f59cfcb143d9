//! Smaller networks as jobs, which leave the network as it is: the result is a graph with its
//! weights as a checkpoint.

use super::job::{Job, JobFuture, Step};
use super::{Ended, Event, Failure, Message, Session};
use crate::NodeId;
use crate::checkpoint::{self, Progress};
use crate::compress::quantise::Activations;
use crate::compress::{
    self, Failed, Outcome, SensitivityExam, ShrinkError, Shrinker, Shrunk, simulated_maps,
};
use crate::run::{Network, Provenance};

#[derive(Debug)]
struct Shrink {
    set: Option<u32>,
    /// Made in the first step.
    start: Option<Box<compress::Job>>,
    shrinker: Option<Box<Shrinker>>,
    exam: Option<Box<SensitivityExam>>,
}

impl Shrink {
    async fn next(&mut self, session: &Session) -> Result<Step, Ended> {
        let network = session.network()?;
        let data = self.set.map(|set| session.set(set)).transpose()?;
        let data = data.as_deref();
        match self.start.take().map(|it| *it) {
            Some(compress::Job::Shrink { shrink, measured }) => {
                let shrinker = Shrinker::new(network, data, shrink, measured).await?;
                self.shrinker = Some(Box::new(shrinker));
                return Ok(Step::Continue);
            }
            Some(compress::Job::Sensitivity { levels, measured }) => {
                let data = data.ok_or(ShrinkError::NoData)?;
                let exam = SensitivityExam::new(network, data, levels, measured).await?;
                self.exam = Some(Box::new(exam));
                return Ok(Step::Continue);
            }
            Some(compress::Job::Maps { activations, nodes }) => {
                let input = session.last_input()?;
                return maps(network, activations, &nodes, input).await;
            }
            None => {}
        }
        if let (Some(exam), Some(data)) = (&mut self.exam, data) {
            if !exam.advance(network, data).await? {
                return Ok(Step::Continue);
            }
            let sensitivity = exam.so_far().clone();
            return finish(&Outcome::Sensitivity { sensitivity }, Vec::new());
        }
        let Some(shrinker) = &mut self.shrinker else {
            return Err(ShrinkError::NoData.into());
        };
        let Some(shrunk) = shrinker.advance(network, data).await? else {
            return Ok(Step::Continue);
        };
        let Shrunk {
            network, report, ..
        } = shrunk;
        let progress = Progress {
            seed: session.seed,
            ..Progress::default()
        };
        let (provenance, notes) = (Provenance::all(&network, true), report.notes());
        let file = checkpoint::write(&network, &provenance, progress, &notes).await?;
        let graph = network.graph().clone();
        finish(&Outcome::Shrunk { graph, report }, file)
    }
}

/// The input and the maps of these nodes.
async fn maps(
    network: &Network,
    activations: Option<Activations>,
    nodes: &[NodeId],
    mut values: Vec<f32>,
) -> Result<Step, Ended> {
    let grids = activations.map(|it| it.grids).unwrap_or_default();
    let grids = grids.into_iter().collect();
    let input = values.len();
    let given = vec![(NodeId::INPUT, values.clone())];
    let maps = simulated_maps(network, &grids, given, nodes).await;
    let maps = maps.map_err(Failed::Network)?;
    let lengths = maps.iter().map(Vec::len).collect();
    for map in maps {
        values.extend(map);
    }
    let payload = values.iter().flat_map(|it| it.to_le_bytes()).collect();
    finish(&Outcome::Maps { input, lengths }, payload)
}

fn finish(outcome: &Outcome, payload: Vec<u8>) -> Result<Step, Ended> {
    let json = serde_json::to_string(outcome);
    let json = json.map_err(|error| Failure::Unreadable {
        why: error.to_string(),
    })?;
    let header = Event::Shrunk { json };
    Ok(Step::Finish(Message { header, payload }))
}

impl Job for Shrink {
    fn step<'a>(&'a mut self, session: &'a mut Session) -> JobFuture<'a> {
        Box::pin(self.next(session))
    }

    fn progress(&self) -> [u64; 2] {
        match (&self.shrinker, &self.exam) {
            (Some(shrinker), _) => shrinker.progress(),
            (None, Some(exam)) => exam.progress(),
            (None, None) => [0, 1],
        }
    }
}

impl Session {
    pub(super) fn shrink(&self, set: Option<u32>, job: &str) -> Result<Box<dyn Job>, Ended> {
        self.network()?;
        if let Some(set) = set {
            self.set(set)?;
        }
        let job = serde_json::from_str(job).map_err(|error| Failure::Unreadable {
            why: error.to_string(),
        })?;
        Ok(Box::new(Shrink {
            set,
            start: Some(Box::new(job)),
            shrinker: None,
            exam: None,
        }))
    }
}

impl From<ShrinkError> for Ended {
    fn from(error: ShrinkError) -> Self {
        Self::Failed(Failure::Shrink(error))
    }
}

impl From<Failed> for Ended {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Shrink(error) => error.into(),
            Failed::Task(error) => error.into(),
            Failed::Network(error) => error.into(),
            Failed::Plan(error) => error.into(),
        }
    }
}
