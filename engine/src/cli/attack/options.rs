//! The options of an attack.

use std::path::PathBuf;

use clap::ValueEnum;

use super::CliError;
use crate::attack::{Method, Norm, Sanitation, Settings, Smoothing};

/// What is found out on a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// Accuracy under the attack at each ε.
    Curve,
    /// Accuracy under natural corruptions (noise, blur, rotation, contrast) of severities 1 to 5.
    Corruptions,
    /// One noise for all pictures, found on training images.
    Universal,
    /// Accuracy of the smoothed network within certified radii.
    Smoothed,
    /// The accuracy of each network on the pictures made against each other one (--against).
    Transfer,
}

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The methods, separated by commas; one for a picture.
    #[arg(long, value_parser = method, value_delimiter = ',', default_value = "pgd")]
    pub method: Vec<Method>,
    /// The bounds of the noise, in units of a picture of 0 to 1, separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "0.1")]
    pub epsilon: Vec<f32>,
    /// Steps, iterations or generations; each method has a usual number.
    #[arg(long)]
    steps: Option<u32>,
    /// The length of a step of BIM and PGD; 2.5 · ε / steps when left out.
    #[arg(long)]
    alpha: Option<f32>,
    /// What ε bounds: the largest change of a value, or the root of the sum of squares.
    #[arg(long, value_parser = norm)]
    norm: Option<Norm>,
    /// The class that is to be answered; any wrong one when left out.
    #[arg(long)]
    target: Option<u32>,
    /// Of random starts, evolution, smoothing and corruptions.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// DeepFool: how far beyond the boundary.
    #[arg(long, default_value_t = 0.02)]
    overshoot: f32,
    /// Carlini and Wagner: the first weight of the change of class.
    #[arg(long, default_value_t = 0.1)]
    c: f32,
    /// Carlini and Wagner: by how much the wrong class must win.
    #[arg(long, default_value_t = 0.0)]
    kappa: f32,
    /// Carlini and Wagner: Adam's rate.
    #[arg(long, default_value_t = 0.05)]
    rate: f32,
    /// Carlini and Wagner: how many weights are tried.
    #[arg(long, default_value_t = 4)]
    rounds: u32,
    /// One pixel: how many pixels.
    #[arg(long, default_value_t = 1)]
    pixels: u32,
    /// One pixel: candidates of a generation.
    #[arg(long, default_value_t = 100)]
    population: u32,
    /// Look for the least ε that changes the answer to a picture.
    #[arg(long)]
    pub smallest: bool,
    /// Sanitation of the picture before the network, separated by commas: bits=3, median=3, jpeg=50.
    #[arg(long, value_parser = sanitation, value_delimiter = ',')]
    pub sanitise: Vec<Sanitation>,
    /// The attack knows of the sanitation and goes through it.
    #[arg(long)]
    pub adaptive: bool,
    /// Randomised smoothing with noise of this deviation.
    #[arg(long, value_name = "SIGMA")]
    smooth: Option<f32>,
    /// Randomised smoothing: how many samples.
    #[arg(long, default_value_t = 1000)]
    samples: u32,
    /// Randomised smoothing: the chance that a certificate is wrong.
    #[arg(long, default_value_t = 0.001)]
    certainty: f64,
    /// What is found out on a data set.
    #[arg(long, value_enum, default_value_t = Kind::Curve)]
    pub study: Kind,
    /// How many test images.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    pub count: u32,
    /// Another network and its weights, for --study transfer.
    #[arg(long, num_args = 2, value_names = ["NETWORK", "WEIGHTS"])]
    pub against: Vec<PathBuf>,
}

impl Options {
    /// The attacks, one for each method, at the first ε.
    pub fn attacks(&self) -> Vec<Settings> {
        let epsilon = self.epsilon.first().copied().unwrap_or_default();
        let attack = |&method: &Method| {
            let usual = Settings::of(method);
            // A norm that is asked for holds for the methods that have it.
            let norm = self
                .norm
                .filter(|norm| self.method.len() == 1 || method.norms().contains(norm));
            Settings {
                method,
                norm: norm.unwrap_or(usual.norm),
                epsilon,
                steps: self.steps.unwrap_or(usual.steps),
                alpha: self.alpha.filter(|_| method.has_alpha()),
                target: self.target,
                seed: self.seed,
                overshoot: self.overshoot,
                c: self.c,
                kappa: self.kappa,
                rate: self.rate,
                rounds: self.rounds,
                pixels: self.pixels,
                population: self.population,
            }
        };
        self.method.iter().map(attack).collect()
    }

    /// The only attack.
    pub fn settings(&self) -> Result<Settings, CliError> {
        match self.attacks().as_slice() {
            [settings] => Ok(settings.clone()),
            several => Err(CliError::Running(format!(
                "{} methods are named, and this takes one; name one with --method",
                several.len()
            ))),
        }
    }

    pub fn smoothing(&self) -> Option<Smoothing> {
        let sigma = self.smooth?;
        Some(self.smoothing_of(sigma))
    }

    /// With the usual deviation where none is asked for.
    pub fn smoothing_or_usual(&self) -> Smoothing {
        self.smoothing_of(self.smooth.unwrap_or(Smoothing::default().sigma))
    }

    const fn smoothing_of(&self, sigma: f32) -> Smoothing {
        Smoothing {
            sigma,
            choose: 100,
            samples: self.samples,
            alpha: self.certainty,
            seed: self.seed,
        }
    }
}

fn method(text: &str) -> Result<Method, String> {
    let plain = text.to_lowercase().replace(['-', ' '], "_");
    let found = Method::ALL.into_iter().find(|it| {
        let key = it.key();
        plain == key || plain == key.replace('_', "") || (plain == "cw" && key == "carlini_wagner")
    });
    found.ok_or_else(|| {
        let all = Method::ALL.map(Method::key).join(", ");
        format!("“{text}” is none of: {all}")
    })
}

fn norm(text: &str) -> Result<Norm, String> {
    match text.to_lowercase().as_str() {
        "linf" | "l∞" | "inf" => Ok(Norm::Linf),
        "l2" | "2" => Ok(Norm::L2),
        _ => Err(format!("“{text}” is neither linf nor l2")),
    }
}

fn sanitation(text: &str) -> Result<Sanitation, String> {
    let wrong =
        || format!("“{text}” is none of: bits=1 to bits=8, median=3, median=5, jpeg=1 to jpeg=100");
    let (name, number) = text.split_once('=').ok_or_else(wrong)?;
    let number: u8 = number.parse().map_err(|_| wrong())?;
    match (name, number) {
        ("bits", 1..=8) => Ok(Sanitation::Bits(number)),
        ("median", 3 | 5 | 7) => Ok(Sanitation::Median(number)),
        ("jpeg", 1..=100) => Ok(Sanitation::Jpeg(number)),
        _ => Err(wrong()),
    }
}
