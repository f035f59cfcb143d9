//! Settings that are numbers: name, title, one sentence, and how each is read and written.

use engine::Graph;
use engine::data::{Augmentation, Elastic};
use engine::format::number;
use engine::train::{Decay, EarlyStopping, Length, Method, Task, WarmUp};

use super::{check, sentence};

/// A setting that is a number.
#[derive(Clone, Copy, Debug)]
pub struct Number {
    /// The name in the page, which is its `data-testid` too.
    pub name: &'static str,
    pub title: &'static str,
    pub sentence: &'static str,
    /// What an arrow key adds.
    pub step: f64,
    /// Whole numbers up to this one only.
    pub whole: Option<f64>,
    get: fn(&Task) -> Option<f64>,
    set: fn(&mut Task, f64),
}

/// The largest whole number of which an `f64` has all smaller ones.
const EXACT: f64 = 9_007_199_254_740_992.0;
const U32: f64 = u32::MAX as f64;

impl Number {
    const fn new(
        name: &'static str,
        title: &'static str,
        sentence: &'static str,
        step: f64,
        get: fn(&Task) -> Option<f64>,
        set: fn(&mut Task, f64),
    ) -> Self {
        Self {
            name,
            title,
            sentence,
            step,
            whole: None,
            get,
            set,
        }
    }

    const fn whole(mut self, most: f64) -> Self {
        self.whole = Some(most);
        self
    }

    /// Its value; `None` where the task has no such setting.
    pub fn value(&self, task: &Task) -> Option<f64> {
        (self.get)(task)
    }

    /// Its value as the field shows it.
    pub fn text(&self, task: &Task) -> String {
        let value = self.value(task);
        match (value, self.whole) {
            (None, _) => String::new(),
            (Some(value), Some(_)) => format!("{value:.0}"),
            (Some(value), None) => super::shown(value),
        }
    }
}

/// The number that a text stands for.
///
/// # Errors
/// When it is none, or not a whole one up to `most` where one is wanted.
pub fn typed(text: &str, most: Option<f64>) -> Result<f64, String> {
    let value = number::real(text).or_else(|why| {
        // Commas between groups of whole numbers.
        number::whole(text).map(f64::from).map_err(|_| why)
    })?;
    let Some(most) = most else {
        return Ok(value);
    };
    if value.fract() != 0.0 {
        return Err(format!("“{}” is not a whole number.", text.trim()));
    }
    if value < 0.0 {
        return Err(format!("{value} is below 0. Type a whole number."));
    }
    if value > most {
        return Err(format!("{value} is too large; the limit is {most}."));
    }
    Ok(value)
}

