//! Answers and distances in plain numbers.

use serde::{Deserialize, Serialize};

/// The class of the largest logit, the first of equal ones; `None` when one is not finite.
pub fn answer_of(logits: &[f32]) -> Option<usize> {
    if logits.iter().any(|logit| !logit.is_finite()) {
        return None;
    }
    let largest = logits.iter().enumerate().rev();
    Some(largest.max_by(|a, b| a.1.total_cmp(b.1))?.0)
}

/// Softmax.
pub fn probabilities(logits: &[f32]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponential = |&it: &f32| libm::exp(f64::from(it) - f64::from(largest));
    let parts: Vec<f64> = logits.iter().map(exponential).collect();
    let total: f64 = parts.iter().sum();
    parts.iter().map(|part| part / total).collect()
}

/// In nats.
pub fn cross_entropy(logits: &[f32], class: usize) -> f64 {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponential = |&it: &f32| libm::exp(f64::from(it) - f64::from(largest));
    let sum: f64 = logits.iter().map(exponential).sum();
    let of_class = logits.get(class).copied().unwrap_or(f32::NEG_INFINITY);
    libm::log(sum) + f64::from(largest) - f64::from(of_class)
}

/// How far two pictures of 0 to 1 are apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sizes {
    pub l2: f64,
    pub linf: f64,
    /// Values that differ.
    pub changed: u64,
}

impl Sizes {
    pub fn of(from: &[f32], to: &[f32]) -> Self {
        let mut sizes = Self::default();
        for (from, to) in from.iter().zip(to) {
            let by = f64::from(to - from);
            sizes.l2 += by * by;
            sizes.linf = sizes.linf.max(by.abs());
            sizes.changed += u64::from(from != to);
        }
        sizes.l2 = sizes.l2.sqrt();
        sizes
    }
}

#[cfg(feature = "run")]
pub(super) fn l2(values: &[f32]) -> f64 {
    let squares = values.iter().map(|&it| f64::from(it) * f64::from(it));
    squares.sum::<f64>().sqrt()
}

/// A normally distributed number (Box and Muller 1958).
pub(super) fn normal(random: &mut crate::data::Random) -> f32 {
    let (u, v) = (f64::from(random.unit()), f64::from(random.unit()));
    let length = libm::sqrt(-2.0 * libm::log(1.0 - u));
    (length * libm::cos(2.0 * std::f64::consts::PI * v)) as f32
}
