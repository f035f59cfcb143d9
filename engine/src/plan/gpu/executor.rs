//! A plan on the device.

use std::rc::Rc;

use kernels::elementwise;

use super::bound::Bound;
use super::device::{Gpu, GpuError};
use super::told::{Told, told};
use crate::NodeId;
use crate::plan::wgsl::{Dispatch, Program};
use crate::plan::{Plan, RunError, Values};

/// A plan with its buffers on the device.
#[derive(Debug)]
pub struct GpuExecutor {
    gpu: Rc<Gpu>,
    plan: Plan,
    steps: Vec<Bound>,
    /// The place of each one's step in the plan.
    step_of: Vec<usize>,
    /// They look whether values are finite, …
    looks: Vec<Bound>,
    /// … and write here.
    found: Option<wgpu::Buffer>,
    buffers: Vec<wgpu::Buffer>,
    /// What a pass is read through.
    staging: Option<wgpu::Buffer>,
    values: Values,
    /// The input as it lies in its buffer.
    upload: Vec<f32>,
    /// A pass has come to its end without an error.
    proven: bool,
}

/// A submission whose values are on their way.
struct Reading {
    staging: wgpu::Buffer,
    bytes: u64,
    /// The buffers that are read, one behind the other.
    numbers: Vec<usize>,
    /// Behind them is what was found.
    found: bool,
    mapped: Told<Result<(), wgpu::BufferAsyncError>>,
}

/// What looking at a node's values found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub node: NodeId,
    pub infinite: bool,
    pub nan: bool,
}

impl GpuExecutor {
    /// Makes pipelines, buffers and bind groups. With `looking` a pass also looks whether the values
    /// of all maps that can be read are finite.
    ///
    /// # Errors
    /// When the device refuses one of them, or has too little memory.
    pub async fn new(gpu: Rc<Gpu>, program: Program, looking: bool) -> Result<Self, GpuError> {
        let limits = gpu.device.limits();
        let most = limits
            .max_storage_buffer_binding_size
            .min(limits.max_buffer_size);
        let largest = program.largest_bytes();
        if largest as u64 > most {
            let why = format!("a buffer of {largest} bytes; it binds up to {most}");
            return Err(GpuError::Memory(why));
        }
        let memory = gpu.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let validation = gpu.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let made = Self::made(Rc::clone(&gpu), program, looking);
        let refused = validation.pop().await;
        let full = memory.pop().await;
        match (full, refused) {
            (Some(error), _) => Err(GpuError::Memory(error.to_string())),
            (None, Some(error)) => Err(GpuError::Refused(error.to_string())),
            (None, None) => Ok(made),
        }
    }

    fn made(gpu: Rc<Gpu>, program: Program, looking: bool) -> Self {
        let looks = if looking { program.looks() } else { Vec::new() };
        let Program { plan, dispatches } = program;
        let sizes = plan.buffers.iter();
        let buffers: Vec<_> = sizes
            .map(|&floats| gpu.storage("map", 4 * floats))
            .collect();
        let found = looking.then(|| gpu.storage("found", 4 * plan.readings.len()));
        let weights = gpu.weights(&dispatches);
        let all = || dispatches.iter().chain(&looks);
        let numbers: Vec<Vec<u32>> = all().map(|it| it.numbers.words()).collect();
        let numbers = gpu.numbers(&numbers);
        let bind = |place: usize,
                    dispatch: &Dispatch,
                    weights: Option<&wgpu::Buffer>,
                    writes: &wgpu::Buffer| {
            let read = |number: usize| {
                let buffer = dispatch.reads.get(number);
                buffer.and_then(|&it| buffers.get(it))
            };
            let reads = [read(0), weights, read(1)];
            let numbers = (&numbers, place);
            gpu.bound(dispatch.shader, numbers, reads, writes, dispatch.groups)
        };
        let steps = dispatches.iter().zip(&weights).enumerate();
        let steps = steps
            .map(|(place, (it, weights))| bind(place, it, weights.as_ref(), &buffers[it.writes]));
        let steps = steps.collect();
        let looks = looks.iter().enumerate().filter_map(|(place, it)| {
            let to = found.as_ref()?;
            Some(bind(dispatches.len() + place, it, None, to))
        });
        let looks = looks.collect();
        let input = plan.input();
        Self {
            step_of: dispatches.iter().map(|it| it.step).collect(),
            steps,
            looks,
            found,
            staging: None,
            values: Values::new(&plan, vec![Vec::new(); plan.buffers.len()]),
            upload: vec![0.0; input.end() - input.start],
            proven: false,
            buffers,
            plan,
            gpu,
        }
    }

    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What was read of the last pass.
    pub const fn values(&mut self) -> &mut Values {
        &mut self.values
    }

