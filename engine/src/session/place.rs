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
    #[cfg_attr(
        not(feature = "plan-gpu"),
        expect(unused_variables, clippy::unused_self, reason = "there is no elsewhere")
    )]
    pub fn equip(self, course: &mut Course) {
        #[cfg(feature = "plan-gpu")]
        if let Some(steps) = self.steps {
            course.compute_by(steps);
        }
    }
}

impl Session {
    /// Where a training by this task computes.
    #[cfg_attr(
        not(feature = "plan-gpu"),
        expect(unused_variables, clippy::unnecessary_wraps, reason = "there is one place")
    )]
    pub(super) fn place(&self, task: &Task) -> Result<Place, Ended> {
        #[cfg(feature = "plan-gpu")]
        if let Some(gpu) = &self.gpu
            && !self.is_on_cpu()
        {
            let steps = DeviceSteps::new(gpu, &self.device, self.graph()?, task);
            return Ok(Place {
                home: steps.home(),
                steps: Some(steps),
            });
        }
        Ok(Place {
            home: self.device.clone(),
            #[cfg(feature = "plan-gpu")]
            steps: None,
        })
    }
}
