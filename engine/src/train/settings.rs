//! How to train, as data: what the page edits, a file keeps and the command line takes.

use serde::{Deserialize, Serialize};

use super::{Decay, Initialisation, MOST_SHARDS, Method, Pruning, Schedule, SettingsError, WarmUp};
use crate::compress::Distillation;
use crate::compress::quantise::Width;
use crate::data::{Augmentation, Random};
use crate::{Graph, NodeId};

/// How to train.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub method: Method,
    pub schedule: Schedule,
    /// Examples in one step.
    pub batch: usize,
    pub length: Length,
    /// The factor of the pull of every weight towards 0; 0 for none.
    pub weight_decay: f64,
    /// Whether scales and shifts of norms and biases decay too.
    pub decay_norms_and_biases: bool,
    /// The share of each target that is spread evenly over the classes (Szegedy et al. 2016).
    pub label_smoothing: f64,
    /// The largest length of all gradients together; longer ones are scaled down to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f64>,
    /// A new order of the examples in every epoch; otherwise that of the data set.
    pub shuffle: bool,
    /// The seed of the order, the augmentation, dropout, and of weights that are initialised.
    pub seed: u64,
    /// The weights to start from: drawn by this rule, or those that the network has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initialisation: Option<Initialisation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<EarlyStopping>,
    /// Random changes of each example; none shows them as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub augmentation: Option<Augmentation>,
    /// Nodes whose parameters stay as they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub frozen: Vec<NodeId>,
    /// The batch is cut into so many shards, which several workers can compute: a power of two. The
    /// gradient is the mean of the shards' weighted by their examples. Batch norm normalises each
    /// shard by its own statistics, and its running statistics move by the weighted mean of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shards: Option<u32>,
    /// Attacks a share of each batch before its step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adversarial: Option<Adversarial>,
    /// A teacher, which comes with the request to train, is learnt from beside the labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub teacher: Option<Distillation>,
    /// The steps see the weights of convolutions and linear layers so wide (straight-through).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantised: Option<Width>,
    /// Weights of convolutions and linear layers that are 0 at the start stay 0.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub keep_zeros: bool,
    /// Weights become 0 in the course of the training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pruning: Option<Pruning>,
}

/// Adversarial training (Madry et al. 2018): images of a batch are attacked by PGD from a random start,
/// within a largest change of each value, with the weights of the moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Adversarial {
    /// The largest change, in units of a picture of 0 to 1.
    pub epsilon: f32,
    pub steps: u32,
    /// The length of a step; `2.5 · ε / steps` without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f32>,
    /// The share of each batch that is attacked; the rest is shown as it is.
    pub share: f32,
}

impl Default for Adversarial {
    fn default() -> Self {
        Self {
            epsilon: 0.1,
            steps: 5,
            alpha: None,
            share: 1.0,
        }
    }
}

impl Adversarial {
    /// The length of a step.
    pub fn step(&self) -> f32 {
        let usual = || 2.5 * self.epsilon / self.steps.max(1) as f32;
        self.alpha.unwrap_or_else(usual)
    }

    /// How many of so many images are attacked.
    pub fn of(&self, images: usize) -> usize {
        let count = (f64::from(self.share) * images as f64).round() as usize;
        count.min(images)
    }

    fn check(&self) -> Result<(), SettingsError> {
        above("the attack's ε", self.epsilon.into(), 0.0, 1.0)?;
        within("the attack's steps", self.steps.into(), 1.0, 100.0)?;
        if let Some(alpha) = self.alpha {
            above("the attack's step length", alpha.into(), 0.0, 1.0)?;
        }
        above("the attacked share", self.share.into(), 0.0, 1.0)
    }
}

/// When training ends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Length {
    /// Passes over the training examples.
    Epochs(u32),
    Steps(u64),
    /// Seconds of training; how many steps that is depends on the machine.
    Seconds(f64),
}

/// Ends a training whose loss on the validation examples does not fall any more.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EarlyStopping {
    /// Epochs without improvement until it ends.
    pub patience: u32,
    /// What counts as an improvement of the loss.
    pub least: f64,
    /// At the end, take the weights of the best epoch.
    pub restore_best: bool,
}

