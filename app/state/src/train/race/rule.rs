//! What a race is equal in, as the steps of each entrant.

use engine::train::Length;

/// What all entrants get the same amount of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measure {
    #[default]
    Epochs,
    Examples,
    Macs,
    Seconds,
}

/// A training step computes the outputs, the gradients of the values and those of the weights, each
/// with as many multiply-adds as a forward pass.
pub const TRAINING_PASSES: u64 = 3;

impl Measure {
    pub const ALL: [Self; 4] = [Self::Epochs, Self::Examples, Self::Macs, Self::Seconds];

    /// The name in documents and tests.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Epochs => "epochs",
            Self::Examples => "examples",
            Self::Macs => "macs",
            Self::Seconds => "seconds",
        }
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::Epochs => "Epochs",
            Self::Examples => "Examples",
            Self::Macs => "Billions of MACs",
            Self::Seconds => "Seconds",
        }
    }

    /// What an amount of 1 is of examples, multiply-adds or seconds.
    pub const fn unit(self) -> f64 {
        match self {
            Self::Macs => 1e9,
            Self::Epochs | Self::Examples | Self::Seconds => 1.0,
        }
    }

    /// A first amount, for LeNet-5 on MNIST one epoch.
    pub const fn usual(self) -> f64 {
        match self {
            Self::Epochs => 1.0,
            Self::Examples => 54_000.0,
            Self::Macs => 67.0,
            Self::Seconds => 20.0,
        }
    }
}

/// What a race is equal in, and how much of it each training gets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    pub measure: Measure,
    /// In the measure's unit.
    pub amount: f64,
}

impl Default for Rule {
    fn default() -> Self {
        let measure = Measure::default();
        let amount = measure.usual();
        Self { measure, amount }
    }
}

/// Why an entrant cannot train by a rule.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum RuleError {
    #[error("A race needs a number above 0.")]
    Amount,
    #[error(
        "That is {examples:.0} training examples, and one step takes {batch}. Raise the number or \
         take a smaller batch."
    )]
    NoStep { examples: f64, batch: u64 },
    #[error(
        "The network has no multiply-adds, so equal MACs are no limit to it. Choose another rule."
    )]
    NoMacs,
}

/// The steps of an entrant's epochs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// Training examples of the data set.
    pub examples: u64,
    /// Examples of one step, at least 1.
    pub batch: u64,
}

impl Epoch {
    /// The examples that an epoch takes: one that is left over is not trained on by itself, as in
    /// the engine.
    pub const fn examples(self) -> u64 {
        let alone = self.examples > self.batch && self.batch > 1 && self.examples % self.batch == 1;
        self.examples - alone as u64
    }

    /// The steps of an epoch, the last of which may have fewer examples.
    pub const fn steps(self) -> u64 {
        self.examples().div_ceil(self.batch)
    }

    /// The examples that so many steps take.
    pub fn after(self, steps: u64) -> u64 {
        let each = self.steps().max(1);
        let (epochs, rest) = (steps / each, steps % each);
        let rest = rest.saturating_mul(self.batch).min(self.examples());
        epochs.saturating_mul(self.examples()).saturating_add(rest)
    }

    /// The number of steps that takes nearest to so many examples.
    fn steps_for(self, examples: f64) -> u64 {
        let each = self.examples().max(1) as f64;
        let epochs = (examples / each).floor();
        let within = ((examples - epochs * each) / self.batch as f64).floor();
        let below = (epochs * self.steps() as f64 + within) as u64;
        let off = |steps: u64| (self.after(steps) as f64 - examples).abs();
        let above = below.saturating_add(1);
        if off(above) < off(below) {
            above
        } else {
            below
        }
    }
}

/// Validations in the course of a training that is shorter than so many epochs.
const VALIDATIONS: u64 = 8;
/// A pause costs a checkpoint, which is large for networks with more parameters than this.
const LIGHT: u64 = 4_000_000;

/// A training of so many steps is validated after so many each, for its curve. `None` where the
/// validations after each epoch are enough or more would take long: those of the validation examples
/// between two take at most a third of the training.
pub fn validate_every(steps: u64, epoch: Epoch, validation: u64, parameters: u64) -> Option<u64> {
    let short = steps < VALIDATIONS * epoch.steps();
    let parts = (epoch.after(steps) / validation.max(1)).min(VALIDATIONS);
    (short && parts > 1 && parameters <= LIGHT).then(|| steps.div_ceil(parts))
}

