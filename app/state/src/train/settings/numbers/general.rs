//! Settings of every training.

use engine::train::{EarlyStopping, Length, Task};

use super::{EXACT, Number, U32};

impl Number {
    pub const RATE: Self = Self::new(
        "train-learning-rate",
        "Learning rate",
        "How far each step moves the weights; a schedule starts from it.",
        0.001,
        |task| Some(task.settings.schedule.rate),
        |task, value| task.settings.schedule.rate = value,
    );

    pub const BATCH: Self = Self::new(
        "train-batch-size",
        "Batch size",
        "Examples whose gradients are averaged in one step.",
        1.0,
        |task| Some(task.settings.batch as f64),
        |task, value| task.settings.batch = value as usize,
    )
    .whole(U32);

    /// In the unit of the task's length.
    pub const LENGTH: Self = Self::new(
        "train-epochs",
        "Length",
        "When the training ends; an epoch is one pass over the training examples.",
        1.0,
        |task| {
            Some(match task.settings.length {
                Length::Epochs(epochs) => epochs.into(),
                Length::Steps(steps) => steps as f64,
                Length::Seconds(seconds) => seconds,
            })
        },
        |task, value| {
            let length = &mut task.settings.length;
            *length = match length {
                Length::Epochs(_) => Length::Epochs(value as u32),
                Length::Steps(_) => Length::Steps(value as u64),
                Length::Seconds(_) => Length::Seconds(value),
            };
        },
    );

    /// [`Self::LENGTH`] for this task.
    pub const fn length(task: &Task) -> Self {
        match task.settings.length {
            Length::Epochs(_) => Self::LENGTH.whole(U32),
            Length::Steps(_) => Self::LENGTH.whole(EXACT),
            Length::Seconds(_) => Self::LENGTH,
        }
    }

    pub const SEED: Self = Self::new(
        "train-seed",
        "Seed",
        "The same seed gives the same new weights, order, augmentation and dropout.",
        1.0,
        |task| Some(task.settings.seed as f64),
        |task, value| task.settings.seed = value as u64,
    )
    .whole(EXACT);

    pub const WEIGHT_DECAY: Self = Self::new(
        "train-weight-decay",
        "Weight decay",
        "Pulls every weight towards 0 by this factor of its value; 0 for none.",
        1e-4,
        |task| Some(task.settings.weight_decay),
        |task, value| task.settings.weight_decay = value,
    );

    pub const LABEL_SMOOTHING: Self = Self::new(
        "train-label-smoothing",
        "Label smoothing",
        "The share of each target that is spread evenly over all classes; 0 for none.",
        0.05,
        |task| Some(task.settings.label_smoothing),
        |task, value| task.settings.label_smoothing = value,
    );

    pub const ADVERSARIAL: Self = Self::new(
        "train-adversarial",
        "Adversarial ε",
        "Attacks the images of each batch by PGD within this change of a value; 0 for none.",
        0.05,
        |task| {
            // 0.1, and not the nearest 32-bit float.
            let epsilon = task.settings.adversarial.map(|it| it.epsilon.to_string());
            Some(epsilon.and_then(|it| it.parse().ok()).unwrap_or(0.0))
        },
        |task, value| {
            task.settings.adversarial = (value != 0.0).then(|| engine::train::Adversarial {
                epsilon: value as f32,
                ..task.settings.adversarial.unwrap_or_default()
            });
        },
    );

    pub const CLIP_NORM: Self = Self::new(
        "train-clip-norm",
        "Gradient clipping",
        "Gradients whose norm is larger are scaled down to it; 0 for none.",
        0.5,
        |task| Some(task.settings.clip_norm.unwrap_or(0.0)),
        |task, value| task.settings.clip_norm = (value != 0.0).then_some(value),
    );

    pub const PATIENCE: Self = Self::new(
        "train-patience",
        "Early stopping",
        "Ends the training after so many epochs without a lower validation loss; 0 for never.",
        1.0,
        |task| {
            let stopping = task.settings.early_stopping;
            Some(stopping.map_or(0.0, |it| it.patience.into()))
        },
        |task, value| {
            let before = task.settings.early_stopping.unwrap_or_default();
            let patience = value as u32;
            task.settings.early_stopping =
                (patience > 0).then_some(EarlyStopping { patience, ..before });
        },
    )
    .whole(U32);
}