impl Default for EarlyStopping {
    fn default() -> Self {
        Self {
            patience: 3,
            least: 0.0,
            restore_best: true,
        }
    }
}

/// Good for LeNet-5 on MNIST: Adam, its rate falling along half a cosine.
impl Default for Settings {
    fn default() -> Self {
        Self {
            method: Method::ADAM,
            schedule: Schedule {
                rate: 2e-3,
                decay: Decay::Cosine { least: 0.0 },
                warm_up: None,
            },
            batch: 64,
            length: Length::Epochs(5),
            weight_decay: 0.0,
            decay_norms_and_biases: false,
            label_smoothing: 0.0,
            clip_norm: None,
            shuffle: true,
            seed: 5,
            initialisation: None,
            early_stopping: None,
            augmentation: None,
            frozen: Vec::new(),
            shards: None,
            adversarial: None,
            teacher: None,
            quantised: None,
            keep_zeros: false,
            pruning: None,
        }
    }
}

/// The most examples of one step.
pub const MOST_BATCH: usize = 4096;

/// The stream of random numbers of the order.
const ORDER: u64 = 0x6f72_6465;

impl Settings {
    /// Puts an epoch's training images, which are ascending, in their order.
    pub fn order(&self, images: &mut [u32], epoch: u32) {
        if self.shuffle {
            Random::of(&[self.seed, ORDER, epoch.into()]).shuffle(images);
        }
    }

    /// Freezes every node that shares weights with a frozen one.
    pub fn freeze_uses(&mut self, graph: &Graph) {
        if self.frozen.is_empty() || !graph.has_sharers() {
            return;
        }
        let owners: Vec<NodeId> = self.frozen.iter().map(|&id| graph.owner(id)).collect();
        for node in graph.nodes() {
            if owners.contains(&node.owner()) && !self.frozen.contains(&node.id) {
                self.frozen.push(node.id);
            }
        }
    }

    /// Checks every setting by itself, and that the graph has the frozen nodes.
    ///
    /// # Errors
    /// The first setting that makes no sense.
    pub fn check(&self, graph: &Graph) -> Result<(), SettingsError> {
        use SettingsError::{NoExamples, NoStep, Rises, UnknownNode, WarmUpTwice};
        let Schedule {
            rate,
            decay,
            warm_up,
        } = &self.schedule;
        let finite = rate.is_finite() && *rate > 0.0;
        let wanted = "a finite number above 0".to_owned();
        range(finite, "the learning rate", *rate, wanted)?;
        self.method.check()?;
        decay.check(*rate)?;
        if let Some(WarmUp { steps, rise, start }) = *warm_up {
            within("the first share of the warm-up", start, 0.0, 1.0)?;
            if rise > steps {
                return Err(Rises { rise, steps });
            }
            if matches!(decay, Decay::OneCycle { .. }) {
                return Err(WarmUpTwice);
            }
        }
        if self.batch == 0 {
            return Err(NoExamples);
        }
        within("the batch", self.batch as f64, 1.0, MOST_BATCH as f64)?;
        if let Some(shards) = self.shards {
            let wanted = format!("a power of two, at most {MOST_SHARDS}");
            let fits = shards.is_power_of_two() && shards <= MOST_SHARDS;
            range(fits, "the number of shards", f64::from(shards), wanted)?;
        }
        if let Some(Distillation { temperature, alpha }) = self.teacher {
            above("the temperature", temperature, 0.0, 1000.0)?;
            within("the teacher's share of the loss", alpha, 0.0, 1.0)?;
            if self.shards.is_some() {
                return Err(SettingsError::ShardsAlone {
                    other: "a teacher".to_owned(),
                });
            }
        }
        if let Some(pruning) = &self.pruning {
            pruning.check()?;
        }
        if self.quantised.is_some() && self.shards.is_some() {
            let other = "quantised weights".to_owned();
            return Err(SettingsError::ShardsAlone { other });
        }
        match self.length {
            Length::Epochs(0) | Length::Steps(0) => return Err(NoStep),
            Length::Epochs(_) | Length::Steps(_) => {}
            Length::Seconds(seconds) => above("the number of seconds", seconds, 0.0, 1e7)?,
        }
        within("weight decay", self.weight_decay, 0.0, 10.0)?;
        below("label smoothing", self.label_smoothing, 0.0, 1.0)?;
        if let Some(norm) = self.clip_norm {
            above("the largest gradient norm", norm, 0.0, 1e9)?;
        }
        if let Some(stopping) = self.early_stopping {
            within("the least improvement", stopping.least, 0.0, 1e3)?;
            within("patience", f64::from(stopping.patience), 1.0, 1e6)?;
        }
        if let Some(augmentation) = &self.augmentation {
            augmentation.check()?;
        }
        if let Some(adversarial) = &self.adversarial {
            adversarial.check()?;
        }
        match self.frozen.iter().find(|&&node| graph.node(node).is_none()) {
            Some(&node) => Err(UnknownNode { node }),
            None => Ok(()),
        }
    }
}

