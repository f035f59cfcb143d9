//! Depthwise convolution: each channel by itself, so that neighbouring channels share a vector.

use super::functions;
use super::lanes::{F4, LANES};
use crate::{Depthwise, Map, Then};

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

/// Maps of so many channels and fewer are gone through along rows; of more, the same channels of
/// neighbouring positions share few places of the cache.
const SLIDES_TO: usize = 256;

/// Four channels along a row, for a 3×3 kernel of neighbouring taps: each value is loaded once for
/// stride 1, and goes into the sums of the three outputs that it is in. `S` is the stride.
#[inline(never)]
fn slide<const S: usize>(
    conv: &Depthwise,
    input: &[f32],
    at: usize,
    channel: usize,
    map: &Map,
    mut write: impl FnMut(usize, F4),
) {
    let mut weights = [F4::ZERO; 9];
    for (tap, weight) in weights.iter_mut().enumerate() {
        *weight = four(&conv.weights, tap * map.channels + channel);
    }
    let bias = four(&conv.bias, channel);
    let rows = [0, 1, 2].map(|row| &input[at + row * conv.tap[0]..]);
    let pitch = conv.tap[1];
    // A column of three values into the sums of the outputs whose window has it at this place.
    let add = |column: &[F4; 3], place: usize, mut sum: F4| {
        for (row, value) in column.iter().enumerate() {
            sum = value.madd(weights[3 * row + place], sum);
        }
        sum
    };
    let load = |column: usize| rows.map(|row| four(row, column * pitch));
    if S == 1 {
        let mut next = add(&load(0), 0, bias);
        let second = load(1);
        let mut here = add(&second, 1, next);
        next = add(&second, 0, bias);
        for x in 0..map.width {
            let column = load(x + 2);
            write(x, add(&column, 2, here));
            here = add(&column, 1, next);
            next = add(&column, 0, bias);
        }
    } else {
        let mut here = add(&load(0), 0, bias);
        for x in 0..map.width {
            let half = add(&load(2 * x + 1), 1, here);
            let column = load(2 * x + 2);
            write(x, add(&column, 2, half));
            here = add(&column, 0, bias);
        }
    }
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

/// The bounds of the sums of a layer.
#[derive(Clone, Copy)]
struct Bounds {
    low: f32,
    high: f32,
}

impl Bounds {
    #[inline(always)]
    fn four(self, sum: F4) -> F4 {
        sum.at_least(F4::splat(self.low))
            .at_most(F4::splat(self.high))
    }

    /// As of four: NaN stays.
    fn one(self, sum: f32) -> f32 {
        let sum = if sum < self.low { self.low } else { sum };
        if sum > self.high { self.high } else { sum }
    }
}

/// The convolution of one picture.
#[inline(never)]
pub fn convolve(conv: &Depthwise, map: &Map, input: &[f32], output: &mut [f32]) {
    let (low, high) = match conv.then {
        Then::Clamp { low, high } => (low, high),
        Then::Function(_) => (f32::NEG_INFINITY, f32::INFINITY),
    };
    let bounds = Bounds { low, high };
    let whole = map.channels - map.channels % LANES;
    let stride = conv.step[0] / conv.tap[1].max(1);
    let slides = conv.kernel == [3, 3]
        && stride * conv.tap[1] == conv.step[0]
        && (1..=2).contains(&stride)
        && map.channels <= SLIDES_TO;
    for y in 0..map.height {
        let at = conv.start + y * conv.step[1];
        for channel in (0..whole).step_by(LANES) {
            if !slides {
                break;
            }
            let write = |x: usize, sum: F4| put(bounds.four(sum), output, map.at(y, x) + channel);
            if stride == 1 {
                slide::<1>(conv, input, at + channel, channel, map, write);
            } else {
                slide::<2>(conv, input, at + channel, channel, map, write);
            }
        }
        let from = if slides { whole } else { 0 };
        row(conv, map, [y, from], bounds, input, output);
        if let Then::Function(function) = conv.then {
            for x in 0..map.width {
                functions::apply(function, &mut output[map.at(y, x)..][..map.channels]);
            }
        }
    }
}

#[inline(always)]
fn put(value: F4, to: &mut [f32], at: usize) {
    let mut four = [0.0; LANES];
    value.store(&mut four);
    to[at..at + LANES].copy_from_slice(&four);
}

/// The channels from `first` on of one row of outputs.
fn row(
    conv: &Depthwise,
    map: &Map,
    [y, first]: [usize; 2],
    bounds: Bounds,
    input: &[f32],
    output: &mut [f32],
) {
    let channels = map.channels;
    let whole = channels - channels % LANES;
    let mut x = 0;
    while x < map.width {
        let count = if map.width - x < COLUMNS { 1 } else { COLUMNS };
        let at = conv.start + y * conv.step[1] + x * conv.step[0];
        let to = map.at(y, x);
        for channel in (first..whole).step_by(LANES) {
            let at = at + channel;
            if count == COLUMNS {
                let sums = columns::<COLUMNS>(conv, input, at, channel, channels);
                for (place, sum) in sums.into_iter().enumerate() {
                    put(bounds.four(sum), output, to + place * map.pitch + channel);
                }
            } else {
                let [sum] = columns::<1>(conv, input, at, channel, channels);
                put(bounds.four(sum), output, to + channel);
            }
        }
        for channel in whole..channels {
            for place in 0..count {
                let at = at + place * conv.step[0] + channel;
                let sum = single(conv, input, at, channel, channels);
                output[to + place * map.pitch + channel] = bounds.one(sum);
            }
        }
        x += count;
    }
}
