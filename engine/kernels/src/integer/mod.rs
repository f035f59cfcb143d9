//! Convolutions and linear layers in whole numbers. The input is first put on its grid, 16 bits a
//! value with 0 as 0, so that borders are 0 as well and an instruction takes two products at once.

mod column;
mod depthwise;
mod panels;

use super::lanes::{F4, S8};
use crate::{Integer, Map, Steps, Way};

/// Values behind the last one that may be read with it; their weights are 0.
const BEYOND: usize = 8;

impl Integer {
    /// The first value of the input that it reads, and one past the last.
    fn reads(&self, [from, to]: [&Map; 2]) -> [usize; 2] {
        let last = self.start + (to.height - 1) * self.step[1] + (to.width - 1) * self.step[0];
        let run = match self.way {
            // The windows of all groups lie side by side.
            Way::Panels { .. } => from.channels,
            Way::Depthwise | Way::Column => self.run,
        };
        let run = if self.run > run { self.run } else { run };
        [self.start, last + self.runs.last().unwrap_or(&0) + run]
    }

    /// Whole numbers that it needs while it runs.
    pub fn scratch(&self, maps: [&Map; 2]) -> usize {
        let [first, end] = self.reads(maps);
        end - first + BEYOND
    }
}

/// The places on the grid, less the zero point.
#[inline(never)]
pub fn quantise(grid: Steps, values: &[f32], output: &mut [i16]) {
    let zero = grid.zero_point as f32;
    let (scale, zero) = (F4::splat(grid.scale), F4::splat(zero));
    let (low, high) = (F4::ZERO, F4::splat(255.0));
    let whole = |values: &[f32; 4]| {
        let place = F4::load(values).div(scale).round().add(zero);
        place.at_least(low).at_most(high).sub(zero).whole()
    };
    let (eights, rest) = values.as_chunks::<8>();
    let (results, results_rest) = output.as_chunks_mut::<8>();
    for (eight, result) in eights.iter().zip(&mut *results) {
        let (fours, _) = eight.as_chunks::<4>();
        S8::of_wholes(whole(&fours[0]), whole(&fours[1])).store(result);
    }
    if rest.is_empty() {
        return;
    }
    let mut last = [[0.0; 4]; 2];
    last.as_flattened_mut()[..rest.len()].copy_from_slice(rest);
    let mut wholes = [0; 8];
    S8::of_wholes(whole(&last[0]), whole(&last[1])).store(&mut wholes);
    let to = match results.get_mut(eights.len()) {
        Some(result) => result.as_mut_slice(),
        None => results_rest,
    };
    to[..rest.len()].copy_from_slice(&wholes[..rest.len()]);
}

/// The layer on one picture. `residual` is a map as large as the output, which is added; `scratch`
/// has room for [`Integer::scratch`].
#[inline(never)]
pub fn run(
    layer: &Integer,
    maps: [&Map; 2],
    input: &[f32],
    residual: Option<(&Map, &[f32])>,
    output: &mut [f32],
    scratch: &mut [i16],
) {
    let [first, end] = layer.reads(maps);
    let [from, to] = maps;
    let values = &input[first..end];
    if from.has_full_rows() {
        quantise(layer.grid, values, scratch);
    } else {
        let positions = values.chunks(from.pitch);
        for (values, scratch) in positions.zip(scratch.chunks_mut(from.pitch)) {
            let count = from.channels.min(values.len());
            quantise(layer.grid, &values[..count], scratch);
        }
    }
    match layer.way {
        Way::Panels { groups } => panels::convolve(layer, groups, maps, scratch, residual, output),
        Way::Depthwise => depthwise::convolve(layer, to, scratch, output),
        Way::Column => column::product(layer, to, scratch, residual, output),
    }
}
