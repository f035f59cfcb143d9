//! A matrix of 8 bits on one vector: the weights are read once.

use crate::elementwise::finish;
use crate::lanes::{F4, I4, LANES, S8, each_pair};
use crate::linear::PANEL;
use crate::{Integer, Map, Pairs};

/// `V` vectors of outputs from `bias` on; `weights` are `[pairs of inputs][V]`.
#[inline(never)]
fn panel<const V: usize>(
    layer: &Integer,
    input: &[i16],
    bias: &[[i32; LANES]],
    weights: &[Pairs],
    output: &mut [[i32; LANES]],
) {
    let mut sums = [I4::ZERO; V];
    for (sum, bias) in sums.iter_mut().zip(bias) {
        *sum = I4::load(bias);
    }
    let pairs = layer.run.div_ceil(2);
    let (mut weights, _) = weights.as_chunks::<V>();
    for &start in &layer.runs {
        let (here, after) = weights.split_at(pairs);
        let (values, _) = input[start..][..2 * pairs].as_chunks::<2>();
        for (&values, weights) in values.iter().zip(here) {
            let values = S8::pair(values);
            for (sum, weights) in sums.iter_mut().zip(weights) {
                *sum = sum.dot(values, S8::of_bytes(weights));
            }
        }
        weights = after;
    }
    for (sum, output) in sums.into_iter().zip(output) {
        sum.store(output);
    }
}

/// `input` begins at the window.
pub(super) fn product(
    layer: &Integer,
    map: &Map,
    input: &[i16],
    residual: Option<(&Map, &[f32])>,
    output: &mut [f32],
) {
    let depth = layer.runs.len() * layer.run.div_ceil(2);
    let (bias, _) = layer.bias.as_chunks::<LANES>();
    let [(factor, _), (shift, _)] = [&layer.factor, &layer.shift].map(|it| it.as_chunks::<LANES>());
    let values = &mut output[map.start..][..map.channels];
    for (number, bias) in bias.chunks(PANEL).enumerate() {
        let width = bias.len();
        let weights = &layer.weights[number * PANEL * depth..][..width * depth];
        let mut sums = [[0; LANES]; PANEL];
        match width {
            8 => panel::<8>(layer, input, bias, weights, &mut sums),
            7 => panel::<7>(layer, input, bias, weights, &mut sums),
            6 => panel::<6>(layer, input, bias, weights, &mut sums),
            5 => panel::<5>(layer, input, bias, weights, &mut sums),
            4 => panel::<4>(layer, input, bias, weights, &mut sums),
            3 => panel::<3>(layer, input, bias, weights, &mut sums),
            2 => panel::<2>(layer, input, bias, weights, &mut sums),
            _ => panel::<1>(layer, input, bias, weights, &mut sums),
        }
        let first = number * PANEL;
        let mut all = [[0.0; LANES]; PANEL];
        let each = factor[first..].iter().zip(&shift[first..]);
        for ((sum, value), (factor, shift)) in sums.iter().zip(&mut all).zip(each) {
            let sum = I4::load(sum).floats();
            sum.mul(F4::load(factor)).add(F4::load(shift)).store(value);
        }
        let first = first * LANES;
        let count = (values.len() - first).min(width * LANES);
        values[first..first + count].copy_from_slice(&all.as_flattened()[..count]);
    }
    if let Some((other, residual)) = residual {
        each_pair(values, &residual[other.start..][..map.channels], F4::add);
    }
    finish(layer.then, values);
}
