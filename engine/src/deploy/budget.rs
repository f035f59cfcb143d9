//! Limits that a network must keep to be used somewhere.

use serde::{Deserialize, Serialize};

/// The limits; `None` where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Budgets {
    /// Milliseconds at the 99th percentile.
    pub ms: Option<f64>,
    /// Megabytes (10⁶) of weights.
    pub megabytes: Option<f64>,
    pub parameters: Option<f64>,
    /// The least accuracy, from 0 to 1.
    pub accuracy: Option<f64>,
}

/// What is known of a network; `None` where it was not measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Facts {
    pub ms: Option<f64>,
    pub bytes: u64,
    pub parameters: u64,
    pub accuracy: Option<f64>,
}

/// Whether a limit is kept; `None` where there is no limit or no measurement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Over {
    pub ms: Option<bool>,
    pub megabytes: Option<bool>,
    pub parameters: Option<bool>,
    pub accuracy: Option<bool>,
}

impl Budgets {
    /// Which limits these facts exceed.
    pub fn exceeded(&self, facts: &Facts) -> Over {
        let over = |limit: Option<f64>, value: Option<f64>| Some(value? > limit?);
        Over {
            ms: over(self.ms, facts.ms),
            megabytes: over(self.megabytes, Some(facts.bytes as f64 / 1e6)),
            parameters: over(self.parameters, Some(facts.parameters as f64)),
            accuracy: over(facts.accuracy, self.accuracy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_exceeded_above_it_and_an_accuracy_below() {
        let budgets = Budgets {
            ms: Some(10.0),
            megabytes: Some(0.25),
            parameters: None,
            accuracy: Some(0.98),
        };
        let facts = Facts {
            ms: Some(10.0),
            bytes: 250_001,
            parameters: 5,
            accuracy: Some(0.975),
        };
        let over = budgets.exceeded(&facts);
        assert_eq!(over.ms, Some(false));
        assert_eq!(over.megabytes, Some(true));
        assert_eq!(over.parameters, None);
        assert_eq!(over.accuracy, Some(true));
        let unknown = Facts::default();
        assert_eq!(budgets.exceeded(&unknown).accuracy, None);
    }
}
