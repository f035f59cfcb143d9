//! The parameters of a network on a device: their initial values.

use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::initial::Initialisation;
use super::noise;
use crate::Graph;
use crate::checkpoint::Parameter;
use crate::weights::noise::{Stream, key};
use crate::weights::{self, Slot, Start, Values, slots};

/// One array of numbers of one node on a device.
pub type Param = weights::Param<Tensor<1>>;

/// All parameters of a network, in the graph's order.
pub type Params = Vec<Param>;

/// On a device.
impl Values for Tensor<1> {
    type Home = Device;

    fn of(numbers: Vec<f32>, device: &Device) -> Self {
        let count = numbers.len();
        Tensor::from_data(TensorData::new(numbers, [count]), device)
    }

    fn started(start: Start, stream: Stream, count: usize, device: &Device) -> Self {
        match start {
            Start::Constant(value) => Tensor::full([count], value, device),
            Start::Uniform(bound) => noise::uniform_of(stream, count, bound, device),
            Start::Normal(deviation) => noise::normal_of(stream, count, deviation, device),
        }
    }
}

/// Every parameter the graph has, seeded: weights uniform by Glorot and Bengio (2010) before
/// saturating functions and by He et al. (2015) before rectifiers, biases zero. The same seed
/// gives the same bits on every machine and device. `None` for a graph with problems.
pub fn seeded(graph: &Graph, seed: u64, device: &Device) -> Option<Params> {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let fill = |(place, slot): (usize, Slot)| {
        let (count, start) = (
            slot.parameter.count(),
            slot.start(Initialisation::ByActivation),
        );
        let values = match start {
            Start::Uniform(bound) if is_large(count) => {
                noise::uniform(key(seed, place), count, bound, device)
            }
            Start::Uniform(bound) => {
                let values = (0..count).map(|_| bound * (2.0 * random.random::<f32>() - 1.0));
                Tensor::from_data(TensorData::new(values.collect(), [count]), device)
            }
            start => {
                let Parameter { node, role, .. } = slot.parameter;
                Values::started(start, Stream::of(seed, node, role), count, device)
            }
        };
        Param::new(slot.parameter, values)
    };
    Some(slots(graph)?.into_iter().enumerate().map(fill).collect())
}

/// From this size on, weights are made on the device, each number from its place alone: uploading
/// them would cost more than computing them.
pub(super) const fn is_large(count: usize) -> bool {
    count >= 1 << 18
}
