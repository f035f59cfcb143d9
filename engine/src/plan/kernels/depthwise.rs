//! Depthwise convolution: each channel by itself, so that neighbouring channels share a vector.

use super::functions;
use super::lanes::{F4, LANES};
use crate::plan::step::{Depthwise, Then};
use crate::plan::view::Map;

/// Neighbouring positions that share the loads of weights.
const COLUMNS: usize = 4;

#[inline(always)]
fn four(values: &[f32], at: usize) -> F4 {
    let mut four = [0.0; LANES];
    four.copy_from_slice(&values[at..at + LANES]);
    F4::load(&four)
}

/// Four channels at `N` neighbouring positions. `at` is the place of the first window.
#[inline(always)]
fn columns<const N: usize>(
    conv: &Depthwise,
    input: &[f32],
    at: usize,
    channel: usize,
    channels: usize,
) -> [F4; N] {
    let mut sums = [four(&conv.bias, channel); N];
    let mut weight = channel;
    for row in 0..conv.kernel[0] {
        let mut from = at + row * conv.tap[0];
        for _ in 0..conv.kernel[1] {
            let weights = four(&conv.weights, weight);
            for (place, sum) in sums.iter_mut().enumerate() {
                *sum = four(input, from + place * conv.step[0]).madd(weights, *sum);
            }
            weight += channels;
            from += conv.tap[1];
        }
    }
    sums
}

/// One channel at one position.
fn single(conv: &Depthwise, input: &[f32], at: usize, channel: usize, channels: usize) -> f32 {
    let mut sum = conv.bias[channel];
    let mut weight = channel;
    for row in 0..conv.kernel[0] {
        for column in 0..conv.kernel[1] {
            let value = input[at + row * conv.tap[0] + column * conv.tap[1]];
            sum += value * conv.weights[weight];
            weight += channels;
        }
    }
    sum
}

/// The convolution of one picture.
pub fn convolve(conv: &Depthwise, map: &Map, input: &[f32], output: &mut [f32]) {
    let (low, high) = match conv.then {
        Then::Clamp { low, high } => (low, high),
        Then::Function(_) => (f32::NEG_INFINITY, f32::INFINITY),
    };
    let bounded = |sum: F4| sum.at_least(F4::splat(low)).at_most(F4::splat(high));
    let whole = map.channels - map.channels % LANES;
    for y in 0..map.height {
        let mut x = 0;
        while x < map.width {
            let count = COLUMNS.min(map.width - x);
            let at = conv.start + y * conv.step[1] + x * conv.step[0];
            let to = map.at(y, x);
            for channel in (0..whole).step_by(LANES) {
                let mut write = |place: usize, sum: F4| {
                    let to = to + place * map.pitch + channel;
                    let mut four = [0.0; LANES];
                    bounded(sum).store(&mut four);
                    output[to..to + LANES].copy_from_slice(&four);
                };
                if count == COLUMNS {
                    let sums =
                        columns::<COLUMNS>(conv, input, at + channel, channel, map.channels);
                    for (place, sum) in sums.into_iter().enumerate() {
                        write(place, sum);
                    }
                } else {
                    for place in 0..count {
                        let at = at + place * conv.step[0] + channel;
                        let [sum] = columns::<1>(conv, input, at, channel, map.channels);
                        write(place, sum);
                    }
                }
            }
            for channel in whole..map.channels {
                for place in 0..count {
                    let at = at + place * conv.step[0] + channel;
                    let sum = single(conv, input, at, channel, map.channels);
                    let to = to + place * map.pitch + channel;
                    // As the vectors' bounds: NaN stays.
                    let sum = if sum < low { low } else { sum };
                    output[to] = if sum > high { high } else { sum };
                }
            }
            if let Then::Function(function) = conv.then {
                for place in 0..count {
                    let to = to + place * map.pitch;
                    functions::apply(function, &mut output[to..to + map.channels]);
                }
            }
            x += count;
        }
    }
}
