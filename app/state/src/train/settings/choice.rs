//! Settings that are chosen from a list.

use engine::train::{Decay, Initialisation, Length, Method, Task};

/// One of a list: its name in the page and its title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    pub name: &'static str,
    pub title: &'static str,
}

const fn choice(name: &'static str, title: &'static str) -> Choice {
    Choice { name, title }
}

/// The number of an optimiser in [`Method::ALL`].
pub fn method_index(method: Method) -> usize {
    let same = |it: &Method| it.name() == method.name();
    Method::ALL.iter().position(same).unwrap_or_default()
}

/// The kind of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleKind {
    Constant,
    Step,
    Milestones,
    Exponential,
    Cosine,
    OneCycle,
}

impl ScheduleKind {
    /// In the order in which they are offered.
    pub const ALL: [Self; 6] = [
        Self::Constant,
        Self::Step,
        Self::Milestones,
        Self::Exponential,
        Self::Cosine,
        Self::OneCycle,
    ];

    /// That of a training.
    pub const fn of(decay: &Decay) -> Self {
        match decay {
            Decay::Constant => Self::Constant,
            Decay::Step { .. } => Self::Step,
            Decay::Milestones { .. } => Self::Milestones,
            Decay::Exponential { .. } => Self::Exponential,
            Decay::Cosine { .. } => Self::Cosine,
            Decay::OneCycle { .. } => Self::OneCycle,
        }
    }

    /// Its name and title.
    pub const fn choice(self) -> Choice {
        match self {
            Self::Constant => choice("constant", "Constant"),
            Self::Step => choice("step", "Step"),
            Self::Milestones => choice("milestones", "Milestones"),
            Self::Exponential => choice("exponential", "Exponential"),
            Self::Cosine => choice("cosine", "Cosine"),
            Self::OneCycle => choice("one-cycle", "One cycle"),
        }
    }

    /// What it does, in one sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Constant => "The rate stays as it is.",
            Self::Step => "The rate is multiplied by a factor after a fixed number of steps.",
            Self::Milestones => "The rate is multiplied by a factor at given steps.",
            Self::Exponential => "The rate is multiplied by the same factor in every step.",
            Self::Cosine => "The rate falls along half a cosine to the end of the training.",
            Self::OneCycle => {
                "The rate rises to its value for the first part of the training, then falls to \
                 almost 0."
            }
        }
    }

    /// With usual values for a training of so many steps.
    pub fn decay(self, steps: u64) -> Decay {
        let steps = steps.max(1);
        match self {
            Self::Constant => Decay::Constant,
            Self::Step => Decay::Step {
                every: (steps / 3).max(1),
                factor: 0.1,
            },
            Self::Milestones => Decay::Milestones {
                at: vec![steps / 2, steps * 3 / 4],
                factor: 0.1,
            },
            // To a hundredth at the end.
            Self::Exponential => Decay::Exponential {
                factor: super::rate::rounded(0.01_f64.powf(1.0 / steps as f64), 6),
            },
            Self::Cosine => Decay::Cosine { least: 0.0 },
            Self::OneCycle => Decay::ONE_CYCLE,
        }
    }

    /// Takes this schedule. One cycle has a warm-up of its own.
    pub fn choose(self, task: &mut Task, steps: u64) {
        let schedule = &mut task.settings.schedule;
        if Self::of(&schedule.decay) == self {
            return;
        }
        schedule.decay = self.decay(steps);
        if self == Self::OneCycle {
            schedule.warm_up = None;
        }
    }
}

/// What a length is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Epochs,
    Steps,
    Seconds,
}

impl Unit {
    /// In the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Epochs, Self::Steps, Self::Seconds];

    /// That of a training.
    pub const fn of(length: Length) -> Self {
        match length {
            Length::Epochs(_) => Self::Epochs,
            Length::Steps(_) => Self::Steps,
            Length::Seconds(_) => Self::Seconds,
        }
    }

    /// Its name and title.
    pub const fn choice(self) -> Choice {
        match self {
            Self::Epochs => choice("epochs", "epochs"),
            Self::Steps => choice("steps", "steps"),
            Self::Seconds => choice("seconds", "seconds"),
        }
    }

