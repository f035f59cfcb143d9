//! The running half: a graph with weights on a device. Everything that knows burn is in here and
//! in `train`.

mod activate;
mod clock;
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
mod params;
mod partials;
mod pass;
mod remembered;
mod timing;
mod weights;
mod window;
mod yield_point;

pub use crate::checkpoint::{Role, WeightsError};
pub use crate::session::{Cause, NonFinite};
pub use clock::Repeats;
#[cfg(feature = "gpu")]
pub use device::webgpu;
pub use device::{DeviceError, cpu};
pub use gradient::Gradients;
pub use initial::Initialisation;
pub use kept::{Before, EditedError, Provenance};
pub use mode::{Mode, RunningVariance, Training};
pub use network::{Check, Network, NetworkError, Trace, read};
pub use params::{Param, Params};
pub use partials::Partials;
pub use remembered::Remembered;
pub use timing::{LayerTime, LayerTimer, LayerTimes, time_layers};
pub use weights::{parameters, read_weights, write_weights};
pub use yield_point::{Verdict, YieldPoint};
