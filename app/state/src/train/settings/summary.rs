//! What is folded away, in one line.

use engine::train::{Length, Task};

use super::ScheduleKind;

/// Length, seed and schedule; then what differs from the usual.
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
