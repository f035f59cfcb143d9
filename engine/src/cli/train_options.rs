//! The options of `cnnlab train` as settings.

use std::path::PathBuf;

use super::{CliError, read};
use crate::Graph;
use crate::data::{Augmentation, Elastic, Split, takes_drawings};
use crate::train::{
    Decay, EarlyStopping, Initialisation, Length, Method, Schedule, Settings, SettingsFile, Task,
    WarmUp,
};

/// Each option changes one setting; the others are those of the settings file, or the defaults.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Options {
    /// A file of settings, as the page exports them; options given beside it come before it.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Passes over the training images; 20 without a settings file.
    #[arg(long, group = "length")]
    epochs: Option<u32>,
    /// Steps, in place of epochs.
    #[arg(long, group = "length")]
    steps: Option<u64>,
    /// Seconds of training, in place of epochs.
    #[arg(long, group = "length")]
    seconds: Option<f64>,
    /// Images in one step.
    #[arg(long)]
    batch: Option<usize>,
    /// sgd, momentum, nesterov, rmsprop, adam or adamw.
    #[arg(long, value_parser = method)]
    optimiser: Option<Method>,
    /// Momentum; for the Adams their beta 1.
    #[arg(long)]
    momentum: Option<f64>,
    /// The learning rate; the highest of a schedule.
    #[arg(long)]
    rate: Option<f64>,
    /// constant, cosine, one-cycle, or step:EVERY:FACTOR (in steps, as step:1000:0.1).
    #[arg(long, value_parser = decay)]
    schedule: Option<Decay>,
    /// Steps in which the rate rises at the start.
    #[arg(long)]
    warm_up: Option<u64>,
    /// The pull of weights towards 0.
    #[arg(long)]
    weight_decay: Option<f64>,
    /// Weight decay pulls norms and biases as well.
    #[arg(long)]
    decay_all: bool,
    /// The share of each target that is spread over all classes.
    #[arg(long)]
    label_smoothing: Option<f64>,
    /// The largest length of all gradients together.
    #[arg(long)]
    clip_norm: Option<f64>,
    /// Of the weights, the order, the warps and dropout.
    #[arg(long)]
    seed: Option<u64>,
    /// by-activation, glorot-uniform, glorot-normal, he-uniform, he-normal, lecun-uniform or
    /// lecun-normal.
    #[arg(long, value_parser = initialisation)]
    init: Option<Initialisation>,
    /// End after so many epochs without a lower validation loss, with the best epoch's weights.
    #[arg(long, value_name = "EPOCHS")]
    early_stopping: Option<u32>,
    /// Nodes whose parameters stay as they are, by name; several separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "NODES")]
    freeze: Vec<String>,
    /// Freeze all nodes but these.
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "NODES",
        conflicts_with = "freeze"
    )]
    train_only: Vec<String>,
    /// Show the images as they are, without random changes.
    #[arg(long, conflicts_with = "elastic")]
    plain: bool,
    /// Distort the images elastically as well.
    #[arg(long)]
    elastic: bool,
    /// Attack the images of each batch by PGD within this largest change of a value (of 0 to 1).
    #[arg(long, value_name = "EPSILON")]
    adversarial: Option<f32>,
    /// The steps of that attack.
    #[arg(long, value_name = "STEPS", requires = "adversarial")]
    adversarial_steps: Option<u32>,
    /// The share of each batch that is attacked.
    #[arg(long, value_name = "SHARE", requires = "adversarial")]
    adversarial_share: Option<f32>,
    /// The order of the data set in every epoch.
    #[arg(long)]
    in_order: bool,
    /// The share of the training images that is kept for validation; 0.1 with early stopping, else
    /// none.
    #[arg(long)]
    validation: Option<f64>,
    /// The share that is kept for the test, where the data set has no test images.
    #[arg(long)]
    test: Option<f64>,
}

/// Epochs where neither option nor file says it: LeNet-5's weights are trained so.
const EPOCHS: u32 = 20;
/// The share for validation where early stopping needs some.
const VALIDATION: f64 = 0.1;

