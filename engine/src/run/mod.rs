//! The running half: a graph with weights on a device. Everything that knows burn is in here and
//! in `train`.

mod activate;
mod device;
mod finite;
mod fold;
mod forward;
mod gradient;
mod initial;
mod kept;
mod keras;
mod mode;
mod network;
mod noise;
mod norm;
mod params;
mod partials;
mod pass;
mod timing;
mod weights;
mod window;
mod yield_point;

#[cfg(feature = "gpu")]
pub use device::webgpu;
pub use device::{DeviceError, cpu};
pub use finite::{Cause, NonFinite};
pub use gradient::Gradients;
pub use initial::Initialisation;
pub use kept::{EditedError, Provenance};
pub use keras::read_keras_weights;
pub use mode::{Mode, RunningVariance, Training};
pub use network::{Check, Network, NetworkError, Trace, read};
pub use params::{Param, Params, Role};
pub use partials::Partials;
pub use timing::{LayerTime, LayerTimer, LayerTimes, time_layers};
pub use weights::{WeightsError, floats, read_weights, write_weights};
pub use yield_point::{Verdict, YieldPoint};
