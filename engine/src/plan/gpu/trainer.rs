//! Training steps on the device: the slopes of a batch's loss in one submission and one reading.

use std::collections::HashMap;
use std::rc::Rc;

use super::bound::Bound;
use super::device::{Gpu, GpuError};
use super::told::told;
use crate::checkpoint::Role;
use crate::plan::wgsl::Shader;
use crate::plan::wgsl::train::{Buffer, Extreme, LANES, TrainDispatch, TrainProgram};
use crate::plan::{LowerError, TrainError};
use crate::{Graph, NodeId};

/// Why the device gave no slopes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GpuTrainError {
    #[error(transparent)]
    Given(#[from] TrainError),
    #[error(transparent)]
    Device(#[from] GpuError),
}

/// A network in training on the device. Weights come with each step and slopes go back: the
/// optimiser is the caller's.
#[derive(Debug)]
pub struct GpuTrainer {
    gpu: Rc<Gpu>,
    program: TrainProgram,
    /// What is asked of activations in a watched step.
    watched: Vec<(NodeId, Extreme)>,
    /// All parameters as they are, one behind the other.
    params: Vec<f32>,
    /// For batches of up to so many pictures.
    room: usize,
    buffers: HashMap<Buffer, wgpu::Buffer>,
    staging: Option<wgpu::Buffer>,
    /// The last batch's size and smoothing; its dispatches, and those of a watched step. An epoch's
    /// last batch is smaller.
    steps: Vec<(Kind, [Vec<Bound>; 2])>,
    gradients: Vec<f32>,
    logits: Vec<f32>,
    /// Mean and variance of each batch norm's channels.
    statistics: Vec<[Vec<f32>; 2]>,
    /// Of a watched step.
    extremes: Vec<(NodeId, Vec<f32>)>,
}

/// What the dispatches depend on: pictures, and the bits of the smoothing.
type Kind = (usize, u32);

/// Kinds of batches whose dispatches are kept.
const KEPT: usize = 2;

impl GpuTrainer {
    /// A network with zeros for weights. `watched` is what a watched step finds of its activations.
    ///
    /// # Errors
    /// When the graph has a problem, or a layer that the device has no step for.
    pub fn new(
        gpu: Rc<Gpu>,
        graph: &Graph,
        watched: Vec<(NodeId, Extreme)>,
    ) -> Result<Self, LowerError> {
        let program = TrainProgram::lower(graph)?;
        Ok(Self {
            params: vec![0.0; program.values()],
            room: 0,
            buffers: HashMap::new(),
            staging: None,
            steps: Vec::new(),
            gradients: Vec::new(),
            logits: Vec::new(),
            statistics: Vec::new(),
            extremes: Vec::new(),
            watched,
            program,
            gpu,
        })
    }

    /// Bytes on the device for batches of so many pictures; none when a buffer is larger than the
    /// device binds.
    pub fn bytes(&self, pictures: usize) -> Option<usize> {
        let limits = self.gpu.device.limits();
        let most = limits
            .max_storage_buffer_binding_size
            .min(limits.max_buffer_size);
        let buffers = self.program.buffers(pictures);
        let fits = buffers.iter().all(|(_, floats)| 4 * *floats as u64 <= most);
        (fits && self.program.fits()).then(|| self.program.bytes(pictures))
    }

    /// Takes these weights.
    ///
    /// # Errors
    /// The name of a node that has none, or not as many as it needs.
    pub fn load<'a>(
        &mut self,
        values: impl Fn(NodeId, Role) -> Option<&'a [f32]>,
    ) -> Result<(), NodeId> {
        for place in self.program.places() {
            let new = values(place.node, place.role);
            let new = new.filter(|it| it.len() == place.count).ok_or(place.node)?;
            self.params[place.start..][..place.count].copy_from_slice(new);
        }
        Ok(())
    }

    /// The slopes of the mean cross-entropy for these pictures (each channel after channel) and
    /// their classes; the mean itself is returned. `smoothing` is the share of each target that is
    /// spread evenly over the classes. With `watching` also finds the extremes of activations.
    ///
    /// # Errors
    /// When the pictures do not fit the network or their labels, or the device fails.
    pub async fn slopes_of(
        &mut self,
        pictures: &[f32],
        labels: &[usize],
        smoothing: f32,
        watching: bool,
    ) -> Result<f32, GpuTrainError> {
        let classes = self.program.classes();
        let (got, wanted) = (pictures.len(), labels.len() * self.program.pixels());
        if labels.is_empty() {
            return Err(TrainError::Empty.into());
        }
        if got != wanted {
            let labels = labels.len();
            return Err(TrainError::Pictures {
                got,
                labels,
                wanted,
            }
            .into());
        }
        if let Some(&label) = labels.iter().find(|&&label| label >= classes) {
            return Err(TrainError::Label { label, classes }.into());
        }
        let kind = (labels.len(), smoothing.to_bits());
        if self.room < labels.len() || !self.steps.iter().any(|(it, _)| *it == kind) {
            self.prepare(labels.len(), smoothing).await?;
        }
        self.put(pictures, labels);
        self.carry_out(kind, watching).await?;
        Ok(loss(&self.logits, labels, classes, smoothing))
    }

    /// What the network answered to the last pictures, before softmax: one picture after the other.
    pub fn logits(&self) -> &[f32] {
        &self.logits
    }

    /// The slopes of the last call for a parameter.
    pub fn slopes(&self, node: NodeId, role: Role) -> Option<&[f32]> {
        let mut places = self.program.places().iter();
        let place = places.find(|it| it.node == node && it.role == role)?;
        self.gradients.get(place.start..place.start + place.count)
    }

    /// What the last watched step found of each channel of the activations that are watched.
    pub fn extremes(&self) -> &[(NodeId, Vec<f32>)] {
        &self.extremes
    }

    /// As [`crate::plan::Trainer::statistics`].
    pub fn statistics(&self, count: usize) -> Vec<(NodeId, [Vec<f32>; 2])> {
        let norms = self.program.norms().into_iter();
        let numbers = self.program.norm_values(count);
        let each = norms.zip(numbers).zip(&self.statistics);
        each.map(|(((node, _), number), [mean, variance])| {
            let number = number as f64;
            let unbiased = |&it: &f32| (f64::from(it) * number / (number - 1.0)) as f32;
            let variance = variance.iter().map(unbiased).collect();
            (node, [mean.clone(), variance])
        })
        .collect()
    }

    /// Buffers and dispatches for a kind of batch.
    async fn prepare(&mut self, pictures: usize, smoothing: f32) -> Result<(), GpuError> {
        let gpu = Rc::clone(&self.gpu);
        let memory = gpu.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let validation = gpu.device.push_error_scope(wgpu::ErrorFilter::Validation);
        if self.room < pictures {
            self.make_room(pictures);
        }
        let steps = self.program.dispatches(pictures, smoothing);
        let looks = self.program.watching(pictures, &self.watched);
        let bound = [self.bind(&steps), self.bind(&looks)];
        let refused = validation.pop().await;
        let full = memory.pop().await;
        match (full, refused) {
            (Some(error), _) => return Err(self.forget(GpuError::Memory(error.to_string()))),
            (None, Some(error)) => {
                return Err(self.forget(GpuError::Refused(error.to_string())));
            }
            (None, None) => {}
        }
        self.steps.truncate(KEPT - 1);
        let kind = (pictures, smoothing.to_bits());
        self.steps.insert(0, (kind, bound));
        Ok(())
    }

    /// Buffers that the device may have refused are made anew.
    fn forget(&mut self, error: GpuError) -> GpuError {
        self.room = 0;
        self.steps.clear();
        self.buffers.clear();
        error
    }

    fn make_room(&mut self, pictures: usize) {
        self.steps.clear();
        self.staging = None;
        self.buffers.clear();
        for (buffer, floats) in self.program.buffers(pictures) {
            self.buffers
                .insert(buffer, self.gpu.storage("training", 4 * floats));
        }
        for (buffer, words) in self.program.tables() {
            if let Some(buffer) = self.buffers.get(&buffer) {
                let bytes = bytemuck::cast_slice(&words);
                self.gpu.queue.write_buffer(buffer, 0, bytes);
            }
        }
        self.room = pictures;
    }

    fn bind(&self, dispatches: &[TrainDispatch]) -> Vec<Bound> {
        let numbers: Vec<_> = dispatches.iter().map(|it| it.numbers.words()).collect();
        let numbers = self.gpu.numbers(&numbers);
        let each = dispatches.iter().enumerate().filter_map(|(place, it)| {
            let reads = it.reads.map(|buffer| self.buffers.get(&buffer));
            let writes = self.buffers.get(&it.writes)?;
            let shader = Shader::Train(it.shader);
            let numbers = (&numbers, place);
            Some(self.gpu.bound(shader, numbers, reads, writes, it.groups))
        });
        each.collect()
    }

    fn put(&self, pictures: &[f32], labels: &[usize]) {
        let pixels = self.program.pixels();
        let mut vectors = vec![[0.0_f32; LANES]; labels.len().div_ceil(LANES) * pixels];
        for (number, picture) in pictures.chunks_exact(pixels).enumerate() {
            let chunk = &mut vectors[number / LANES * pixels..][..pixels];
            for (vector, &value) in chunk.iter_mut().zip(picture) {
                vector[number % LANES] = value;
            }
        }
        let mut words: Vec<u32> = labels.iter().map(|&label| label as u32).collect();
        words.resize(labels.len().next_multiple_of(LANES), 0);
        let write = |buffer: Buffer, bytes: &[u8]| {
            if let Some(buffer) = self.buffers.get(&buffer) {
                self.gpu.queue.write_buffer(buffer, 0, bytes);
            }
        };
        write(Buffer::Map(0), bytemuck::cast_slice(&vectors));
        write(Buffer::Labels, bytemuck::cast_slice(&words));
        write(Buffer::Params, bytemuck::cast_slice(&self.params));
    }

    /// What is read after a step, with its bytes.
    fn wanted(&self, pictures: usize, watching: bool) -> Vec<(Buffer, usize)> {
        let scores = self.program.classes() * pictures.next_multiple_of(LANES);
        let mut all = vec![
            (Buffer::Gradients, 4 * self.program.values()),
            (self.program.scores(), 4 * scores),
        ];
        let norms = self.program.norms().into_iter().enumerate();
        all.extend(norms.map(|(number, (_, channels))| (Buffer::Norm(number), 8 * channels)));
        if watching {
            let each = self.program.activations().enumerate();
            let each = each.filter(|(_, (node, _))| self.is_watched(*node));
            all.extend(each.map(|(number, (_, channels))| (Buffer::Extreme(number), 4 * channels)));
        }
        all
    }

    fn is_watched(&self, node: NodeId) -> bool {
        self.watched.iter().any(|(it, _)| *it == node)
    }

    async fn carry_out(&mut self, kind: Kind, watching: bool) -> Result<(), GpuError> {
        let device = &self.gpu.device;
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor {
            label: Some("training"),
        });
        if let Some((_, [steps, looks])) = self.steps.iter().find(|(it, _)| *it == kind) {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            let looks = looks.iter().filter(|_| watching);
            Bound::carry_out(&mut pass, steps.iter().chain(looks));
        }
        let wanted = self.wanted(kind.0, watching);
        let total: usize = wanted.iter().map(|(_, bytes)| bytes).sum();
        let total = total.max(4) as u64;
        let staging = match self.staging.take().filter(|it| it.size() >= total) {
            Some(staging) => staging,
            None => device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("staging"),
                size: total,
                usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            }),
        };
        let mut at = 0;
        for (buffer, bytes) in &wanted {
            if let Some(buffer) = self.buffers.get(buffer) {
                encoder.copy_buffer_to_buffer(buffer, 0, &staging, at, *bytes as u64);
            }
            at += *bytes as u64;
        }
        self.gpu.queue.submit([encoder.finish()]);
        let (mapped, tell) = told();
        staging.map_async(wgpu::MapMode::Read, 0..total, tell);
        self.gpu.wait()?;
        let lost = |error: &dyn std::fmt::Display| GpuError::Lost(error.to_string());
        mapped.await.map_err(|error| lost(&error))?;
        {
            let view = staging.get_mapped_range(0..total);
            let view = view.map_err(|error| lost(&error))?;
            self.take(&view, kind.0, watching);
        }
        staging.unmap();
        self.staging = Some(staging);
        Ok(())
    }

    /// Keeps what was read: gradients, scores, statistics.
    fn take(&mut self, bytes: &[u8], pictures: usize, watching: bool) {
        let floats = bytes
            .as_chunks::<4>()
            .0
            .iter()
            .map(|it| f32::from_ne_bytes(*it));
        let floats: Vec<f32> = floats.collect();
        let (gradients, rest) = floats.split_at(self.program.values());
        self.gradients.clear();
        self.gradients.extend_from_slice(gradients);
        let classes = self.program.classes();
        let (scores, mut rest) = rest.split_at(classes * pictures.next_multiple_of(LANES));
        self.logits.clear();
        for number in 0..pictures {
            let chunk = &scores[number / LANES * LANES * classes..][..LANES * classes];
            let own = chunk.iter().skip(number % LANES).step_by(LANES);
            self.logits.extend(own);
        }
        self.statistics.clear();
        for (_, channels) in self.program.norms() {
            let (both, after) = rest.split_at(2 * channels);
            let (mean, variance) = both.split_at(channels);
            self.statistics.push([mean.to_vec(), variance.to_vec()]);
            rest = after;
        }
        if watching {
            let each = self.program.activations();
            let each: Vec<_> = each.filter(|(node, _)| self.is_watched(*node)).collect();
            self.extremes.clear();
            for (node, channels) in each {
                let (own, after) = rest.split_at(channels);
                self.extremes.push((node, own.to_vec()));
                rest = after;
            }
        }
    }
}

/// The mean cross-entropy of scores, one picture after the other.
fn loss(logits: &[f32], labels: &[usize], classes: usize, smoothing: f32) -> f32 {
    let mut sum = 0.0;
    for (scores, &label) in logits.chunks_exact(classes.max(1)).zip(labels) {
        let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let below = |score: f32| f64::from(score) - f64::from(most);
        let all = scores
            .iter()
            .map(|&score| below(score).exp())
            .sum::<f64>()
            .ln();
        let even = scores.iter().map(|&score| all - below(score)).sum::<f64>() / classes as f64;
        let smoothing = f64::from(smoothing);
        sum += (1.0 - smoothing) * (all - below(scores[label])) + smoothing * even;
    }
    (sum / labels.len() as f64) as f32
}
