//! How one value is made of the values before it.

use engine::Layer;
use engine::layer::{Activation, AvgPool, Merge, PoolMode, UpsampleMode};
use state::look::{Patch, Pixel, Taps};

use super::filters::{Filters, Params};
use super::subject::{Subject, fold};

/// The arithmetic of one value.
#[derive(Clone, Debug, PartialEq)]
pub enum Made {
    /// Products with weights, and their sum with the bias. `distance`: squares of the differences
    /// from a code instead.
    Weighted {
        kernels: Vec<Kernel>,
        bias: Option<f32>,
        distance: bool,
    },
    Pooled {
        patch: Kernel,
        how: Pooled,
    },
    /// `(x − mean) / √(variance + eps) · scale + shift`.
    BatchNorm {
        x: f32,
        mean: f32,
        variance: f32,
        eps: f64,
        scale: f32,
        shift: f32,
    },
    /// `x / (k + share · squares)^beta`, the squares summed over neighbouring channels.
    Lrn {
        x: f32,
        squares: f64,
        channels: usize,
        share: f64,
        k: f64,
        beta: f64,
    },
    Function {
        name: &'static str,
        x: f32,
    },
    /// In words; the numbers are not shown.
    Formula(&'static str),
    /// e to the power of this score, and the sum of that of all.
    Softmax {
        x: f32,
        power: f64,
        sum: f64,
        log: bool,
    },
    /// Values of several inputs, added or multiplied.
    Merged {
        values: Vec<f32>,
        multiplied: bool,
    },
    /// The value at a place of the input, unchanged; `None` is a border's.
    Copied {
        channel: u32,
        value: Option<f32>,
    },
}

/// One input channel's part in a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kernel {
    /// The input channel; `None` for a strip of all.
    pub channel: Option<u32>,
    /// Values in a row.
    pub width: u32,
    /// `None` in the padding.
    pub inputs: Vec<Option<f32>>,
    /// As many as inputs; none in pooling.
    pub weights: Vec<f32>,
    distance: bool,
}

impl Kernel {
    pub fn input(&self, at: usize) -> f32 {
        self.inputs.get(at).copied().flatten().unwrap_or(0.0)
    }

    pub fn product(&self, at: usize) -> f64 {
        let weight = self.weights.get(at).copied().unwrap_or(0.0);
        let (input, weight) = (f64::from(self.input(at)), f64::from(weight));
        if self.distance {
            (input - weight).powi(2)
        } else {
            input * weight
        }
    }

    /// The sum of the first `count` products.
    pub fn so_far(&self, count: usize) -> f64 {
        (0..count.min(self.inputs.len()))
            .map(|at| self.product(at))
            .sum()
    }

    pub fn sum(&self) -> f64 {
        self.so_far(self.inputs.len())
    }

    /// The products of largest influence, at most `count`, the largest first.
    pub fn largest(&self, count: usize) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.inputs.len()).collect();
        places.sort_by(|&a, &b| self.product(b).abs().total_cmp(&self.product(a).abs()));
        places.truncate(count);
        places
    }

    fn present(&self) -> impl Iterator<Item = f64> {
        self.inputs.iter().flatten().map(|&value| f64::from(value))
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pooled {
    /// The place of the largest value.
    Max { winner: usize },
    /// The sum divided by this count.
    Mean { count: usize },
    /// `coefficient · sum + bias`, as LeCun et al. 1998 subsample.
    Scaled { coefficient: f32, bias: f32 },
}

impl Made {
    /// The value; `None` for a function and a formula, whose values only the engine computes.
    pub fn total(&self) -> Option<f64> {
        Some(match self {
            Self::Weighted { kernels, bias, .. } => {
                let sum: f64 = kernels.iter().map(Kernel::sum).sum();
                sum + f64::from(bias.unwrap_or(0.0))
            }
            Self::Pooled { patch, how } => match how {
                Pooled::Max { winner } => patch.input(*winner).into(),
                Pooled::Mean { count } => patch.present().sum::<f64>() / (*count).max(1) as f64,
                Pooled::Scaled { coefficient, bias } => {
                    patch.present().sum::<f64>() * f64::from(*coefficient) + f64::from(*bias)
                }
            },
            Self::BatchNorm {
                x,
                mean,
                variance,
                eps,
                scale,
                shift,
            } => {
                let normalised = f64::from(x - mean) / (f64::from(*variance) + eps).sqrt();
                normalised * f64::from(*scale) + f64::from(*shift)
            }
            Self::Lrn {
                x,
                squares,
                share,
                k,
                beta,
                ..
            } => f64::from(*x) / (k + share * squares).powf(*beta),
            Self::Softmax {
                power, sum, log, ..
            } => {
                let share = power / sum;
                if *log { share.ln() } else { share }
            }
            Self::Merged { values, multiplied } => {
                let values = values.iter().map(|&value| f64::from(value));
                if *multiplied {
                    values.product()
                } else {
                    values.sum()
                }
            }
            Self::Copied { value, .. } => (*value)?.into(),
            Self::Function { .. } | Self::Formula(_) => return None,
        })
    }
}

/// What is missing to tell how a value is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It is a pixel of the network's input.
    Nothing,
    /// The values before it have not come.
    Values,
    /// The weights have not come.
    Weights,
}

