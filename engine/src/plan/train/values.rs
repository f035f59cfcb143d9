//! Layers without weights on eight pictures at once: functions, pools, the loss.

use crate::layer::Activation;
use crate::plan::kernels::Eight;
use crate::plan::kernels::functions;
use crate::plan::kernels::lanes::{F4, each_pair};
use crate::plan::step::{Bin, Pool, Reduce};

/// Whether the slope of a function follows from its value.
pub fn has_slope(function: Activation) -> bool {
    match function {
        Activation::Relu | Activation::Relu6 | Activation::Tanh | Activation::Sigmoid => true,
        Activation::ScaledTanh { a, .. } => a != 0.0,
        Activation::LeakyRelu { slope } => slope > 0.0,
        _ => false,
    }
}

/// Multiplies slopes by those of a function, of which `values` are the results.
pub fn backward(function: Activation, values: &[f32], slopes: &mut [f32]) {
    let s = F4::splat;
    let one = s(1.0);
    match function {
        Activation::Tanh => each_pair(slopes, values, |slope, y| slope.mul(one.sub(y.mul(y)))),
        Activation::ScaledTanh { a, s: scale } => {
            // a · s · (1 − (y / a)²)
            let (ahead, share) = (s((a * scale) as f32), s((1.0 / (a * a)) as f32));
            each_pair(slopes, values, |slope, y| {
                slope.mul(ahead).mul(one.sub(y.mul(y).mul(share)))
            });
        }
        Activation::Sigmoid => each_pair(slopes, values, |slope, y| slope.mul(y.mul(one.sub(y)))),
        Activation::LeakyRelu { slope } => {
            by_value(values, slopes, |y| if y > 0.0 { 1.0 } else { slope as f32 })
        }
        Activation::Relu6 => by_value(values, slopes, |y| f32::from(y > 0.0 && y < 6.0)),
        _ => by_value(values, slopes, |y| f32::from(y > 0.0)),
    }
}

fn by_value(values: &[f32], slopes: &mut [f32], factor: impl Fn(f32) -> f32) {
    for (slope, &value) in slopes.iter_mut().zip(values) {
        *slope *= factor(value);
    }
}

/// The places of a bin's values, for channel 0.
fn places(rows: Bin, columns: Bin, width: usize, channels: usize) -> impl Iterator<Item = usize> {
    let row = move |y| (columns.start..columns.end).map(move |x| (y * width + x) * channels);
    (rows.start..rows.end).flat_map(row)
}

/// The bins of a pool, with the number of each.
fn bins(pool: &Pool) -> impl Iterator<Item = (usize, Bin, Bin)> {
    let width = pool.columns.len();
    let rows = pool.rows.iter().enumerate();
    rows.flat_map(move |(y, &rows)| {
        let columns = pool.columns.iter().enumerate();
        columns.map(move |(x, &columns)| (y * width + x, rows, columns))
    })
}

/// The largest value or the mean of each bin. `size` is the width and the channels of the input.
pub fn pool(pool: &Pool, size: [usize; 2], input: &[Eight], output: &mut [Eight]) {
    let [width, channels] = size;
    for (number, rows, columns) in bins(pool) {
        let results = &mut output[number * channels..][..channels];
        let results = results.as_flattened_mut().as_flattened_mut();
        for (count, place) in places(rows, columns, width, channels).enumerate() {
            let values = input[place..][..channels].as_flattened().as_flattened();
            match (&pool.reduce, count) {
                (_, 0) => results.copy_from_slice(values),
                (Reduce::Max, _) => each_pair(results, values, F4::largest),
                _ => each_pair(results, values, F4::add),
            }
        }
        if matches!(pool.reduce, Reduce::Mean) {
            let share = 1.0 / (rows.divisor * columns.divisor) as f32;
            results.iter_mut().for_each(|value| *value *= share);
        }
    }
}

/// Adds the slopes of a pool's input. A largest value that is there several times has the slope at
/// its first place, as PyTorch has it.
pub fn pool_backward(
    pool: &Pool,
    size: [usize; 2],
    [input, output]: [&[Eight]; 2],
    slope: &[Eight],
    into: &mut [Eight],
) {
    let [width, channels] = size;
    for (number, rows, columns) in bins(pool) {
        let share = 1.0 / (rows.divisor * columns.divisor) as f32;
        for channel in 0..channels {
            let at = number * channels + channel;
            let slope = slope[at].as_flattened();
            let most = output[at].as_flattened();
            let mut given = [false; 8];
            for place in places(rows, columns, width, channels) {
                let values = input[place + channel].as_flattened();
                let into = into[place + channel].as_flattened_mut();
                for (lane, into) in into.iter_mut().enumerate() {
                    match pool.reduce {
                        Reduce::Max if given[lane] || values[lane] != most[lane] => {}
                        Reduce::Max => {
                            given[lane] = true;
                            *into += slope[lane];
                        }
                        _ => *into += slope[lane] * share,
                    }
                }
            }
        }
    }
}

/// Softmax and cross-entropy of eight pictures' scores `[classes][8]`: the sum of the losses of
/// those that have a label, and the slopes of the scores times `share`, in place.
pub fn cross_entropy(scores: &mut [Eight], labels: &[usize], share: f32) -> f32 {
    let mut loss = 0.0;
    for half in 0..2 {
        let first = half * 4;
        let Some(labels) = labels.get(first..) else {
            break;
        };
        let mut most = F4::splat(f32::NEG_INFINITY);
        for score in scores.iter() {
            most = most.largest(F4::load(&score[half]));
        }
        for (lane, &label) in labels.iter().enumerate().take(4) {
            let mut four = [0.0; 4];
            most.store(&mut four);
            loss += four[lane] - scores[label][half][lane];
        }
        let mut sum = F4::ZERO;
        for score in scores.iter_mut() {
            let exp = functions::exp(F4::load(&score[half]).sub(most));
            exp.store(&mut score[half]);
            sum = sum.add(exp);
        }
        let mut sums = [0.0; 4];
        sum.store(&mut sums);
        let mut shares = [0.0; 4];
        for (lane, &label) in labels.iter().enumerate().take(4) {
            loss += sums[lane].ln();
            shares[lane] = share / sums[lane];
            // The probability of the right class is to be 1.
            scores[label][half][lane] -= sums[lane];
        }
        for score in scores.iter_mut() {
            F4::load(&score[half])
                .mul(F4::load(&shares))
                .store(&mut score[half]);
        }
    }
    for lane in labels.len()..8 {
        for score in scores.iter_mut() {
            score[lane / 4][lane % 4] = 0.0;
        }
    }
    loss
}
