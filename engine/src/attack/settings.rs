//! What an attack is.

use serde::{Deserialize, Serialize};

use super::AttackError;

/// How the noise is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Random noise of the same size, to compare with: no gradient is used.
    Noise,
    /// Fast gradient sign method (Goodfellow et al. 2015): one step along the loss's gradient.
    Fgsm,
    /// Basic iterative method (Kurakin et al. 2017): small steps, kept within ε.
    Bim,
    /// Projected gradient descent (Madry et al. 2018): as BIM, from a random start.
    #[default]
    Pgd,
    /// DeepFool (Moosavi-Dezfooli et al. 2016): across the nearest boundary of the linearised network.
    /// With a target class its binary form, across the boundary to that class.
    DeepFool,
    /// Carlini and Wagner 2017: the least L2 distance, by Adam.
    CarliniWagner,
    /// One pixel (Su et al. 2019): differential evolution, which needs no gradient.
    OnePixel,
}

/// The size of a noise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Norm {
    /// The largest change of a value.
    #[default]
    Linf,
    /// The root of the sum of squares.
    L2,
}

impl Norm {
    pub const ALL: [Self; 2] = [Self::Linf, Self::L2];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Linf => "L∞",
            Self::L2 => "L2",
        }
    }

    /// The word of settings files and the command line.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Linf => "linf",
            Self::L2 => "l2",
        }
    }
}

impl Method {
    pub const ALL: [Self; 7] = [
        Self::Fgsm,
        Self::Bim,
        Self::Pgd,
        Self::DeepFool,
        Self::CarliniWagner,
        Self::OnePixel,
        Self::Noise,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Noise => "Random noise",
            Self::Fgsm => "FGSM",
            Self::Bim => "BIM",
            Self::Pgd => "PGD",
            Self::DeepFool => "DeepFool",
            Self::CarliniWagner => "Carlini–Wagner",
            Self::OnePixel => "One pixel",
        }
    }

    /// The word of settings files and the command line.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Noise => "noise",
            Self::Fgsm => "fgsm",
            Self::Bim => "bim",
            Self::Pgd => "pgd",
            Self::DeepFool => "deep_fool",
            Self::CarliniWagner => "carlini_wagner",
            Self::OnePixel => "one_pixel",
        }
    }

    /// Whether ε bounds its noise; the others look for the least.
    pub const fn has_epsilon(self) -> bool {
        matches!(self, Self::Noise | Self::Fgsm | Self::Bim | Self::Pgd)
    }

    /// Whether it repeats: steps, iterations or generations.
    pub const fn has_steps(self) -> bool {
        !matches!(self, Self::Noise | Self::Fgsm)
    }

    /// Whether steps have a length that can be chosen.
    pub const fn has_alpha(self) -> bool {
        matches!(self, Self::Bim | Self::Pgd)
    }

    /// Whether random numbers take part.
    pub const fn is_random(self) -> bool {
        matches!(self, Self::Noise | Self::Pgd | Self::OnePixel)
    }

    /// The norms that it can bound or make small, the usual one first.
    pub const fn norms(self) -> &'static [Norm] {
        match self {
            Self::Noise | Self::Fgsm | Self::Bim | Self::Pgd => &Norm::ALL,
            Self::DeepFool | Self::CarliniWagner => &[Norm::L2],
            // The number of pixels bounds it; their change is free.
            Self::OnePixel => &[Norm::Linf],
        }
    }

    /// The steps of its paper or a usual number.
    pub const fn usual_steps(self) -> u32 {
        match self {
            Self::Noise | Self::Fgsm => 1,
            Self::Bim | Self::Pgd => 10,
            Self::DeepFool => 50,
            Self::CarliniWagner | Self::OnePixel => 100,
        }
    }
}

