//! What is known of a layer without running it.

use serde::{Deserialize, Serialize};

use super::formula::Formula;
use super::{Arithmetic, Family, LayerError, Padding, Window};
use crate::Shape;

/// The parameters of one layer and its operations for one image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Parameters that training changes.
    pub trainable: u64,
    /// Stored values that training does not fit by gradient: batch norm's running statistics,
    /// the codes of LeNet's RBF output.
    pub other: u64,
    /// Multiply-adds of convolutions and linear layers: output positions × weight elements,
    /// padding included, biases excluded (as fvcore and torchvision count them).
    pub macs: u64,
    /// Every other floating-point operation: biases, norms, activations, pooling, merges.
    pub element_flops: u64,
}

impl Cost {
    /// What [`Self::flops`] counts, in a sentence for people.
    pub const FLOPS_CONVENTION: &'static str = "2 for each multiply-add of convolutions and \
        linear layers, plus 1 for every other arithmetic step, comparison or elementary function \
        (biases, norms, activations, pooling, merges); dropout counts nothing at inference";

    /// Trainable and other parameters together, as Keras prints them.
    pub const fn params(&self) -> u64 {
        self.trainable.saturating_add(self.other)
    }

    /// Adds another cost to this one.
    pub fn add(&mut self, other: Self) {
        self.trainable = self.trainable.saturating_add(other.trainable);
        self.other = self.other.saturating_add(other.other);
        self.macs = self.macs.saturating_add(other.macs);
        self.element_flops = self.element_flops.saturating_add(other.element_flops);
    }

    /// Floating-point operations by [`Self::FLOPS_CONVENTION`].
    pub const fn flops(&self) -> u64 {
        self.macs
            .saturating_mul(2)
            .saturating_add(self.element_flops)
    }
}

/// What is known of a kind of layer without running it. All counts are for one image.
pub trait Rule {
    /// The output shape for these input shapes. The limits on its size are checked by
    /// [`Layer::measure`](super::Layer::measure).
    ///
    /// # Errors
    /// When a hyper-parameter is out of its range or does not fit the inputs.
    fn output(&self, inputs: &[Shape]) -> Result<Shape, LayerError>;

    /// Parameters and operations. Called only with the input and output shapes of a valid layer.
    fn cost(&self, inputs: &[Shape], output: Shape) -> Cost;

    /// The window of the input that one output value depends on; 1×1 by default. `None` where it
    /// depends on the whole input.
    fn window(&self, input: Shape) -> Option<Window> {
        let _ = input;
        Some(Window::POINT)
    }

    /// How input values are spread over a larger map; `None` for a layer that has a window, and where
    /// the output depends on the whole input.
    fn spread(&self) -> Option<Spread> {
        None
    }

    /// The family the kind belongs to.
    fn family(&self) -> Family;

    /// The layer in a few words, as on a card: “conv 5×5 ×6”, “avg pool 2×2”. Settings with their
    /// usual value (stride 1, one group, no padding) are left out.
    fn title(&self) -> String;

    /// What a new node of this kind is named; a number is added where the name is taken.
    fn name_stem(&self) -> &'static str;

    /// The formula of the output shape.
    fn output_formula(&self, inputs: &[Shape]) -> OutputFormula {
        let _ = inputs;
        OutputFormula::Words("as its input")
    }

    /// The formula of [`Cost::trainable`]; `None` for a layer without trainable parameters.
    fn trainable_formula(&self, inputs: &[Shape], output: Shape) -> Option<Formula> {
        let _ = (inputs, output);
        None
    }

    /// The formula of [`Cost::other`]; `None` for a layer that stores nothing else.
    fn other_formula(&self, inputs: &[Shape], output: Shape) -> Option<Formula> {
        let _ = (inputs, output);
        None
    }

    /// The formula of [`Cost::macs`]; `None` for a layer without multiply-adds.
    fn mac_formula(&self, inputs: &[Shape], output: Shape) -> Option<Formula> {
        let _ = (inputs, output);
        None
    }

    /// The formula of [`Cost::element_flops`]; `None` for a layer without other operations.
    fn element_formula(&self, inputs: &[Shape], output: Shape) -> Option<Formula> {
        let _ = (inputs, output);
        None
    }

    /// Of which kind the multiply-adds are; `None` for a layer without any. Layers with
    /// multiply-adds are those that the papers count as a network's depth.
    fn arithmetic(&self) -> Option<Arithmetic> {
        None
    }

    /// Whether an output value can be negative.
    fn sign(&self) -> Sign {
        Sign::Any
    }

    /// Whether an output channel is a sum of maps, one for each input channel that takes part, as
    /// that of a convolution is.
    fn sums_channels(&self) -> bool {
        false
    }

    /// Whether each output value has the channel, row and column of the input value that it comes
    /// from, so that the order of a flattened map stays the same.
    fn keeps_places(&self) -> bool {
        false
    }

    /// Whether the weights of a layer before this one are initialised for the activation behind it.
    fn is_passed_by_initialisation(&self) -> bool {
        false
    }

    /// Whether the output may be a result of the network even if it is not the last node's, as those
    /// of GoogLeNet's auxiliary classifiers are.
    fn is_classifier(&self) -> bool {
        false
    }

