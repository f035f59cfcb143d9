//! Settings in one line.

use engine::train::{Length, Settings, Task};

use super::ScheduleKind;

/// The settings that differ most often, in few words; with the rate of a step, else that of the schedule.
pub fn brief(settings: &Settings, rate: Option<f64>) -> String {
    let rate = super::rate::rounded(rate.unwrap_or(settings.schedule.rate), 3);
    format!(
        "{}, rate {}, batch {}, seed {}",
        settings.method.title(),
        super::shown(rate),
        settings.batch,
        settings.seed
    )
}

/// What is folded away: length, seed and schedule; then what differs from the usual.
pub fn summary(task: &Task) -> String {
    let settings = &task.settings;
    let counted = |count: u64, one: &str| {
        if count == 1 {
            format!("1 {one}")
        } else {
            format!("{count} {one}s")
        }
    };
    let mut parts = vec![
        match settings.length {
            Length::Epochs(epochs) => counted(epochs.into(), "epoch"),
            Length::Steps(steps) => counted(steps, "step"),
            Length::Seconds(seconds) => format!("{} s", super::shown(seconds)),
        },
        format!("seed {}", settings.seed),
        ScheduleKind::of(&settings.schedule.decay)
            .choice()
            .title
            .to_lowercase(),
    ];
    if settings.schedule.warm_up.is_some() {
        parts.push("warm-up".to_owned());
    }
    if settings.weight_decay != 0.0 {
        parts.push(format!("decay {}", super::shown(settings.weight_decay)));
    }
    if settings.label_smoothing != 0.0 {
        parts.push("label smoothing".to_owned());
    }
    if settings.clip_norm.is_some() {
        parts.push("clipping".to_owned());
    }
    if settings.early_stopping.is_some() {
        parts.push("early stopping".to_owned());
    }
    if settings.adversarial.is_some() {
        parts.push("adversarial".to_owned());
    }
    if settings.augmentation.is_some() {
        parts.push("augmentation".to_owned());
    }
    if !settings.frozen.is_empty() {
        parts.push(format!("{} frozen", settings.frozen.len()));
    }
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use engine::NodeId;

    use super::*;

    #[test]
    fn the_defaults_are_length_seed_and_schedule() {
        assert_eq!(summary(&Task::default()), "5 epochs · seed 5 · cosine");
    }

    #[test]
    fn a_step_has_a_rate_of_its_own() {
        let mut task = Task::default();
        task.settings.batch = 32;
        task.settings.seed = 7;
        task.settings.schedule.rate = 0.01;
        let rest = "batch 32, seed 7";
        let before = brief(&task.settings, None);
        assert!(
            before.ends_with(&format!(", rate 0.01, {rest}")),
            "{before}"
        );
        let later = brief(&task.settings, Some(0.001_234_567));
        assert!(
            later.ends_with(&format!(", rate 0.00123, {rest}")),
            "{later}"
        );
    }

    #[test]
    fn what_is_set_is_told() {
        let mut task = Task::default();
        task.settings.length = Length::Steps(1);
        task.settings.weight_decay = 5e-4;
        task.settings.frozen = vec![NodeId(1), NodeId(3)];
        assert_eq!(
            summary(&task),
            "1 step · seed 5 · cosine · decay 5e-4 · 2 frozen"
        );
    }
}
