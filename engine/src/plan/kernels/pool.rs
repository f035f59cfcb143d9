//! Pooling: the largest value, the mean or the scaled sum of ranges of rows and columns.

use super::lanes::{F4, each, each_pair};
use crate::plan::step::{Pool, Reduce};
use crate::plan::view::Map;

/// The pooling of one picture.
pub fn pool(pool: &Pool, [from, to]: [&Map; 2], input: &[f32], output: &mut [f32]) {
    let channels = from.channels;
    for (y, rows) in pool.rows.iter().enumerate() {
        for (x, columns) in pool.columns.iter().enumerate() {
            let place = to.at(y, x);
            let values = &mut output[place..place + to.channels];
            let sums = &mut values[..channels];
            let start = match pool.reduce {
                Reduce::Max => f32::NEG_INFINITY,
                Reduce::Mean | Reduce::Affine { .. } => 0.0,
            };
            let mut empty = true;
            for row in rows.start..rows.end {
                for column in columns.start..columns.end {
                    let place = from.at(row, column);
                    let more = &input[place..place + channels];
                    if empty {
                        sums.copy_from_slice(more);
                        empty = false;
                        continue;
                    }
                    match pool.reduce {
                        Reduce::Max => each_pair(sums, more, F4::largest),
                        Reduce::Mean | Reduce::Affine { .. } => each_pair(sums, more, F4::add),
                    }
                }
            }
            if empty {
                sums.fill(start);
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
