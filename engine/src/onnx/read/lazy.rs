//! Values of the file while it is read. Element-wise arithmetic with constants waits, because only
//! what follows says which activation it is a part of.

use std::rc::Rc;

use crate::onnx::tensor::Tensor;
use crate::onnx::view::View;

#[derive(Clone, Debug)]
pub(super) enum Value {
    /// An optional input that is left out.
    Absent,
    Constant(Rc<Tensor>),
    Map(Lazy),
    /// `x − code` for every code, on the way to their squared distances.
    Distances(Box<Distances>),
    /// The output of a node that is not supported, or of one behind it.
    Unknown,
}

#[derive(Clone, Debug)]
pub(super) struct Distances {
    pub of: View,
    pub codes: Rc<Tensor>,
    /// The name of the tensor of codes.
    pub name: String,
}

/// A view of a node's output, and what is still to be done with each of its values.
#[derive(Clone, Debug)]
pub(super) struct Lazy {
    pub view: View,
    pub steps: Vec<Step>,
    /// What the layer of the last step is to be named.
    pub name: String,
    /// The number of the node of the file that the last step is from, so that it is done once.
    pub number: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    Add(Amount),
    Multiply(Amount),
    /// By the value before the first step.
    TimesBase,
    Square,
    Power(f32),
    Clip(f32, f32),
    Tanh,
    Sigmoid,
    Erf,
    HardSigmoid(f32, f32),
    /// Zeros on both ends of the channels.
    PadChannels(usize, usize),
    /// The mean of so many channels, one after the other.
    MeanOfChannels(usize),
}

/// A constant for every value, or one for each channel.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Amount {
    One(f32),
    PerChannel(Rc<Vec<f32>>),
}

impl Amount {
    pub fn map(&self, function: impl Fn(f32) -> f32) -> Self {
        match self {
            Self::One(value) => Self::One(function(*value)),
            Self::PerChannel(values) => {
                Self::PerChannel(Rc::new(values.iter().map(|&it| function(it)).collect()))
            }
        }
    }

    pub fn per_channel(&self, channels: usize) -> Vec<f32> {
        match self {
            Self::One(value) => vec![*value; channels],
            Self::PerChannel(values) => values.to_vec(),
        }
    }
}

impl Lazy {
    pub const fn of(view: View) -> Self {
        Self {
            view,
            steps: Vec::new(),
            name: String::new(),
            number: 0,
        }
    }

    /// The same values in another view.
    pub fn seen(&self, view: View) -> Self {
        Self {
            view,
            ..self.clone()
        }
    }
}
