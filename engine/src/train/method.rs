//! Optimisers as data. Formulas: g is the gradient, w the weight, `rate` the learning rate; state
//! starts at 0, as in PyTorch.

use serde::{Deserialize, Serialize};

/// How a step is computed from gradients.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "optimiser", rename_all = "snake_case")]
pub enum Method {
    /// Stochastic gradient descent: `w −= rate · g`.
    Sgd,
    /// `v = momentum · v + g`, `w −= rate · v`.
    Momentum { momentum: f64 },
    /// Nesterov's momentum: `v = momentum · v + g`, `w −= rate · (g + momentum · v)`.
    Nesterov { momentum: f64 },
    /// Tieleman and Hinton 2012: `s = alpha · s + (1 − alpha) · g²`, `w −= rate · g / (√s + eps)`.
    RmsProp {
        alpha: f64,
        eps: f64,
        /// Above 0, the quotient goes through a momentum as in `Momentum`.
        momentum: f64,
        /// Divide by an estimate of the standard deviation: `√(s − m²)` with the mean `m` of g.
        centred: bool,
    },
    /// Kingma and Ba 2015, with weight decay added to the gradient.
    Adam { beta1: f64, beta2: f64, eps: f64 },
    /// Adam with decoupled weight decay, `w −= rate · decay · w` first: Loshchilov and Hutter 2019.
    AdamW { beta1: f64, beta2: f64, eps: f64 },
}

impl Method {
    /// Each with its usual settings, in the order in which they are offered.
    pub const ALL: [Self; 6] = [
        Self::Sgd,
        Self::Momentum { momentum: 0.9 },
        Self::Nesterov { momentum: 0.9 },
        Self::RmsProp {
            alpha: 0.99,
            eps: 1e-8,
            momentum: 0.0,
            centred: false,
        },
        Self::ADAM,
        Self::AdamW {
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
        },
    ];

    /// Adam with the settings of its paper.
    pub const ADAM: Self = Self::Adam {
        beta1: 0.9,
        beta2: 0.999,
        eps: 1e-8,
    };

    /// As it is called.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Sgd => "SGD",
            Self::Momentum { .. } => "Momentum",
            Self::Nesterov { .. } => "Nesterov",
            Self::RmsProp { .. } => "RMSProp",
            Self::Adam { .. } => "Adam",
            Self::AdamW { .. } => "AdamW",
        }
    }

    /// The name that the command line takes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sgd => "sgd",
            Self::Momentum { .. } => "momentum",
            Self::Nesterov { .. } => "nesterov",
            Self::RmsProp { .. } => "rmsprop",
            Self::Adam { .. } => "adam",
            Self::AdamW { .. } => "adamw",
        }
    }

    /// What it does, in one sentence.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Sgd => "Each weight moves against its gradient.",
            Self::Momentum { .. } => {
                "Steps keep a share of the previous ones, which damps oscillation and speeds up \
                 steady directions."
            }
            Self::Nesterov { .. } => {
                "Momentum whose gradient counts as if the step had been taken already."
            }
            Self::RmsProp { .. } => {
                "Divides each gradient by the root of its recent mean square, so every weight moves \
                 at a similar pace."
            }
            Self::Adam { .. } => {
                "Momentum and RMSProp together, both corrected for their start at 0."
            }
            Self::AdamW { .. } => {
                "Adam with weight decay applied to the weights, not to the gradient."
            }
        }
    }

    /// The arrays that it keeps for each parameter, by the names that checkpoints give them.
    pub const fn states(self) -> &'static [&'static str] {
        match self {
            Self::Sgd => &[],
            Self::Momentum { .. } | Self::Nesterov { .. } => &["momentum"],
            Self::RmsProp {
                momentum, centred, ..
            } => match (momentum > 0.0, centred) {
                (false, false) => &["square"],
                (true, false) => &["square", "momentum"],
                (false, true) => &["square", "mean"],
                (true, true) => &["square", "mean", "momentum"],
            },
            Self::Adam { .. } | Self::AdamW { .. } => &["first", "second"],
        }
    }

    /// Whether weight decay is applied to the weights and not added to the gradient.
    pub const fn decouples_decay(self) -> bool {
        matches!(self, Self::AdamW { .. })
    }

    /// With another momentum (the Adams' `beta1`), as a cycle sets it. Those without one stay.
    #[must_use]
    pub const fn with_momentum(mut self, cycled: f64) -> Self {
        match &mut self {
            Self::Momentum { momentum } | Self::Nesterov { momentum } => *momentum = cycled,
            Self::RmsProp { momentum, .. } if *momentum > 0.0 => *momentum = cycled,
            Self::Adam { beta1, .. } | Self::AdamW { beta1, .. } => *beta1 = cycled,
            Self::Sgd | Self::RmsProp { .. } => {}
        }
        self
    }
}