    /// The same length in this unit, as far as it is known how many steps an epoch has.
    pub fn convert(self, length: Length, steps_of_epoch: Option<u64>) -> Length {
        match (self, length) {
            (Self::Epochs, Length::Epochs(_))
            | (Self::Steps, Length::Steps(_))
            | (Self::Seconds, Length::Seconds(_)) => length,
            (Self::Epochs, Length::Steps(steps)) => {
                let epochs = steps_of_epoch.map_or(5, |of| (steps / of.max(1)).max(1));
                Length::Epochs(u32::try_from(epochs).unwrap_or(u32::MAX))
            }
            (Self::Epochs, Length::Seconds(_)) => Length::Epochs(5),
            (Self::Steps, Length::Epochs(epochs)) => {
                let of = steps_of_epoch.unwrap_or(1000).max(1);
                Length::Steps(of.saturating_mul(epochs.into()))
            }
            (Self::Steps, Length::Seconds(_)) => Length::Steps(1000),
            (Self::Seconds, _) => Length::Seconds(60.0),
        }
    }
}

/// The weights that a training starts from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Starting(pub Option<Initialisation>);

impl Starting {
    /// In the order in which they are offered.
    pub const ALL: [Self; 8] = [
        Self(None),
        Self(Some(Initialisation::ByActivation)),
        Self(Some(Initialisation::GlorotUniform)),
        Self(Some(Initialisation::GlorotNormal)),
        Self(Some(Initialisation::HeUniform)),
        Self(Some(Initialisation::HeNormal)),
        Self(Some(Initialisation::LecunUniform)),
        Self(Some(Initialisation::LecunNormal)),
    ];

    /// The weights of a network of which no layer, or some layers are trained.
    pub const fn natural(any_trained: bool) -> Self {
        if any_trained {
            Self(None)
        } else {
            Self(Some(Initialisation::ByActivation))
        }
    }

    /// Its name and title.
    pub const fn choice(self) -> Choice {
        match self.0 {
            None => choice("present", "As they are"),
            Some(Initialisation::ByActivation) => choice("by-activation", "New: by activation"),
            Some(Initialisation::GlorotUniform) => choice("glorot-uniform", "New: Glorot, uniform"),
            Some(Initialisation::GlorotNormal) => choice("glorot-normal", "New: Glorot, normal"),
            Some(Initialisation::HeUniform) => choice("he-uniform", "New: He, uniform"),
            Some(Initialisation::HeNormal) => choice("he-normal", "New: He, normal"),
            Some(Initialisation::LecunUniform) => choice("lecun-uniform", "New: LeCun, uniform"),
            Some(Initialisation::LecunNormal) => choice("lecun-normal", "New: LeCun, normal"),
            Some(Initialisation::Uniform { .. }) => choice("uniform", "New: uniform"),
            Some(Initialisation::Normal { .. }) => choice("normal", "New: normal"),
            Some(Initialisation::Constant { .. }) => choice("constant", "New: constant"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_optimiser_is_found_whatever_its_numbers() {
        let wanted = Method::Nesterov { momentum: 0.5 };
        assert_eq!(
            Method::ALL[method_index(wanted)].name(),
            Method::ALL[2].name()
        );
    }

    #[test]
    fn every_schedule_that_is_offered_is_valid_and_of_its_kind() {
        let graph = engine::zoo::lenet5().unwrap();
        for kind in ScheduleKind::ALL {
            for steps in [0, 1, 5, 4295] {
                let mut task = Task::default();
                kind.choose(&mut task, steps);
                let decay = &task.settings.schedule.decay;
                assert_eq!(ScheduleKind::of(decay), kind);
                assert_eq!(
                    super::super::check(&task, &graph),
                    Ok(()),
                    "{kind:?} {steps}"
                );
            }
        }
    }

    #[test]
    fn an_exponential_schedule_ends_at_a_hundredth() {
        let Decay::Exponential { factor } = ScheduleKind::Exponential.decay(1000) else {
            panic!("another kind");
        };
        assert!((factor.powi(1000) / 0.01 - 1.0).abs() < 0.01, "{factor}");
    }

    #[test]
    fn one_cycle_drops_the_warm_up_that_it_cannot_have() {
        let mut task = Task::default();
        task.settings.schedule.warm_up = Some(engine::train::WarmUp::even(10));
        ScheduleKind::OneCycle.choose(&mut task, 100);
        let graph = engine::zoo::lenet5().unwrap();
        assert_eq!(super::super::check(&task, &graph), Ok(()));
    }

    #[test]
    fn a_length_stays_the_same_in_another_unit() {
        let steps = Unit::Steps.convert(Length::Epochs(5), Some(859));
        assert_eq!(steps, Length::Steps(4295));
        assert_eq!(Unit::Epochs.convert(steps, Some(859)), Length::Epochs(5));
        assert_eq!(
            Unit::Epochs.convert(Length::Steps(3), Some(859)),
            Length::Epochs(1)
        );
    }
}
