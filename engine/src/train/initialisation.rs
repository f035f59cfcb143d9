//! Rules of initialisation.

use serde::{Deserialize, Serialize};

/// How a network's weights are initialised; biases are 0. `fan_in` is how many values one output
/// value is a sum of, `fan_out` how many output values one input value goes into, borders apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum Initialisation {
    /// Uniform: He's before rectifiers, Glorot's before saturating functions and at the end.
    #[default]
    ByActivation,
    /// Variance 2 / (`fan_in` + `fan_out`): Glorot and Bengio 2010.
    GlorotUniform,
    GlorotNormal,
    /// Variance 2 / `fan_in`: He et al. 2015.
    HeUniform,
    HeNormal,
    /// Variance 1 / `fan_in`: LeCun et al. 1998, “Efficient BackProp”.
    LecunUniform,
    LecunNormal,
    /// Uniform in ± `bound`.
    Uniform {
        bound: f32,
    },
    /// Normal with mean 0 and this standard deviation, not truncated.
    Normal {
        std: f32,
    },
    Constant {
        value: f32,
    },
}
