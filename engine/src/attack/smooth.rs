//! Randomised smoothing (Cohen et al. 2019, algorithm CERTIFY) of one picture.

use super::numbers::normal;
use super::{Certificate, RunError, Smoothing, Victim, certified_radius, lower_bound};
use crate::data::Random;
use crate::run::Network;

/// A certificate under way.
#[derive(Debug)]
pub struct Smoother {
    smoothing: Smoothing,
    picture: Vec<f32>,
    random: Random,
    counts: Vec<u64>,
    taken: u32,
    /// The class, once it is chosen.
    class: Option<usize>,
}

impl Smoother {
    /// Of this picture; the id chooses the random numbers.
    pub fn new(picture: Vec<f32>, id: u64, smoothing: Smoothing) -> Self {
        Self {
            random: Random::of(&[smoothing.seed, 0x736d_6f6f, id]),
            smoothing,
            picture,
            counts: Vec::new(),
            taken: 0,
            class: None,
        }
    }

    /// One pass; `true` when it is over.
    ///
    /// # Errors
    /// When the network's answers are not finite numbers, or the device fails.
    pub async fn advance(&mut self, victim: &Victim, network: &Network) -> Result<bool, RunError> {
        let wanted = match self.class {
            None => self.smoothing.choose,
            Some(_) => self.smoothing.samples,
        };
        self.counts.resize(victim.classes, 0);
        let count = (wanted - self.taken).min(victim.rows as u32);
        let mut pictures = Vec::with_capacity(count as usize * self.picture.len());
        for _ in 0..count {
            let noisy = self.picture.iter();
            let sigma = self.smoothing.sigma;
            pictures.extend(noisy.map(|it| it + sigma * normal(&mut self.random)));
        }
        let logits = victim.logits(network, &pictures).await?;
        for answer in victim.answers(&logits) {
            self.counts[answer] += 1;
        }
        self.taken += count;
        if self.taken < wanted {
            return Ok(false);
        }
        if self.class.is_some() {
            return Ok(true);
        }
        let most = self.counts.iter().enumerate().rev().max_by_key(|it| it.1);
        self.class = Some(most.map_or(0, |it| it.0));
        self.counts.fill(0);
        self.taken = 0;
        Ok(false)
    }

    /// What was found out.
    pub fn certificate(&self) -> Certificate {
        let class = self.class.unwrap_or_default();
        let count = self.counts.get(class).copied().unwrap_or_default();
        let samples = u64::from(self.taken);
        let share = lower_bound(count, samples, self.smoothing.alpha);
        Certificate {
            class,
            count,
            samples,
            share,
            radius: certified_radius(share, self.smoothing.sigma.into()),
        }
    }
}
