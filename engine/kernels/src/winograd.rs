//! 3×3 convolution with stride 1 by Winograd's F(4, 3) (Lavin and Gray 2016): a tile of 4 × 4 outputs
//! takes 36 products for each pair of channels in place of 144. Tiles are transformed in blocks, so
//! that the products of a block are small matrix products.
//!
//! A value that is infinite or not a number makes all outputs of its tiles not a number.

use super::conv::{Epilogue, multiply};
use super::lanes::{F4, LANES};
use super::tiles::TILE;
use super::{Eight, functions};
use crate::{Map, Then, Winograd};

/// Outputs of a tile on each axis, and inputs.
pub const OUT: usize = 4;
const IN: usize = 6;
const PLANES: usize = IN * IN;

/// Tiles that are transformed together.
const BLOCK: usize = 4 * TILE;

/// Floats between planes beyond what they hold: planes a power of two apart would share few places
/// of the cache.
const GAP: usize = 16;

/// Floats that a step needs for this many input channels and (padded) outputs.
pub const fn scratch(channels: usize, outputs: usize) -> usize {
    PLANES * (plane(channels) + plane(outputs))
}

const fn plane(channels: usize) -> usize {
    BLOCK * channels + GAP
}

fn s(value: f32) -> F4 {
    F4::splat(value)
}

/// `Bᵀ · d` of one column.
#[inline(always)]
fn forward(d: [F4; IN]) -> [F4; IN] {
    let p = d[2].madd(s(-4.0), d[4]);
    let q = d[1].madd(s(-4.0), d[3]);
    let r = d[4].sub(d[2]);
    let e = d[3].sub(d[1]);
    [
        d[0].sub(d[2]).madd(s(4.0), r),
        p.add(q),
        p.sub(q),
        e.madd(s(2.0), r),
        e.madd(s(-2.0), r),
        e.madd(s(-4.0), d[5].sub(d[3])),
    ]
}

/// `Aᵀ · m` of one column.
#[inline(always)]
fn backward(m: [F4; IN]) -> [F4; OUT] {
    let a = m[1].add(m[2]);
    let b = m[1].sub(m[2]);
    let c = m[3].add(m[4]);
    let d = m[3].sub(m[4]);
    [
        m[0].add(a).add(c),
        d.madd(s(2.0), b),
        c.madd(s(4.0), a),
        d.madd(s(8.0), b.add(m[5])),
    ]
}

/// `G · g · Gᵀ` of a kernel in rows: the 36 weights of its products.
pub fn transformed(kernel: &[f32; 9]) -> [f32; PLANES] {
    let g = |[a, b, c]: [f64; 3]| {
        [
            a / 4.0,
            -(a + b + c) / 6.0,
            -(a - b + c) / 6.0,
            a / 24.0 + b / 12.0 + c / 6.0,
            a / 24.0 - b / 12.0 + c / 6.0,
            c,
        ]
    };
    let k = kernel.map(f64::from);
    let columns = [0, 1, 2].map(|x| g([k[x], k[3 + x], k[6 + x]]));
    let mut all = [0.0; PLANES];
    for y in 0..IN {
        let row = g([columns[0][y], columns[1][y], columns[2][y]]);
        for (x, value) in row.into_iter().enumerate() {
            all[y * IN + x] = value as f32;
        }
    }
    all
}

#[inline(always)]
fn four(values: &[f32]) -> F4 {
    let mut four = [0.0; LANES];
    four.copy_from_slice(&values[..LANES]);
    F4::load(&four)
}

#[inline(always)]
fn put(value: F4, to: &mut [f32]) {
    let mut four = [0.0; LANES];
    value.store(&mut four);
    to[..LANES].copy_from_slice(&four);
}

/// Six values of a function, written out: in a loop, each would go to memory and back.
#[inline(always)]
fn six<T>(value: impl Fn(usize) -> T) -> [T; IN] {
    [value(0), value(1), value(2), value(3), value(4), value(5)]
}

/// The values of one row, out of columns.
#[inline(always)]
fn across<const N: usize>(columns: &[[F4; N]; IN], y: usize) -> [F4; IN] {
    six(|x| columns[x][y])
}

/// The inputs of one tile into its place of each plane.
#[inline(never)]
fn transform_input(input: &[f32], at: usize, map: &Map, planes: &mut [f32], tile: usize) {
    let (channels, stride) = (map.channels, plane(map.channels));
    for channel in (0..channels).step_by(LANES) {
        let value = |y: usize, x: usize| four(&input[at + y * map.row + x * map.pitch + channel..]);
        let columns = six(|x| forward(six(|y| value(y, x))));
        let mut place = tile * channels + channel;
        for y in 0..IN {
            let row = forward(across(&columns, y));
            for value in row {
                put(value, &mut planes[place..]);
                place += stride;
            }
        }
    }
}

