//! What follows a step's sums, in WGSL.

use super::params::Numbers;
use crate::plan::Then;
use kernels::Function;

/// Which function a shader has; bounds are numbers, so that they share shaders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum After {
    /// Nothing, at least 0, or within bounds.
    Bounds,
    Leaky,
    Elu,
    Tanh,
    ScaledTanh,
    Sigmoid,
    Silu,
    HardSigmoid,
    HardSwish,
    Gelu,
}

impl Numbers {
    /// With a function's numbers, and which one it is.
    pub(super) fn then(mut self, then: Then) -> (Self, After) {
        let after = match then {
            Then::Clamp { low, high } => {
                let [low_is, high_is] = [low, high].map(f32::is_finite);
                self.mode = match (low_is, high_is) {
                    (false, false) => 0,
                    (true, false) => 1,
                    _ => 2,
                };
                self.a = low.max(f32::MIN);
                self.b = high.min(f32::MAX);
                After::Bounds
            }
            Then::Function(function) => return self.function(function),
        };
        (self, after)
    }

    pub(super) fn function(mut self, function: Function) -> (Self, After) {
        let after = match function {
            Function::Relu => {
                (self.mode, self.a) = (1, 0.0);
                After::Bounds
            }
            Function::Relu6 => {
                (self.mode, self.a, self.b) = (2, 0.0, 6.0);
                After::Bounds
            }
            Function::LeakyRelu { slope } => {
                self.a = slope;
                After::Leaky
            }
            Function::Elu { alpha } => {
                self.a = alpha;
                After::Elu
            }
            Function::Tanh => After::Tanh,
            Function::ScaledTanh { a, s } => {
                (self.a, self.b) = (a, s);
                After::ScaledTanh
            }
            Function::Sigmoid => After::Sigmoid,
            Function::Silu => After::Silu,
            Function::HardSigmoid => After::HardSigmoid,
            Function::HardSwish => After::HardSwish,
            Function::Gelu => After::Gelu,
        };
        (self, after)
    }
}

/// The hyperbolic tangent as the CPU's kernels have it; what a device calls tanh may be far off.
const TANH: &str = "
fn tanh_of(v: V) -> V {
  let x = clamp(v, V(-7.905311), V(7.905311));
  let q = x * x;
  var above = q * -2.7607684e-16 + 2.000188e-13;
  above = above * q - 8.604672e-11;
  above = above * q + 5.122297e-8;
  above = above * q + 1.4857224e-5;
  above = above * q + 6.372619e-4;
  above = above * q + 4.8935246e-3;
  var below = q * 1.1982584e-6 + 1.1853471e-4;
  below = below * q + 2.2684346e-3;
  below = below * q + 4.893525e-3;
  return x * above / below;
}
";

const SIGMOID: &str = "
fn sigmoid_of(v: V) -> V {
  return 1.0 / (1.0 + exp(-clamp(v, V(-80.0), V(80.0))));
}
";

/// The error function, likewise.
const ERF: &str = "
fn erf_of(v: V) -> V {
  let x = clamp(v, V(-4.0), V(4.0));
  let q = x * x;
  var above = q * -2.7261424e-10 + 2.7706817e-8;
  above = above * q - 2.101024e-6;
  above = above * q - 5.6925065e-5;
  above = above * q - 7.3499063e-4;
  above = above * q - 2.9546e-3;
  above = above * q - 1.6096033e-2;
  var below = q * -1.4566072e-5 - 2.1337406e-4;
  below = below * q - 1.682827e-3;
  below = below * q - 7.3733293e-3;
  below = below * q - 1.4264739e-2;
  return x * above / below;
}
";

impl After {
    /// What a function gives back as its slope for a value `v` of it; none where that does not follow
    /// from the value.
    pub(super) const fn slope(self) -> Option<&'static str> {
        Some(match self {
            Self::Bounds => {
                "if (p.mode == 0u) { return V(1.0); }
  let above = select(V(0.0), V(1.0), v > V(p.a));
  if (p.mode == 1u) { return above; }
  return select(V(0.0), above, v < V(p.b));"
            }
            Self::Leaky => "return select(V(p.a), V(1.0), v > V(0.0));",
            Self::Tanh => "return 1.0 - v * v;",
            Self::ScaledTanh => "let y = v / p.a;\n  return p.a * p.b * (1.0 - y * y);",
            Self::Sigmoid => "return v * (1.0 - v);",
            _ => return None,
        })
    }

    /// `fn then(v: V) -> V`; `V` is the kind of its values.
    pub(super) fn text(self) -> String {
        let (helper, body) = match self {
            Self::Bounds => (
                "",
                "if (p.mode == 0u) { return v; }
  if (p.mode == 1u) { return max(v, V(p.a)); }
  return clamp(v, V(p.a), V(p.b));",
            ),
            Self::Leaky => ("", "return select(v, v * p.a, v < V(0.0));"),
            Self::Elu => (
                "",
                "return select(v, p.a * (exp(max(v, V(-87.0))) - 1.0), v < V(0.0));",
            ),
            Self::Tanh => (TANH, "return tanh_of(v);"),
            Self::ScaledTanh => (TANH, "return p.a * tanh_of(v * p.b);"),
            Self::Sigmoid => (SIGMOID, "return sigmoid_of(v);"),
            Self::Silu => (SIGMOID, "return v * sigmoid_of(v);"),
            Self::HardSigmoid => ("", "return clamp(v + 3.0, V(0.0), V(6.0)) * (1.0 / 6.0);"),
            Self::HardSwish => (
                "",
                "return v * clamp(v + 3.0, V(0.0), V(6.0)) * (1.0 / 6.0);",
            ),
            Self::Gelu => (ERF, "return v * (erf_of(v * 0.70710677) + 1.0) * 0.5;"),
        };
        format!("{helper}\nfn then(v: V) -> V {{\n  {body}\n}}\n")
    }
}
