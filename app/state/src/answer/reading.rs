//! The latest answer as probabilities.

use std::sync::Arc;

use engine::layer::{Activation, Layer};
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::With;

use super::{Trace, best};
use crate::document::Document;

/// The probability of each class, and the most probable one.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    pub shares: Vec<f32>,
    /// `None` of blank paper, and where an output is not a number.
    pub best: Option<usize>,
}

impl Reading {
    /// `None` where the network ends in no classes or found no digit in the picture; `softmax` says
    /// that its outputs are probabilities already.
    pub fn of(trace: &Trace, softmax: bool) -> Option<Self> {
        if trace.answer.is_empty() || trace.has_no_digit() {
            return None;
        }
        let shares = match softmax {
            true => trace.answer.clone(),
            false => shares(&trace.answer),
        };
        let best = best(&shares).filter(|_| !trace.blank);
        Some(Self { shares, best })
    }

    /// The probability of the most probable class.
    pub fn sure(&self) -> Option<f32> {
        self.shares.get(self.best?).copied()
    }
}

/// The latest answer of the running network.
pub(super) fn reading(document: Document, latest: RwSignal<Option<Arc<Trace>>>) -> Option<Reading> {
    let softmax = document.running().with(|graph| {
        let last = graph.nodes().last().map(|node| &node.layer);
        last == Some(&Layer::Activation(Activation::Softmax))
    });
    latest.with(|trace| Reading::of(trace.as_ref()?, softmax))
}

/// The softmax of these values.
fn shares(values: &[f32]) -> Vec<f32> {
    let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f32> = values.iter().map(|value| (value - most).exp()).collect();
    let sum: f32 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_one_and_large_values_do_not_overflow() {
        // e⁰ : e^ln3 = 1 : 3.
        let shares = shares(&[1000.0, 1000.0 + 3.0_f32.ln()]);
        assert!((shares[0] - 0.25).abs() < 1e-4 && (shares[1] - 0.75).abs() < 1e-4);
    }
}
