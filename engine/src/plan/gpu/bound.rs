//! Dispatches with what they read and write.

use super::device::Gpu;
use crate::plan::wgsl::Shader;

/// Bytes of a dispatch's numbers; a binding may begin at their multiples.
const NUMBERS: usize = 256;

/// A pipeline with what it reads and writes.
#[derive(Debug)]
pub(super) struct Bound {
    pub pipeline: wgpu::ComputePipeline,
    pub group: wgpu::BindGroup,
    /// Workgroups, across and down.
    pub groups: [u32; 2],
}

impl Bound {
    pub fn carry_out<'a>(pass: &mut wgpu::ComputePass<'_>, all: impl Iterator<Item = &'a Self>) {
        for bound in all {
            pass.set_pipeline(&bound.pipeline);
            pass.set_bind_group(0, &bound.group, &[]);
            let [across, down] = bound.groups;
            pass.dispatch_workgroups(across, down, 1);
        }
    }
}

/// The numbers of all dispatches.
#[derive(Debug)]
pub(super) struct NumberBuffer(wgpu::Buffer);

impl Gpu {
    /// The numbers of dispatches in their order.
    pub(super) fn numbers(&self, each: &[Vec<u32>]) -> NumberBuffer {
        let mut words = vec![0_u32; each.len().max(1) * NUMBERS / 4];
        for (place, numbers) in words.chunks_exact_mut(NUMBERS / 4).zip(each) {
            place[..numbers.len()].copy_from_slice(numbers);
        }
        NumberBuffer(self.uniform(&words))
    }

    /// The dispatch whose numbers have this place: what it reads, weights, another input; and what it
    /// writes.
    pub(super) fn bound(
        &self,
        shader: Shader,
        (numbers, place): (&NumberBuffer, usize),
        reads: [Option<&wgpu::Buffer>; 3],
        writes: &wgpu::Buffer,
        groups: [u32; 2],
    ) -> Bound {
        let numbers = wgpu::BufferBinding {
            buffer: &numbers.0,
            offset: (place * NUMBERS) as u64,
            size: std::num::NonZeroU64::new(NUMBERS as u64),
        };
        let [first, weights, other] =
            reads.map(|it| it.unwrap_or(&self.nothing).as_entire_binding());
        let resources = [
            wgpu::BindingResource::Buffer(numbers),
            first,
            weights,
            other,
            writes.as_entire_binding(),
        ];
        let entries = (0..).zip(resources);
        let entries = entries.map(|(binding, resource)| wgpu::BindGroupEntry { binding, resource });
        Bound {
            pipeline: self.pipeline(shader),
            group: self.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some(shader.name()),
                layout: &self.bindings,
                entries: &entries.collect::<Vec<_>>(),
            }),
            groups,
        }
    }

    /// A buffer of the device for shaders.
    pub(super) fn storage(&self, label: &str, bytes: usize) -> wgpu::Buffer {
        self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size: bytes.next_multiple_of(16).max(16) as u64,
            usage: wgpu::BufferUsages::STORAGE
                | wgpu::BufferUsages::COPY_SRC
                | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        })
    }
}