/// Reads a value of an input by its slot, channel, row and column.
pub trait Read: Fn(usize, u32, u32, u32) -> Option<f32> {}
impl<F: Fn(usize, u32, u32, u32) -> Option<f32>> Read for F {}

/// The arithmetic of this pixel.
///
/// # Errors
/// When a value or a weight is missing.
pub fn made(
    subject: &Subject,
    pixel: Pixel,
    patches: &[Patch],
    read: &impl Read,
    params: Option<&Params>,
    filters: Option<&Filters>,
) -> Result<Made, Missing> {
    let layer = subject.layer.as_ref().ok_or(Missing::Nothing)?;
    let patch = patches.first().ok_or(Missing::Values)?;
    let own = || {
        let value = values(patch, patch.channels.first().copied(), read)?;
        value.first().copied().ok_or(Missing::Values)
    };
    let param = |role| params.and_then(|params| params.of_channel(role, pixel.channel));
    Ok(match layer {
        Layer::Conv(_) | Layer::TableConv(_) | Layer::Linear(_) | Layer::Rbf(_) => {
            let filters = filters.ok_or(Missing::Weights)?;
            let distance = matches!(layer, Layer::Rbf(_));
            Made::Weighted {
                kernels: kernels(pixel.channel, patch, read, filters, distance)?,
                bias: param("bias"),
                distance,
            }
        }
        Layer::MaxPool(_)
        | Layer::AvgPool(_)
        | Layer::AdaptiveAvgPool(_)
        | Layer::AdaptiveMaxPool(_)
        | Layer::GlobalPool(_)
        | Layer::Subsample(_) => {
            let inputs = values(patch, patch.channels.first().copied(), read)?;
            let how = match layer {
                Layer::AvgPool(pool) => Pooled::Mean {
                    count: divisor(pool, patch, &inputs),
                },
                Layer::AdaptiveAvgPool(_) => Pooled::Mean {
                    count: inputs.len(),
                },
                Layer::GlobalPool(pool) if pool.mode == PoolMode::Avg => Pooled::Mean {
                    count: inputs.len(),
                },
                Layer::Subsample(_) => Pooled::Scaled {
                    coefficient: param("coef").ok_or(Missing::Weights)?,
                    bias: param("bias").ok_or(Missing::Weights)?,
                },
                _ => Pooled::Max {
                    winner: largest(&inputs),
                },
            };
            let (channel, width) = (patch.channels.first().copied(), patch.columns.count);
            let patch = Kernel {
                channel,
                width,
                inputs,
                ..Kernel::default()
            };
            Made::Pooled { patch, how }
        }
        Layer::BatchNorm(norm) => Made::BatchNorm {
            x: own()?.unwrap_or(0.0),
            mean: param("running_mean").ok_or(Missing::Weights)?,
            variance: param("running_var").ok_or(Missing::Weights)?,
            eps: norm.eps,
            scale: param("weight").unwrap_or(1.0),
            shift: param("bias").unwrap_or(0.0),
        },
        Layer::TransposedConv(_) => {
            Made::Formula("each value that reaches this place × its weight, all added, + bias =")
        }
        Layer::GroupNorm(_) | Layer::LayerNorm(_) | Layer::InstanceNorm(_) => Made::Formula(
            "(x − mean) ÷ √(variance + ε) × scale + shift, mean and variance of the patch =",
        ),
        Layer::Upsample(up) if up.mode == UpsampleMode::Bilinear => {
            Made::Formula("a mean of the patch, weighted by how near each value is =")
        }
        Layer::Lrn(norm) => {
            let all = across(patch, read)?;
            let at = patch.channels.iter().position(|it| *it == pixel.channel);
            let x = at.and_then(|at| all.get(at)).copied();
            Made::Lrn {
                x: x.ok_or(Missing::Values)?,
                squares: all.iter().map(|&value| f64::from(value).powi(2)).sum(),
                channels: all.len(),
                share: if norm.alpha_divided_by_size {
                    norm.alpha / f64::from(norm.size)
                } else {
                    norm.alpha
                },
                k: norm.k,
                beta: norm.beta,
            }
        }
        Layer::Activation(function @ (Activation::Softmax | Activation::LogSoftmax)) => {
            let all = across(patch, read)?;
            let x = *all.get(pixel.channel as usize).ok_or(Missing::Values)?;
            let power = |value: f32| f64::from(value).exp();
            Made::Softmax {
                x,
                power: power(x),
                sum: all.iter().copied().map(power).sum(),
                log: *function == Activation::LogSoftmax,
            }
        }
        Layer::Activation(function) => Made::Function {
            name: Activation::title(*function),
            x: own()?.unwrap_or(0.0),
        },
        Layer::PRelu(_) => Made::Function {
            name: "PReLU",
            x: own()?.unwrap_or(0.0),
        },
        Layer::Merge(how @ (Merge::Add | Merge::Multiply)) => {
            let one = |patch: &Patch| {
                let value = values(patch, patch.channels.first().copied(), read)?;
                value.first().copied().flatten().ok_or(Missing::Values)
            };
            Made::Merged {
                values: patches.iter().map(one).collect::<Result<_, _>>()?,
                multiplied: matches!(how, Merge::Multiply),
            }
        }
        Layer::Merge(Merge::Concat)
        | Layer::Dropout(_)
        | Layer::Flatten(_)
        | Layer::Pad(_)
        | Layer::Upsample(_)
        | Layer::ChannelShuffle(_)
        | Layer::ChannelSlice(_) => Made::Copied {
            channel: patch.channels.first().copied().unwrap_or(0),
            value: own()?,
        },
    })
}

