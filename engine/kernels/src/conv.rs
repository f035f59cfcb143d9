//! Convolution without im2col: the window of a position is a few runs of neighbouring floats, so a
//! tile of positions takes its values straight from the map.

use super::Eight;
use super::lanes::F4;
use super::tiles::{Places, TILE, Windows, each_panel};
use crate::{Conv, Map, Then};

/// Steps of the loop over a panel that are written out.
const UNROLLED: usize = 4;

/// Adds `Σ rows[r][k] · panel[k]` to each row of sums; the rows are as long as the panel.
#[inline(always)]
pub fn multiply<const R: usize>(rows: [&[f32]; R], panel: &[Eight], sums: &mut [[F4; 2]; R]) {
    let mut rows = rows.map(|row| row[..panel.len()].iter());
    let mut panel = panel.iter();
    // WebAssembly: the compiler gathers the products of steps that are in one basic block, and
    // keeps too many values alive; a way out before each step keeps the steps apart.
    loop {
        for _ in 0..UNROLLED {
            let Some(weights) = panel.next() else {
                return;
            };
            let (first, second) = (F4::load(&weights[0]), F4::load(&weights[1]));
            for (row, sums) in rows.iter_mut().zip(sums.iter_mut()) {
                let Some(&value) = row.next() else {
                    return;
                };
                let value = F4::splat(value);
                sums[0] = value.madd(first, sums[0]);
                sums[1] = value.madd(second, sums[1]);
            }
        }
    }
}

/// What is added to a tile's sums and bounds them.
#[derive(Clone, Copy)]
pub struct Epilogue<'a> {
    pub residual: Option<&'a [f32]>,
    pub low: F4,
    pub high: F4,
}

impl<'a> Epilogue<'a> {
    pub fn new(then: Then, residual: Option<&'a [f32]>) -> Self {
        let (low, high) = match then {
            Then::Clamp { low, high } => (low, high),
            Then::Function(_) => (f32::NEG_INFINITY, f32::INFINITY),
        };
        Self {
            residual,
            low: F4::splat(low),
            high: F4::splat(high),
        }
    }

    /// Writes up to eight sums to `output` from `to` on, `from` being the place in the residual.
    #[inline(always)]
    pub fn write(&self, sums: [F4; 2], count: usize, output: &mut [f32], to: usize, from: usize) {
        if count >= 8 {
            let (fours, _) = output[to..to + 8].as_chunks_mut::<4>();
            let residual = self
                .residual
                .map(|it| it[from..from + 8].as_chunks::<4>().0);
            for (half, four) in fours.iter_mut().enumerate() {
                let mut sum = sums[half];
                if let Some(residual) = residual {
                    sum = sum.add(F4::load(&residual[half]));
                }
                sum.at_least(self.low).at_most(self.high).store(four);
            }
            return;
        }
        let mut all = [[0.0; 4]; 2];
        if let Some(residual) = self.residual {
            all.as_flattened_mut()[..count].copy_from_slice(&residual[from..from + count]);
        }
        for (sum, four) in sums.into_iter().zip(&mut all) {
            let sum = match self.residual {
                Some(_) => sum.add(F4::load(four)),
                None => sum,
            };
            sum.at_least(self.low).at_most(self.high).store(four);
        }
        output[to..to + count].copy_from_slice(&all.as_flattened()[..count]);
    }
}

/// One panel of eight outputs and what it is computed from.
struct Panel<'a> {
    input: &'a [f32],
    runs: &'a [usize],
    run: usize,
    weights: &'a [Eight],
    bias: [F4; 2],
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
        let panels = self.weights.chunks_exact(self.run);
        for (offset, panel) in self.runs.iter().zip(panels) {
            let rows = starts.map(|start| &self.input[start + offset..][..self.run]);
            multiply(rows, panel, &mut sums);
        }
        for (place, sums) in (first..).zip(sums) {
            let (to, from) = (places.output[place], places.residual[place]);
            self.epilogue.write(sums, self.count, output, to, from);
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

/// The convolution of one picture. `residual` is a map as large as the output, which is added.
#[inline(never)]
pub fn convolve(
    conv: &Conv,
    [input_map, output_map]: [&Map; 2],
    input: &[f32],
    residual: Option<(&Map, &[f32])>,
    output: &mut [f32],
) {
    let epilogue = Epilogue::new(conv.then, residual.map(|(_, values)| values));
    let depth = conv.runs.len() * conv.run;
    let windows = Windows {
        start: conv.start,
        step: conv.step,
        groups: conv.groups,
        inputs: input_map.channels / conv.groups,
    };
    let residual = residual.map(|(map, _)| map);
    let panel = |[number, here]: [usize; 2], places: &Places, count: usize, output: &mut [f32]| {
        let (bias, _) = conv.bias[number * 8..][..8].as_chunks::<4>();
        Panel {
            input,
            runs: &conv.runs,
            run: conv.run,
            weights: &conv.weights[number * depth..][..depth],
            bias: [F4::load(&bias[0]), F4::load(&bias[1])],
            count: here,
            epilogue,
        }
        .block(places, count, output);
    };
    each_panel(windows, output_map, residual, conv.then, output, panel);
}
