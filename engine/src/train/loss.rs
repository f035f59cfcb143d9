//! Loss functions: cross-entropy and the mean squared error.

use burn::tensor::{Device, Tensor, TensorData, activation};

/// How the losses of a batch are reduced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reduction {
    #[default]
    Mean,
    Sum,
    /// No reduction: one loss for each example.
    None,
}

/// Softmax cross-entropy from logits, in nats.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CrossEntropy {
    /// The share of every target that is spread evenly over the classes (Szegedy et al. 2016):
    /// `(1 − s) · t + s / classes`.
    pub label_smoothing: f64,
    pub reduction: Reduction,
}

impl CrossEntropy {
    /// `−Σ t · log softmax(logits)`, both examples × classes; targets are probabilities or
    /// [`one_hot`]. One value, or one for each example without reduction.
    pub fn of(self, logits: Tensor<2>, targets: Tensor<2>) -> Tensor<1> {
        let [examples, classes] = logits.dims();
        let smoothing = self.label_smoothing;
        let targets = if smoothing == 0.0 {
            targets
        } else {
            let even = smoothing / classes as f64;
            targets.mul_scalar(1.0 - smoothing).add_scalar(even)
        };
        let agreement = activation::log_softmax(logits, 1) * targets;
        match self.reduction {
            Reduction::Mean => agreement.sum().div_scalar(-(examples as f64)),
            Reduction::Sum => agreement.sum().neg(),
            Reduction::None => agreement.sum_dim(1).neg().reshape([examples]),
        }
    }
}

/// The mean of `(values − targets)²` over all of them.
pub fn mean_squared_error(values: Tensor<2>, targets: Tensor<2>) -> Tensor<1> {
    (values - targets).square().mean()
}

/// Labels as targets, examples × classes: 1 for the label's class and 0 for the others. `None` when
/// a label is not below `classes`.
pub fn one_hot(labels: &[usize], classes: usize, device: &Device) -> Option<Tensor<2>> {
    let mut targets = vec![0.0_f32; labels.len() * classes];
    for (row, &label) in labels.iter().enumerate() {
        if label >= classes {
            return None;
        }
        targets[row * classes + label] = 1.0;
    }
    let targets = TensorData::new(targets, [labels.len(), classes]);
    Some(Tensor::from_data(targets, device))
}
