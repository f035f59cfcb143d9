//! Settings of the optimisers.

use engine::train::Method;

use super::Number;

impl Number {
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
}
