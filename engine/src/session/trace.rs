//! One pass through the current network, by the compiled plan where it can.

#[cfg(feature = "run")]
use super::apart::Apart;
#[cfg(feature = "run")]
use super::maps;
use super::planned::{Room, non_finite, part};
use super::{BurnReason, Ended, Executor, Failure, NonFinite, Session, Wanted};
use crate::{NodeId, Shape};

/// Which values are checked for being finite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Each node's output: finds also what a later layer hides (the tanh of infinity is 1).
    EveryNode,
    /// The input and the values that are read back anyway.
    WhatIsRead,
}

/// What a pass gave.
pub(super) struct Traced {
    /// What is wanted of each map, in that order.
    pub maps: Vec<Vec<f32>>,
    /// The output.
    pub output: Vec<f32>,
    pub warning: Option<NonFinite>,
    pub executor: Executor,
}

impl Session {
    /// Runs the network: of each map what is wanted, and the whole output.
    ///
    /// # Errors
    /// When a node is not there, the pass is stopped, or the device fails.
    pub(super) async fn trace(
        &mut self,
        input: &[f32],
        maps: &[Wanted],
        check: Check,
    ) -> Result<Traced, Ended> {
        let model = self.model()?;
        for wanted in maps {
            let node = wanted.node;
            model.shape(node).ok_or(Failure::NoNode { node: node.0 })?;
        }
        let (got, shape) = (input.len(), model.graph.input());
        let wanted = shape.elements() as usize;
        if got != wanted {
            return Err(Failure::Input { got, wanted, shape }.into());
        }
        let room = match self.room().await? {
            Ok(room) => room,
            Err(reason) => return self.trace_on_burn(input, maps, check, reason).await,
        };
        #[cfg(feature = "plan-gpu")]
        if let Some(gpu) = self.gpu.clone() {
            return match self.trace_on_device(&gpu, input, maps, check).await? {
                Ok(traced) => Ok(traced),
                Err(reason) => self.trace_on_burn(input, maps, check, reason).await,
            };
        }
        match self.trace_by_plan(input, maps, check, room).await? {
            Ok(traced) => Ok(traced),
            Err(reason) => self.trace_on_burn(input, maps, check, reason).await,
        }
    }

    /// Whether the plan runs the network; else why not.
    async fn room(&mut self) -> Result<Result<Room, BurnReason>, Ended> {
        #[cfg(feature = "run")]
        {
            // Weights that move each moment are not worth packing.
            if self.jobs.iter().any(|slot| slot.moves_weights()) {
                return Ok(Err(BurnReason::Training));
            }
            if let Some(model) = &mut self.model {
                model.settle(&self.device).await?;
            }
        }
        let model = self.model()?;
        #[cfg(feature = "run")]
        let has_network = model.has_network();
        #[cfg(not(feature = "run"))]
        let has_network = false;
        if let Some(room) = model.planned.room(has_network) {
            return Ok(room);
        }
        let stored = self.file.as_ref().map_or(0, Vec::len) as u64;
        let mut taken = stored + self.remembered.bytes();
        let weights = model.weight_bytes();
        if has_network {
            taken += weights;
        }
        let fits = |times: u64| {
            let taken = taken.saturating_add(weights.saturating_mul(times));
            self.budget.check(&model.graph, taken).is_ok()
        };
        let room = if fits(4) {
            Ok(Room::Winograd)
        } else if fits(1) {
            Ok(Room::Direct)
        } else {
            Err(BurnReason::Memory)
        };
        if let Some(model) = &mut self.model {
            model.planned.set_room(has_network, room.clone());
        }
        Ok(room)
    }

    /// A plan of the network for itself, with nothing watched; why there is none.
    ///
    /// # Errors
    /// When no network is loaded, or the device fails.
    #[cfg(feature = "run")]
    pub(super) async fn plan_apart(&mut self) -> Result<Result<Apart, BurnReason>, Ended> {
        let winograd = match self.room().await? {
            Ok(room) => room == Room::Winograd,
            Err(reason) => return Ok(Err(reason)),
        };
        #[cfg(feature = "plan-gpu")]
        let gpu = self.gpu.clone();
        let model = self.model.as_mut().ok_or(Failure::NoNetwork)?;
        let (graph, Some(weights), planned) = model.parts() else {
            return Ok(Err(BurnReason::Training));
        };
        #[cfg(feature = "plan-gpu")]
        if let Some(gpu) = gpu {
            let made = planned.apart_on_device(&gpu, graph, weights).await;
            return Ok(made.map(|plan| Apart::OnDevice(Box::new(plan))));
        }
        let made = planned.apart(graph, weights, winograd);
        Ok(made.map(|plan| Apart::OnCpu(Box::new(plan))))
    }

