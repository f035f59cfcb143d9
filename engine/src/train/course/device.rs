//! Steps whose gradients the compiled plan computes on the session's device.

use std::rc::Rc;

use burn::tensor::Device;

use super::Course;
use super::planned::{MOST_MAPS, Steps, refused, too_large};
use crate::plan::gpu::{Gpu, GpuError, GpuTrainError, GpuTrainer};
use crate::plan::wgsl::train::Extreme;
use crate::run::{Dead, NetworkError, cpu};
use crate::session::BurnReason;
use crate::train::{Task, TaskError, TrainError};
use crate::{Graph, Layer, NodeId};

/// A network in training on a device, and when the channels of its activations are dead.
#[derive(Debug)]
pub(super) struct OnDevice {
    pub trainer: GpuTrainer,
    limits: Vec<(NodeId, Dead)>,
}

/// The plan's step of a training on the session's device, or why it has none.
#[derive(Debug)]
pub struct DeviceSteps {
    steps: Result<Box<OnDevice>, BurnReason>,
    /// Validation examples are run here.
    device: Device,
}

impl DeviceSteps {
    /// For trainings of this graph by this task; both devices are the same.
    pub fn new(gpu: &Rc<Gpu>, device: &Device, graph: &Graph, task: &Task) -> Self {
        Self {
            steps: OnDevice::new(gpu, graph, task).map(Box::new),
            device: device.clone(),
        }
    }

    /// Where the network in training belongs.
    pub fn home(&self) -> Device {
        match self.steps {
            Ok(_) => cpu(),
            Err(_) => self.device.clone(),
        }
    }
}

impl OnDevice {
    /// # Errors
    /// Why it is burn.
    fn new(gpu: &Rc<Gpu>, graph: &Graph, task: &Task) -> Result<Self, BurnReason> {
        if let Some(reason) = refused(graph, task) {
            return Err(reason);
        }
        if task.settings.adversarial.is_some() {
            let setting = "its pictures are attacked first".to_owned();
            return Err(BurnReason::Setting { setting });
        }
        let limits = graph.nodes().iter().filter_map(|node| match node.layer {
            Layer::Activation(function) => Some((node.id, Dead::of(function)?)),
            _ => None,
        });
        let limits: Vec<_> = limits.collect();
        let watched = limits.iter().map(|&(node, dead)| (node, extreme(dead)));
        let trainer = GpuTrainer::new(Rc::clone(gpu), graph, watched.collect());
        let trainer = trainer.map_err(BurnReason::of)?;
        match trainer.bytes(task.settings.batch) {
            None => Err(BurnReason::Memory),
            Some(bytes) if bytes > MOST_MAPS => Err(too_large()),
            Some(_) => Ok(Self { trainer, limits }),
        }
    }

    /// The share of dead channels of each activation in the last watched step.
    pub fn dead(&self) -> Vec<(NodeId, f32)> {
        let each = self.trainer.extremes().iter();
        let each = each.filter_map(|(node, extremes)| {
            let (_, limit) = self.limits.iter().find(|(it, _)| it == node)?;
            let dead = extremes.iter().filter(|&&it| is_dead(*limit, it)).count();
            Some((*node, dead as f32 / extremes.len().max(1) as f32))
        });
        each.collect()
    }
}

const fn extreme(dead: Dead) -> Extreme {
    match dead {
        Dead::UpTo0 => Extreme::Largest,
        Dead::At0 => Extreme::Farthest(0.0),
        Dead::Beyond { middle, .. } => Extreme::Nearest(middle as f32),
    }
}

fn is_dead(limit: Dead, extreme: f32) -> bool {
    match limit {
        Dead::UpTo0 | Dead::At0 => extreme <= 0.0,
        Dead::Beyond { reach, .. } => extreme >= reach as f32,
    }
}

/// Why it is burn's from now on.
///
/// # Errors
/// When the data are not the network's, or the device is lost.
pub(super) fn failed<T>(error: GpuTrainError) -> Result<Result<T, BurnReason>, TrainError> {
    match error {
        GpuTrainError::Given(_) => Err(TaskError::OtherData.into()),
        GpuTrainError::Device(GpuError::Memory(_)) => Ok(Err(BurnReason::Memory)),
        GpuTrainError::Device(error @ GpuError::Refused(_)) => {
            let why = error.to_string();
            Ok(Err(BurnReason::Layer { why }))
        }
        GpuTrainError::Device(error) => Err(NetworkError::Read(error.to_string()).into()),
    }
}

impl Course {
    /// From now on its gradients come from these; its network must be at their [`DeviceSteps::home`].
    pub fn compute_by(&mut self, steps: DeviceSteps) {
        self.trainer = steps.steps.map(Steps::Device);
        self.evaluates_on = Some(steps.device);
    }
}
