//! Smaller networks: pruned, quantised, distilled. On plain numbers; what needs gradients or images
//! is the running half.

mod bytes;
mod distil;
mod error;
#[cfg(feature = "run")]
mod examine;
pub mod prune;
pub mod quantise;
mod report;
#[cfg(feature = "run")]
mod sample;
mod sensitivity;
mod settings;
#[cfg(feature = "run")]
mod shrinker;
#[cfg(feature = "run")]
mod simulate;
pub mod structure;
mod task;
#[cfg(feature = "run")]
mod timing;
mod weights;

pub use bytes::{Bytes, Stored};
pub use distil::{Distillation, Distilled, soft};
pub use error::ShrinkError;
#[cfg(feature = "run")]
pub use examine::SensitivityExam;
pub use report::{Accuracy, Figures, LayerReport, Report, Times, relative_error};
#[cfg(feature = "run")]
pub use sample::Failed;
pub use sensitivity::{Curve, Levels, Sensitivity};
pub use settings::{LEAST_IMAGES, Measured, Prune, Quantise, Shrink, What};
#[cfg(feature = "run")]
pub use shrinker::{Shrinker, Shrunk};
#[cfg(feature = "run")]
pub use simulate::{Calibrator, IntegerNetwork, simulated, simulated_maps, sites};
pub use task::{Job, Outcome};
#[cfg(feature = "run")]
pub use timing::{integer_plan, integers};
pub use weights::{Tensor, Weights};
