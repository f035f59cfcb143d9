//! Pruning in the course of a training.

use serde::{Deserialize, Serialize};

use super::SettingsError;
use super::settings::below;
use crate::compress::prune::{Gradual, Scope};

/// Small weights of convolutions and linear layers become 0, more of them from step to step, and
/// stay 0 (Zhu and Gupta 2017).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pruning {
    /// The share after each step of the training.
    #[serde(flatten)]
    pub gradual: Gradual,
    /// Steps between two prunings.
    pub every: u32,
    #[serde(default)]
    pub scope: Scope,
}

impl Pruning {
    /// # Errors
    /// When a share is none, or there is no step to prune in.
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let Gradual {
            initial,
            last,
            begin,
            end,
        } = self.gradual;
        below("the first share to prune", initial, 0.0, 1.0)?;
        below("the last share to prune", last, 0.0, 1.0)?;
        let steps = f64::from(end) - f64::from(begin);
        super::settings::above("the steps of the pruning", steps, 0.0, 1e9)?;
        super::settings::above(
            "the steps between two prunings",
            f64::from(self.every),
            0.0,
            1e9,
        )
    }

    /// The share that is pruned after this step; none where none is.
    pub fn share(&self, step: u64) -> Option<f64> {
        let Gradual { begin, end, .. } = self.gradual;
        let step = u32::try_from(step).ok()?;
        let inside = (begin..=end).contains(&step);
        let due = inside && (step == end || (step - begin).is_multiple_of(self.every.max(1)));
        due.then(|| self.gradual.share(step))
    }
}
