//! Batch norm on eight pictures at once, with the statistics of the whole batch.

use crate::Eight;
use crate::lanes::F4;

/// The batch's statistics of each channel.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    pub mean: Vec<f32>,
    /// The sum of squares over their number.
    pub variance: Vec<f32>,
}

/// Sums of each channel over positions and pictures; `count` pictures are there, eight in a chunk of
/// `size` values.
#[inline(always)]
fn sums(
    channels: usize,
    size: usize,
    count: usize,
    maps: [&[Eight]; 2],
    sums: &mut [f64],
    of: impl Fn(F4, F4, usize) -> F4,
) {
    sums.fill(0.0);
    let mut all = vec![[F4::ZERO; 2]; channels];
    let chunks = maps[0].chunks_exact(size).zip(maps[1].chunks_exact(size));
    for (number, (first, second)) in chunks.enumerate() {
        let here = (count - 8 * number).min(8);
        all.fill([F4::ZERO; 2]);
        let positions = first.chunks_exact(channels);
        for (first, second) in positions.zip(second.chunks_exact(channels)) {
            let values = first.iter().zip(second);
            for (channel, (all, (a, b))) in all.iter_mut().zip(values).enumerate() {
                for half in 0..2 {
                    let value = of(F4::load(&a[half]), F4::load(&b[half]), channel);
                    all[half] = all[half].add(value);
                }
            }
        }
        for (sum, all) in sums.iter_mut().zip(&all) {
            let mut lanes = [[0.0; 4]; 2];
            all[0].store(&mut lanes[0]);
            all[1].store(&mut lanes[1]);
            let lanes = lanes.as_flattened().iter().take(here);
            *sum += lanes.map(|&it| f64::from(it)).sum::<f64>();
        }
    }
}

/// How many values a channel has.
fn values(channels: usize, size: usize, count: usize) -> f64 {
    (size / channels.max(1) * count) as f64
}

/// `output = weight · (input − mean) / √(variance + eps) + bias`.
#[inline(never)]
pub fn forward(
    [weight, bias]: [&[f32]; 2],
    eps: f64,
    [size, count]: [usize; 2],
    statistics: &mut Statistics,
    input: &[Eight],
    output: &mut [Eight],
) {
    let channels = weight.len();
    let number = values(channels, size, count);
    let mut all = vec![0.0; channels];
    sums(channels, size, count, [input; 2], &mut all, |x, _, _| x);
    statistics.mean = all.iter().map(|sum| (sum / number) as f32).collect();
    let mean = &statistics.mean;
    sums(
        channels,
        size,
        count,
        [input; 2],
        &mut all,
        |x, _, channel| {
            let x = x.sub(F4::splat(mean[channel]));
            x.mul(x)
        },
    );
    statistics.variance = all.iter().map(|sum| (sum / number) as f32).collect();
    let scales = scales(weight, eps, statistics);
    for (values, results) in input
        .chunks_exact(channels)
        .zip(output.chunks_exact_mut(channels))
    {
        for (channel, (value, result)) in values.iter().zip(results).enumerate() {
            let (mean, scale) = (
                F4::splat(statistics.mean[channel]),
                F4::splat(scales[channel]),
            );
            for half in 0..2 {
                let x = F4::load(&value[half]).sub(mean);
                x.mul(scale)
                    .add(F4::splat(bias[channel]))
                    .store(&mut result[half]);
            }
        }
    }
}

/// `weight / √(variance + eps)`.
fn scales(weight: &[f32], eps: f64, statistics: &Statistics) -> Vec<f32> {
    let each = weight.iter().zip(&statistics.variance);
    let scale = |(&weight, &variance): (&f32, &f32)| {
        (f64::from(weight) / (f64::from(variance) + eps).sqrt()) as f32
    };
    each.map(scale).collect()
}

/// Adds the slopes of the input, and gives those of weight and bias.
#[inline(never)]
pub fn backward(
    weight: &[f32],
    eps: f64,
    [size, count]: [usize; 2],
    statistics: &Statistics,
    [input, slope]: [&[Eight]; 2],
    into: &mut [Eight],
    [of_weight, of_bias]: [&mut [f32]; 2],
) {
    let channels = weight.len();
    let number = values(channels, size, count);
    let mean = &statistics.mean;
    let inverse = scales(&vec![1.0; channels], eps, statistics);
    let (mut slopes, mut products) = (vec![0.0; channels], vec![0.0; channels]);
    sums(
        channels,
        size,
        count,
        [input, slope],
        &mut slopes,
        |_, slope, _| slope,
    );
    sums(
        channels,
        size,
        count,
        [input, slope],
        &mut products,
        |x, slope, channel| {
            let normal = x.sub(F4::splat(mean[channel]));
            normal.mul(F4::splat(inverse[channel])).mul(slope)
        },
    );
    for channel in 0..channels {
        of_weight[channel] = products[channel] as f32;
        of_bias[channel] = slopes[channel] as f32;
    }
    let share = |sum: f64| (sum / number) as f32;
    let each = (0..channels).map(|channel| {
        let of = [mean[channel], inverse[channel], weight[channel]];
        (of, [share(slopes[channel]), share(products[channel])])
    });
    let each: Vec<([f32; 3], [f32; 2])> = each.collect();
    for (chunk, values) in into.chunks_exact_mut(size).enumerate() {
        // Pictures that are missing have no slope.
        let here = (count - 8 * chunk).min(8);
        let mut there = [[0.0; 4]; 2];
        there.as_flattened_mut()[..here].fill(1.0);
        let there = there.each_ref().map(F4::load);
        let first = chunk * size;
        let positions = values.chunks_exact_mut(channels);
        let inputs = input[first..][..size].chunks_exact(channels);
        let slopes = slope[first..][..size].chunks_exact(channels);
        for ((values, inputs), slopes) in positions.zip(inputs).zip(slopes) {
            let maps = values.iter_mut().zip(inputs).zip(slopes);
            for (((into, x), slope), (of, shares)) in maps.zip(&each) {
                let [mean, inverse, weight] = of.map(F4::splat);
                let [slopes, products] = shares.map(F4::splat);
                let scale = weight.mul(inverse);
                for half in 0..2 {
                    let normal = F4::load(&x[half]).sub(mean).mul(inverse);
                    let rest = F4::load(&slope[half]).sub(slopes).sub(normal.mul(products));
                    let more = rest.mul(scale).mul(there[half]);
                    F4::load(&into[half]).add(more).store(&mut into[half]);
                }
            }
        }
    }
}
