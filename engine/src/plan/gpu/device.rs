//! The device with what outlives a lowering: pipelines, and weights that have not changed.

use std::cell::RefCell;
use std::collections::HashMap;

use wgpu::util::DeviceExt;

use crate::plan::RunError;
use crate::plan::wgsl::{Dispatch, Part, Shader};

/// Why a plan does not run on the device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GpuError {
    #[error(transparent)]
    Input(#[from] RunError),
    /// A buffer is larger than the device binds, or its memory is full.
    #[error("the device has no memory for the compiled plan: {0}")]
    Memory(String),
    #[error("the device refuses the compiled plan: {0}")]
    Refused(String),
    #[error("the device gave no values: {0}")]
    Lost(String),
}

/// Weights on the device, and where they came from.
#[derive(Clone, Debug)]
struct Held {
    buffer: wgpu::Buffer,
    /// Keeps the addresses.
    _parts: Vec<Part>,
}

/// By the addresses of the parts.
type Weights = HashMap<Vec<usize>, Held>;

/// A device that runs plans.
#[derive(Debug)]
pub struct Gpu {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    pub(super) bindings: wgpu::BindGroupLayout,
    layout: wgpu::PipelineLayout,
    pipelines: RefCell<HashMap<Shader, wgpu::ComputePipeline>>,
    weights: RefCell<Weights>,
    /// In the place of a buffer that a shader does not use.
    pub(super) nothing: wgpu::Buffer,
}

/// The numbers, what is read, weights, another input, what is written.
fn entry(binding: u32) -> wgpu::BindGroupLayoutEntry {
    let ty = match binding {
        0 => wgpu::BufferBindingType::Uniform,
        4 => wgpu::BufferBindingType::Storage { read_only: false },
        _ => wgpu::BufferBindingType::Storage { read_only: true },
    };
    wgpu::BindGroupLayoutEntry {
        binding,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer {
            ty,
            has_dynamic_offset: false,
            min_binding_size: None,
        },
        count: None,
    }
}

impl Gpu {
    /// On a device that others may use as well.
    pub fn on(device: wgpu::Device, queue: wgpu::Queue) -> Self {
        let entries = [0, 1, 2, 3, 4].map(entry);
        let bindings = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("plan"),
            entries: &entries,
        });
        let layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("plan"),
            bind_group_layouts: &[Some(&bindings)],
            immediate_size: 0,
        });
        let nothing = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("nothing"),
            size: 16,
            usage: wgpu::BufferUsages::STORAGE,
            mapped_at_creation: false,
        });
        Self {
            device,
            queue,
            bindings,
            layout,
            pipelines: RefCell::default(),
            weights: RefCell::default(),
            nothing,
        }
    }

    /// On a device of its own; why there is none.
    ///
    /// # Errors
    /// When there is no adapter, or it refuses the device.
    pub async fn find() -> Result<Self, GpuError> {
        let lost = |error: &dyn std::fmt::Display| GpuError::Lost(error.to_string());
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let adapter = instance
            .request_adapter(&wgpu::RequestAdapterOptions::default())
            .await
            .map_err(|error| lost(&error))?;
        let wanted = wgpu::DeviceDescriptor {
            required_limits: adapter.limits(),
            ..wgpu::DeviceDescriptor::default()
        };
        let made = adapter.request_device(&wanted).await;
        let (device, queue) = made.map_err(|error| lost(&error))?;
        Ok(Self::on(device, queue))
    }

    /// The pipeline of a shader, made when it is first needed.
    pub(super) fn pipeline(&self, shader: Shader) -> wgpu::ComputePipeline {
        let mut pipelines = self.pipelines.borrow_mut();
        let make = || {
            let module = self
                .device
                .create_shader_module(wgpu::ShaderModuleDescriptor {
                    label: Some(shader.name()),
                    source: wgpu::ShaderSource::Wgsl(shader.text().into()),
                });
            self.device
                .create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                    label: Some(shader.name()),
                    layout: Some(&self.layout),
                    module: &module,
                    entry_point: Some("main"),
                    compilation_options: wgpu::PipelineCompilationOptions::default(),
                    cache: None,
                })
        };
        pipelines.entry(shader).or_insert_with(make).clone()
    }

    /// The weights of each dispatch; those that the last lowering had are there already, what this
    /// one does not have is dropped.
    pub(super) fn weights(&self, dispatches: &[Dispatch]) -> Vec<Option<wgpu::Buffer>> {
        let mut before = self.weights.take();
        let mut held = Weights::new();
        let each = dispatches.iter().map(|it| {
            if it.weights.is_empty() {
                return None;
            }
            let key: Vec<usize> = it.weights.iter().map(address).collect();
            let known = held.get(&key).cloned().or_else(|| before.remove(&key));
            let weights = known.unwrap_or_else(|| self.upload(&it.weights));
            let buffer = weights.buffer.clone();
            held.insert(key, weights);
            Some(buffer)
        });
        let all = each.collect();
        self.weights.replace(held);
        all
    }

    fn upload(&self, parts: &[Part]) -> Held {
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("weights"),
            // A vector of the shader's is there to be bound, however few the weights are.
            size: parts
                .iter()
                .map(Part::bytes)
                .sum::<usize>()
                .next_multiple_of(16) as u64,
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut offset = 0;
        for part in parts {
            let bytes: &[u8] = match part {
                Part::Eights(it) => bytemuck::cast_slice(it),
                Part::Fours(it) => bytemuck::cast_slice(it),
                Part::Floats(it) => bytemuck::cast_slice(it),
                Part::Words(it) => bytemuck::cast_slice(it),
            };
            self.queue.write_buffer(&buffer, offset, bytes);
            offset += bytes.len() as u64;
        }
        Held {
            buffer,
            _parts: parts.to_vec(),
        }
    }

    /// A buffer with these bytes.
    pub(super) fn uniform(&self, words: &[u32]) -> wgpu::Buffer {
        self.device
            .create_buffer_init(&wgpu::util::BufferInitDescriptor {
                label: Some("numbers"),
                contents: bytemuck::cast_slice(words),
                usage: wgpu::BufferUsages::UNIFORM,
            })
    }

    /// Waits natively until the device has done what it was told; a browser calls back by itself.
    ///
    /// # Errors
    /// When the device is lost.
    pub(super) fn wait(&self) -> Result<(), GpuError> {
        #[cfg(not(target_arch = "wasm32"))]
        self.device
            .poll(wgpu::PollType::wait_indefinitely())
            .map_err(|error| GpuError::Lost(error.to_string()))?;
        Ok(())
    }
}

fn address(part: &Part) -> usize {
    match part {
        Part::Eights(it) => it.as_ptr().addr(),
        Part::Fours(it) => it.as_ptr().addr(),
        Part::Floats(it) => it.as_ptr().addr(),
        Part::Words(it) => it.as_ptr().addr(),
    }
}
