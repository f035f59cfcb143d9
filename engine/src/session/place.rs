//! Where a training computes: the session's device, or, where the compiled plan computes gradients on
//! it, the CPU for everything else.

use burn::tensor::Device;

use super::{Ended, Session};
#[cfg(feature = "plan-gpu")]
use crate::train::DeviceSteps;
use crate::train::{Course, Task};

/// See the module.
pub(super) struct Place {
    /// Where the network in training is, and with it the optimiser.
    pub home: Device,
    #[cfg(feature = "plan-gpu")]
    steps: Option<DeviceSteps>,
}

impl Place {
    /// Gives a new training at home what computes its gradients elsewhere.
    #[cfg(feature = "plan-gpu")]
    pub fn equip(self, course: &mut Course) {
        if let Some(steps) = self.steps {
            course.compute_by(steps);
        }
    }

    #[cfg(not(feature = "plan-gpu"))]
    pub fn equip(self, _: &mut Course) {}
}

impl Session {
    /// Where a training by this task computes.
    #[cfg(feature = "plan-gpu")]
    pub(super) fn place(&self, task: &Task) -> Result<Place, Ended> {
        let steps = match &self.gpu {
            Some(gpu) if !self.is_on_cpu() => {
                Some(DeviceSteps::new(gpu, &self.device, self.graph()?, task))
            }
            _ => None,
        };
        let home = steps.as_ref().map(DeviceSteps::home);
        Ok(Place {
            home: home.unwrap_or_else(|| self.device.clone()),
            steps,
        })
    }

    #[cfg(not(feature = "plan-gpu"))]
    #[allow(clippy::unnecessary_wraps, reason = "as with a device")]
    pub(super) fn place(&self, _: &Task) -> Result<Place, Ended> {
        let home = self.device.clone();
        Ok(Place { home })
    }
}
