//! Why a network cannot be trained on data.

use serde::{Deserialize, Serialize};

use super::SettingsError;
use crate::data::DataError;
use crate::graph::Edit;

/// Why a network cannot be trained on data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum TaskError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Data(#[from] DataError),
    /// `repair` makes it fit; none where no layer can simply be given as many outputs.
    #[error(
        "the network tells {outputs} classes apart, and the data set has {classes}; give its last \
         layer {classes} outputs"
    )]
    Head {
        outputs: u64,
        classes: u32,
        repair: Vec<Edit>,
    },
    #[error("the network has no parameters to train; add a layer that has some")]
    NoParameters,
    #[error("all layers with parameters are frozen; unfreeze at least one")]
    AllFrozen,
    #[error(
        "the batch is {batch}, and there are only {examples} training examples; take a batch of \
         {examples} at most"
    )]
    Batch { batch: usize, examples: usize },
    #[error(
        "“{node}” normalises over the batch, which needs more than one example; take a batch of 2 \
         at least"
    )]
    SingleExample { node: String },
    #[error(
        "the training examples are all of one class; a network learns to tell at least two apart"
    )]
    OneClass,
    #[error("there are no images in this part of the data set")]
    NoImages,
    #[error("there is no data set number {set}; send its images first")]
    NoSet { set: u32 },
    #[error("the data set was replaced by another one meanwhile; start again")]
    OtherData,
    #[error(
        "the teacher tells {teacher} classes apart, and the data set has {classes}; choose a teacher \
         of the same classes"
    )]
    TeacherClasses { teacher: u64, classes: u32 },
    #[error(
        "the training learns from a teacher, which has to come with it; choose the teacher and start \
         again"
    )]
    NoTeacher,
    #[error("there is no training to resume; start one, or send a checkpoint of one")]
    NoTraining,
}
