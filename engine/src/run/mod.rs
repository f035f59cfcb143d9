//! The running half: a graph with weights on a device. Everything that knows burn is in here and
//! in `train`.

mod activate;
mod dead;
mod device;
mod finite;
mod flat;
mod fold;
mod forward;
mod gradient;
mod initial;
mod kept;
mod mode;
mod network;
mod noise;
mod norm;
mod operate;
mod params;
mod partials;
mod pass;
mod pull_back;
mod replaced;
mod spread;
mod stage;
mod timing;
mod weights;
mod window;

pub use crate::checkpoint::{Role, WeightsError};
pub use crate::session::{Cause, Check, NonFinite, Repeats, Verdict, YieldPoint};
#[cfg(feature = "plan-gpu")]
pub(crate) use dead::Dead;
#[cfg(feature = "gpu")]
pub use device::webgpu;
pub use device::{DeviceError, cpu};
pub use gradient::Gradients;
pub use initial::Initialisation;
pub use kept::{Before, EditedError, Provenance, Remembered};
pub use mode::{Mode, RunningVariance, Training};
pub use network::{Network, NetworkError, Trace, read};
pub use params::{Param, Params};
pub use partials::Partials;
pub use pull_back::PulledBack;
pub use stage::StageGradients;
pub use timing::{LayerTime, LayerTimer, LayerTimes, time_layers};
pub use weights::{parameters, read_weights, write_weights};
