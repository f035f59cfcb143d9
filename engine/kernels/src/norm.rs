//! Functions of all channels of a position: local response normalisation and softmax.

use super::functions::exp;
use super::lanes::{F4, each, each_pair};
use crate::{Lrn, Map};

/// `x / (k + c · Σ x²)^beta`. `scratch` has room for the channels and `size` more.
#[inline(never)]
pub fn lrn(
    norm: &Lrn,
    [from, to]: [&Map; 2],
    input: &[f32],
    output: &mut [f32],
    scratch: &mut [f32],
) {
    let Lrn {
        size,
        share,
        k,
        beta,
    } = *norm;
    let channels = from.channels;
    let squares = &mut scratch[..channels + size];
    squares.fill(0.0);
    for y in 0..from.height {
        for x in 0..from.width {
            let values = &input[from.at(y, x)..][..channels];
            // The window of a channel reaches `size / 2` channels back.
            for (square, value) in squares[size / 2..].iter_mut().zip(values) {
                *square = value * value;
            }
            let sums = &mut output[to.at(y, x)..][..channels];
            sums.copy_from_slice(&squares[..channels]);
            for shift in 1..size {
                each_pair(sums, &squares[shift..][..channels], F4::add);
            }
            each(sums, |sum| sum.madd(F4::splat(share), F4::splat(k)));
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum = value / power(*sum, beta);
            }
        }
    }
}

/// `base` to the power of `exponent`; three quarters, the published one, by roots.
fn power(base: f32, exponent: f32) -> f32 {
    if exponent == 0.75 {
        let root = base.sqrt();
        return root * root.sqrt();
    }
    base.powf(exponent)
}

/// Softmax over the channels of each position, or its logarithm.
#[inline(never)]
pub fn softmax(log: bool, [from, to]: [&Map; 2], input: &[f32], output: &mut [f32]) {
    for y in 0..from.height {
        for x in 0..from.width {
            let values = &input[from.at(y, x)..][..from.channels];
            let results = &mut output[to.at(y, x)..][..from.channels];
            // NaN where there is one.
            let larger = |a: f32, b: f32| if b > a || b.is_nan() { b } else { a };
            let most = values.iter().copied().fold(f32::NEG_INFINITY, larger);
            results.copy_from_slice(values);
            each(results, |x| x.sub(F4::splat(most)));
            if log {
                let mut sum = 0.0;
                for value in results.iter() {
                    sum += value.exp();
                }
                let shift = F4::splat(sum.ln());
                each(results, |x| x.sub(shift));
            } else {
                each(results, exp);
                let sum: f32 = results.iter().sum();
                let share = F4::splat(1.0 / sum);
                each(results, |x| x.mul(share));
            }
        }
    }
}
