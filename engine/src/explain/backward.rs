//! The backward pass of one input, from the loss to the input, as numbers that can be followed.

use serde::{Deserialize, Serialize};

use crate::NodeId;
use crate::checkpoint::Role;
use crate::session::{MapSlice, Unit, Wanted};

/// What is asked of a backward pass of the last input.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BackwardAsk {
    /// The class that should be right; the predicted one if none.
    pub label: Option<u32>,
    /// Which parts of the gradients' maps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub maps: Vec<Wanted>,
    /// The value whose gradient is taken apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// The weight that is moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<WeightStep>,
}

/// One step of gradient descent on one weight.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeightStep {
    pub node: NodeId,
    pub role: Role,
    /// Its place among the values of this parameter; that with the largest gradient if none.
    pub place: Option<u32>,
    pub rate: f32,
}

/// A backward pass. The maps' values are beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Backward {
    pub label: u32,
    pub predicted: u32,
    /// Softmax cross-entropy with the label.
    pub loss: f64,
    pub logits: Vec<f32>,
    /// Softmax of the logits.
    pub shares: Vec<f32>,
    /// The loss's gradient with respect to the logits.
    pub slopes: Vec<f32>,
    /// The input, then every node on the way to the logits.
    pub nodes: Vec<NodeSlope>,
    /// Where the gradients' maps lie in the values.
    pub maps: Vec<MapSlice>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<Chain>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Stepped>,
}

/// The loss's gradient with respect to one node.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeSlope {
    pub node: NodeId,
    /// The length (Euclidean norm) of the gradient with respect to its values.
    pub length: f64,
    /// The largest size of one value of the gradient, and its place among the node's values.
    pub largest: f32,
    pub place: u32,
    /// The length of the gradient with respect to its parameters; none without, and none where those
    /// of the whole network are too many to be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<f64>,
}

/// One value's gradient by the chain rule: a term for each value behind it, each the local derivative
/// times the gradient there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chain {
    pub unit: Unit,
    pub value: f32,
    pub gradient: f32,
    /// What comes back through each node that takes it.
    pub through: Vec<Through>,
}

/// What comes back through one node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Through {
    pub node: NodeId,
    /// Of all terms.
    pub sum: f64,
    /// How many terms have a derivative other than 0, and the largest of them by size; none where there
    /// are too many to compute each by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms: Option<(u64, Vec<Term>)>,
}

/// One term of the chain rule.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Term {
    pub channel: u32,
    pub row: u32,
    pub column: u32,
    /// How much this value changes with the unit.
    pub derivative: f32,
    /// The loss's gradient with respect to this value.
    pub gradient: f32,
}

impl Term {
    pub fn product(&self) -> f64 {
        f64::from(self.derivative) * f64::from(self.gradient)
    }
}

/// One step on one weight.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stepped {
    pub step: WeightStep,
    /// The place that was taken, and the parameter's axes.
    pub place: u32,
    pub dims: Vec<u32>,
    pub before: f32,
    pub gradient: f32,
    pub after: f32,
    /// Before and after the step, each by a pass.
    pub loss: [f64; 2],
    pub shares: [Vec<f32>; 2],
}

impl Stepped {
    /// By how much the loss would change if it were a straight line: −rate · gradient².
    pub fn predicted(&self) -> f64 {
        -f64::from(self.step.rate) * f64::from(self.gradient).powi(2)
    }

    /// By how much it changes.
    pub fn change(&self) -> f64 {
        self.loss[1] - self.loss[0]
    }
}

/// Softmax of some logits.
pub fn softmax(logits: &[f32]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers = logits
        .iter()
        .map(|&it| libm::exp(f64::from(it) - f64::from(largest)));
    let powers: Vec<f64> = powers.collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// Softmax cross-entropy with one class.
pub fn cross_entropy(logits: &[f32], label: usize) -> f64 {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers = logits
        .iter()
        .map(|&it| libm::exp(f64::from(it) - f64::from(largest)));
    let of_label = logits.get(label).copied().unwrap_or(f32::NEG_INFINITY);
    libm::log(powers.sum()) - (f64::from(of_label) - f64::from(largest))
}

/// The gradient of each input's own cross-entropy with respect to its logits: softmax − one-hot.
#[cfg(any(feature = "run", test))]
pub fn loss_gradient(logits: &[f32], labels: &[usize], classes: usize) -> Vec<f32> {
    let mut gradient = Vec::with_capacity(logits.len());
    for (logits, &label) in logits.chunks_exact(classes.max(1)).zip(labels) {
        let shares = softmax(logits).into_iter().enumerate();
        gradient.extend(shares.map(|(class, share)| {
            let hot = f64::from(u8::from(class == label));
            (share - hot) as f32
        }));
    }
    gradient
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_of_cross_entropy_is_softmax_less_one_hot() {
        // Softmax of 0 and ln 3 is 1/4 and 3/4; its cross-entropy with the second is −ln 3/4.
        let logits = [0.0, 3.0_f32.ln()];
        let gradient = loss_gradient(&logits, &[1], 2);
        assert!((gradient[0] - 0.25).abs() < 1e-6 && (gradient[1] + 0.25).abs() < 1e-6);
        assert!((cross_entropy(&logits, 1) - -(0.75_f64).ln()).abs() < 1e-6);
        // Far from 0 nothing overflows.
        assert!(cross_entropy(&[1000.0, 0.0], 0).abs() < 1e-12);
        assert!((cross_entropy(&[1000.0, 0.0], 1) - 1000.0).abs() < 1e-9);
    }
}
