//! Settings of the schedules.

use engine::train::{Decay, WarmUp};

use super::{EXACT, Number};

impl Number {
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
}