/// The task with the typed number.
///
/// # Errors
/// A sentence that says why it cannot be.
pub fn take(task: &Task, number: &Number, text: &str, graph: &Graph) -> Result<Task, String> {
    let value = typed(text, number.whole)?;
    let mut changed = task.clone();
    (number.set)(&mut changed, value);
    check(&changed, graph).map_err(|error| sentence(&error))?;
    Ok(changed)
}

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

    pub const WARM_UP: Self = Self::new(
        "train-warm-up",
        "Warm-up",
        "Steps at the start in which the rate rises to its value; 0 for none.",
        10.0,
        |task| {
            let schedule = &task.settings.schedule;
            let cycles = matches!(schedule.decay, Decay::OneCycle { .. });
            (!cycles).then(|| schedule.warm_up.map_or(0.0, |it| it.steps as f64))
        },
        |task, value| {
            let steps = value as u64;
            task.settings.schedule.warm_up = (steps > 0).then(|| WarmUp::even(steps));
        },
    )
    .whole(EXACT);

    /// Those of the schedules; each task has a few of them.
    pub const SCHEDULE: [Self; 6] = [
        Self::new(
            "train-decay-every",
            "Every",
            "Steps after which the rate is multiplied by the factor.",
            100.0,
            |task| match task.settings.schedule.decay {
                Decay::Step { every, .. } => Some(every as f64),
                _ => None,
            },
            |task, value| {
                if let Decay::Step { every, .. } = &mut task.settings.schedule.decay {
                    *every = value as u64;
                }
            },
        )
        .whole(EXACT),
        Self::new(
            "train-decay-factor",
            "Factor",
            "What the rate is multiplied by each time.",
            0.05,
            |task| match task.settings.schedule.decay {
                Decay::Step { factor, .. }
                | Decay::Milestones { factor, .. }
                | Decay::Exponential { factor } => Some(factor),
                _ => None,
            },
            |task, value| {
                if let Decay::Step { factor, .. }
                | Decay::Milestones { factor, .. }
                | Decay::Exponential { factor } = &mut task.settings.schedule.decay
                {
                    *factor = value;
                }
            },
        ),
        Self::new(
            "train-last-rate",
            "Last rate",
            "The rate that the cosine falls to.",
            1e-4,
            |task| match task.settings.schedule.decay {
                Decay::Cosine { least } => Some(least),
                _ => None,
            },
            |task, value| {
                if let Decay::Cosine { least } = &mut task.settings.schedule.decay {
                    *least = value;
                }
            },
        ),
        Self::new(
            "train-rising",
            "Rising share",
            "The share of the steps in which the rate rises.",
            0.05,
            |task| match task.settings.schedule.decay {
                Decay::OneCycle { rising, .. } => Some(rising),
                _ => None,
            },
            |task, value| {
                if let Decay::OneCycle { rising, .. } = &mut task.settings.schedule.decay {
                    *rising = value;
                }
            },
        ),
        Self::new(
            "train-start-divisor",
            "Start divisor",
            "The first rate is the highest divided by this.",
            1.0,
            |task| match task.settings.schedule.decay {
                Decay::OneCycle { divisor, .. } => Some(divisor),
                _ => None,
            },
            |task, value| {
                if let Decay::OneCycle { divisor, .. } = &mut task.settings.schedule.decay {
                    *divisor = value;
                }
            },
        ),
        Self::new(
            "train-final-divisor",
            "Final divisor",
            "The last rate is the first divided by this.",
            1000.0,
            |task| match task.settings.schedule.decay {
                Decay::OneCycle { final_divisor, .. } => Some(final_divisor),
                _ => None,
            },
            |task, value| {
                if let Decay::OneCycle { final_divisor, .. } = &mut task.settings.schedule.decay {
                    *final_divisor = value;
                }
            },
        ),
    ];

    /// Those of the optimisers; each task has a few of them.
    pub const METHOD: [Self; 5] = [
        Self::new(
            "train-momentum",
            "Momentum",
            "The share of the previous step that the next one keeps.",
            0.05,
            |task| match task.settings.method {
                Method::Momentum { momentum }
                | Method::Nesterov { momentum }
                | Method::RmsProp { momentum, .. } => Some(momentum),
                _ => None,
            },
            |task, value| {
                if let Method::Momentum { momentum }
                | Method::Nesterov { momentum }
                | Method::RmsProp { momentum, .. } = &mut task.settings.method
                {
                    *momentum = value;
                }
            },
        ),
        Self::new(
            "train-alpha",
            "Alpha",
            "The share of the mean square of past gradients that each step keeps.",
            0.01,
            |task| match task.settings.method {
                Method::RmsProp { alpha, .. } => Some(alpha),
                _ => None,
            },
            |task, value| {
                if let Method::RmsProp { alpha, .. } = &mut task.settings.method {
                    *alpha = value;
                }
            },
        ),
        Self::new(
            "train-beta-1",
            "Beta 1",
            "The share of the mean of past gradients that each step keeps.",
            0.01,
            |task| match task.settings.method {
                Method::Adam { beta1, .. } | Method::AdamW { beta1, .. } => Some(beta1),
                _ => None,
            },
            |task, value| {
                if let Method::Adam { beta1, .. } | Method::AdamW { beta1, .. } =
                    &mut task.settings.method
                {
                    *beta1 = value;
                }
            },
        ),
        Self::new(
            "train-beta-2",
            "Beta 2",
            "The share of the mean square of past gradients that each step keeps.",
            0.001,
            |task| match task.settings.method {
                Method::Adam { beta2, .. } | Method::AdamW { beta2, .. } => Some(beta2),
                _ => None,
            },
            |task, value| {
                if let Method::Adam { beta2, .. } | Method::AdamW { beta2, .. } =
                    &mut task.settings.method
                {
                    *beta2 = value;
                }
            },
        ),
        Self::new(
            "train-epsilon",
            "Epsilon",
            "Added to the divisor, so that it is never 0.",
            1e-8,
            |task| match task.settings.method {
                Method::RmsProp { eps, .. }
                | Method::Adam { eps, .. }
                | Method::AdamW { eps, .. } => Some(eps),
                _ => None,
            },
            |task, value| {
                if let Method::RmsProp { eps, .. }
                | Method::Adam { eps, .. }
                | Method::AdamW { eps, .. } = &mut task.settings.method
                {
                    *eps = value;
                }
            },
        ),
    ];

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

    /// How the data are divided.
    pub const SPLIT: [Self; 3] = [
        Self::new(
            "train-validation",
            "Validation",
            "The share of each class that is kept for validation and never trained on.",
            0.05,
            |task| Some(task.split.validation),
            |task, value| task.split.validation = value,
        ),
        Self::new(
            "train-test",
            "Test",
            "The share of each class that is kept for the test, where the data set has no test \
             images of its own.",
            0.05,
            |task| Some(task.split.test),
            |task, value| task.split.test = value,
        ),
        Self::new(
            "train-split-seed",
            "Split seed",
            "The same seed divides the images in the same way.",
            1.0,
            |task| Some(task.split.seed as f64),
            |task, value| task.split.seed = value as u64,
        )
        .whole(EXACT),
    ];
}

