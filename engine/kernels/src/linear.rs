//! A matrix on one vector: the weights are read once, in one stream of panels of 32 outputs.

use super::lanes::{F4, LANES, each, each_pair};
use super::{Four, functions};
use crate::{Linear, Map, Then};

/// Vectors of outputs in a panel.
pub const PANEL: usize = 8;

/// `V` vectors of outputs from `bias` on; `weights` are `[inputs][V]`. A function of its own:
/// browsers compile small ones well, and sooner.
#[inline(never)]
fn panel<const V: usize>(
    linear: &Linear,
    input: &[f32],
    bias: &[Four],
    weights: &[Four],
    output: &mut [Four],
) {
    let mut sums = [F4::ZERO; V];
    for (sum, bias) in sums.iter_mut().zip(bias) {
        *sum = F4::load(bias);
    }
    let (mut weights, _) = weights.as_chunks::<V>();
    for &start in &linear.runs {
        let (here, after) = weights.split_at(linear.run);
        for (&value, weights) in input[start..][..linear.run].iter().zip(here) {
            let value = F4::splat(value);
            for (sum, weights) in sums.iter_mut().zip(weights) {
                *sum = value.madd(F4::load(weights), *sum);
            }
        }
        weights = after;
    }
    for (sum, output) in sums.into_iter().zip(output) {
        sum.store(output);
    }
}

/// The product for one picture.
#[inline(never)]
pub fn product(
    linear: &Linear,
    map: &Map,
    input: &[f32],
    residual: Option<(&Map, &[f32])>,
    output: &mut [f32],
) {
    let depth = linear.runs.len() * linear.run;
    let (bias, _) = linear.bias.as_chunks::<LANES>();
    let values = &mut output[map.start..][..map.channels];
    for (number, bias) in bias.chunks(PANEL).enumerate() {
        let width = bias.len();
        let weights = &linear.weights[number * PANEL * depth..][..width * depth];
        let mut sums = [[0.0; LANES]; PANEL];
        match width {
            8 => panel::<8>(linear, input, bias, weights, &mut sums),
            7 => panel::<7>(linear, input, bias, weights, &mut sums),
            6 => panel::<6>(linear, input, bias, weights, &mut sums),
            5 => panel::<5>(linear, input, bias, weights, &mut sums),
            4 => panel::<4>(linear, input, bias, weights, &mut sums),
            3 => panel::<3>(linear, input, bias, weights, &mut sums),
            2 => panel::<2>(linear, input, bias, weights, &mut sums),
            _ => panel::<1>(linear, input, bias, weights, &mut sums),
        }
        let first = number * PANEL * LANES;
        let count = (values.len() - first).min(width * LANES);
        values[first..first + count].copy_from_slice(&sums.as_flattened()[..count]);
    }
    if let Some((other, residual)) = residual {
        each_pair(values, &residual[other.start..][..map.channels], F4::add);
    }
    match linear.then {
        Then::NOTHING => {}
        Then::Clamp { low, high } => {
            each(values, |x| {
                x.at_least(F4::splat(low)).at_most(F4::splat(high))
            });
        }
        Then::Function(function) => functions::apply(function, values),
    }
}
