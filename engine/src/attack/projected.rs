//! FGSM, BIM, PGD and random noise: steps along the sign or direction of the loss's gradient, projected
//! onto the ball of the noise and onto pictures.

use super::machine::Outcome;
use super::numbers::{cross_entropy, l2, normal, probabilities};
use super::{Goal, Method, Norm, RunError, Settings, Victim};
use crate::data::Random;
use crate::run::Network;

/// The pictures of one attack, at most as many as one pass takes.
#[derive(Clone, Debug)]
pub struct Rows {
    /// Values of 0 to 1, one picture after the other.
    pub pictures: Vec<f32>,
    pub goals: Vec<Goal>,
    /// Numbers that choose each picture's random numbers.
    pub ids: Vec<u64>,
}

/// An attack under way.
#[derive(Debug)]
pub struct Projected {
    norm: Norm,
    goals: Vec<Goal>,
    /// The bound and the length of a step of each picture.
    bounds: Vec<[f32; 2]>,
    steps: u32,
    at: u32,
    size: usize,
    x0: Vec<f32>,
    x: Vec<f32>,
    logits: Vec<f32>,
    gradient: Vec<f32>,
    losses: Vec<Vec<f64>>,
}

impl Projected {
    /// The attack of these settings, all pictures within the same ε.
    pub fn new(rows: Rows, settings: &Settings) -> Self {
        let epsilons = vec![settings.epsilon; rows.goals.len()];
        Self::within(rows, settings, &epsilons)
    }

    /// Each picture within an ε of its own.
    pub fn within(rows: Rows, settings: &Settings, epsilons: &[f32]) -> Self {
        let size = rows.pictures.len() / rows.goals.len().max(1);
        let mut start = rows.pictures.clone();
        if matches!(settings.method, Method::Pgd | Method::Noise) {
            for ((row, &epsilon), &id) in start.chunks_mut(size.max(1)).zip(epsilons).zip(&rows.ids)
            {
                let mut random = Random::of(&[settings.seed, 0x6174_7461, id]);
                add_noise(row, settings.norm, epsilon, &mut random);
            }
        }
        let steps = match settings.method {
            Method::Noise => 0,
            Method::Fgsm => 1,
            _ => settings.steps,
        };
        let bounds = epsilons.iter().map(|&it| [it, settings.step_for(it)]);
        Self::from(rows, start, settings.norm, bounds.collect(), steps)
    }

    /// From these pictures instead of random ones.
    pub fn from(
        rows: Rows,
        start: Vec<f32>,
        norm: Norm,
        bounds: Vec<[f32; 2]>,
        steps: u32,
    ) -> Self {
        Self {
            norm,
            size: (rows.pictures.len() / rows.goals.len().max(1)).max(1),
            goals: rows.goals,
            bounds,
            steps,
            at: 0,
            x0: rows.pictures,
            x: start,
            logits: Vec::new(),
            gradient: Vec::new(),
            losses: Vec::new(),
        }
    }

    /// The pictures after the steps so far.
    pub fn pictures(&self) -> &[f32] {
        &self.x
    }

    /// The gradient of each picture's loss in the step before.
    pub fn gradient(&self) -> &[f32] {
        &self.gradient
    }

    /// Each picture's loss before each step and, once it is over, at the end.
    pub fn losses(&self) -> &[Vec<f64>] {
        &self.losses
    }

    /// One pass; `true` when it is over.
    ///
    /// # Errors
    /// When the network's answers are not finite numbers, or the device fails.
    pub async fn advance(&mut self, victim: &Victim, network: &Network) -> Result<bool, RunError> {
        let over = self.at == self.steps;
        if over {
            self.logits = victim.logits(network, &self.x).await?;
        } else {
            let (goals, classes) = (&self.goals, victim.classes);
            let upstream = |logits: &[f32]| {
                let rows = logits.chunks(classes).zip(goals);
                rows.flat_map(|(row, goal)| loss_gradient(row, goal.class))
                    .collect()
            };
            let pulled = victim.gradient(network, &self.x, upstream).await?;
            (self.logits, self.gradient) = pulled;
        }
        let rows = self.logits.chunks(victim.classes).zip(&self.goals);
        let losses = rows.map(|(row, goal)| cross_entropy(row, goal.class));
        self.losses.push(losses.collect());
        if !over {
            self.step();
            self.at += 1;
        }
        Ok(over)
    }

