//! Element-wise functions, and softmax.

use burn::tensor::{Tensor, activation};

use crate::layer::Activation;

/// The function of each value; softmax over the channels.
pub fn activate(function: Activation, x: Tensor<4>) -> Tensor<4> {
    match function {
        Activation::Relu => activation::relu(x),
        Activation::Relu6 => relu6(x),
        Activation::LeakyRelu { slope } => activation::leaky_relu(x, slope),
        Activation::Elu { alpha } => elu(x, alpha),
        Activation::Tanh => tanh(x),
        Activation::ScaledTanh { a, s } => tanh(x.mul_scalar(s)).mul_scalar(a),
        Activation::Sigmoid => activation::sigmoid(x),
        Activation::Silu => activation::silu(x),
        Activation::HardSigmoid => hard_sigmoid(x),
        Activation::HardSwish => x.clone() * hard_sigmoid(x),
        Activation::Gelu => activation::gelu(x),
        Activation::Softmax => activation::softmax(x, 1),
        Activation::LogSoftmax => activation::log_softmax(x, 1),
    }
}

/// WGSL lets a device compute tanh from exponentials that overflow: at 100 SwiftShader gives NaN.
/// From 10 on tanh is ±1 in 32-bit floats and its slope 0, so nothing is lost by stopping there.
fn tanh(x: Tensor<4>) -> Tensor<4> {
    if x.device().inner() == super::cpu() {
        return x.tanh();
    }
    x.clamp(-10.0, 10.0).tanh()
}

fn hard_sigmoid(x: Tensor<4>) -> Tensor<4> {
    relu6(x.add_scalar(3.0)).div_scalar(6.0)
}

/// At 0 and 6 the slope is 0, as in PyTorch; burn's clamp has 1 there, and values of exactly 0 are
/// common. Without gradients the clamp does the same in one pass.
fn relu6(x: Tensor<4>) -> Tensor<4> {
    if !x.is_autodiff() {
        return x.clamp(0.0, 6.0);
    }
    let x = activation::relu(x);
    let above = x.clone().greater_equal_elem(6.0);
    x.mask_fill(above, 6.0)
}

/// burn's own function also takes the exponential of positive values and masks it; its gradient is
/// NaN where that overflows (0 · ∞, from x = 89 on).
fn elu(x: Tensor<4>, alpha: f64) -> Tensor<4> {
    let positive = x.clone().greater_elem(0.0);
    let rest = x.clone().mask_fill(positive.clone(), 0.0);
    let bent = rest.exp().sub_scalar(1.0).mul_scalar(alpha);
    bent.mask_where(positive, x)
}

/// `max(x, 0) + slope · min(x, 0)`, with one slope or one a channel.
pub fn prelu(x: Tensor<4>, slopes: Tensor<1>) -> Tensor<4> {
    let count = slopes.dims()[0];
    let negative = activation::relu(x.clone().neg());
    activation::relu(x) - negative * slopes.reshape([1, count, 1, 1])
}
