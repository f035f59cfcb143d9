//! Normalisation by the statistics of one picture, in use as in training: over groups of channels
//! (Wu and He 2018), over all values of a map (Ba et al. 2016) and over each channel (Ulyanov et al.
//! 2016).

use serde::{Deserialize, Serialize};

use super::conv::{is_yes, yes};
use super::formula::{Formula, named, sum, times, values};
use super::norm::in_range;
use super::rule::{positive, product, single};
use super::{Cost, Family, LayerError, Rule, Window};
use crate::Shape;

/// Over each of `groups` runs of channels and all positions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupNorm {
    pub groups: u32,
    pub eps: f64,
    /// Whether a factor per channel is learnt.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub scale: bool,
    /// Whether a summand per channel is learnt.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub shift: bool,
}

/// What layer norm takes together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayerNormAxes {
    /// All values of the map; each has a scale and a shift of its own (PyTorch's `LayerNorm`).
    #[default]
    All,
    /// The channels of each position, which have the scale and shift (ConvNeXt's `LayerNorm2d`,
    /// Keras' `LayerNormalization`).
    Channels,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerNorm {
    #[serde(default)]
    pub axes: LayerNormAxes,
    pub eps: f64,
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub scale: bool,
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub shift: bool,
}

/// Over the positions of each channel (PyTorch's `InstanceNorm2d` without running statistics).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstanceNorm {
    pub eps: f64,
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub scale: bool,
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub shift: bool,
}

/// PyTorch's.
const EPS: f64 = 1e-5;

impl GroupNorm {
    pub const fn new(groups: u32) -> Self {
        Self {
            groups,
            eps: EPS,
            scale: true,
            shift: true,
        }
    }
}

impl LayerNorm {
    pub const fn new(axes: LayerNormAxes) -> Self {
        Self {
            axes,
            eps: EPS,
            scale: true,
            shift: true,
        }
    }

    /// The axes of its parameters, PyTorch's.
    pub fn weight_dims(&self, input: Shape) -> Vec<u32> {
        if self.axes == LayerNormAxes::Channels || input.is_vector() {
            return vec![input.channels];
        }
        vec![input.channels, input.height, input.width]
    }
}

impl InstanceNorm {
    pub const fn new() -> Self {
        Self {
            eps: EPS,
            scale: true,
            shift: true,
        }
    }
}

impl Default for InstanceNorm {
    fn default() -> Self {
        Self::new()
    }
}

/// How many values are normalised, by how many means and variances, and what is learnt.
struct Counts {
    sets: u64,
    sets_name: &'static str,
    /// The values that each have a scale or shift.
    each: Formula,
    each_count: u64,
    scale: bool,
    shift: bool,
}

impl Counts {
    const fn learnt(&self) -> u64 {
        self.scale as u64 + self.shift as u64
    }

    /// For each value: a step of the mean's sum, the difference, its square, a step of that sum, the
    /// division, and what is learnt. For each set: ε and the root; the divisions of its two sums are
    /// the steps that a sum of n values does not take.
    fn cost(&self, output: Shape) -> Cost {
        let each = product([output.elements(), 5 + self.learnt()]);
        Cost {
            trainable: product([self.each_count, self.learnt()]),
            element_flops: each.saturating_add(product([2, self.sets])),
            ..Cost::default()
        }
    }

    fn trainable(self) -> Option<Formula> {
        let learnt = match (self.scale, self.shift) {
            (true, true) => "scale and shift",
            (true, false) => "scale",
            (false, true) => "shift",
            (false, false) => return None,
        };
        let count = self.learnt();
        Some(times([self.each, named(learnt, count)]))
    }

    fn elements(&self, output: Shape) -> Option<Formula> {
        Some(sum([
            times([
                values(output),
                named("operations a value", 5 + self.learnt()),
            ]),
            times([
                named(self.sets_name, self.sets),
                named("ε and the root", 2_u64),
            ]),
        ]))
    }
}

macro_rules! normalises {
    ($kind:ident, $title:expr, $check:expr, $window:expr, $places:expr) => {
        impl Rule for $kind {
            fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError> {
                let input = single(inputs)?;
                in_range("eps", self.eps, 0.0, 1.0)?;
                let check: fn(&Self, Shape) -> Result<(), LayerError> = $check;
                check(self, input)?;
                Ok(input)
            }
            fn cost(&self, inputs: &[Shape], output: Shape) -> Cost {
                self.counts(inputs[0]).cost(output)
            }
            fn window(&self, _: Shape) -> Option<Window> {
                let window: fn(&Self) -> Option<Window> = $window;
                window(self)
            }
            fn family(&self) -> Family {
                Family::Normalisation
            }
            fn title(&self) -> String {
                let title: fn(&Self) -> String = $title;
                title(self)
            }
            fn name_stem(&self) -> &'static str {
                "norm"
            }
            fn trainable_formula(&self, inputs: &[Shape], _: Shape) -> Option<Formula> {
                self.counts(inputs[0]).trainable()
            }
            fn element_formula(&self, inputs: &[Shape], output: Shape) -> Option<Formula> {
                self.counts(inputs[0]).elements(output)
            }
            fn keeps_places(&self) -> bool {
                true
            }
            fn is_passed_by_initialisation(&self) -> bool {
                true
            }
            fn counts_mut(&mut self) -> Vec<&mut u32> {
                let counts: fn(&mut Self) -> Vec<&mut u32> = $places;
                counts(self)
            }
            fn set_usual(&mut self) {
                self.eps = EPS;
            }
        }
    };
}

impl GroupNorm {
    fn counts(&self, input: Shape) -> Counts {
        Counts {
            sets: self.groups.into(),
            sets_name: "groups",
            each: named("channels", input.channels),
            each_count: input.channels.into(),
            scale: self.scale,
            shift: self.shift,
        }
    }

    fn check(&self, input: Shape) -> Result<(), LayerError> {
        positive("groups", self.groups)?;
        if !input.channels.is_multiple_of(self.groups) {
            return Err(LayerError::Groups {
                groups: self.groups,
                channels: input.channels,
                side: "input",
            });
        }
        Ok(())
    }
}

impl LayerNorm {
    fn counts(&self, input: Shape) -> Counts {
        let (sets, sets_name, each, each_count) = match self.axes {
            LayerNormAxes::All => (1, "maps taken together", values(input), input.elements()),
            LayerNormAxes::Channels => (
                input.positions(),
                "positions",
                named("channels", input.channels),
                input.channels.into(),
            ),
        };
        Counts {
            sets,
            sets_name,
            each,
            each_count,
            scale: self.scale,
            shift: self.shift,
        }
    }
}

impl InstanceNorm {
    fn counts(&self, input: Shape) -> Counts {
        Counts {
            sets: input.channels.into(),
            sets_name: "channels",
            each: named("channels", input.channels),
            each_count: input.channels.into(),
            scale: self.scale,
            shift: self.shift,
        }
    }
}

normalises!(
    GroupNorm,
    |it| format!("group norm in {} groups", it.groups),
    Self::check,
    |_| None,
    |it| vec![&mut it.groups]
);
normalises!(
    LayerNorm,
    |it| match it.axes {
        LayerNormAxes::All => "layer norm".into(),
        LayerNormAxes::Channels => "layer norm over channels".into(),
    },
    |_, _| Ok(()),
    |it| match it.axes {
        LayerNormAxes::All => None,
        LayerNormAxes::Channels => Some(Window::POINT),
    },
    |_| Vec::new()
);
normalises!(
    InstanceNorm,
    |_| "instance norm".into(),
    |_, _| Ok(()),
    |_| None,
    |_| Vec::new()
);
