//! A plan that nobody else watches, for measurements.

use super::Ended;
use crate::plan;

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
