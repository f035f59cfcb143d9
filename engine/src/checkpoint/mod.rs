//! Checkpoints: a network's weights with what belongs to them (seed, training step, optimiser
//! state) as one safetensors file. What the file says of itself and whether it fits a network is
//! the pure half; reading and writing values is the running half.
//!
//! ```text
//! __metadata__["cnn-lab.checkpoint"]   `About` as JSON; a plain file of weights has none
//! <node>.<role>                        parameters, as PyTorch names and lays them out
//! @optimizer/<anything>                optimiser state, 32-bit floats
//! ```

mod about;
mod error;
#[cfg(feature = "plan")]
mod file;
mod fit;
mod foreign;
mod format;
mod header;
mod keras;
mod parameters;
mod values;
mod weights;

pub use about::{ABOUT, About, StoredNode, VERSION};
pub use error::{Different, Mismatch, WeightsError};
#[cfg(feature = "run")]
pub use file::write;
#[cfg(feature = "plan")]
pub use file::{File, Progress, State, write_params};
pub use fit::{Fit, OPTIMIZER, fit};
pub use foreign::{Note, adapt};
pub use format::{FileFormat, START_BYTES};
pub use header::{Header, LENGTH_BYTES, MOST_HEADER_BYTES, Stored};
pub use keras::Turn;
pub(crate) use keras::turns;
pub(crate) use parameters::by_node;
pub use parameters::{Parameter, Role, parameters};
pub use weights::{Weights, pack};
