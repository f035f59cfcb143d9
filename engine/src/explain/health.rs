//! How the layers of a resting network are doing on some images.

use serde::{Deserialize, Serialize};

use super::{Histogram, Rank};
use crate::NodeId;
#[cfg(any(feature = "run", test))]
use crate::layer::Activation;

/// What one node does on the images.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeHealth {
    pub node: NodeId,
    /// Of its values.
    pub mean: f64,
    pub variance: f64,
    pub channels: u32,
    /// Channels that are 0 at every place of every image.
    pub zero: u32,
    /// The share of the values at the ends of a function that saturates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saturated: Option<f64>,
    /// The length of the loss's gradient with respect to the values, for one image on average.
    pub gradient: f64,
    /// The length of the trainable parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<f64>,
    /// Of the batch norm before it: channels whose scale is 0.
    #[serde(default)]
    pub scaled_to_zero: u32,
    /// How its values are spread, and its weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Histogram>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_values: Option<Histogram>,
    /// Of its kernels as the rows of a matrix, where that is small enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<Rank>,
}

/// What is not as it should be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Maps that are always 0, so many of them because a batch norm before scales them to 0.
    Dead {
        zero: u32,
        scaled: u32,
    },
    Saturated {
        share: f64,
    },
    /// The gradient is this many times smaller than that of the last layer.
    Vanishing {
        times: f64,
    },
    Exploding {
        times: f64,
    },
    /// The kernels use few of the directions that they could.
    LowRank {
        effective: f64,
        of: u32,
    },
    /// The same values whatever the image.
    Constant,
}

/// Gradients differ by more than this from the last layer's.
const FAR: f64 = 1e3;
/// Fewer directions than this share of all are few, where there are at least so many.
const FEW: f64 = 0.25;
const DIRECTIONS: u32 = 8;
/// More of the values than this are at the ends of the function.
const MUCH: f64 = 0.5;

impl NodeHealth {
    /// What is not as it should be, where the gradient at the logits has this length.
    pub fn findings(&self, at_logits: f64, is_activation: bool) -> Vec<Finding> {
        let mut all = Vec::new();
        if is_activation && self.zero > 0 {
            let (zero, scaled) = (self.zero, self.scaled_to_zero.min(self.zero));
            all.push(Finding::Dead { zero, scaled });
        }
        if let Some(share) = self.saturated.filter(|&share| share > MUCH) {
            all.push(Finding::Saturated { share });
        }
        if let Some(rank) = &self.rank
            && rank.of >= DIRECTIONS
            && rank.effective < FEW * f64::from(rank.of)
        {
            let (effective, of) = (rank.effective, rank.of);
            all.push(Finding::LowRank { effective, of });
        }
        if !is_activation && self.variance == 0.0 {
            all.push(Finding::Constant);
        }
        if at_logits > 0.0 {
            let times = self.gradient / at_logits;
            if times < 1.0 / FAR {
                let times = 1.0 / times.max(1e-30);
                all.push(Finding::Vanishing { times });
            } else if times > FAR {
                all.push(Finding::Exploding { times });
            }
        }
        all
    }
}

impl Finding {
    /// What is wrong, why, and what helps; `channels` are the node's.
    pub fn sentence(&self, channels: u32) -> String {
        match self {
            Self::Dead { zero, scaled: 0 } => format!(
                "{zero} of {channels} maps are always 0: their input is never positive on these images. \
                 Train again with a lower rate, or take a leaky ReLU."
            ),
            Self::Dead { zero, scaled } => format!(
                "{zero} of {channels} maps are always 0, {scaled} of them because the batch norm before \
                 has a scale of 0. They can be removed without any loss."
            ),
            Self::Saturated { share } => format!(
                "{:.0} % of the values are at the ends of the function, where its slope is almost 0. \
                 Start from smaller weights, or normalise before it.",
                share * 100.0
            ),
            Self::Vanishing { times } => format!(
                "The gradient is {times:.0} times smaller than at the last layer, so this layer hardly \
                 learns. Skip connections, batch norm or ReLU help."
            ),
            Self::LowRank { effective, of } => format!(
                "Its kernels use about {effective:.1} of {of} directions, so most repeat each other. Fewer \
                 maps would do; regularisation or another start spreads them."
            ),
            Self::Constant => {
                "It gives one value whatever the image, so nothing of the input passes. Its \
                weights may all be 0, or the layer before may be dead; start it again."
                    .to_owned()
            }
            Self::Exploding { times } => format!(
                "The gradient is {times:.0} times larger than at the last layer. A lower rate, clipped \
                 gradients or batch norm help."
            ),
        }
    }
}

