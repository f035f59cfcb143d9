//! An attack of any method as a state machine of passes.

use super::{
    CarliniWagner, DeepFool, DeepFoolForm, Goal, Method, OnePixel, Projected, Rows, RunError,
    Settings, Victim,
};
use crate::run::Network;

/// DeepFool looks at the likeliest so many other classes, nine as its authors' program does.
const CANDIDATES: usize = 9;
/// DeepFool's distance beyond the boundary where pictures are kept within 0 to 1, as its authors'
/// program has it: without it a step onto the boundary may stay there.
const OFFSET: f64 = 1e-4;

/// What an attack came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Values of 0 to 1.
    pub pictures: Vec<f32>,
    pub logits: Vec<f32>,
    /// What the method raises or lowers, before each step and at the end; one value a picture.
    pub trace: Vec<Vec<f64>>,
    pub iterations: Vec<u32>,
}

/// An attack under way, of at most [`Victim::rows`] pictures.
#[derive(Debug)]
pub enum Attack {
    Projected(Projected),
    DeepFool(DeepFool),
    CarliniWagner(CarliniWagner),
    OnePixel(OnePixel),
}

impl Attack {
    /// Of these pictures, whose goals all have the settings' target or none.
    pub fn new(victim: &Victim, rows: Rows, settings: &Settings) -> Self {
        let count = rows.goals.len();
        match settings.method {
            Method::Noise | Method::Fgsm | Method::Bim | Method::Pgd => {
                Self::Projected(Projected::new(rows, settings))
            }
            Method::DeepFool => {
                let form = match settings.target {
                    None => DeepFoolForm::Nearest {
                        classes: CANDIDATES,
                    },
                    Some(target) => DeepFoolForm::Towards {
                        targets: vec![target as usize; count],
                    },
                };
                let mut attack = DeepFool::new(rows.pictures, count, form);
                attack.overshoot = settings.overshoot.into();
                attack.offset = OFFSET;
                attack.clip = true;
                attack.most = settings.steps;
                Self::DeepFool(attack)
            }
            Method::CarliniWagner => {
                Self::CarliniWagner(CarliniWagner::new(rows.pictures, rows.goals, settings))
            }
            Method::OnePixel => Self::OnePixel(OnePixel::new(
                rows.pictures,
                rows.goals,
                rows.ids,
                victim.shape,
                settings,
            )),
        }
    }

    /// One pass; `true` when it is over.
    ///
    /// # Errors
    /// When the network's answers are not finite numbers, or the device fails.
    pub async fn advance(&mut self, victim: &Victim, network: &Network) -> Result<bool, RunError> {
        match self {
            Self::Projected(attack) => attack.advance(victim, network).await,
            Self::DeepFool(attack) => attack.advance(victim, network).await,
            Self::CarliniWagner(attack) => attack.advance(victim, network).await,
            Self::OnePixel(attack) => attack.advance(victim, network).await,
        }
    }

    /// The result once it is over.
    pub fn finish(self) -> Outcome {
        match self {
            Self::Projected(attack) => attack.finish(),
            Self::DeepFool(attack) => attack.finish(),
            Self::CarliniWagner(attack) => attack.finish(),
            Self::OnePixel(attack) => attack.finish(),
        }
    }

    /// How much is done, and of how much at most.
    pub fn progress(&self) -> [u64; 2] {
        match self {
            Self::Projected(attack) => attack.progress(),
            Self::DeepFool(attack) => attack.progress(),
            Self::CarliniWagner(attack) => attack.progress(),
            Self::OnePixel(attack) => attack.progress(),
        }
    }
}

impl Settings {
    /// Where an attack of a picture of this class leads.
    pub fn goal(&self, label: usize) -> Goal {
        match self.target {
            Some(target) => Goal {
                class: target as usize,
                targeted: true,
            },
            None => Goal {
                class: label,
                targeted: false,
            },
        }
    }
}