    async fn trace_by_plan(
        &mut self,
        input: &[f32],
        maps: &[Wanted],
        check: Check,
        room: Room,
    ) -> Result<Result<Traced, BurnReason>, Ended> {
        let yield_point = self.yield_point.clone();
        let model = self.model.as_mut().ok_or(Failure::NoNetwork)?;
        let shapes = maps.iter().map(|wanted| model.shape(wanted.node));
        let shapes: Vec<Shape> = shapes.flatten().collect();
        let (graph, Some(weights), planned) = model.parts() else {
            return Ok(Err(BurnReason::Training));
        };
        let all = || graph.nodes().iter().map(|node| node.id).collect();
        // Weights that have just come may be replaced soon: they are packed the short way.
        let (watched, winograd) = match check {
            Check::EveryNode => (all(), false),
            Check::WhatIsRead => {
                let nodes = maps.iter().map(|wanted| wanted.node).collect();
                (nodes, room == Room::Winograd)
            }
        };
        let executor = match planned.watching(graph, weights, watched, winograd) {
            Ok(executor) => executor,
            Err(reason) => return Ok(Err(reason)),
        };
        let wrong = || {
            let shape = graph.input();
            Failure::Input {
                got: input.len(),
                wanted: shape.elements() as usize,
                shape,
            }
        };
        executor.put(input).map_err(|_| wrong())?;
        let mut passed = 0;
        for place in 0..executor.plan().steps.len() {
            executor.step(place);
            let step = &executor.plan().steps[place];
            // One yield point for each node, also where a step computes several.
            let through = step.nodes.iter().filter_map(|&node| graph.position(node));
            let through = through.max().map_or(passed, |last| last + 1);
            for _ in passed..through {
                yield_point.reached().await.map_err(Ended::Cancelled)?;
            }
            passed = passed.max(through);
        }
        for _ in passed..graph.nodes().len() {
            yield_point.reached().await.map_err(Ended::Cancelled)?;
        }
        let parts = maps.iter().zip(&shapes);
        let parts = parts.map(|(wanted, &shape)| part(executor.values(), input, shape, wanted));
        let values: Vec<Vec<f32>> = parts.collect();
        let output = match graph.output() {
            NodeId::INPUT => input.to_vec(),
            output => executor.map(output).unwrap_or(&[]).to_vec(),
        };
        let mut warning = NonFinite::in_picture(input);
        if warning.is_none() {
            let finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
            let suspicious = check == Check::EveryNode
                || !finite(&output)
                || !values.iter().all(|values| finite(values));
            if suspicious && check == Check::EveryNode {
                warning = non_finite(executor.values(), graph, weights);
            } else if suspicious {
                // Another pass, in which every node can be looked at.
                let everything = planned.watching(graph, weights, all(), false);
                if let Ok(executor) = everything {
                    executor.run(input).map_err(|_| wrong())?;
                    warning = non_finite(executor.values(), graph, weights);
                }
            }
        }
        Ok(Ok(Traced {
            maps: values,
            output,
            warning,
            executor: Executor::Plan,
        }))
    }

    #[cfg(not(feature = "run"))]
    #[allow(clippy::unused_async, reason = "the whole engine waits for its device")]
    async fn trace_on_burn(
        &mut self,
        _: &[f32],
        _: &[Wanted],
        _: Check,
        reason: BurnReason,
    ) -> Result<Traced, Ended> {
        Err(Failure::WholeEngine {
            reason: Some(reason),
        }
        .into())
    }

    #[cfg(feature = "run")]
    async fn trace_on_burn(
        &mut self,
        input: &[f32],
        maps: &[Wanted],
        check: Check,
        reason: BurnReason,
    ) -> Result<Traced, Ended> {
        let network = self.network()?;
        let mut nodes: Vec<NodeId> = maps.iter().map(|wanted| wanted.node).collect();
        // Read all the same: a device computes what is read, and its values are looked at.
        nodes.push(network.graph().output());
        let reduce = |place: usize, map| match maps.get(place) {
            Some(wanted) => maps::reduce(wanted, map),
            None => map,
        };
        let traced = network
            .trace_reduced(input, &nodes, check, &self.yield_point, reduce)
            .await?;
        let mut values = traced.values;
        Ok(Traced {
            output: values.pop().unwrap_or_default(),
            maps: values,
            warning: traced.warning,
            executor: Executor::Burn(reason),
        })
    }
}
