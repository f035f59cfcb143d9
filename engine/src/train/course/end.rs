//! How a training ends: without improvement, or beyond the finite numbers.

use super::{Course, Good, Happened};
use crate::data::DataSet;
use crate::run::Network;
use crate::train::task::{Best, Divergence, End, Position};
use crate::train::{EarlyStopping, TrainError};

impl Course {
    /// The weights before this step give no finite loss, or those after it are not finite.
    pub(super) async fn diverged(
        &mut self,
        before: Good,
        loss: f64,
        images: Vec<u32>,
        network: &mut Network,
        data: &DataSet,
    ) -> Result<Happened, TrainError> {
        let step = before.position.step + 1;
        let mut place = network.non_finite_param().await?.map(str::to_owned);
        if loss.is_finite() {
            self.good = Some(before);
        } else {
            place = None;
            *network.params_mut() = before.params.clone();
            let target = network.graph().input();
            for image in images {
                let input = data.input(image as usize, None, self.task.means, target);
                let found = network.find_non_finite(input.unwrap_or_default()).await?;
                if let Some(found) = found {
                    place = Some(found.name);
                    break;
                }
            }
        }
        Ok(self.back_to_good(network, step, place))
    }

    /// Ends because of this step.
    pub(super) fn back_to_good(
        &mut self,
        network: &mut Network,
        step: u64,
        place: Option<String>,
    ) -> Happened {
        if let Some(good) = self.good.take() {
            *network.params_mut() = good.params;
            self.optimiser = good.optimiser;
            self.position = good.position;
            self.epoch = None;
        }
        Happened::Ended(End::Diverged(Divergence {
            step,
            good: self.position.step,
            place,
        }))
    }

    /// Mean loss and accuracy of the steps of the last epoch.
    pub(super) fn training_loss(&self) -> (f64, f64) {
        let Position {
            loss, right, seen, ..
        } = self.position;
        let seen = seen.max(1) as f64;
        (loss / seen, right as f64 / seen)
    }

    /// Whether the loss has fallen; ends the training that does not improve.
    pub(super) fn improve(&mut self, loss: f64, network: &mut Network) {
        let epoch = self.position.epoch;
        let stopping = self.task.settings.early_stopping;
        let least = stopping.map_or(0.0, |stopping| stopping.least);
        let better = |best: Best| loss < best.loss - least;
        match self.position.best {
            Some(best) if !better(best) => {
                let waits = |it: EarlyStopping| epoch.saturating_sub(best.epoch) >= it.patience;
                if stopping.is_some_and(waits) {
                    self.restore_best(network);
                    let best_epoch = best.epoch;
                    self.end = Some(End::NoImprovement { best_epoch });
                }
            }
            _ => {
                self.position.best = Some(Best { epoch, loss });
                let kept = stopping.is_some_and(|stopping| stopping.restore_best);
                self.best = kept.then(|| {
                    let params = network.params().iter();
                    params.map(|param| param.values.clone().inner()).collect()
                });
            }
        }
    }

    pub(super) fn restore_best(&mut self, network: &mut Network) {
        let on_autodiff = network.device().is_autodiff();
        let Some(best) = self.best.take() else { return };
        for (param, values) in network.params_mut().iter_mut().zip(best) {
            param.values = if on_autodiff {
                values.autodiff()
            } else {
                values
            };
        }
    }
}
