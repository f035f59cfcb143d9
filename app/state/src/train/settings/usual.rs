//! What goes with an optimiser unless the person chose otherwise.

use engine::train::{Method, Task};

/// The learning rate to begin with.
pub const fn usual_rate(method: Method) -> f64 {
    match method {
        Method::Sgd => 0.1,
        // A momentum of 0.9 makes steps ten times as long.
        Method::Momentum { .. } | Method::Nesterov { .. } => 0.01,
        Method::RmsProp { .. } => 0.001,
        Method::Adam { .. } | Method::AdamW { .. } => 0.002,
    }
}

/// PyTorch's: without any, `AdamW` is Adam.
const fn usual_decay(method: Method) -> f64 {
    match method {
        Method::AdamW { .. } => 0.01,
        _ => 0.0,
    }
}

/// Takes another optimiser; rate and weight decay follow it where they are the usual ones of the
/// optimiser before it.
pub fn choose_method(task: &mut Task, method: Method) {
    let settings = &mut task.settings;
    let before = settings.method;
    if settings.schedule.rate == usual_rate(before) {
        settings.schedule.rate = usual_rate(method);
    }
    if settings.weight_decay == usual_decay(before) {
        settings.weight_decay = usual_decay(method);
    }
    settings.method = method;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_untouched_rate_follows_the_optimiser_and_a_chosen_one_stays() {
        let mut task = Task::default();
        choose_method(&mut task, Method::Sgd);
        assert_eq!(task.settings.schedule.rate, 0.1);
        task.settings.schedule.rate = 0.03;
        choose_method(&mut task, Method::ADAM);
        assert_eq!(task.settings.schedule.rate, 0.03);
    }

    #[test]
    fn the_default_has_the_usual_rate() {
        let task = Task::default();
        let rate = task.settings.schedule.rate;
        assert_eq!(rate, usual_rate(task.settings.method));
    }

    #[test]
    fn adamw_brings_its_weight_decay_and_takes_it_away() {
        let adamw = Method::ALL[5];
        let mut task = Task::default();
        choose_method(&mut task, adamw);
        assert_eq!(task.settings.weight_decay, 0.01);
        choose_method(&mut task, Method::Sgd);
        assert_eq!(task.settings.weight_decay, 0.0);
        task.settings.weight_decay = 5e-4;
        choose_method(&mut task, adamw);
        assert_eq!(task.settings.weight_decay, 5e-4);
    }
}
