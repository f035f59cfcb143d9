//! Gradual pruning.

use serde::{Deserialize, Serialize};

/// Pruning in several steps, with training between them (Zhu and Gupta 2017).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gradual {
    /// The share of the first step.
    #[serde(default)]
    pub initial: f64,
    /// The share of the last step.
    pub last: f64,
    /// The step that the first is before.
    #[serde(default)]
    pub begin: u32,
    pub end: u32,
}

impl Gradual {
    /// The share after step `t`: `final + (initial − final) · (1 − (t − begin) / (end − begin))³`.
    pub fn share(&self, t: u32) -> f64 {
        let span = f64::from(self.end.saturating_sub(self.begin)).max(1.0);
        let done = f64::from(t.saturating_sub(self.begin)) / span;
        let left = 1.0 - done.clamp(0.0, 1.0);
        self.last + (self.initial - self.last) * left * left * left
    }
}
