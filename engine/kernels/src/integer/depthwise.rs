//! Depthwise convolution in whole numbers: two of a window's values of each of eight channels at a
//! time.

use crate::elementwise::finish;
use crate::lanes::{F4, I4, S8};
use crate::{Integer, Map};

/// Neighbouring positions that share the loads of weights.
const COLUMNS: usize = 4;
/// Channels of a step.
const CHANNELS: usize = 8;

#[inline(always)]
fn load(input: &[i16], at: usize) -> S8 {
    let mut eight = [0; CHANNELS];
    eight.copy_from_slice(&input[at..at + CHANNELS]);
    S8::load(&eight)
}

/// Eight channels at `N` neighbouring positions. `at` is the place of the first window.
#[inline(never)]
fn columns<const N: usize>(
    layer: &Integer,
    input: &[i16],
    at: usize,
    block: usize,
    blocks: usize,
    sums: &mut [[F4; 2]; N],
) {
    let (weights, _) = layer.weights.as_chunks::<2>();
    let (bias, _) = layer.bias[block * CHANNELS..][..CHANNELS].as_chunks::<4>();
    let mut wholes = [[I4::load(&bias[0]), I4::load(&bias[1])]; N];
    let at = at + block * CHANNELS;
    for (pair, runs) in layer.runs.chunks(2).enumerate() {
        let weights = &weights[pair * blocks + block];
        let (low, high) = (S8::of_bytes(&weights[0]), S8::of_bytes(&weights[1]));
        // Of an odd number the last one goes with itself, and a weight of 0.
        let (first, second) = match *runs {
            [first, second] => (first, second),
            [first] => (first, first),
            _ => continue,
        };
        for (place, sums) in wholes.iter_mut().enumerate() {
            let at = at + place * layer.step[0];
            let (a, b) = (load(input, at + first), load(input, at + second));
            sums[0] = sums[0].dot(a.zip_low(b), low);
            sums[1] = sums[1].dot(a.zip_high(b), high);
        }
    }
    let floats = |values: &[f32]| {
        let (fours, _) = values[block * CHANNELS..][..CHANNELS].as_chunks::<4>();
        [F4::load(&fours[0]), F4::load(&fours[1])]
    };
    let (factor, shift) = (floats(&layer.factor), floats(&layer.shift));
    for (sums, wholes) in sums.iter_mut().zip(wholes) {
        for half in 0..2 {
            sums[half] = wholes[half].floats().mul(factor[half]).add(shift[half]);
        }
    }
}

/// Writes eight sums, or the ones that are there.
#[inline(always)]
fn put(sums: [F4; 2], to: &mut [f32]) {
    let mut eight = [[0.0; 4]; 2];
    sums[0].store(&mut eight[0]);
    sums[1].store(&mut eight[1]);
    match to.first_chunk_mut::<CHANNELS>() {
        Some(to) => to.copy_from_slice(eight.as_flattened()),
        None => to.copy_from_slice(&eight.as_flattened()[..to.len()]),
    }
}

/// `input` begins at the first window.
pub(super) fn convolve(layer: &Integer, map: &Map, input: &[i16], output: &mut [f32]) {
    let blocks = map.channels.div_ceil(CHANNELS);
    for y in 0..map.height {
        let mut x = 0;
        while x < map.width {
            let count = if map.width - x < COLUMNS { 1 } else { COLUMNS };
            let at = y * layer.step[1] + x * layer.step[0];
            for block in 0..blocks {
                let mut sums = [[F4::ZERO; 2]; COLUMNS];
                if count == COLUMNS {
                    columns::<COLUMNS>(layer, input, at, block, blocks, &mut sums);
                } else {
                    let mut one = [[F4::ZERO; 2]];
                    columns::<1>(layer, input, at, block, blocks, &mut one);
                    sums[0] = one[0];
                }
                let first = block * CHANNELS;
                let here = CHANNELS.min(map.channels - first);
                for (place, &sums) in sums.iter().enumerate().take(count) {
                    let to = map.at(y, x + place) + first;
                    put(sums, &mut output[to..to + here]);
                }
            }
            x += count;
        }
        for x in 0..map.width {
            finish(layer.then, &mut output[map.at(y, x)..][..map.channels]);
        }
    }
}