    /// Runs one picture, channel after channel, and reads the output and the maps of these nodes,
    /// which `values` then has. Gives the nodes whose values are not all finite, where it looks.
    ///
    /// # Errors
    /// When the input has another number of values than the network takes, or the device is lost.
    pub async fn run(&mut self, input: &[f32], nodes: &[NodeId]) -> Result<Vec<Found>, GpuError> {
        self.put(input)?;
        let device = &self.gpu.device;
        let first = !self.proven;
        let scope = first.then(|| device.push_error_scope(wgpu::ErrorFilter::Validation));
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor {
            label: Some("pass"),
        });
        if let Some(found) = &self.found {
            encoder.clear_buffer(found, 0, None);
        }
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            Bound::carry_out(&mut pass, self.steps.iter().chain(&self.looks));
        }
        let reading = self.submit(encoder, nodes, true);
        let refused = scope.map(wgpu::ErrorScopeGuard::pop);
        // Both are under way at once.
        let found = self.finish(reading).await;
        if let Some(refused) = refused
            && let Some(error) = refused.await
        {
            return Err(GpuError::Refused(error.to_string()));
        }
        let found = found?;
        self.proven = true;
        Ok(found)
    }

    /// Reads the maps of more nodes of the last pass.
    ///
    /// # Errors
    /// When the device is lost.
    pub async fn fetch(&mut self, nodes: &[NodeId]) -> Result<(), GpuError> {
        let encoder = self
            .gpu
            .device
            .create_command_encoder(&wgpu::CommandEncoderDescriptor {
                label: Some("reading"),
            });
        let reading = self.submit(encoder, nodes, false);
        self.finish(reading).await?;
        Ok(())
    }

    /// Carries out one step of the plan so often, in one submission, and waits for its end. What maps
    /// have afterwards means nothing.
    ///
    /// # Errors
    /// When the device is lost.
    pub(super) async fn repeat(&mut self, step: usize, times: u32) -> Result<(), GpuError> {
        let device = &self.gpu.device;
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor {
            label: Some("repeated"),
        });
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            let own = self.steps.iter().zip(&self.step_of);
            let own = own.filter(|&(_, of)| *of == step).map(|(bound, _)| bound);
            for _ in 0..times {
                Bound::carry_out(&mut pass, own.clone());
            }
        }
        self.gpu.queue.submit([encoder.finish()]);
        let (done, tell) = told();
        self.gpu.queue.on_submitted_work_done(move || tell(()));
        self.gpu.wait()?;
        done.await;
        Ok(())
    }

    fn put(&mut self, input: &[f32]) -> Result<(), GpuError> {
        let map = *self.plan.input();
        if input.len() != map.elements() {
            return Err(RunError::InputLength {
                name: self.plan.name.clone(),
                got: input.len(),
                wanted: map.elements(),
            }
            .into());
        }
        let here = kernels::Map { start: 0, ..map };
        elementwise::from_channels(&here, input, &mut self.upload);
        let bytes = bytemuck::cast_slice(&self.upload);
        let place = 4 * map.start as u64;
        self.gpu
            .queue
            .write_buffer(&self.buffers[map.buffer], place, bytes);
        Ok(())
    }

    /// Submits, and asks for the buffers of these nodes' maps; with `whole` for that of the output and
    /// for what was found.
    fn submit(
        &mut self,
        mut encoder: wgpu::CommandEncoder,
        nodes: &[NodeId],
        whole: bool,
    ) -> Reading {
        let readings = self.plan.readings.iter().enumerate();
        let wanted = readings.filter(|&(place, it)| {
            (whole && place == self.plan.output) || nodes.contains(&it.node)
        });
        let mut numbers: Vec<usize> = wanted.map(|(_, it)| it.map.buffer).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let mut copies: Vec<(&wgpu::Buffer, u64)> = Vec::with_capacity(numbers.len() + 1);
        for &number in &numbers {
            copies.push((&self.buffers[number], 4 * self.plan.buffers[number] as u64));
        }
        let found = self.found.as_ref().filter(|_| whole);
        copies.extend(found.map(|it| (it, 4 * self.plan.readings.len() as u64)));
        let total = copies.iter().map(|(_, bytes)| bytes).sum::<u64>();
        let staging = match self.staging.take().filter(|it| it.size() >= total) {
            Some(staging) => staging,
            None => self.gpu.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("staging"),
                size: total.max(4),
                usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            }),
        };
        let mut at = 0;
        for (buffer, bytes) in copies {
            encoder.copy_buffer_to_buffer(buffer, 0, &staging, at, bytes);
            at += bytes;
        }
        self.gpu.queue.submit([encoder.finish()]);
        let (mapped, tell) = told();
        staging.map_async(wgpu::MapMode::Read, 0..total.max(4), tell);
        Reading {
            staging,
            bytes: total.max(4),
            numbers,
            found: whole && self.found.is_some(),
            mapped,
        }
    }

    /// Waits for what was asked for, and keeps it.
    async fn finish(&mut self, reading: Reading) -> Result<Vec<Found>, GpuError> {
        let Reading {
            staging,
            bytes,
            numbers,
            found,
            mapped,
        } = reading;
        self.gpu.wait()?;
        let lost = |error: &dyn std::fmt::Display| GpuError::Lost(error.to_string());
        mapped.await.map_err(|error| lost(&error))?;
        let mut all = Vec::new();
        {
            let view = staging.get_mapped_range(0..bytes);
            let view = view.map_err(|error| lost(&error))?;
            let mut rest: &[u8] = &view;
            for &number in &numbers {
                let (own, after) = rest.split_at(4 * self.plan.buffers[number]);
                rest = after;
                let values = &mut self.values.buffers[number];
                values.resize(self.plan.buffers[number], 0.0);
                bytemuck::cast_slice_mut(values).copy_from_slice(own);
            }
            if found {
                let words = rest
                    .as_chunks::<4>()
                    .0
                    .iter()
                    .map(|it| u32::from_ne_bytes(*it));
                for (reading, word) in self.plan.readings.iter().zip(words) {
                    if word != 0 {
                        all.push(Found {
                            node: reading.node,
                            infinite: word & 1 != 0,
                            nan: word & 2 != 0,
                        });
                    }
                }
            }
        }
        staging.unmap();
        self.staging = Some(staging);
        Ok(all)
    }
}