/// The products of a block's tiles in one plane, for one panel of outputs.
#[inline(never)]
fn products<const R: usize>(
    values: &[f32],
    channels: usize,
    panel: &[Eight],
    results: &mut [f32],
    outputs: usize,
) {
    let mut sums = [[F4::ZERO; 2]; R];
    let mut rows = [values; R];
    for (number, row) in rows.iter_mut().enumerate() {
        *row = &values[number * channels..][..channels];
    }
    multiply(rows, panel, &mut sums);
    for (number, sums) in sums.into_iter().enumerate() {
        let to = &mut results[number * outputs..][..8];
        put(sums[0], to);
        put(sums[1], &mut to[4..]);
    }
}

#[inline(never)]
fn multiply_planes(
    weights: &[Eight],
    [channels, outputs, count]: [usize; 3],
    planes: &[f32],
    results: &mut [f32],
) {
    let panels = weights.chunks_exact(channels);
    for (number, panel) in panels.enumerate() {
        let (place, column) = (number / (outputs / 8), number % (outputs / 8));
        let values = &planes[place * plane(channels)..][..count * channels];
        let results = &mut results[place * plane(outputs) + column * 8..];
        let mut first = 0;
        while first < count {
            let values = &values[first * channels..];
            let results = &mut results[first * outputs..];
            let tiles = TILE.min(count - first);
            match tiles {
                1 => products::<1>(values, channels, panel, results, outputs),
                2 => products::<2>(values, channels, panel, results, outputs),
                3 => products::<3>(values, channels, panel, results, outputs),
                _ => products::<TILE>(values, channels, panel, results, outputs),
            }
            first += tiles;
        }
    }
}

/// One tile of outputs from its place in each plane; `corner` is its first output.
#[inline(never)]
fn transform_output(
    winograd: &Winograd,
    (results, tile): (&[f32], usize),
    [map, residual]: [&Map; 2],
    corner: [usize; 2],
    epilogue: &Epilogue<'_>,
    output: &mut [f32],
) {
    let outputs = winograd.bias.len();
    let stride = plane(outputs);
    let rows = OUT.min(map.height - corner[0]);
    let columns = OUT.min(map.width - corner[1]);
    for channel in (0..map.channels).step_by(LANES) {
        let bias = four(&winograd.bias[channel..]);
        let at = tile * outputs + channel;
        let value = |y: usize, x: usize| four(&results[at + (y * IN + x) * stride..]);
        let halves = six(|x| backward(six(|y| value(y, x))));
        for y in 0..rows {
            let row = backward(across(&halves, y));
            for (x, sum) in row.into_iter().enumerate().take(columns) {
                let mut sum = sum.add(bias);
                if let Some(values) = epilogue.residual {
                    let from = residual.at(corner[0] + y, corner[1] + x) + channel;
                    sum = sum.add(four(&values[from..]));
                }
                let sum = sum.at_least(epilogue.low).at_most(epilogue.high);
                let to = map.at(corner[0] + y, corner[1] + x) + channel;
                put(sum, &mut output[to..]);
            }
        }
    }
    if let Then::Function(function) = winograd.then {
        for y in corner[0]..corner[0] + rows {
            for x in corner[1]..corner[1] + columns {
                functions::apply(function, &mut output[map.at(y, x)..][..map.channels]);
            }
        }
    }
}

/// The convolution of one picture; both channel counts are multiples of 4.
#[inline(never)]
pub fn convolve(
    winograd: &Winograd,
    [from, to]: [&Map; 2],
    input: &[f32],
    residual: Option<(&Map, &[f32])>,
    output: &mut [f32],
    scratch: &mut [f32],
) {
    let (channels, outputs) = (from.channels, winograd.bias.len());
    let (planes, results) = scratch.split_at_mut(PLANES * plane(channels));
    let epilogue = Epilogue::new(winograd.then, residual.map(|(_, values)| values));
    let nowhere = Map::default();
    let residual = residual.map_or(&nowhere, |(map, _)| map);
    let [_, across] = winograd.tiles;
    let all = winograd.tiles[0] * across;
    let corner = |tile: usize| [tile / across * OUT, tile % across * OUT];
    let mut first = 0;
    while first < all {
        let count = BLOCK.min(all - first);
        for tile in 0..count {
            let [y, x] = corner(first + tile);
            let at = winograd.start + y * from.row + x * from.pitch;
            transform_input(input, at, from, planes, tile);
        }
        let sizes = [channels, outputs, count];
        multiply_planes(&winograd.weights, sizes, planes, results);
        for tile in 0..count {
            let corner = corner(first + tile);
            let source = (&*results, tile);
            transform_output(winograd, source, [to, residual], corner, &epilogue, output);
        }
        first += count;
    }
}
