//! Fitting a network to examples. The settings, and what is told of a training, are the pure half;
//! the loop, which is ours because burn's does not run in a page, is the running half.

#[cfg(feature = "run")]
mod adversarial;
#[cfg(feature = "run")]
mod batch;
#[cfg(feature = "run")]
mod course;
mod error;
#[cfg(feature = "run")]
mod evaluate;
#[cfg(feature = "run")]
mod finder;
mod fits;
mod health;
mod initialisation;
#[cfg(feature = "run")]
mod inputs;
#[cfg(feature = "run")]
mod loss;
#[cfg(feature = "run")]
mod measure;
mod method;
#[cfg(feature = "run")]
mod optimiser;
mod proposal;
mod pruning;
#[cfg(feature = "run")]
mod quantised;
#[cfg(feature = "run")]
mod run_error;
mod schedule;
pub(crate) mod settings;
mod settings_error;
mod settings_file;
mod shards;
#[cfg(feature = "run")]
mod step;
mod still;
#[cfg(feature = "run")]
mod sum;
mod task;
#[cfg(feature = "run")]
mod teacher;
#[cfg(feature = "run")]
mod team;
#[cfg(feature = "run")]
mod zeros;

#[cfg(feature = "run")]
pub use batch::Worker;
#[cfg(all(feature = "run", feature = "plan-gpu"))]
pub use course::DeviceSteps;
#[cfg(feature = "run")]
pub(crate) use course::MOST_MAPS;
#[cfg(feature = "run")]
pub use course::{Course, Happened};
pub use error::TaskError;
#[cfg(feature = "run")]
pub(crate) use evaluate::judged;
#[cfg(feature = "run")]
pub use evaluate::{Examination, Turn};
#[cfg(feature = "run")]
pub use finder::{Found, RateFinder};
pub use fits::{check, check_head};
pub use health::LayerHealth;
pub use initialisation::Initialisation;
#[cfg(feature = "run")]
pub use loss::{CrossEntropy, Reduction, mean_squared_error, one_hot};
pub use method::Method;
#[cfg(feature = "run")]
pub use optimiser::{AdamForm, Optimiser, Update};
pub use proposal::{RateRange, propose};
pub use pruning::Pruning;
#[cfg(feature = "run")]
pub use run_error::TrainError;
pub use schedule::{Decay, Schedule, WarmUp};
pub use settings::{Adversarial, EarlyStopping, Length, MOST_BATCH, Settings};
pub use settings_error::SettingsError;
pub use settings_file::{SettingsFile, SettingsFileError};
pub use shards::{MOST_SHARDS, SHARDS, Share, Work, Worked, WorkerTime, cut};
#[cfg(feature = "run")]
pub use step::{Plan, Stepped, logits, step};
pub use still::still;
#[cfg(feature = "run")]
pub use sum::Sum;
pub use task::{Best, Divergence, End, Evaluation, Mistake, Point, Position, Run, Task};
#[cfg(feature = "run")]
pub use teacher::Teacher;
#[cfg(feature = "run")]
pub use team::{Order, Team};
