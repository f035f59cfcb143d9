//! Layers that merge branches.

use serde::{Deserialize, Serialize};

use super::formula::{Formula, minus_one, named, sum, times, values};
use super::rule::{MAX_FIELD, product};
use super::{Cost, Family, LayerError, OutputFormula, Rule, Sign};
use crate::Shape;

/// How several inputs become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Merge {
    /// Element by element (He et al. 2016), with sides of 1 broadcast.
    Add,
    /// Element by element, with sides of 1 broadcast: the gate of squeeze-excitation is `C×1×1`
    /// (Hu et al. 2018), that of spatial attention `1×H×W` (Woo et al. 2018).
    Multiply,
    /// Channel after channel (Szegedy et al. 2015); equal height and width.
    Concat,
}

/// The shape of these inputs broadcast as NumPy and PyTorch do it: on each axis their sides are equal,
/// or 1.
fn broadcast(inputs: &[Shape], rule: &'static str) -> Result<Shape, LayerError> {
    let axes: [fn(Shape) -> u32; 3] = [|it| it.channels, |it| it.height, |it| it.width];
    let mut sides = [1; 3];
    for (side, of) in sides.iter_mut().zip(axes) {
        let mut long = inputs.iter().copied().filter(|&input| of(input) != 1);
        let Some(first) = long.next() else {
            continue;
        };
        if let Some(other) = long.find(|&other| of(other) != of(first)) {
            return Err(LayerError::Mismatch { first, other, rule });
        }
        *side = of(first);
    }
    let [channels, height, width] = sides;
    Ok(Shape::new(channels, height, width))
}

impl Rule for Merge {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        let (Some(&first), 2..) = (inputs.first(), inputs.len()) else {
            return Err(LayerError::InputCount {
                wanted: "at least 2",
                got: inputs.len(),
            });
        };
        match self {
            Self::Add => broadcast(
                inputs,
                "adding needs equal channels, heights and widths; only a side of 1 is repeated to \
                 fit (broadcast)",
            ),
            Self::Multiply => broadcast(
                inputs,
                "multiplying needs equal channels, heights and widths; only a side of 1 is \
                 repeated to fit (broadcast)",
            ),
            Self::Concat => {
                let rule = "concatenating needs equal height and width";
                if let Some(&other) = inputs.iter().find(|other| other.size() != first.size()) {
                    return Err(LayerError::Mismatch { first, other, rule });
                }
                let channels = inputs.iter().map(|s| u64::from(s.channels)).sum::<u64>();
                let limit = MAX_FIELD;
                match u32::try_from(channels) {
                    Ok(channels) if channels <= limit => Ok(Shape { channels, ..first }),
                    _ => Err(LayerError::TooLarge {
                        field: "channels together",
                        got: channels,
                        limit: limit.into(),
                    }),
                }
            }
        }
    }

    fn cost(&self, inputs: &[Shape], output: Shape) -> Cost {
        let element_flops = match self {
            Self::Add | Self::Multiply => {
                product([(inputs.len() as u64).saturating_sub(1), output.elements()])
            }
            Self::Concat => 0,
        };
        Cost {
            element_flops,
            ..Cost::default()
        }
    }

    fn family(&self) -> Family {
        Family::Merge
    }
    fn title(&self) -> String {
        match self {
            Self::Add => "add".into(),
            Self::Multiply => "multiply".into(),
            Self::Concat => "concat".into(),
        }
    }
    fn name_stem(&self) -> &'static str {
        "merge"
    }
    fn output_formula(&self, inputs: &[Shape]) -> OutputFormula {
        let first = inputs.first().copied();
        match self {
            Self::Add | Self::Multiply if inputs.iter().all(|&it| Some(it) == first) => {
                OutputFormula::Words("as its inputs")
            }
            Self::Add | Self::Multiply => OutputFormula::Words(
                "the largest channels, height and width of its inputs; a side of 1 is repeated to fit",
            ),
            Self::Concat => {
                let channels = inputs.iter().enumerate().map(|(place, input)| {
                    named(format!("channels of input {}", place + 1), input.channels)
                });
                OutputFormula::Channels(sum(channels))
            }
        }
    }
    fn element_formula(&self, inputs: &[Shape], output: Shape) -> Option<Formula> {
        match self {
            Self::Add | Self::Multiply => {
                let inputs = named("inputs", inputs.len() as u64);
                Some(times([minus_one(inputs), values(output)]))
            }
            Self::Concat => None,
        }
    }
    fn sign(&self) -> Sign {
        Sign::AsInputs
    }
}
