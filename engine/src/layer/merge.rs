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
    /// Element by element (He et al. 2016); all shapes equal.
    Add,
    /// Element by element; a `C×1×1` input at any position is broadcast over the map (the gate of
    /// squeeze-excitation).
    Multiply,
    /// Channel after channel (Szegedy et al. 2015); equal height and width.
    Concat,
}

impl Rule for Merge {
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
        let (Some(&first), 2..) = (inputs.first(), inputs.len()) else {
            return Err(LayerError::InputCount {
                wanted: "at least 2",
                got: inputs.len(),
            });
        };
        let differing = |first, fits: fn(Shape, Shape) -> bool, rule| match inputs
            .iter()
            .find(|&&other| !fits(first, other))
        {
            Some(&other) => Err(LayerError::Mismatch { first, other, rule }),
            None => Ok(()),
        };
        match self {
            Self::Add => {
                differing(first, |a, b| a == b, "adding needs equal shapes")?;
                Ok(first)
            }
            Self::Multiply => {
                let rule = "multiplying needs equal shapes, or a map and factors of as many \
                            channels with height and width 1";
                let map = inputs
                    .iter()
                    .copied()
                    .find(|input| !input.is_vector())
                    .unwrap_or(first);
                let fits = |a: Shape, b: Shape| a == b || b == Shape::vector(a.channels);
                differing(map, fits, rule)?;
                Ok(map)
            }
            Self::Concat => {
                let rule = "concatenating needs equal height and width";
                differing(first, |a, b| a.size() == b.size(), rule)?;
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
        match self {
            Self::Add | Self::Multiply => OutputFormula::Words("as its input"),
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