impl Rule {
    /// How long an entrant trains whose network has so many multiply-adds in a forward pass.
    ///
    /// # Errors
    /// When the rule gives it no step.
    pub fn length(self, epoch: Epoch, macs: u64) -> Result<Length, RuleError> {
        let amount = self.amount * self.measure.unit();
        if !(amount.is_finite() && amount > 0.0) {
            return Err(RuleError::Amount);
        }
        let examples = match self.measure {
            Measure::Seconds => return Ok(Length::Seconds(amount)),
            Measure::Epochs => amount * epoch.examples() as f64,
            Measure::Examples => amount,
            Measure::Macs if macs == 0 => return Err(RuleError::NoMacs),
            Measure::Macs => amount / (TRAINING_PASSES * macs) as f64,
        };
        match epoch.steps_for(examples) {
            0 => Err(RuleError::NoStep {
                examples,
                batch: epoch.batch,
            }),
            steps => Ok(Length::Steps(steps)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MNIST: Epoch = Epoch {
        examples: 54_000,
        batch: 64,
    };

    fn length(measure: Measure, amount: f64, epoch: Epoch, macs: u64) -> Result<Length, RuleError> {
        Rule { measure, amount }.length(epoch, macs)
    }

    #[test]
    fn epochs_are_all_of_their_steps() {
        // 843 batches of 64 and one of 48.
        assert_eq!((MNIST.steps(), MNIST.examples()), (844, 54_000));
        let of = |amount| length(Measure::Epochs, amount, MNIST, 1);
        assert_eq!(of(1.0), Ok(Length::Steps(844)));
        assert_eq!(of(3.0), Ok(Length::Steps(2532)));
        assert_eq!(of(0.5), Ok(Length::Steps(422)));
    }

    #[test]
    fn a_single_example_that_is_left_over_has_no_step() {
        let epoch = Epoch {
            examples: 129,
            batch: 64,
        };
        assert_eq!((epoch.steps(), epoch.examples()), (2, 128));
        let one_by_one = Epoch {
            examples: 3,
            batch: 1,
        };
        assert_eq!((one_by_one.steps(), one_by_one.examples()), (3, 3));
        let whole = Epoch {
            examples: 65,
            batch: 65,
        };
        assert_eq!((whole.steps(), whole.examples()), (1, 65));
    }

    #[test]
    fn equal_examples_are_more_steps_of_a_smaller_batch() {
        let of = |batch, amount| {
            let epoch = Epoch { batch, ..MNIST };
            length(Measure::Examples, amount, epoch, 1)
        };
        assert_eq!(of(64, 1280.0), Ok(Length::Steps(20)));
        assert_eq!(of(32, 1280.0), Ok(Length::Steps(40)));
        // The nearest: 1300 is closer to 20 batches than to 21, 1320 to 21.
        assert_eq!(of(64, 1300.0), Ok(Length::Steps(20)));
        assert_eq!(of(64, 1320.0), Ok(Length::Steps(21)));
        // An epoch and one batch more.
        assert_eq!(of(64, 54_064.0), Ok(Length::Steps(845)));
        assert_eq!(MNIST.after(845), 54_064);
        // The last batch of the epoch has 48.
        assert_eq!(MNIST.after(844), 54_000);
    }

    #[test]
    fn equal_macs_are_fewer_examples_of_a_larger_network() {
        // 3 × 1,000,000 × 64 × 10 = 1.92 billion.
        let of = |macs| length(Measure::Macs, 1.92, MNIST, macs);
        assert_eq!(of(1_000_000), Ok(Length::Steps(10)));
        assert_eq!(of(2_000_000), Ok(Length::Steps(5)));
        assert_eq!(of(0), Err(RuleError::NoMacs));
    }

    #[test]
    fn what_is_less_than_half_a_step_is_refused() {
        let refused = RuleError::NoStep {
            examples: 20.0,
            batch: 64,
        };
        assert_eq!(length(Measure::Examples, 20.0, MNIST, 1), Err(refused));
        for amount in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let of = |measure| length(measure, amount, MNIST, 1);
            assert_eq!(Measure::ALL.map(of), [Err(RuleError::Amount); 4]);
        }
    }

    #[test]
    fn short_trainings_are_validated_within_their_epochs() {
        let every = |steps, parameters| validate_every(steps, MNIST, 6_000, parameters);
        // 54,000 examples are nine times the 6,000 of the validation: eight at most.
        assert_eq!(every(844, 60_000), Some(106));
        // 1,280 examples are fewer than those.
        assert_eq!(every(20, 60_000), None);
        // 188 batches are 12,032.
        assert_eq!(every(188, 60_000), Some(94));
        assert_eq!(every(844 * 8, 60_000), None);
        assert_eq!(every(844, 60_000_000), None);
    }

    #[test]
    fn seconds_stay_seconds() {
        let of = length(Measure::Seconds, 5.0, MNIST, 1);
        assert_eq!(of, Ok(Length::Seconds(5.0)));
    }
}
