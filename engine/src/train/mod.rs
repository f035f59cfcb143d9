//! Fitting a network to examples: the loop is ours, because burn's does not run in a page.

mod examples;
mod fit;
mod loss;
mod optimiser;
mod step;

pub use examples::{Examples, ExamplesError};
pub use fit::{Epoch, Settings, TrainError, accuracy, fit};
pub use loss::{CrossEntropy, Reduction, mean_squared_error, one_hot};
pub use optimiser::{Adam, AdamForm, Optimiser, Sgd};
pub use step::{logits, step};