#[cfg(any(feature = "run", test))]
/// Whether a value is at an end of a function that nears its ends; `None` for any other function.
#[cfg(feature = "run")]
pub fn saturates(function: Activation, value: f32) -> Option<bool> {
    /// The share of the end from which on a value counts.
    const NEAR: f64 = 0.99;
    let value = f64::from(value);
    Some(match function {
        Activation::Tanh => value.abs() >= NEAR,
        Activation::ScaledTanh { a, .. } => value.abs() >= NEAR * a.abs(),
        Activation::Sigmoid | Activation::HardSigmoid => (value - 0.5).abs() >= NEAR - 0.5,
        Activation::Relu6 => value >= 6.0,
        Activation::Relu
        | Activation::LeakyRelu { .. }
        | Activation::Elu { .. }
        | Activation::Silu
        | Activation::HardSwish
        | Activation::Gelu
        | Activation::Softmax
        | Activation::LogSoftmax => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health() -> NodeHealth {
        NodeHealth {
            node: NodeId(1),
            mean: 0.0,
            variance: 1.0,
            channels: 64,
            zero: 31,
            saturated: Some(0.6),
            gradient: 1.0,
            weights: None,
            scaled_to_zero: 31,
            values: None,
            weight_values: None,
            rank: None,
        }
    }

    #[test]
    fn what_is_abnormal_is_said_with_its_reason_and_what_helps() {
        let found = health().findings(1.0, true);
        let said: Vec<String> = found.iter().map(|it| it.sentence(64)).collect();
        assert!(
            said[0].starts_with("31 of 64 maps are always 0") && said[0].contains("scale of 0")
        );
        assert!(said[1].starts_with("60 % of the values"));
        assert_eq!(said.len(), 2);
        // Zeros are normal where no function makes them.
        assert_eq!(health().findings(1.0, false).len(), 1);
        let far = health().findings(1e6, false);
        assert!(matches!(far[1], Finding::Vanishing { times } if (times - 1e6).abs() < 1.0));
        let far = health().findings(1e-6, false);
        assert!(matches!(far[1], Finding::Exploding { .. }));
        let rank = |effective| {
            Some(Rank {
                largest: vec![1.0],
                of: 64,
                effective,
            })
        };
        let mut low = health();
        low.rank = rank(5.0);
        let said = low.findings(1.0, false)[1].sentence(64);
        assert!(said.contains("5.0 of 64 directions"), "{said}");
        low.rank = rank(40.0);
        low.variance = 0.0;
        assert_eq!(low.findings(1.0, false)[1], Finding::Constant);
    }

    #[test]
    fn only_bounded_functions_saturate() {
        assert_eq!(saturates(Activation::Tanh, -0.995), Some(true));
        assert_eq!(saturates(Activation::Tanh, 0.9), Some(false));
        assert_eq!(saturates(Activation::Sigmoid, 0.005), Some(true));
        assert_eq!(saturates(Activation::LECUN, 1.0), Some(false));
        assert_eq!(saturates(Activation::LECUN, 1.71), Some(true));
        assert_eq!(saturates(Activation::Relu, 0.0), None);
    }
}