    fn step(&mut self) {
        let size = self.size;
        for (row, (goal, &[epsilon, alpha])) in self.goals.iter().zip(&self.bounds).enumerate() {
            let place = row * size..(row + 1) * size;
            let (x0, x) = (&self.x0[place.clone()], &mut self.x[place.clone()]);
            let gradient = &self.gradient[place];
            let length = goal.sign() * f64::from(alpha);
            let mut by: Vec<f64> = match self.norm {
                Norm::Linf => gradient.iter().map(|&it| length * sign(it)).collect(),
                Norm::L2 => {
                    let norm = l2(gradient);
                    let scale = if norm > 0.0 { length / norm } else { 0.0 };
                    gradient.iter().map(|&it| scale * f64::from(it)).collect()
                }
            };
            for (by, (&x, &x0)) in by.iter_mut().zip(x.iter().zip(x0)) {
                *by += f64::from(x) - f64::from(x0);
            }
            project(&mut by, self.norm, f64::from(epsilon));
            for (x, (x0, by)) in x.iter_mut().zip(x0.iter().zip(by)) {
                *x = (f64::from(*x0) + by).clamp(0.0, 1.0) as f32;
            }
        }
    }

    pub(super) fn finish(self) -> Outcome {
        Outcome {
            iterations: vec![self.at; self.goals.len()],
            pictures: self.x,
            logits: self.logits,
            trace: self.losses,
        }
    }

    pub(super) const fn progress(&self) -> [u64; 2] {
        [self.at as u64, self.steps as u64 + 1]
    }
}

/// The sign, 0 of 0.
fn sign(value: f32) -> f64 {
    if value == 0.0 {
        0.0
    } else {
        f64::from(value.signum())
    }
}

/// Onto the ball of this radius.
fn project(by: &mut [f64], norm: Norm, epsilon: f64) {
    match norm {
        Norm::Linf => by
            .iter_mut()
            .for_each(|it| *it = it.clamp(-epsilon, epsilon)),
        Norm::L2 => {
            let length = by.iter().map(|it| it * it).sum::<f64>().sqrt();
            if length > epsilon {
                by.iter_mut().for_each(|it| *it *= epsilon / length);
            }
        }
    }
}

/// Random noise: uniform within ± ε; of L2 uniform in the ball.
fn add_noise(picture: &mut [f32], norm: Norm, epsilon: f32, random: &mut Random) {
    let noise: Vec<f32> = match norm {
        Norm::Linf => picture.iter().map(|_| random.within(epsilon)).collect(),
        Norm::L2 => {
            let direction: Vec<f32> = picture.iter().map(|_| normal(random)).collect();
            let radius = libm::pow(random.unit().into(), 1.0 / picture.len() as f64);
            let scale = radius * f64::from(epsilon) / l2(&direction).max(f64::MIN_POSITIVE);
            let scaled = direction.iter().map(|&it| (f64::from(it) * scale) as f32);
            scaled.collect()
        }
    };
    for (value, noise) in picture.iter_mut().zip(noise) {
        *value = (*value + noise).clamp(0.0, 1.0);
    }
}

/// The gradient of the cross-entropy with respect to the logits.
pub(super) fn loss_gradient(logits: &[f32], class: usize) -> Vec<f32> {
    let mut shares = probabilities(logits);
    if let Some(share) = shares.get_mut(class) {
        *share -= 1.0;
    }
    shares.iter().map(|&it| it as f32).collect()
}
