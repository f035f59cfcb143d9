//! Quantisation: weights and activations on grids of few values.

mod activations;
mod calibrate;
mod grid;
pub mod integer;
mod weights;

#[cfg(feature = "run")]
pub(crate) use activations::source;
pub use activations::{ACTIVATIONS, Activations};
pub use calibrate::{Calibration, Method, Range};
pub use grid::{Grid, fake, fake_gradient};
pub use weights::{Granularity, Quantised, Scheme, Width, quantise};
