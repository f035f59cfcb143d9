//! Attacks on a network's answers, and defences against them.
//!
//! The attacked quantity is the prepared picture, with values of 0 to 1, before the normalisation
//! `(x − mean) / std` of each channel. Only that step of the preprocessing is differentiated
//! ([`crate::data::Scaling`]). What comes before it (cropping, scaling and centring a drawing, resizing a photo to
//! 8-bit levels) is not: of a drawing the pixels of the network's input are attacked, not the strokes.
//!
//! The settings and results are the pure half; what runs the network is the running half, state
//! machines of which each step is one pass of a limited number of pictures.

#[cfg(feature = "run")]
mod carlini_wagner;
mod corruption;
#[cfg(feature = "run")]
mod deepfool;
mod error;
#[cfg(feature = "run")]
mod machine;
mod numbers;
#[cfg(feature = "run")]
mod one_pixel;
mod order;
#[cfg(feature = "run")]
mod picture;
#[cfg(feature = "run")]
mod projected;
mod refit;
mod report;
mod sanitation;
#[cfg(feature = "run")]
mod set;
mod settings;
#[cfg(feature = "run")]
mod smallest;
#[cfg(feature = "run")]
mod smooth;
mod statistics;
#[cfg(feature = "run")]
mod universal;
#[cfg(feature = "run")]
mod victim;

#[cfg(feature = "run")]
pub use carlini_wagner::CarliniWagner;
pub use corruption::{Corruption, SEVERITIES};
#[cfg(feature = "run")]
pub use deepfool::{DeepFool, DeepFoolForm, binary_step};
pub use error::AttackError;
#[cfg(feature = "run")]
pub use machine::{Attack, Outcome};
pub use numbers::{Sizes, answer_of, cross_entropy, probabilities};
#[cfg(feature = "run")]
pub use one_pixel::OnePixel;
pub use order::{Order, PictureOrder, SetOrder, Study};
#[cfg(feature = "run")]
pub use picture::PictureAttack;
#[cfg(feature = "run")]
pub use projected::{Projected, Rows};
pub use refit::{fits, refit};
pub use report::{Certificate, CorruptionRow, Curve, PictureReport, SetReport, Transfer};
pub use sanitation::Sanitation;
#[cfg(feature = "run")]
pub use set::SetAttack;
pub use settings::{Method, Norm, Settings, Smoothing};
#[cfg(feature = "run")]
pub use smallest::Smallest;
#[cfg(feature = "run")]
pub use smooth::Smoother;
pub use statistics::{certified_radius, lower_bound, normal_quantile};
#[cfg(feature = "run")]
pub use universal::Universal;
#[cfg(feature = "run")]
pub use victim::{Goal, MOST_PICTURES, RunError, Victim};