impl Options {
    /// The task for this network.
    pub fn task(&self, graph: &Graph) -> Result<Task, CliError> {
        let SettingsFile {
            mut settings,
            split,
        } = match &self.settings {
            Some(path) => SettingsFile::read(&read(path)?).map_err(|error| CliError::File {
                path: path.clone(),
                why: error.to_string(),
            })?,
            None => Settings {
                length: Length::Epochs(EPOCHS),
                augmentation: Some(if takes_drawings(graph.input()) {
                    Augmentation::of_drawings()
                } else {
                    Augmentation::of_photos()
                }),
                ..Settings::default()
            }
            .into(),
        };
        self.change(&mut settings);
        let named = |option: &str, name: &String| {
            let node = graph.named(name).map(|node| node.id);
            node.ok_or_else(|| {
                CliError::Running(format!("{option}: the network has no node “{name}”"))
            })
        };
        for name in &self.freeze {
            settings.frozen.push(named("--freeze", name)?);
        }
        let trained = self.train_only.iter();
        let trained = trained.map(|name| named("--train-only", name));
        let trained = trained.collect::<Result<Vec<_>, _>>()?;
        if !trained.is_empty() {
            let nodes = graph.nodes().iter().map(|node| node.id);
            settings.frozen = nodes.filter(|node| !trained.contains(node)).collect();
        }
        settings
            .check(graph)
            .map_err(|error| CliError::Running(error.to_string()))?;
        let mut split = split.unwrap_or_else(|| Split {
            validation: settings.early_stopping.map_or(0.0, |_| VALIDATION),
            ..Split::default()
        });
        set(&mut split.validation, self.validation);
        set(&mut split.test, self.test);
        Ok(Task {
            settings,
            split,
            ..Task::default()
        })
    }

    fn change(&self, settings: &mut Settings) {
        let lengths = [
            self.epochs.map(Length::Epochs),
            self.steps.map(Length::Steps),
            self.seconds.map(Length::Seconds),
        ];
        set(&mut settings.length, lengths.into_iter().flatten().next());
        set(&mut settings.batch, self.batch);
        set(&mut settings.method, self.optimiser);
        if let Some(momentum) = self.momentum {
            settings.method = settings.method.with_momentum(momentum);
        }
        let Schedule {
            rate,
            decay,
            warm_up,
        } = &mut settings.schedule;
        set(rate, self.rate);
        set(decay, self.schedule.clone());
        if let Some(steps) = self.warm_up {
            *warm_up = (steps > 0).then(|| WarmUp::even(steps));
        }
        set(&mut settings.weight_decay, self.weight_decay);
        settings.decay_norms_and_biases |= self.decay_all;
        set(&mut settings.label_smoothing, self.label_smoothing);
        set(&mut settings.clip_norm, self.clip_norm.map(Some));
        set(&mut settings.seed, self.seed);
        set(&mut settings.initialisation, self.init.map(Some));
        let stopping = self.early_stopping.map(|patience| EarlyStopping {
            patience,
            ..EarlyStopping::default()
        });
        set(&mut settings.early_stopping, stopping.map(Some));
        if self.plain {
            settings.augmentation = None;
        }
        if self.elastic {
            let augmentation = settings.augmentation.get_or_insert_default();
            augmentation.elastic.get_or_insert(Elastic::default());
        }
        if let Some(epsilon) = self.adversarial {
            let adversarial = settings.adversarial.get_or_insert_default();
            adversarial.epsilon = epsilon;
            set(&mut adversarial.steps, self.adversarial_steps);
            set(&mut adversarial.share, self.adversarial_share);
        }
        settings.shuffle &= !self.in_order;
    }
}

fn set<T>(setting: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *setting = given;
    }
}

fn method(name: &str) -> Result<Method, String> {
    let found = Method::ALL.into_iter().find(|method| method.name() == name);
    let names = Method::ALL.map(Method::name).join(", ");
    found.ok_or_else(|| format!("“{name}” is no optimiser; there are {names}"))
}

fn decay(text: &str) -> Result<Decay, String> {
    let wrong = || {
        format!("“{text}” is no schedule; there are constant, cosine, one-cycle, step:EVERY:FACTOR")
    };
    match text.split(':').collect::<Vec<_>>().as_slice() {
        ["constant"] => Ok(Decay::Constant),
        ["cosine"] => Ok(Decay::Cosine { least: 0.0 }),
        ["one-cycle"] => Ok(Decay::ONE_CYCLE),
        ["step", every, factor] => match (every.parse(), factor.parse()) {
            (Ok(every), Ok(factor)) => Ok(Decay::Step { every, factor }),
            _ => Err(wrong()),
        },
        _ => Err(wrong()),
    }
}

fn initialisation(name: &str) -> Result<Initialisation, String> {
    Ok(match name {
        "by-activation" => Initialisation::ByActivation,
        "glorot-uniform" => Initialisation::GlorotUniform,
        "glorot-normal" => Initialisation::GlorotNormal,
        "he-uniform" => Initialisation::HeUniform,
        "he-normal" => Initialisation::HeNormal,
        "lecun-uniform" => Initialisation::LecunUniform,
        "lecun-normal" => Initialisation::LecunNormal,
        _ => return Err(format!("“{name}” is no initialisation; see --help")),
    })
}
