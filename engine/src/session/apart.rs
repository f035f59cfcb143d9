//! Plans of a network that nobody else watches, for measurements.

use super::{Ended, Failure, Session};
#[cfg(feature = "plan-gpu")]
use crate::plan::gpu::{GpuError, GpuTrainError, GpuTrainer};
use crate::plan::{self, Params};
use crate::train::MOST_MAPS;

#[derive(Debug)]
pub(super) enum Apart {
    OnCpu(Box<plan::Executor>),
    #[cfg(feature = "plan-gpu")]
    OnDevice(Box<plan::gpu::GpuExecutor>),
}

impl Apart {
    /// One pass, to its answer.
    ///
    /// # Errors
    /// When the input does not fit the network, or the device fails.
    #[allow(clippy::unused_async, reason = "a device is waited for")]
    pub async fn run(&mut self, input: &[f32]) -> Result<(), Ended> {
        match self {
            Self::OnCpu(plan) => {
                plan.run(input)?;
            }
            #[cfg(feature = "plan-gpu")]
            Self::OnDevice(plan) => {
                plan.run(input, &[]).await?;
            }
        }
        Ok(())
    }
}

/// The plan's training step, as in a training.
#[derive(Debug)]
pub(super) enum TrainerApart {
    OnCpu(Box<plan::Trainer>),
    /// The weights go there with each step, as in a training.
    #[cfg(feature = "plan-gpu")]
    OnDevice(Box<GpuTrainer>, Params),
}

impl TrainerApart {
    /// One step, which leaves the weights as they are; `false` when the device has no room for it or
    /// refuses it, so that a training would be burn's.
    ///
    /// # Errors
    /// When the pictures do not fit the network, or the device is lost.
    #[allow(clippy::unused_async, reason = "a device is waited for")]
    pub async fn step(&mut self, pictures: &[f32], labels: &[usize]) -> Result<bool, Ended> {
        let why = match self {
            Self::OnCpu(trainer) => {
                let rule = plan::Rule::Sgd {
                    momentum: 0.0,
                    weight_decay: 0.0,
                };
                // Of no length, so that every pass computes the same.
                match trainer.step(pictures, labels, rule, 0.0) {
                    Ok(_) => return Ok(true),
                    Err(error) => error.to_string(),
                }
            }
            #[cfg(feature = "plan-gpu")]
            Self::OnDevice(trainer, params) => {
                let values = |node, role| params.get(node, role).map(|it| &*it.values);
                if trainer.load(values).is_err() {
                    return Ok(false);
                }
                match trainer.slopes_of(pictures, labels, 0.0, false).await {
                    Ok(_) => return Ok(true),
                    Err(GpuTrainError::Device(GpuError::Memory(_) | GpuError::Refused(_))) => {
                        return Ok(false);
                    }
                    Err(error) => error.to_string(),
                }
            }
        };
        Err(Failure::Device { why }.into())
    }
}

impl Session {
    /// The plan's training step of the network on so many pictures, where a training has one.
    pub(super) fn trainer_apart(&self, pictures: usize) -> Option<TrainerApart> {
        // As a training, which leaves layers with the same weights to burn.
        let model = self.model().ok().filter(|it| !it.graph.has_sharers())?;
        let params: Params = model.weights()?.iter().cloned().collect();
        #[cfg(feature = "plan-gpu")]
        if let Some(gpu) = self.gpu.as_ref().filter(|_| !self.is_on_cpu()) {
            let trainer = GpuTrainer::new(gpu.clone(), &model.graph, Vec::new()).ok()?;
            let fits = trainer.bytes(pictures)? <= MOST_MAPS;
            return fits.then(|| TrainerApart::OnDevice(Box::new(trainer), params));
        }
        if !self.is_on_cpu() {
            return None;
        }
        let trainer = plan::Trainer::new(&model.graph, &params).ok()?;
        let fits = trainer.bytes(pictures) <= MOST_MAPS;
        fits.then(|| TrainerApart::OnCpu(Box::new(trainer)))
    }
}
