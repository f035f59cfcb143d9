//! Convolution in whole numbers, as products of tiles of positions and panels of weights.

use crate::conv::Epilogue;
use crate::lanes::{F4, I4, S8};
use crate::tiles::{Places, TILE, Windows, each_panel};
use crate::{Integer, Map, Pairs};

/// Adds `Σ rows[r][k] · panel[k]` to each row of sums; the rows are as long as the panel.
#[inline(always)]
fn multiply<const R: usize>(rows: [&[[i16; 2]]; R], panel: &[[Pairs; 2]], sums: &mut [[I4; 2]; R]) {
    let mut rows = rows.map(|row| row[..panel.len()].iter());
    // A way out before each step, as in the kernel of floats.
    for weights in panel {
        let (first, second) = (S8::of_bytes(&weights[0]), S8::of_bytes(&weights[1]));
        for (row, sums) in rows.iter_mut().zip(sums.iter_mut()) {
            let Some(&pair) = row.next() else {
                return;
            };
            let values = S8::pair(pair);
            sums[0] = sums[0].dot(values, first);
            sums[1] = sums[1].dot(values, second);
        }
    }
}

/// One panel of eight outputs and what it is computed from.
struct Panel<'a> {
    input: &'a [i16],
    runs: &'a [usize],
    /// Pairs of a run.
    pairs: usize,
    weights: &'a [[Pairs; 2]],
    bias: [I4; 2],
    factor: [F4; 2],
    shift: [F4; 2],
    /// Outputs that are there, at most 8.
    count: usize,
    epilogue: Epilogue<'a>,
}

impl Panel<'_> {
    /// The positions from the `first` of the block on, in a tile of `R`. A function of its own:
    /// browsers compile small ones well, and sooner.
    #[inline(never)]
    fn tile<const R: usize>(&self, places: &Places, first: usize, output: &mut [f32]) {
        let mut sums = [self.bias; R];
        let mut starts = [0; R];
        starts.copy_from_slice(&places.input[first..first + R]);
        let panels = self.weights.chunks_exact(self.pairs);
        for (offset, panel) in self.runs.iter().zip(panels) {
            let rows = starts.map(|start| {
                let run = &self.input[start + offset..][..2 * self.pairs];
                run.as_chunks::<2>().0
            });
            multiply(rows, panel, &mut sums);
        }
        for (place, sums) in (first..).zip(sums) {
            let (to, from) = (places.output[place], places.residual[place]);
            let value = |half: usize| {
                sums[half]
                    .floats()
                    .mul(self.factor[half])
                    .add(self.shift[half])
            };
            let values = [value(0), value(1)];
            self.epilogue.write(values, self.count, output, to, from);
        }
    }

    fn block(&self, places: &Places, count: usize, output: &mut [f32]) {
        let mut first = 0;
        while first + TILE <= count {
            self.tile::<TILE>(places, first, output);
            first += TILE;
        }
        match count - first {
            0 => {}
            1 => self.tile::<1>(places, first, output),
            2 => self.tile::<2>(places, first, output),
            _ => self.tile::<3>(places, first, output),
        }
    }
}

/// `input` begins at the first window.
pub(super) fn convolve(
    layer: &Integer,
    groups: usize,
    [from, to]: [&Map; 2],
    input: &[i16],
    residual: Option<(&Map, &[f32])>,
    output: &mut [f32],
) {
    let epilogue = Epilogue::new(layer.then, residual.map(|(_, values)| values));
    let pairs = layer.run.div_ceil(2);
    let depth = layer.runs.len() * pairs;
    let (weights, _) = layer.weights.as_chunks::<2>();
    let windows = Windows {
        start: 0,
        step: layer.step,
        groups,
        inputs: from.channels / groups,
    };
    let residual = residual.map(|(map, _)| map);
    let panel = |[number, here]: [usize; 2], places: &Places, count: usize, output: &mut [f32]| {
        let floats = |values: &[f32]| {
            let (fours, _) = values[number * 8..][..8].as_chunks::<4>();
            [F4::load(&fours[0]), F4::load(&fours[1])]
        };
        let (bias, _) = layer.bias[number * 8..][..8].as_chunks::<4>();
        Panel {
            input,
            runs: &layer.runs,
            pairs,
            weights: &weights[number * depth..][..depth],
            bias: [I4::load(&bias[0]), I4::load(&bias[1])],
            factor: floats(&layer.factor),
            shift: floats(&layer.shift),
            count: here,
            epilogue,
        }
        .block(places, count, output);
    };
    each_panel(windows, to, residual, layer.then, output, panel);
}
