//! How the data are divided, and how images are changed.

use engine::data::{Augmentation, Elastic};

use super::{EXACT, Number};

impl Number {
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
