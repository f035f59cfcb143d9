//! One noise for all pictures: projected steps along the sign or direction of the gradient of the mean
//! loss of a batch (as Shafahi et al. 2020, after Moosavi-Dezfooli et al. 2017).

use super::numbers::l2;
use super::projected::loss_gradient;
use super::{Goal, Norm, RunError, Settings, Victim};
use crate::run::Network;

/// A noise being found. Each step takes another batch.
#[derive(Debug)]
pub struct Universal {
    norm: Norm,
    epsilon: f32,
    alpha: f32,
    noise: Vec<f32>,
}

impl Universal {
    /// Without noise yet.
    pub fn new(victim: &Victim, settings: &Settings) -> Self {
        Self {
            norm: settings.norm,
            epsilon: settings.epsilon,
            alpha: settings.step(),
            noise: vec![0.0; victim.size()],
        }
    }

    pub fn noise(&self) -> &[f32] {
        &self.noise
    }

    /// These pictures with the noise, within 0 to 1.
    pub fn add_to(&self, pictures: &[f32]) -> Vec<f32> {
        let rows = pictures.chunks(self.noise.len().max(1));
        let rows = rows.flat_map(|row| row.iter().zip(&self.noise));
        rows.map(|(it, noise)| (it + noise).clamp(0.0, 1.0))
            .collect()
    }

    /// One step on these pictures, one pass.
    ///
    /// # Errors
    /// When the network's answers are not finite numbers, or the device fails.
    pub async fn step(
        &mut self,
        victim: &Victim,
        network: &Network,
        pictures: &[f32],
        goals: &[Goal],
    ) -> Result<(), RunError> {
        let classes = victim.classes;
        let upstream = |logits: &[f32]| {
            let rows = logits.chunks(classes).zip(goals);
            let rows = rows.flat_map(|(row, goal)| {
                let gradient = loss_gradient(row, goal.class);
                gradient.into_iter().map(|it| goal.sign() as f32 * it)
            });
            rows.collect()
        };
        let noisy = self.add_to(pictures);
        let (_, gradients) = victim.gradient(network, &noisy, upstream).await?;
        let mut mean = vec![0.0_f32; self.noise.len()];
        for row in gradients.chunks(self.noise.len().max(1)) {
            for (mean, it) in mean.iter_mut().zip(row) {
                *mean += it / goals.len() as f32;
            }
        }
        let norm = l2(&mean) as f32;
        for (noise, &it) in self.noise.iter_mut().zip(&mean) {
            *noise += match self.norm {
                _ if it == 0.0 => 0.0,
                Norm::Linf => self.alpha * it.signum(),
                Norm::L2 => self.alpha * it / norm,
            };
        }
        match self.norm {
            Norm::Linf => {
                let epsilon = self.epsilon;
                self.noise
                    .iter_mut()
                    .for_each(|it| *it = it.clamp(-epsilon, epsilon));
            }
            Norm::L2 => {
                let scale = self.epsilon / (l2(&self.noise) as f32).max(f32::MIN_POSITIVE);
                if scale < 1.0 {
                    self.noise.iter_mut().for_each(|it| *it *= scale);
                }
            }
        }
        Ok(())
    }
}