/// An attack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub method: Method,
    pub norm: Norm,
    /// The bound of the noise, in units of a picture of 0 to 1.
    pub epsilon: f32,
    pub steps: u32,
    /// The length of a step; `2.5 · ε / steps` without (Madry et al. 2018), so that the bound can be
    /// reached from any start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f32>,
    /// The class that is to be answered; any other than the right one without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<u32>,
    pub seed: u64,
    /// DeepFool: how far beyond the boundary.
    pub overshoot: f32,
    /// Carlini and Wagner: the weight of the change of class against the distance; the first where
    /// several are tried.
    pub c: f32,
    /// Carlini and Wagner: by how much the wrong class must win.
    pub kappa: f32,
    /// Carlini and Wagner: Adam's rate.
    pub rate: f32,
    /// Carlini and Wagner: how many weights are tried for each picture, by ten times as much until one
    /// succeeds, then by bisection.
    pub rounds: u32,
    /// One pixel: how many pixels.
    pub pixels: u32,
    /// One pixel: candidates of a generation.
    pub population: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            method: Method::Pgd,
            norm: Norm::Linf,
            epsilon: 0.1,
            steps: 10,
            alpha: None,
            target: None,
            seed: 1,
            overshoot: 0.02,
            c: 0.1,
            kappa: 0.0,
            rate: 0.05,
            rounds: 4,
            pixels: 1,
            population: 100,
        }
    }
}

impl Settings {
    /// This method, with its usual number of steps and norm.
    pub fn of(method: Method) -> Self {
        let norm = method.norms().first().copied().unwrap_or_default();
        Self {
            method,
            norm,
            steps: method.usual_steps(),
            ..Self::default()
        }
    }

    /// The length of a step.
    pub fn step(&self) -> f32 {
        self.step_for(self.epsilon)
    }

    /// The length of a step where this bounds the noise; a chosen one scales with it.
    pub fn step_for(&self, epsilon: f32) -> f32 {
        match (self.method, self.alpha) {
            (Method::Fgsm | Method::Noise, _) => epsilon,
            (_, Some(alpha)) if self.epsilon > 0.0 => alpha * epsilon / self.epsilon,
            _ => 2.5 * epsilon / self.steps.max(1) as f32,
        }
    }

    /// Checks the settings for a network of so many classes.
    ///
    /// # Errors
    /// The first number that is out of range.
    pub fn check(&self, classes: usize) -> Result<(), AttackError> {
        if let Some(target) = self.target
            && target as usize >= classes
        {
            return Err(AttackError::Target { target, classes });
        }
        let (method, norm) = (self.method, self.norm);
        if !method.norms().contains(&norm) {
            return Err(AttackError::Norm { method, norm });
        }
        let most = match norm {
            Norm::Linf => 1.0,
            Norm::L2 => 1000.0,
        };
        within("ε", f64::from(self.epsilon), 0.0, most)?;
        within("the number of steps", self.steps.into(), 1.0, 1000.0)?;
        if let Some(alpha) = self.alpha {
            within("the length of a step", f64::from(alpha), 1e-6, most)?;
        }
        within("the overshoot", f64::from(self.overshoot), 0.0, 1.0)?;
        within("c", f64::from(self.c), 1e-6, 1e6)?;
        within("κ", f64::from(self.kappa), 0.0, 100.0)?;
        within("the rate", f64::from(self.rate), 1e-6, 10.0)?;
        within("the number of weights", self.rounds.into(), 1.0, 20.0)?;
        within("the number of pixels", self.pixels.into(), 1.0, 50.0)?;
        within("the population", self.population.into(), 4.0, 1000.0)
    }
}

fn within(what: &str, value: f64, least: f64, most: f64) -> Result<(), AttackError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(AttackError::Range {
        what: what.to_owned(),
        value: if value.is_finite() { value } else { f64::MAX },
        range: format!("from {least} to {most}"),
    })
}

/// Randomised smoothing (Cohen et al. 2019): the class that the network answers most often under
/// normal noise, and the L2 distance within which no attack changes it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Smoothing {
    /// The deviation of the noise, in units of a picture of 0 to 1.
    pub sigma: f32,
    /// Samples that choose the class.
    pub choose: u32,
    /// Samples that count how often it is answered.
    pub samples: u32,
    /// The chance that a certificate is wrong.
    pub alpha: f64,
    pub seed: u64,
}

impl Default for Smoothing {
    fn default() -> Self {
        Self {
            sigma: 0.25,
            choose: 100,
            samples: 1000,
            alpha: 0.001,
            seed: 1,
        }
    }
}

impl Smoothing {
    /// # Errors
    /// The first number that is out of range.
    pub fn check(&self) -> Result<(), AttackError> {
        within("σ", f64::from(self.sigma), 0.001, 10.0)?;
        within("the number of first samples", self.choose.into(), 1.0, 1e5)?;
        within("the number of samples", self.samples.into(), 1.0, 1e6)?;
        within("the chance of an error", self.alpha, 1e-9, 0.5)
    }
}
