//! Carries out a plan's dispatches on a device: pipelines and bind groups are made once, a pass is one
//! command buffer, one submission and one reading.

mod bound;
mod device;
mod executor;
mod timer;
mod told;
mod trainer;

pub use device::{Gpu, GpuError};
pub use executor::{Found, GpuExecutor};
pub use timer::DeviceTimer;
pub use trainer::{GpuTrainError, GpuTrainer};
pub use wgpu;
