//! Layers without weights on eight pictures at once: functions, pools, the loss.

use crate::lanes::{F4, each_pair};
use crate::{Bin, Eight, Function, Pool, Reduce, functions};

/// Whether the slope of a function follows from its value.
pub fn has_slope(function: Function) -> bool {
    match function {
        Function::Relu | Function::Relu6 | Function::Tanh | Function::Sigmoid => true,
        Function::ScaledTanh { a, .. } => a != 0.0,
        Function::LeakyRelu { slope } => slope > 0.0,
        _ => false,
    }
}

/// Multiplies slopes by those of a function, of which `values` are the results.
#[inline(never)]
pub fn backward(function: Function, values: &[f32], slopes: &mut [f32]) {
    let s = F4::splat;
    let one = s(1.0);
    match function {
        Function::Tanh => each_pair(slopes, values, |slope, y| slope.mul(one.sub(y.mul(y)))),
        Function::ScaledTanh { a, s: scale } => {
            // a · s · (1 − (y / a)²)
            let (ahead, share) = (s(a * scale), s(1.0 / (a * a)));
            each_pair(slopes, values, |slope, y| {
                slope.mul(ahead).mul(one.sub(y.mul(y).mul(share)))
            });
        }
        Function::Sigmoid => each_pair(slopes, values, |slope, y| slope.mul(y.mul(one.sub(y)))),
        Function::LeakyRelu { slope } => {
            by_value(values, slopes, |y| if y > 0.0 { 1.0 } else { slope })
        }
        Function::Relu6 => by_value(values, slopes, |y| f32::from(y > 0.0 && y < 6.0)),
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
#[inline(never)]
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
#[inline(never)]
pub fn pool_backward(
    pool: &Pool,
    size: [usize; 2],
    [input, output]: [&[Eight]; 2],
    slope: &[Eight],
    into: &mut [Eight],
) {
    let [width, channels] = size;
    if !matches!(pool.reduce, Reduce::Max) {
        for (number, rows, columns) in bins(pool) {
            let share = F4::splat(1.0 / (rows.divisor * columns.divisor) as f32);
            let slopes = &slope[number * channels..][..channels];
            let slopes = slopes.as_flattened().as_flattened();
            for place in places(rows, columns, width, channels) {
                let into = &mut into[place..][..channels];
                let into = into.as_flattened_mut().as_flattened_mut();
                each_pair(into, slopes, |into, slope| into.add(slope.mul(share)));
            }
        }
        return;
    }
    for (number, rows, columns) in bins(pool) {
        for channel in 0..channels {
            let at = number * channels + channel;
            let slope = slope[at].as_flattened();
            let most = output[at].as_flattened();
            let mut given = [false; 8];
            for place in places(rows, columns, width, channels) {
                let values = input[place + channel].as_flattened();
                let into = into[place + channel].as_flattened_mut();
                for (lane, into) in into.iter_mut().enumerate() {
                    if !given[lane] && values[lane] == most[lane] {
                        given[lane] = true;
                        *into += slope[lane];
                    }
                }
            }
        }
    }
}

/// A function of single values, in their place.
#[inline(never)]
pub fn apply(function: Function, values: &mut [Eight]) {
    functions::apply(function, values.as_flattened_mut().as_flattened_mut());
}

/// A function of single values.
#[inline(never)]
pub fn activate(function: Function, input: &[Eight], output: &mut [Eight]) {
    output.copy_from_slice(input);
    functions::apply(function, output.as_flattened_mut().as_flattened_mut());
}

/// Adds values to others.
#[inline(never)]
pub fn add(to: &mut [Eight], more: &[Eight]) {
    let to = to.as_flattened_mut().as_flattened_mut();
    each_pair(to, more.as_flattened().as_flattened(), F4::add);
}

/// The rows of a map, and where each lies in the map with zeros around it.
fn rows(sides: [usize; 4], size: [usize; 3]) -> impl Iterator<Item = (usize, usize)> {
    let ([top, left, _, right], [height, width, channels]) = (sides, size);
    let place = move |y: usize| (top + y) * (left + width + right) + left;
    (0..height).map(move |y| (y * width * channels, place(y) * channels))
}

/// A map (`size` is its height, width and channels) with zeros around it: top, left, bottom, right.
#[inline(never)]
pub fn pad(sides: [usize; 4], size: [usize; 3], input: &[Eight], output: &mut [Eight]) {
    output.fill([[0.0; 4]; 2]);
    let row = size[1] * size[2];
    for (from, to) in rows(sides, size) {
        output[to..to + row].copy_from_slice(&input[from..from + row]);
    }
}

/// Adds the slopes of what is not the zeros around it.
#[inline(never)]
pub fn pad_backward(sides: [usize; 4], size: [usize; 3], slope: &[Eight], into: &mut [Eight]) {
    let row = size[1] * size[2];
    for (to, from) in rows(sides, size) {
        add(&mut into[to..to + row], &slope[from..from + row]);
    }
}

/// Up to eight pictures, each channel after channel, side by side; zeros for those that are
/// missing.
#[inline(never)]
pub fn side_by_side(pictures: &[f32], positions: usize, map: &mut [Eight]) {
    let channels = map.len() / positions.max(1);
    map.fill([[0.0; 4]; 2]);
    for (lane, picture) in pictures.chunks_exact(map.len().max(1)).enumerate() {
        for (channel, plane) in picture.chunks_exact(positions).enumerate() {
            let places = map[channel..].iter_mut().step_by(channels);
            for (place, &value) in places.zip(plane) {
                place[lane / 4][lane % 4] = value;
            }
        }
    }
}

/// Appends the first `count` of eight pictures side by side, each channel after channel.
#[inline(never)]
pub fn one_by_one(map: &[Eight], positions: usize, count: usize, pictures: &mut Vec<f32>) {
    let channels = map.len() / positions.max(1);
    for lane in 0..count {
        for channel in 0..channels {
            let plane = map[channel..].iter().step_by(channels);
            pictures.extend(plane.map(|place| place[lane / 4][lane % 4]));
        }
    }
}

/// Softmax and cross-entropy of eight pictures' scores `[classes][8]`: the sum of the losses of
/// those that have a label, and the slopes of the scores times `share`, in place. `smoothing` is the
/// share of each target that is spread evenly over the classes (Szegedy et al. 2016).
#[inline(never)]
pub fn cross_entropy(scores: &mut [Eight], labels: &[usize], share: f32, smoothing: f32) -> f32 {
    let mut loss = 0.0;
    let (of_label, even) = (1.0 - smoothing, smoothing / scores.len() as f32);
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
            loss += of_label * (four[lane] - scores[label][half][lane]);
            if even != 0.0 {
                let below = scores.iter().map(|score| four[lane] - score[half][lane]);
                loss += even * below.sum::<f32>();
            }
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
            // The probability of the right class is to be 1, or a little less.
            scores[label][half][lane] -= of_label * sums[lane];
            if even != 0.0 {
                for score in scores.iter_mut() {
                    score[half][lane] -= even * sums[lane];
                }
            }
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
