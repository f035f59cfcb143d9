//! The running half: a graph with weights on a device. Everything that knows burn is in here and
//! in `train`.

mod device;
mod forward;
mod network;
mod params;
mod weights;

#[cfg(feature = "gpu")]
pub use device::webgpu;
pub use device::{DeviceError, cpu};
pub use network::{Network, NetworkError, read};
pub use params::{Param, Params, Role};
pub use weights::{WeightsError, read_weights, write_weights};
