//! Layers as their definitions say, in 64-bit floats, one value after the other.

use std::collections::HashMap;

use engine::checkpoint::Role;
use engine::layer::{
    Activation, AvgPool, BatchNorm, Conv, FlattenOrder, Lrn, Merge, PoolMode, TableConv,
    UpsampleMode, Window,
};
use engine::plan::Params;
use engine::{Analysis, Graph, Layer, Node, NodeId, Shape};

/// A map: channels × height × width.
pub struct Map {
    shape: Shape,
    values: Vec<f64>,
}

impl Map {
    fn new(shape: Shape, mut value: impl FnMut([usize; 3]) -> f64) -> Self {
        let [channels, height, width] = sides(shape);
        let mut values = Vec::new();
        for c in 0..channels {
            for y in 0..height {
                for x in 0..width {
                    values.push(value([c, y, x]));
                }
            }
        }
        Self { shape, values }
    }

    fn at(&self, [c, y, x]: [usize; 3]) -> f64 {
        let [_, height, width] = sides(self.shape);
        self.values[(c * height + y) * width + x]
    }

    /// `None` outside.
    fn around(&self, c: usize, y: i64, x: i64) -> Option<f64> {
        let [_, height, width] = sides(self.shape);
        let inside = (0..height as i64).contains(&y) && (0..width as i64).contains(&x);
        inside.then(|| self.at([c, y as usize, x as usize]))
    }

    /// Sides of 1 are repeated.
    fn repeated(&self, [c, y, x]: [usize; 3]) -> f64 {
        let [channels, height, width] = sides(self.shape);
        self.at([c.min(channels - 1), y.min(height - 1), x.min(width - 1)])
    }
}

fn sides(shape: Shape) -> [usize; 3] {
    [shape.channels, shape.height, shape.width].map(|side| side as usize)
}

/// The maps of the whole network.
pub fn maps(graph: &Graph, params: &Params, input: &[f32]) -> HashMap<NodeId, Vec<f64>> {
    let input: Vec<f64> = input.iter().map(|&value| f64::from(value)).collect();
    let mut maps = HashMap::from([(NodeId::INPUT, input)]);
    for node in graph.nodes() {
        let values = layer(graph, node, params, |id| maps[&id].clone());
        maps.insert(node.id, values);
    }
    maps
}

/// The output of the whole network.
pub fn output(graph: &Graph, params: &Params, input: &[f32]) -> Vec<f64> {
    maps(graph, params, input).remove(&graph.output()).unwrap()
}

/// One node's map from those of its inputs.
pub fn layer(
    graph: &Graph,
    node: &Node,
    params: &Params,
    map: impl Fn(NodeId) -> Vec<f64>,
) -> Vec<f64> {
    computed(graph, node, params, map, |value| value)
}

/// One node's map from those of its inputs, of which, as of the weights, `of` is taken.
pub fn computed(
    graph: &Graph,
    node: &Node,
    params: &Params,
    map: impl Fn(NodeId) -> Vec<f64>,
    of: fn(f64) -> f64,
) -> Vec<f64> {
    let analysis = Analysis::of(graph);
    let shape = |id: NodeId| match analysis.node(id) {
        Some(facts) => facts.shape.unwrap(),
        None => graph.input(),
    };
    let inputs: Vec<Map> = node
        .inputs
        .iter()
        .map(|&id| Map {
            shape: shape(id),
            values: map(id).into_iter().map(of).collect(),
        })
        .collect();
    let weights = |role: Role| -> Option<Vec<f64>> {
        let array = params.get(node.id, role)?;
        let values = array.values.iter();
        Some(values.map(|&value| of(f64::from(value))).collect())
    };
    compute(&node.layer, &inputs, shape(node.id), weights)
}

