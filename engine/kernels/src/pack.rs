//! Weights in the order in which kernels read them, from rows of outputs: inputs, then a window's
//! positions (taps).

use crate::lanes::LANES;
use crate::linear::PANEL;
use crate::{Eight, Four, winograd};

/// For each of so many groups `[outputs / 8][taps][inputs][8]`. `outputs` are those of a group.
#[inline(never)]
pub fn panels(values: &[f32], [outputs, inputs, taps]: [usize; 3], all: &mut [Eight]) {
    let depth = inputs * taps;
    let mut panels = all.chunks_exact_mut(depth.max(1));
    for group in values.chunks_exact((outputs * depth).max(1)) {
        for (rows, panel) in group.chunks(8 * depth).zip(&mut panels) {
            // Eight rows side by side, so that the panel is written from front to back.
            for input in 0..inputs {
                for tap in 0..taps {
                    let eight = panel[tap * inputs + input].as_flattened_mut();
                    let row = rows[input * taps + tap..].iter().step_by(depth);
                    for (place, &value) in eight.iter_mut().zip(row) {
                        *place = value;
                    }
                }
            }
        }
    }
}

/// Panels of 32 outputs `[taps][inputs][32]`, the last one narrower; of values that are so already
/// where `as_stored`.
#[inline(never)]
pub fn columns(values: &[f32], [inputs, taps]: [usize; 2], as_stored: bool, all: &mut [Four]) {
    let depth = (inputs * taps).max(1);
    let place = |number: usize| match as_stored {
        true => number,
        false => number % taps * inputs + number / taps,
    };
    let rows = values.chunks(PANEL * LANES * depth);
    for (rows, panel) in rows.zip(all.chunks_mut(PANEL * depth)) {
        let width = panel.len() / depth;
        for number in 0..depth {
            let outputs = panel[place(number) * width..][..width].as_flattened_mut();
            let row = rows[number..].iter().step_by(depth);
            for (output, &value) in outputs.iter_mut().zip(row) {
                *output = value;
            }
        }
    }
}

/// `[36][outputs / 8][inputs][8]` of 3×3 kernels.
#[inline(never)]
pub fn transformed(values: &[f32], [outputs, inputs]: [usize; 2], all: &mut [Eight]) {
    let plane = outputs.div_ceil(8) * inputs;
    let (kernels, _) = values.as_chunks::<9>();
    for (panel, kernels) in kernels.chunks(8 * inputs).enumerate() {
        for input in 0..inputs {
            let mut eights = [[[0.0; 4]; 2]; 36];
            let outputs = kernels[input..].iter().step_by(inputs);
            for (output, kernel) in outputs.enumerate() {
                let weights = winograd::transformed(kernel);
                for (eight, weight) in eights.iter_mut().zip(weights) {
                    eight[output / 4][output % 4] = weight;
                }
            }
            let place = panel * inputs + input;
            let places = all[place..].iter_mut().step_by(plane);
            for (place, eight) in places.zip(eights) {
                *place = eight;
            }
        }
    }
}