impl Method {
    fn check(self) -> Result<(), SettingsError> {
        let betas = |beta1, beta2, eps| {
            below("beta 1", beta1, 0.0, 1.0)?;
            below("beta 2", beta2, 0.0, 1.0)?;
            within("epsilon", eps, 0.0, 1.0)
        };
        match self {
            Self::Sgd => Ok(()),
            Self::Momentum { momentum } | Self::Nesterov { momentum } => {
                below("momentum", momentum, 0.0, 1.0)
            }
            Self::RmsProp {
                alpha,
                eps,
                momentum,
                centred: _,
            } => {
                below("alpha", alpha, 0.0, 1.0)?;
                below("momentum", momentum, 0.0, 1.0)?;
                within("epsilon", eps, 0.0, 1.0)
            }
            Self::Adam { beta1, beta2, eps } | Self::AdamW { beta1, beta2, eps } => {
                betas(beta1, beta2, eps)
            }
        }
    }
}

impl Decay {
    fn check(&self, rate: f64) -> Result<(), SettingsError> {
        match self {
            Self::Constant => Ok(()),
            Self::Step { every, factor } => {
                above("the steps between two decays", *every as f64, 0.0, 1e15)?;
                within("the factor of the decay", *factor, 0.0, 1.0)
            }
            Self::Milestones { factor, .. } => within("the factor of the decay", *factor, 0.0, 1.0),
            // Above 1 the rate grows, as the rate finder has it.
            Self::Exponential { factor } => above("the factor of a step", *factor, 0.0, 10.0),
            Self::Cosine { least } => within("the last learning rate", *least, 0.0, rate),
            Self::OneCycle {
                rising,
                divisor,
                final_divisor,
                linear: _,
                three_phases,
                momentum,
            } => {
                let most = if *three_phases { 0.5 } else { 1.0 };
                below("the rising share of the cycle", *rising, 0.0, most)?;
                within("the divisor of the first rate", *divisor, 1.0, 1e9)?;
                within("the divisor of the last rate", *final_divisor, 1.0, 1e15)?;
                for value in momentum.iter().flatten() {
                    below("the cycle's momentum", *value, 0.0, 1.0)?;
                }
                Ok(())
            }
        }
    }
}

fn within(setting: &str, value: f64, least: f64, most: f64) -> Result<(), SettingsError> {
    let fits = (least..=most).contains(&value);
    range(fits, setting, value, format!("from {least} to {most}"))
}

/// Above `least`, at most `most`.
pub(crate) fn above(setting: &str, value: f64, least: f64, most: f64) -> Result<(), SettingsError> {
    let fits = value > least && value <= most;
    range(
        fits,
        setting,
        value,
        format!("above {least}, at most {most}"),
    )
}

/// From `least`, below `most`.
pub(crate) fn below(setting: &str, value: f64, least: f64, most: f64) -> Result<(), SettingsError> {
    let fits = value >= least && value < most;
    range(fits, setting, value, format!("from {least}, below {most}"))
}

fn range(fits: bool, setting: &str, value: f64, wanted: String) -> Result<(), SettingsError> {
    if fits {
        return Ok(());
    }
    Err(SettingsError::Range {
        setting: setting.to_owned(),
        value: value.to_string(),
        wanted,
    })
}
