//! The least ε with which an attack succeeds on one picture.

use super::{Goal, Norm, Projected, Rows, RunError, Settings, Victim};
use crate::run::Network;

/// Values of ε tried at once at most.
const AT_ONCE: usize = 32;

/// A search under way. Several values are tried in one pass and the interval before the first that
/// succeeds is divided again: a bisection with more than one point. Success need not grow with ε, so
/// what comes out is a boundary between failure and success, not proven to be the first.
#[derive(Debug)]
pub struct Smallest {
    settings: Settings,
    picture: Vec<f32>,
    goal: Goal,
    id: u64,
    low: f32,
    high: Option<f32>,
    precision: f32,
    epsilons: Vec<f32>,
    attack: Option<Projected>,
}

impl Smallest {
    /// Of this picture by a method that ε bounds.
    pub fn new(
        victim: &Victim,
        picture: Vec<f32>,
        goal: Goal,
        id: u64,
        settings: &Settings,
    ) -> Self {
        let (most, precision) = match settings.norm {
            Norm::Linf => (1.0, 1.0 / 2550.0),
            // Half of the way from black to white.
            Norm::L2 => ((victim.size() as f32).sqrt() / 2.0, 0.005),
        };
        let count = victim.rows.min(AT_ONCE);
        let part = |at: usize| most * (at + 1) as f32 / count as f32;
        Self {
            settings: settings.clone(),
            picture,
            goal,
            id,
            low: 0.0,
            high: None,
            precision,
            epsilons: (0..count).map(part).collect(),
            attack: None,
        }
    }

    /// One pass; `true` when it is over.
    ///
    /// # Errors
    /// When the network's answers are not finite numbers, or the device fails.
    pub async fn advance(&mut self, victim: &Victim, network: &Network) -> Result<bool, RunError> {
        let count = self.epsilons.len();
        let attack = self.attack.get_or_insert_with(|| {
            let rows = Rows {
                pictures: self.picture.repeat(count),
                goals: vec![self.goal; count],
                // The same random direction for all.
                ids: vec![self.id; count],
            };
            Projected::within(rows, &self.settings, &self.epsilons)
        });
        if !attack.advance(victim, network).await? {
            return Ok(false);
        }
        let Some(attack) = self.attack.take() else {
            return Ok(true);
        };
        let answers = victim.answers(&attack.finish().logits);
        let first = answers.iter().position(|&it| self.goal.is_reached(it));
        let at = first.unwrap_or(count);
        if let Some(&before) = at.checked_sub(1).and_then(|it| self.epsilons.get(it)) {
            self.low = before;
        }
        if let Some(&epsilon) = self.epsilons.get(at) {
            self.high = Some(epsilon);
        }
        let Some(high) = self.high else {
            return Ok(true);
        };
        let width = high - self.low;
        if width <= self.precision {
            return Ok(true);
        }
        let count = victim.rows.min(AT_ONCE);
        let part = |at: usize| self.low + width * (at + 1) as f32 / (count + 1) as f32;
        self.epsilons = (0..count).map(part).collect();
        Ok(false)
    }

    /// The least ε found; none when none up to the largest succeeds.
    pub const fn found(&self) -> Option<f32> {
        self.high
    }
}
