//! The compiled plan on the session's device.

use std::rc::Rc;

#[cfg(feature = "run")]
use super::model::Model;
use super::model::Param;
use super::planned::{Planned, non_finite_at, part};
use super::trace::Traced;
use super::{BurnReason, Check, Ended, Executor, Failure, NonFinite, Session, Wanted};
use crate::plan::Params;
use crate::plan::gpu::{Found, Gpu, GpuError, GpuExecutor};
use crate::plan::wgsl::Program;
use crate::{Graph, NodeId, Shape};

/// The plan for the maps that are looked at.
#[derive(Debug)]
pub(super) struct Lowered {
    watched: Vec<NodeId>,
    looking: bool,
    executor: GpuExecutor,
}

impl From<GpuError> for Ended {
    fn from(error: GpuError) -> Self {
        let why = error.to_string();
        Failure::Device { why }.into()
    }
}

impl BurnReason {
    fn on_device(error: GpuError) -> Self {
        match error {
            GpuError::Memory(_) => Self::Memory,
            other => Self::Layer {
                why: other.to_string(),
            },
        }
    }
}

impl Planned {
    /// The plan in which these nodes' maps can be read, and with `looking` all of them are looked at.
    ///
    /// # Errors
    /// Why there is none.
    async fn watching_on_device(
        &mut self,
        gpu: &Rc<Gpu>,
        graph: &Graph,
        weights: &[Param],
        mut watched: Vec<NodeId>,
        looking: bool,
    ) -> Result<&mut GpuExecutor, BurnReason> {
        if let Some(reason) = &self.refused {
            return Err(reason.clone());
        }
        watched.retain(|&node| node != NodeId::INPUT);
        watched.sort();
        watched.dedup();
        let fits = |it: &Lowered| it.watched == watched && it.looking == looking;
        let lowered = match self.on_device.take().filter(fits) {
            Some(lowered) => lowered,
            None => {
                let nodes = watched.clone();
                let made = self.lowered_on_device(gpu, graph, weights, nodes, looking);
                let made = made.await;
                // A pass that looks at every node needs more memory than others.
                if let Err(reason) = &made
                    && !(looking && *reason == BurnReason::Memory)
                {
                    self.refused = Some(reason.clone());
                }
                Lowered {
                    watched,
                    looking,
                    executor: made?,
                }
            }
        };
        Ok(&mut self.on_device.insert(lowered).executor)
    }

    /// A plan of its own with nothing watched, for measurements.
    ///
    /// # Errors
    /// Why there is none.
    #[cfg(feature = "run")]
    pub async fn apart_on_device(
        &mut self,
        gpu: &Rc<Gpu>,
        graph: &Graph,
        weights: &[Param],
    ) -> Result<GpuExecutor, BurnReason> {
        self.lowered_on_device(gpu, graph, weights, Vec::new(), false)
            .await
    }

    async fn lowered_on_device(
        &mut self,
        gpu: &Rc<Gpu>,
        graph: &Graph,
        weights: &[Param],
        watched: Vec<NodeId>,
        looking: bool,
    ) -> Result<GpuExecutor, BurnReason> {
        let params: Params = weights.iter().cloned().collect();
        let program = Program::lower(graph, &params, watched, &mut self.packer);
        let program = program.map_err(BurnReason::of)?;
        let made = GpuExecutor::new(Rc::clone(gpu), program, looking).await;
        made.map_err(BurnReason::on_device)
    }
}

impl Session {
    /// Whether a network that is loaded is made on the device at once: where the plan runs, only what
    /// an edit changes of one that is there.
    #[cfg(feature = "run")]
    pub(super) fn makes_network(&self, before: Option<&Model>) -> bool {
        !self.is_on_cpu() && (self.gpu.is_none() || before.is_some_and(Model::has_network))
    }

    /// Runs the network by the plan on the device: one submission, one reading.
    pub(super) async fn trace_on_device(
        &mut self,
        gpu: &Rc<Gpu>,
        input: &[f32],
        maps: &[Wanted],
        check: Check,
    ) -> Result<Result<Traced, BurnReason>, Ended> {
        let yield_point = self.yield_point.clone();
        let model = self.model.as_mut().ok_or(Failure::NoNetwork)?;
        let shapes = maps.iter().map(|wanted| model.shape(wanted.node));
        let shapes: Vec<Shape> = shapes.flatten().collect();
        let (graph, Some(weights), planned) = model.parts() else {
            return Ok(Err(BurnReason::Training));
        };
        let nodes: Vec<NodeId> = maps.iter().map(|wanted| wanted.node).collect();
        let all = || graph.nodes().iter().map(|node| node.id).collect();
        let looking = check == Check::EveryNode;
        let watched = if looking { all() } else { nodes.clone() };
        let made = planned.watching_on_device(gpu, graph, weights, watched, looking);
        let executor = match made.await {
            Ok(executor) => executor,
            Err(reason) => return Ok(Err(reason)),
        };
        // A pass is not stopped between its nodes: the device has it as a whole.
        yield_point.reached().await.map_err(Ended::Cancelled)?;
        let found = match executor.run(input, &nodes).await {
            Ok(found) => found,
            Err(error @ GpuError::Refused(_)) => {
                let reason = BurnReason::on_device(error);
                (planned.refused, planned.on_device) = (Some(reason.clone()), None);
                return Ok(Err(reason));
            }
            Err(error) => return Err(error.into()),
        };
        yield_point.reached().await.map_err(Ended::Cancelled)?;
        let values = executor.values();
        let parts = maps.iter().zip(&shapes);
        let parts = parts.map(|(wanted, &shape)| part(values, input, shape, wanted));
        let parts: Vec<Vec<f32>> = parts.collect();
        let output = match graph.output() {
            NodeId::INPUT => input.to_vec(),
            _ => values.output().to_vec(),
        };
        let mut warning = NonFinite::in_picture(input);
        if warning.is_none() && looking {
            warning = first_of(executor, &found, graph, weights).await?;
        } else if warning.is_none() {
            let finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
            if !finite(&output) || !parts.iter().all(|values| finite(values)) {
                // Another pass, in which every node is looked at.
                let made = planned.watching_on_device(gpu, graph, weights, all(), true);
                if let Ok(executor) = made.await {
                    let found = executor.run(input, &[]).await?;
                    warning = first_of(executor, &found, graph, weights).await?;
                }
            }
        }
        Ok(Ok(Traced {
            maps: parts,
            output,
            warning,
            executor: Executor::Plan,
        }))
    }
}

/// The first node of the graph whose values are not all finite.
async fn first_of(
    executor: &mut GpuExecutor,
    found: &[Found],
    graph: &Graph,
    weights: &[Param],
) -> Result<Option<NonFinite>, Ended> {
    let is_found = |id| found.iter().any(|it| it.node == id);
    let Some(node) = graph.nodes().iter().find(|node| is_found(node.id)) else {
        return Ok(None);
    };
    executor.fetch(&[node.id]).await?;
    Ok(non_finite_at(executor.values(), node, weights))
}
