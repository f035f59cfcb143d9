//! Why a network answers as it does: how much each input value counts for a class (attribution), and
//! whether such a picture depends on the weights at all. Settings and results, and the arithmetic that
//! needs no network, are the pure half; what runs the network is the running half.

#[cfg(feature = "run")]
mod ablation;
mod ask;
mod backward;
mod cam;
#[cfg(feature = "run")]
mod chain;
mod error;
#[cfg(feature = "run")]
mod examining;
#[cfg(feature = "run")]
mod explaining;
mod explanation;
#[cfg(feature = "run")]
mod fourier;
#[cfg(feature = "run")]
mod going_back;
#[cfg(feature = "run")]
mod guided;
mod health;
mod histogram;
mod method;
mod noise;
mod occlusion;
#[cfg(feature = "run")]
mod operate;
#[cfg(feature = "run")]
mod patching;
mod picture;
mod principal;
#[cfg(feature = "run")]
mod projecting;
mod projection;
mod rank;
#[cfg(feature = "run")]
mod sanity;
mod sanity_level;
mod scope;
mod singular;
mod surgery;
#[cfg(feature = "run")]
mod tsne;
mod wish;
#[cfg(feature = "run")]
mod wishing;

#[cfg(feature = "run")]
pub use ablation::{Ablation, AblationFailure, Ranked};
pub use ask::{Ask, Told};
pub use backward::{
    Backward, BackwardAsk, Chain, NodeSlope, Stepped, Term, Through, WeightStep, cross_entropy,
    softmax,
};
pub use cam::{GradCam, enlarge};
pub use error::ExplainError;
#[cfg(feature = "run")]
pub use examining::Checkup;
#[cfg(feature = "run")]
pub use explaining::{ExplainFailure, Explained, Explaining};
pub use explanation::{Area, Completeness, ExplainNote, Explanation, per_position};
#[cfg(feature = "run")]
pub use going_back::GoingBack;
pub use health::{Finding, NodeHealth};
pub use histogram::{BARS, Histogram};
pub use method::{MOST_SAMPLES, Method, STEPS, passes_like_relu};
pub use noise::gaussian;
pub use occlusion::Occlusion;
#[cfg(feature = "run")]
pub use operate::{OperationFailure, operated};
#[cfg(feature = "run")]
pub use patching::Patching;
pub use picture::over_input;
pub use principal::{Principal, principal};
#[cfg(feature = "run")]
pub use projecting::{ProjectFailure, Projected, Projecting};
pub use projection::Projection;
pub use rank::rank_correlation;
#[cfg(feature = "run")]
pub use sanity::{Sanity, SanityCheck};
pub use sanity_level::SanityLevel;
pub use scope::Scope;
pub use singular::{Rank, singular_values};
pub use surgery::{Operation, SurgeryError};
pub use wish::{Ascent, Exciting, Wish};
#[cfg(feature = "run")]
pub use wishing::{Searching, Wishing};
