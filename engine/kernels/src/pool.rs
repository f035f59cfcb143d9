//! Pooling: the largest value, the mean or the scaled sum of ranges of rows and columns.

use super::lanes::{F4, each, each_pair};
use crate::{Bin, Map, Pool, Reduce};

/// What two values become.
fn reduce(with: &Reduce, values: &mut [f32], more: &[f32]) {
    match with {
        Reduce::Max => each_pair(values, more, F4::largest),
        Reduce::Mean | Reduce::Affine { .. } => each_pair(values, more, F4::add),
    }
}

/// The rows of a range reduced to one, without gaps between its positions.
fn reduce_rows(with: &Reduce, rows: Bin, map: &Map, input: &[f32], line: &mut [f32]) {
    // In one piece where the map has no gaps either.
    let piece = if map.has_full_rows() {
        line.len()
    } else {
        map.channels
    };
    for row in rows.start..rows.end {
        for (x, values) in line.chunks_exact_mut(piece).enumerate() {
            let more = &input[map.at(row, x)..][..piece];
            if row == rows.start {
                values.copy_from_slice(more);
            } else {
                reduce(with, values, more);
            }
        }
    }
}

/// The pooling of one picture. `scratch` has room for a row of the input.
#[inline(never)]
pub fn pool(
    pool: &Pool,
    [from, to]: [&Map; 2],
    input: &[f32],
    output: &mut [f32],
    scratch: &mut [f32],
) {
    let channels = from.channels;
    let line = &mut scratch[..from.width * channels];
    let nothing = match pool.reduce {
        Reduce::Max => f32::NEG_INFINITY,
        Reduce::Mean | Reduce::Affine { .. } => 0.0,
    };
    for (y, &rows) in pool.rows.iter().enumerate() {
        if rows.start == rows.end {
            line.fill(nothing);
        }
        reduce_rows(&pool.reduce, rows, from, input, line);
        for (x, columns) in pool.columns.iter().enumerate() {
            let place = to.at(y, x);
            let values = &mut output[place..place + to.channels];
            let sums = &mut values[..channels];
            let mut places =
                line[columns.start * channels..columns.end * channels].chunks_exact(channels);
            match places.next() {
                Some(first) => sums.copy_from_slice(first),
                None => sums.fill(nothing),
            }
            for more in places {
                reduce(&pool.reduce, sums, more);
            }
            match &pool.reduce {
                Reduce::Max => {}
                Reduce::Mean => {
                    let share = F4::splat(1.0 / (rows.divisor * columns.divisor) as f32);
                    each(sums, |sum| sum.mul(share));
                }
                Reduce::Affine { fan, scale, shift } => {
                    if *fan > 1 {
                        for channel in (0..to.channels).rev() {
                            values[channel] = values[channel / fan];
                        }
                    }
                    each_pair(values, scale, F4::mul);
                    each_pair(values, shift, F4::add);
                }
            }
        }
    }
}