fn compute(
    layer: &Layer,
    inputs: &[Map],
    shape: Shape,
    weights: impl Fn(Role) -> Option<Vec<f64>>,
) -> Vec<f64> {
    let x = &inputs[0];
    let bias = |o: usize| weights(Role::Bias).map_or(0.0, |bias| bias[o]);
    let out = match layer {
        Layer::Conv(conv) => convolve(conv, x, shape, &weights(Role::Weight).unwrap(), bias),
        Layer::TableConv(conv) => table(conv, x, shape, &weights(Role::Weight).unwrap(), bias),
        Layer::MaxPool(pool) => Map::new(shape, |at| {
            let values = window(&pool.sliding(), x, at);
            let inside = values.into_iter().flatten();
            inside.fold(f64::NEG_INFINITY, larger)
        }),
        Layer::AvgPool(pool) => mean_pool(pool, x, shape),
        Layer::AdaptiveAvgPool(pool) => {
            let [_, height, width] = sides(x.shape);
            let bin = |place: usize, size: usize, count: u32| {
                let count = count as usize;
                place * size / count..((place + 1) * size).div_ceil(count)
            };
            Map::new(shape, |[c, y, column]| {
                let rows = bin(y, height, pool.output[0]);
                let columns = bin(column, width, pool.output[1]);
                let places = rows.flat_map(|y| columns.clone().map(move |x| [c, y, x]));
                mean(&places.map(|at| x.at(at)).collect::<Vec<f64>>())
            })
        }
        Layer::AdaptiveMaxPool(pool) => {
            let [_, height, width] = sides(x.shape);
            let bin = |place: usize, size: usize, count: u32| {
                let count = count as usize;
                place * size / count..((place + 1) * size).div_ceil(count)
            };
            Map::new(shape, |[c, y, column]| {
                let columns = bin(column, width, pool.output[1]);
                let rows = bin(y, height, pool.output[0]);
                let places = rows.flat_map(|y| columns.clone().map(move |x| [c, y, x]));
                places.map(|at| x.at(at)).fold(f64::NEG_INFINITY, larger)
            })
        }
        Layer::Upsample(up) if up.mode == UpsampleMode::Nearest => {
            let [rows, columns] = up.factor.map(|it| it as usize);
            Map::new(shape, |[c, y, column]| {
                x.at([c, y / rows, column / columns])
            })
        }
        Layer::GlobalPool(pool) => Map::new(shape, |[c, ..]| {
            let [_, height, width] = sides(x.shape);
            let size = height * width;
            let plane = &x.values[c * size..(c + 1) * size];
            match pool.mode {
                PoolMode::Avg => mean(plane),
                PoolMode::Max => plane.iter().copied().fold(f64::NEG_INFINITY, larger),
            }
        }),
        Layer::Subsample(pool) => {
            let coefficients = weights(Role::Coefficient).unwrap();
            Map::new(shape, |[c, y, column]| {
                let source = [c / pool.fan as usize, y, column];
                let values = window(&pool.sliding(), x, source);
                let sum: f64 = values.into_iter().flatten().sum();
                coefficients[c] * sum + bias(c)
            })
        }
        Layer::BatchNorm(norm) => batch_norm(norm, x, &weights),
        Layer::Lrn(norm) => lrn(norm, x),
        Layer::Activation(function) => activate(*function, x),
        Layer::Dropout(_) => Map::new(shape, |at| x.at(at)),
        Layer::Linear(_) => {
            let weight = weights(Role::Weight).unwrap();
            Map::new(shape, |[o, ..]| {
                let row = &weight[o * x.values.len()..(o + 1) * x.values.len()];
                let products = row.iter().zip(&x.values).map(|(w, x)| w * x);
                products.sum::<f64>() + bias(o)
            })
        }
        Layer::Rbf(_) => {
            let codes = weights(Role::Codes).unwrap();
            Map::new(shape, |[o, ..]| {
                let code = &codes[o * x.values.len()..(o + 1) * x.values.len()];
                code.iter()
                    .zip(&x.values)
                    .map(|(c, x)| (x - c).powi(2))
                    .sum()
            })
        }
        Layer::Merge(Merge::Add) => {
            Map::new(shape, |at| inputs.iter().map(|x| x.repeated(at)).sum())
        }
        Layer::Merge(Merge::Multiply) => {
            Map::new(shape, |at| inputs.iter().map(|x| x.repeated(at)).product())
        }
        Layer::Merge(Merge::Concat) => {
            let values = inputs.iter().flat_map(|input| input.values.clone());
            Map {
                shape,
                values: values.collect(),
            }
        }
        Layer::Flatten(flatten) => match flatten.order {
            FlattenOrder::Chw => Map {
                shape,
                values: x.values.clone(),
            },
            FlattenOrder::Hwc => {
                let [channels, _, width] = sides(x.shape);
                Map::new(shape, |[k, ..]| {
                    let (place, c) = (k / channels, k % channels);
                    x.at([c, place / width, place % width])
                })
            }
        },
        Layer::Pad(pad) => Map::new(shape, |[c, y, column]| {
            let y = y as i64 - i64::from(pad.sides[0]);
            let column = column as i64 - i64::from(pad.sides[1]);
            x.around(c, y, column).unwrap_or(pad.value)
        }),
        Layer::ChannelShuffle(shuffle) => {
            let groups = shuffle.groups as usize;
            let each = shape.channels as usize / groups;
            // Rows of channels, of which the columns are read.
            Map::new(shape, |[c, y, column]| {
                x.at([c % groups * each + c / groups, y, column])
            })
        }
        Layer::ChannelSlice(slice) => Map::new(shape, |[c, y, column]| {
            x.at([c + slice.start as usize, y, column])
        }),
        // The reference's cases have them.
        Layer::TransposedConv(_)
        | Layer::Upsample(_)
        | Layer::GroupNorm(_)
        | Layer::LayerNorm(_)
        | Layer::InstanceNorm(_)
        | Layer::PRelu(_) => unreachable!("no random graph has it"),
    };
    out.values
}