/// The values of a patch in one channel; `None` in the padding.
fn values(
    patch: &Patch,
    channel: Option<u32>,
    read: &impl Read,
) -> Result<Vec<Option<f32>>, Missing> {
    let channel = channel.ok_or(Missing::Values)?;
    let on_map = |place: i64, size: u32| u32::try_from(place).ok().filter(|it| *it < size);
    let mut values = Vec::with_capacity(patch.rows.count as usize * patch.columns.count as usize);
    for row in patch.rows.positions() {
        for column in patch.columns.positions() {
            let row = on_map(row, patch.map.height);
            let place = row.zip(on_map(column, patch.map.width));
            values.push(match place {
                Some((row, column)) => {
                    let value = read(patch.slot, channel, row, column);
                    Some(value.ok_or(Missing::Values)?)
                }
                None => None,
            });
        }
    }
    Ok(values)
}

/// The values of all channels of a patch that is one pixel.
fn across(patch: &Patch, read: &impl Read) -> Result<Vec<f32>, Missing> {
    let one = |&channel: &u32| {
        let values = values(patch, Some(channel), read)?;
        values.first().copied().flatten().ok_or(Missing::Values)
    };
    patch.channels.iter().map(one).collect()
}

fn kernels(
    output: u32,
    patch: &Patch,
    read: &impl Read,
    filters: &Filters,
    distance: bool,
) -> Result<Vec<Kernel>, Missing> {
    let weights = |number| {
        let kernel = filters.kernel(output, number);
        kernel.map(<[f32]>::to_vec).ok_or(Missing::Weights)
    };
    if filters.strip {
        let width = fold(patch.channels.len() as u32).0;
        return Ok(vec![Kernel {
            channel: None,
            width,
            inputs: across(patch, read)?.into_iter().map(Some).collect(),
            weights: weights(0)?,
            distance,
        }]);
    }
    let (width, area) = (filters.size.0, (filters.size.0 * filters.size.1) as usize);
    let one = |(number, channel): (usize, u32)| {
        // Behind a flatten a kernel's inputs stand one after the other.
        let inputs = if area > 1 && patch.rows.count * patch.columns.count == 1 {
            let run = patch.channels.get(number * area..(number + 1) * area);
            let run = run.ok_or(Missing::Values)?.iter();
            let value = |&at: &u32| read(patch.slot, at, 0, 0).ok_or(Missing::Values);
            run.map(|at| value(at).map(Some))
                .collect::<Result<_, _>>()?
        } else {
            values(patch, Some(channel), read)?
        };
        Ok(Kernel {
            channel: Some(channel),
            width,
            inputs,
            weights: weights(number)?,
            distance,
        })
    };
    let inputs = filters.inputs(output);
    inputs.into_iter().enumerate().map(one).collect()
}

/// The place of the first of the largest values; padding takes no part.
fn largest(values: &[Option<f32>]) -> usize {
    let mut winner = 0;
    let mut most = f32::NEG_INFINITY;
    for (at, value) in values.iter().enumerate() {
        if let Some(value) = value.filter(|value| *value > most) {
            (winner, most) = (at, value);
        }
    }
    winner
}

/// What an average is divided by: all of the window that lies on the map and its padding, or on the
/// map alone.
fn divisor(pool: &AvgPool, patch: &Patch, inputs: &[Option<f32>]) -> usize {
    if !pool.count_include_pad {
        return inputs.iter().flatten().count();
    }
    // In ceil mode the last window may reach beyond the padding, which does not count.
    let [_, _, bottom, right] = pool.sliding().sides(patch.map.size());
    let counted = |taps: Taps, size: u32, after: u32| {
        let end = i64::from(size) + i64::from(after);
        taps.positions().filter(|at| *at < end).count()
    };
    counted(patch.rows, patch.map.height, bottom) * counted(patch.columns, patch.map.width, right)
}

#[cfg(test)]
mod tests;
