//! A learning rate from the losses of steps whose rate grows (Smith 2017).

use serde::{Deserialize, Serialize};

/// Which rates are tried.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RateRange {
    pub from: f64,
    pub to: f64,
    pub steps: u32,
}

impl Default for RateRange {
    fn default() -> Self {
        Self {
            from: 1e-6,
            to: 1.0,
            steps: 100,
        }
    }
}

impl RateRange {
    /// What each step multiplies the rate by.
    pub fn factor(self) -> f64 {
        libm::pow(self.to / self.from, 1.0 / f64::from(self.steps.max(2) - 1))
    }
}

/// The rate at which the loss falls most steeply, by the logarithm of the rate; `rates` grow by a
/// constant factor, and the losses are averaged over a tenth of them. None when the loss never
/// falls.
pub fn propose(rates: &[f64], losses: &[f64]) -> Option<f64> {
    let count = rates.len().min(losses.len());
    let reach = (count / 20).max(1);
    let smooth: Vec<f64> = (0..count)
        .map(|at| {
            let window = &losses[at.saturating_sub(reach)..(at + reach + 1).min(count)];
            window.iter().sum::<f64>() / window.len() as f64
        })
        .collect();
    // Behind the least loss the rates are too high.
    let end = (0..count).min_by(|&a, &b| smooth[a].total_cmp(&smooth[b]))?;
    let slope = |at: usize| smooth[at + 1] - smooth[at - 1];
    let steepest = (1..count.saturating_sub(1))
        .filter(|&at| at <= end)
        .min_by(|&a, &b| slope(a).total_cmp(&slope(b)))?;
    (slope(steepest) < 0.0).then(|| rates[steepest])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates() -> Vec<f64> {
        (0..121)
            .map(|at| 10_f64.powf(-6.0 + f64::from(at) / 20.0))
            .collect()
    }

    #[test]
    fn the_proposal_is_where_the_loss_falls_most_steeply() {
        // A logistic fall around 10⁻³, then an explosion from 10⁻¹ on.
        let loss = |rate: f64| {
            let place = rate.log10();
            let fall = 2.0 / (1.0 + (-4.0 * (place + 3.0)).exp());
            2.3 - fall
                + if place > -1.0 {
                    50.0 * (place + 1.0)
                } else {
                    0.0
                }
        };
        let losses: Vec<f64> = rates().into_iter().map(loss).collect();
        let proposed = propose(&rates(), &losses).unwrap();
        assert!((proposed.log10() + 3.0).abs() < 0.06, "{proposed}");
    }

    #[test]
    fn a_loss_that_only_rises_gives_no_proposal() {
        let losses: Vec<f64> = (0..121).map(f64::from).collect();
        assert_eq!(propose(&rates(), &losses), None);
        assert_eq!(propose(&[], &[]), None);
    }

    #[test]
    fn the_rates_end_where_they_are_to() {
        let range = RateRange::default();
        let last = range.from * range.factor().powi(99);
        assert!((last / range.to - 1.0).abs() < 1e-9, "{last}");
    }
}
