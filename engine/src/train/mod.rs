//! Fitting a network to examples: the loop is ours, because burn's does not run in a page.

mod examples;
mod fit;
mod optimiser;

pub use examples::{Examples, ExamplesError};
pub use fit::{Epoch, Settings, TrainError, accuracy, fit};
pub use optimiser::{Adam, Optimiser};
