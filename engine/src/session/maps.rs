//! Which part of a node's map goes to the page, and how fine.

#[cfg(feature = "run")]
use burn::tensor::Tensor;
#[cfg(feature = "run")]
use burn::tensor::module::adaptive_avg_pool2d;

use super::model::Model;
use super::{MapSlice, Wanted};
#[cfg(feature = "run")]
use crate::Shape;

/// Cuts and reduces a map, batch × channels × height × width, on its device.
#[cfg(feature = "run")]
pub fn reduce(wanted: &Wanted, map: Tensor<4>) -> Tensor<4> {
    let [_, channels, height, width] = map.dims();
    let shape = Shape::new(channels as u32, height as u32, width as u32);
    let sent = wanted.sent(shape);
    let map = match (wanted.first as usize, sent.channels as usize) {
        // Nothing is left; one value is sent, for a tensor cannot be empty.
        (_, 0) => map.narrow(1, 0, 1),
        (0, count) if count == channels => map,
        (first, count) => map.narrow(1, first, count),
    };
    if (sent.height, sent.width) == (shape.height, shape.width) {
        return map;
    }
    adaptive_avg_pool2d(map, [sent.height as usize, sent.width as usize])
}

/// Puts the maps behind `values` and says where each lies.
pub fn append(
    model: &Model,
    wanted: &[Wanted],
    traced: &[Vec<f32>],
    values: &mut Vec<f32>,
) -> Vec<MapSlice> {
    let append = |(wanted, map): (&Wanted, &Vec<f32>)| {
        let shape = model.shape(wanted.node)?;
        let sent = wanted.sent(shape);
        let map = map.get(..usize::try_from(sent.elements()).ok()?)?;
        let offset = values.len();
        values.extend_from_slice(map);
        let finite = || map.iter().copied().filter(|value| value.is_finite());
        Some(MapSlice {
            node: wanted.node,
            shape,
            first: wanted.first,
            sent,
            offset,
            min: finite().fold(0.0, f32::min),
            max: finite().fold(0.0, f32::max),
        })
    };
    wanted.iter().zip(traced).filter_map(append).collect()
}
