//! Weights as plain numbers: how they start, where a file has them, what is kept through edits. In
//! what form a number of them is held is up to who runs the network ([`Values`]): on the host, or
//! on a device.

mod drawn;
#[cfg(feature = "plan")]
mod finite;
mod initial;
#[cfg(feature = "plan")]
mod kept;
pub(crate) mod noise;
#[cfg(feature = "plan")]
mod remembered;

use std::sync::Arc;

pub use crate::checkpoint::{Parameter, Role, WeightsError};
pub use drawn::redrawn;
#[cfg(feature = "plan")]
pub(crate) use finite::cause_in;
#[cfg(feature = "plan")]
pub(crate) use initial::Slot;
pub(crate) use initial::{Start, slots};
#[cfg(feature = "run")]
pub(crate) use kept::Stored;
#[cfg(feature = "plan")]
pub use kept::{Held, Provenance};
#[cfg(feature = "plan")]
pub(crate) use kept::{bytes_left_behind, filled, started, stored};
#[cfg(feature = "plan")]
pub use remembered::{MOST_BYTES, Remembered};

use crate::NodeId;
use noise::Stream;

/// One array of numbers of one node, kept flat; `dims` says how it is laid out.
#[derive(Clone, Debug)]
pub struct Param<V> {
    pub node: NodeId,
    pub role: Role,
    /// `<node name>.<role>`.
    pub name: String,
    /// PyTorch's layout: convolution (out, in / groups, kernel height, kernel width), linear
    /// (out, in).
    pub dims: Vec<usize>,
    pub values: V,
}

impl<V> Param<V> {
    #[cfg(feature = "plan")]
    pub(crate) fn new(parameter: Parameter, values: V) -> Self {
        let Parameter {
            node,
            role,
            name,
            dims,
        } = parameter;
        Self {
            node,
            role,
            name,
            dims,
            values,
        }
    }

    /// How many numbers it has.
    pub fn count(&self) -> usize {
        self.dims.iter().product()
    }
}

/// A form in which the numbers of a parameter are held. Clones share them.
pub trait Values: Clone {
    /// What holds them.
    type Home;

    /// These numbers.
    fn of(numbers: Vec<f32>, home: &Self::Home) -> Self;

    /// As many numbers as this, by a rule of initialisation.
    fn started(start: Start, stream: Stream, count: usize, home: &Self::Home) -> Self;
}

/// On the host.
impl Values for Arc<[f32]> {
    type Home = ();

    fn of(numbers: Vec<f32>, (): &()) -> Self {
        numbers.into()
    }

    fn started(start: Start, stream: Stream, count: usize, (): &()) -> Self {
        match start {
            Start::Constant(value) => vec![value; count].into(),
            Start::Uniform(bound) => stream.uniform_numbers(count, bound).collect(),
            Start::Normal(deviation) => stream.normal_numbers(count, deviation).collect(),
        }
    }
}
