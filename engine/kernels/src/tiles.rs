//! Convolution without im2col: how positions are cut into blocks and tiles, whatever the numbers.

use super::functions;
use crate::{Map, Then};

/// Positions of a tile. A machine has 16 registers of vectors: a tile takes two for the sums of each
/// position, one for its value, and two for weights. The compiler keeps the values, so that with a fifth
/// position sums would go to memory and back: half the speed in WebAssembly.
pub const TILE: usize = 4;

/// Positions that are computed for all outputs before the next ones.
pub const BLOCK: usize = 15 * TILE;

/// The places of a block's positions.
#[derive(Clone, Copy)]
pub struct Places {
    pub input: [usize; BLOCK],
    pub output: [usize; BLOCK],
    pub residual: [usize; BLOCK],
}

/// Where windows start.
#[derive(Clone, Copy)]
pub struct Windows {
    /// The place in the input of the first window of group 0.
    pub start: usize,
    /// From one window to the next, and from one row of windows to the next.
    pub step: [usize; 2],
    pub groups: usize,
    /// Inputs of a group.
    pub inputs: usize,
}

/// Calls `panel` for each block of positions and each panel of eight outputs, with the panel's
/// number, how many of its outputs there are, the places and how many.
#[inline(always)]
pub fn each_panel(
    windows: Windows,
    output_map: &Map,
    residual: Option<&Map>,
    then: Then,
    output: &mut [f32],
    mut panel: impl FnMut([usize; 2], &Places, usize, &mut [f32]),
) {
    let nowhere = Map::default();
    let residual_map = residual.unwrap_or(&nowhere);
    let outputs = output_map.channels / windows.groups;
    let panels = outputs.div_ceil(8);
    let positions = output_map.positions();
    let (mut y, mut x) = (0, 0);
    let mut done = 0;
    while done < positions {
        let count = BLOCK.min(positions - done);
        let mut places = Places {
            input: [0; BLOCK],
            output: [0; BLOCK],
            residual: [0; BLOCK],
        };
        for place in 0..count {
            places.input[place] = windows.start + x * windows.step[0] + y * windows.step[1];
            places.output[place] = output_map.at(y, x);
            places.residual[place] = residual_map.at(y, x);
            x += 1;
            if x == output_map.width {
                (y, x) = (y + 1, 0);
            }
        }
        for group in 0..windows.groups {
            for number in 0..panels {
                let here = (outputs - number * 8).min(8);
                panel([group * panels + number, here], &places, count, output);
                for place in 0..count {
                    places.output[place] += here;
                    places.residual[place] += here;
                }
            }
            for place in &mut places.input {
                *place += windows.inputs;
            }
        }
        if let Then::Function(function) = then {
            // Still in the cache; the places have moved on by all channels.
            let channels = output_map.channels;
            let mut places = &places.output[..count];
            while let Some(&first) = places.first() {
                // Positions that lie behind each other.
                let joined = places.iter().enumerate();
                let joined = joined.take_while(|&(at, &place)| place == first + at * channels);
                let count = joined.count();
                let values = &mut output[first - channels..][..count * channels];
                functions::apply(function, values);
                places = &places[count..];
            }
        }
        done += count;
    }
}