/// The field of an augmentation with a number.
macro_rules! augmentation {
    ($name:literal, $title:literal, $sentence:literal, $step:literal, $field:ident) => {
        Self::new(
            $name,
            $title,
            $sentence,
            $step,
            |task| Some(task.settings.augmentation.as_ref()?.$field.into()),
            |task, value| {
                if let Some(Augmentation { $field, .. }) = &mut task.settings.augmentation {
                    *$field = value as f32;
                }
            },
        )
    };
}

impl Number {
    /// Changes of any image.
    pub const AUGMENTATION: [Self; 5] = [
        augmentation!(
            "train-shift",
            "Shift",
            "Moves the image by up to this share of its side.",
            0.01,
            shift
        ),
        augmentation!(
            "train-rotate",
            "Rotation",
            "Turns the image by up to so many degrees.",
            1.0,
            rotate
        ),
        augmentation!(
            "train-scale",
            "Scale",
            "Scales width and height by up to this share.",
            0.05,
            scale
        ),
        augmentation!(
            "train-shear",
            "Shear",
            "Slants the image by up to this share of its height.",
            0.05,
            shear
        ),
        Self::new(
            "train-elastic",
            "Elastic",
            "Distorts the image locally with this strength (34 in Simard et al. 2003); 0 for none.",
            1.0,
            |task| {
                let elastic = task.settings.augmentation.as_ref()?.elastic;
                Some(elastic.map_or(0.0, |it| it.strength.into()))
            },
            |task, value| {
                if let Some(augmentation) = &mut task.settings.augmentation {
                    let before = augmentation.elastic.unwrap_or_default();
                    let strength = value as f32;
                    augmentation.elastic =
                        (strength != 0.0).then_some(Elastic { strength, ..before });
                }
            },
        ),
    ];

    /// Changes of photos only.
    pub const LIGHT: [Self; 3] = [
        augmentation!(
            "train-brightness",
            "Brightness",
            "Adds up to this share of full brightness.",
            0.05,
            brightness
        ),
        augmentation!(
            "train-contrast",
            "Contrast",
            "Scales the distance from the mean by up to this share.",
            0.05,
            contrast
        ),
        augmentation!(
            "train-saturation",
            "Saturation",
            "Scales the distance from grey by up to this share.",
            0.05,
            saturation
        ),
    ];
}

#[cfg(test)]
mod tests;