    /// Every setting that must be at least 1.
    fn counts_mut(&mut self) -> Vec<&mut u32> {
        Vec::new()
    }

    /// The kernel of a layer that slides one.
    fn kernel_mut(&mut self) -> Option<&mut [u32; 2]> {
        None
    }

    /// The padding of a layer that can be padded.
    fn padding_mut(&mut self) -> Option<&mut Padding> {
        None
    }

    /// Sets the real-valued settings to their usual values: PyTorch's, or the paper's.
    fn set_usual(&mut self) {}
}

/// Where the shape of an output comes from.
#[derive(Clone, Debug)]
pub enum OutputFormula {
    /// A sentence.
    Words(&'static str),
    /// The count of channels; height and width stay, or are 1.
    Channels(Formula),
    /// A window that slides over the input, and where the count of channels comes from.
    Sliding {
        channels: &'static str,
        window: Window,
    },
    /// Height and width, and where the count of channels comes from.
    Axes {
        channels: &'static str,
        axes: [Formula; 2],
    },
}

/// How a layer spreads its input values over a larger map, `[height, width]` each: the value at place i
/// goes into the `extent` places from `stride · i − before` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    pub stride: [u32; 2],
    pub extent: [u64; 2],
    pub before: [u32; 2],
}

/// Which signs the values of a map can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Any,
    NeverNegative,
    /// Negative only where an input is.
    AsInputs,
}

/// The only input of a layer that takes exactly one.
pub(super) fn single(inputs: &[Shape]) -> Result<Shape, LayerError> {
    let [input] = inputs else {
        return Err(LayerError::InputCount {
            wanted: "exactly 1",
            got: inputs.len(),
        });
    };
    Ok(*input)
}

/// The product, or 2⁶⁴ − 1 where it would be larger.
pub(super) fn product<const N: usize>(factors: [u64; N]) -> u64 {
    factors.into_iter().fold(1, u64::saturating_mul)
}

/// How many values a kernel of `[height, width]` covers.
pub(super) fn area(kernel: [u32; 2]) -> u64 {
    u64::from(kernel[0]) * u64::from(kernel[1])
}

/// `channels · factor`, within the limit on channels.
pub(super) fn scaled_channels(channels: u32, factor: u32) -> Result<u32, LayerError> {
    let got = u64::from(channels) * u64::from(factor);
    match u32::try_from(got) {
        Ok(scaled) if scaled <= MAX_FIELD => Ok(scaled),
        _ => Err(LayerError::TooLarge {
            field: "channels",
            got,
            limit: MAX_FIELD.into(),
        }),
    }
}

/// `size · factor`, within the limit on sides.
pub(super) fn scaled_side(field: &'static str, size: u32, factor: u32) -> Result<u32, LayerError> {
    positive("factor", factor)?;
    let got = u64::from(size) * u64::from(factor);
    match u32::try_from(got) {
        Ok(scaled) if scaled <= MAX_FIELD => Ok(scaled),
        _ => Err(LayerError::TooLarge {
            field,
            got,
            limit: MAX_FIELD.into(),
        }),
    }
}

/// The largest allowed count of channels or features, kernel side, stride, padding, dilation,
/// height or width: far above any published network.
pub const MAX_FIELD: u32 = 1 << 20;

/// The most values one image's feature map may have: 8 GiB as f32, more than a page can hold.
pub const MAX_ELEMENTS: u64 = 1 << 31;

/// The most values one layer may store, a hundred times VGG-16's largest.
pub const MAX_PARAMETERS: u64 = 1 << 34;

/// The most operations one layer may take for one image. With at most 2¹² nodes a graph's total
/// stays below 2⁶⁴, so that no sum overflows.
pub const MAX_OPERATIONS: u64 = 1 << 50;

/// Checks that output and cost are within the limits.
pub(super) fn within_limits(shape: Shape, cost: Cost) -> Result<(), LayerError> {
    for (field, got, limit) in [
        ("the output's height", shape.height.into(), MAX_FIELD.into()),
        ("the output's width", shape.width.into(), MAX_FIELD.into()),
        (
            "the output's count of values",
            shape.elements(),
            MAX_ELEMENTS,
        ),
        (
            "the layer's count of parameters",
            cost.params(),
            MAX_PARAMETERS,
        ),
        (
            "the layer's count of multiply-adds",
            cost.macs,
            MAX_OPERATIONS,
        ),
        (
            "the layer's count of operations",
            cost.element_flops,
            MAX_OPERATIONS,
        ),
    ] {
        if got > limit {
            return Err(LayerError::TooLarge { field, got, limit });
        }
    }
    Ok(())
}

/// Checks that `value` is within 1 ..= [`MAX_FIELD`].
pub(super) fn positive(field: &'static str, value: u32) -> Result<(), LayerError> {
    if value == 0 {
        return Err(LayerError::Zero { field });
    }
    at_most(field, value, MAX_FIELD)
}

/// Checks that `value` is at most `limit`.
pub(super) fn at_most(field: &'static str, value: u32, limit: u32) -> Result<(), LayerError> {
    if value > limit {
        return Err(LayerError::TooLarge {
            field,
            got: value.into(),
            limit: limit.into(),
        });
    }
    Ok(())
}