fn larger(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    a.max(b)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The places of a window's positions in the input: row, column.
fn places(window: &Window, size: [u32; 2], y: usize, x: usize) -> Vec<[i64; 2]> {
    let sides = window.sides(size);
    let place = |axis: usize, at: usize, k: u32| {
        at as i64 * i64::from(window.stride[axis]) + i64::from(k) * i64::from(window.dilation[axis])
            - i64::from(sides[axis])
    };
    let rows = 0..window.kernel[0];
    rows.flat_map(|j| (0..window.kernel[1]).map(move |i| [place(0, y, j), place(1, x, i)]))
        .collect()
}

/// The values under a window, `None` outside of the map.
fn window(sliding: &Window, x: &Map, [c, y, column]: [usize; 3]) -> Vec<Option<f64>> {
    let places = places(sliding, x.shape.size(), y, column);
    places
        .into_iter()
        .map(|[y, column]| x.around(c, y, column))
        .collect()
}

fn convolve(
    conv: &Conv,
    x: &Map,
    shape: Shape,
    weight: &[f64],
    bias: impl Fn(usize) -> f64,
) -> Map {
    let groups = conv.groups as usize;
    let [inputs, outputs] = [x.shape.channels, conv.channels].map(|n| n as usize / groups);
    let taps = (conv.kernel[0] * conv.kernel[1]) as usize;
    Map::new(shape, |[o, y, column]| {
        let first = o / outputs * inputs;
        let mut sum = bias(o);
        for c in 0..inputs {
            let kernel = &weight[(o * inputs + c) * taps..];
            let values = window(&conv.sliding(), x, [first + c, y, column]);
            for (value, weight) in values.into_iter().zip(kernel) {
                sum += value.unwrap_or(0.0) * weight;
            }
        }
        sum
    })
}

fn table(
    conv: &TableConv,
    x: &Map,
    shape: Shape,
    weight: &[f64],
    bias: impl Fn(usize) -> f64,
) -> Map {
    let taps = (conv.kernel[0] * conv.kernel[1]) as usize;
    let before = |o: usize| conv.table[..o].iter().map(Vec::len).sum::<usize>();
    Map::new(shape, |[o, y, column]| {
        let mut sum = bias(o);
        for (place, &c) in conv.table[o].iter().enumerate() {
            // Of a pair that is named twice the last kernel counts.
            if conv.table[o][place + 1..].contains(&c) {
                continue;
            }
            let kernel = &weight[(before(o) + place) * taps..];
            let values = window(&conv.sliding(), x, [c as usize, y, column]);
            for (value, weight) in values.into_iter().zip(kernel) {
                sum += value.unwrap_or(0.0) * weight;
            }
        }
        sum
    })
}

fn mean_pool(pool: &AvgPool, x: &Map, shape: Shape) -> Map {
    let sliding = pool.sliding();
    let sides = sliding.sides(x.shape.size()).map(i64::from);
    let size = x.shape.size().map(i64::from);
    Map::new(shape, |[c, y, column]| {
        let values = window(&sliding, x, [c, y, column]);
        let sum: f64 = values.iter().flatten().sum();
        let counted = if pool.count_include_pad {
            // Padding counts, what lies beyond it does not.
            let places = places(&sliding, x.shape.size(), y, column);
            let inside = |&[y, x]: &[i64; 2]| y < size[0] + sides[2] && x < size[1] + sides[3];
            places.iter().filter(|place| inside(place)).count()
        } else {
            values.iter().flatten().count()
        };
        sum / counted as f64
    })
}

fn batch_norm(norm: &BatchNorm, x: &Map, weights: impl Fn(Role) -> Option<Vec<f64>>) -> Map {
    let (mean, variance) = (
        weights(Role::RunningMean).unwrap(),
        weights(Role::RunningVar).unwrap(),
    );
    let (gamma, beta) = (weights(Role::Weight), weights(Role::Bias));
    Map::new(x.shape, |at| {
        let c = at[0];
        let normal = (x.at(at) - mean[c]) / (variance[c] + norm.eps).sqrt();
        normal * gamma.as_ref().map_or(1.0, |it| it[c]) + beta.as_ref().map_or(0.0, |it| it[c])
    })
}

fn lrn(norm: &Lrn, x: &Map) -> Map {
    let size = norm.size as usize;
    let share = if norm.alpha_divided_by_size {
        norm.alpha / f64::from(norm.size)
    } else {
        norm.alpha
    };
    Map::new(x.shape, |[c, y, column]| {
        let from = c.saturating_sub(size / 2);
        let to = (c + (size - 1) / 2 + 1).min(x.shape.channels as usize);
        let sum: f64 = (from..to).map(|c| x.at([c, y, column]).powi(2)).sum();
        x.at([c, y, column]) / (norm.k + share * sum).powf(norm.beta)
    })
}

fn activate(function: Activation, x: &Map) -> Map {
    let relu6 = |x: f64| if x.is_nan() { x } else { x.clamp(0.0, 6.0) };
    let logistic = |x: f64| 1.0 / (1.0 + (-x).exp());
    Map::new(x.shape, |[c, y, column]| {
        let value = x.at([c, y, column]);
        let total = || {
            let exp = |c: usize| x.at([c, y, column]).exp();
            (0..x.shape.channels as usize).map(exp).sum::<f64>()
        };
        match function {
            Activation::Relu => {
                if value < 0.0 {
                    0.0
                } else {
                    value
                }
            }
            Activation::Relu6 => relu6(value),
            Activation::LeakyRelu { slope } => value * if value < 0.0 { slope } else { 1.0 },
            Activation::Elu { alpha } if value < 0.0 => alpha * (value.exp() - 1.0),
            Activation::Elu { .. } => value,
            Activation::Tanh => value.tanh(),
            Activation::ScaledTanh { a, s } => a * (s * value).tanh(),
            Activation::Sigmoid => logistic(value),
            Activation::Silu => value * logistic(value),
            Activation::HardSigmoid => relu6(value + 3.0) / 6.0,
            Activation::HardSwish => value * relu6(value + 3.0) / 6.0,
            // The reference's cases have it.
            Activation::Gelu => unreachable!("no random graph has it"),
            Activation::Softmax => value.exp() / total(),
            Activation::LogSoftmax => value - total().ln(),
        }
    })
}
