//! Channels of an activation that pass on no gradient.

use burn::tensor::Tensor;

use crate::layer::Activation;

/// Where the slope of a function is 0, or almost.
#[derive(Clone, Copy, Debug)]
pub enum Dead {
    /// At 0 and below.
    UpTo0,
    /// At exactly 0.
    At0,
    /// So far from the middle or farther.
    Beyond { middle: f64, reach: f64 },
}

/// The share of the end at which a function that nears it counts as saturated.
const SATURATED: f64 = 0.99;

impl Dead {
    /// `None` for functions whose slope is nowhere 0, or whose channels compete.
    pub fn of(function: Activation) -> Option<Self> {
        let beyond = |middle, reach| Some(Self::Beyond { middle, reach });
        match function {
            Activation::Relu => Some(Self::UpTo0),
            Activation::Relu6 => beyond(3.0, 3.0),
            Activation::Tanh => beyond(0.0, SATURATED),
            Activation::ScaledTanh { a, s: _ } => beyond(0.0, SATURATED * a.abs()),
            // Outside 0.01 to 0.99.
            Activation::Sigmoid => beyond(0.5, SATURATED - 0.5),
            Activation::HardSigmoid => beyond(0.5, 0.5),
            Activation::HardSwish => Some(Self::At0),
            Activation::LeakyRelu { .. }
            | Activation::Elu { .. }
            | Activation::Silu
            | Activation::Gelu
            | Activation::Softmax
            | Activation::LogSoftmax => None,
        }
    }
}

/// The share of channels that are dead at every position of every example of this output; `None`
/// for a function that cannot die.
pub fn dead_share(function: Activation, output: &Tensor<4>) -> Option<Tensor<1>> {
    let dead = Dead::of(function)?;
    let output = output.clone().inner();
    let [examples, channels, height, width] = output.dims();
    let rows = output.swap_dims(0, 1);
    let rows: Tensor<2> = rows.reshape([channels, examples * height * width]);
    let dead = match dead {
        Dead::UpTo0 => rows.max_dim(1).lower_equal_elem(0.0),
        Dead::At0 => rows.abs().max_dim(1).lower_equal_elem(0.0),
        Dead::Beyond { middle, reach } => {
            let nearest = rows.sub_scalar(middle).abs().min_dim(1);
            nearest.greater_equal_elem(reach)
        }
    };
    Some(dead.float().mean())
}
