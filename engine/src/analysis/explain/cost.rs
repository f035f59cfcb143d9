//! The formulas of parameters and operations, one for each kind of layer.

use super::super::formula::{Formula, named, number, sum, times};
use super::Subject;
use crate::layer::{Conv, Merge, PoolMode};
use crate::{Layer, Shape};

/// Values that one output value of a convolution is computed from, its bias aside.
fn fan_in(conv: &Conv, input: Shape) -> Formula {
    let mut channels = named("input channels", input.channels);
    if conv.groups != 1 {
        channels = quotient(channels, named("groups", conv.groups));
    }
    let [height, width] = conv.kernel;
    times([
        channels,
        named("kernel height", height),
        named("kernel width", width),
    ])
}

fn quotient(over: Formula, under: Formula) -> Formula {
    Formula::Quotient(Box::new(over), Box::new(under))
}

fn kernel([height, width]: [u32; 2]) -> [Formula; 2] {
    [named("kernel height", height), named("kernel width", width)]
}

fn positions(output: Shape) -> [Formula; 2] {
    [named("height", output.height), named("width", output.width)]
}

fn values(output: Shape) -> Formula {
    let [height, width] = positions(output);
    times([named("channels", output.channels), height, width])
}

/// What training changes; `None` for a layer that learns nothing.
pub(super) fn trainable(subject: &Subject<'_>) -> Option<Formula> {
    let (input, output) = (subject.input(), subject.output);
    match subject.layer {
        Layer::Conv(conv) => {
            let mut each = fan_in(conv, input);
            if conv.bias {
                each = sum([each, number(1)]);
            }
            Some(times([named("channels", conv.channels), each]))
        }
        Layer::TableConv(conv) => {
            let [height, width] = kernel(conv.kernel);
            let weights = times([named("connected pairs", conv.connections()), height, width]);
            let bias = conv.bias.then(|| named("channels", output.channels));
            Some(sum([weights].into_iter().chain(bias)))
        }
        Layer::Subsample(_) => Some(times([
            named("channels", output.channels),
            named("coefficient and bias", 2_u64),
        ])),
        Layer::BatchNorm(norm) => {
            let learnt = match (norm.scale, norm.shift) {
                (true, true) => "scale and shift",
                (true, false) => "scale",
                (false, true) => "shift",
                (false, false) => return None,
            };
            Some(times([
                named("channels", output.channels),
                named(learnt, norm.learnt()),
            ]))
        }
        Layer::Linear(linear) => {
            let mut each = named("inputs", input.elements());
            if linear.bias {
                each = sum([each, number(1)]);
            }
            Some(times([named("outputs", linear.features), each]))
        }
        Layer::MaxPool(_)
        | Layer::AvgPool(_)
        | Layer::AdaptiveAvgPool(_)
        | Layer::GlobalPool(_)
        | Layer::Lrn(_)
        | Layer::Activation(_)
        | Layer::Dropout(_)
        | Layer::Rbf(_)
        | Layer::Merge(_)
        | Layer::Flatten(_)
        | Layer::Pad(_)
        | Layer::ChannelShuffle(_)
        | Layer::ChannelSlice(_) => None,
    }
}

/// What is stored and not learnt; `None` for a layer that stores nothing else.
pub(super) fn other(subject: &Subject<'_>) -> Option<Formula> {
    match subject.layer {
        Layer::BatchNorm(_) => Some(times([
            named("channels", subject.output.channels),
            named("running mean and variance", 2_u64),
        ])),
        Layer::Rbf(rbf) => Some(times([
            named("classes", rbf.classes),
            named("length of a code", subject.input().elements()),
        ])),
        Layer::Conv(_)
        | Layer::TableConv(_)
        | Layer::MaxPool(_)
        | Layer::AvgPool(_)
        | Layer::AdaptiveAvgPool(_)
        | Layer::GlobalPool(_)
        | Layer::Subsample(_)
        | Layer::Lrn(_)
        | Layer::Activation(_)
        | Layer::Dropout(_)
        | Layer::Linear(_)
        | Layer::Merge(_)
        | Layer::Flatten(_)
        | Layer::Pad(_)
        | Layer::ChannelShuffle(_)
        | Layer::ChannelSlice(_) => None,
    }
}

/// Multiply-adds; `None` for a layer whose work is counted otherwise.
pub(super) fn macs(subject: &Subject<'_>) -> Option<Formula> {
    let [rows, columns] = positions(subject.output);
    match subject.layer {
        Layer::Conv(conv) => {
            let channels = named("channels", conv.channels);
            Some(times([
                channels,
                rows,
                columns,
                fan_in(conv, subject.input()),
            ]))
        }
        Layer::TableConv(conv) => {
            let [height, width] = kernel(conv.kernel);
            let pairs = named("connected pairs", conv.connections());
            Some(times([pairs, height, width, rows, columns]))
        }
        Layer::Linear(linear) => Some(times([
            named("outputs", linear.features),
            named("inputs", subject.input().elements()),
        ])),
        Layer::MaxPool(_)
        | Layer::AvgPool(_)
        | Layer::AdaptiveAvgPool(_)
        | Layer::GlobalPool(_)
        | Layer::Subsample(_)
        | Layer::BatchNorm(_)
        | Layer::Lrn(_)
        | Layer::Activation(_)
        | Layer::Dropout(_)
        | Layer::Rbf(_)
        | Layer::Merge(_)
        | Layer::Flatten(_)
        | Layer::Pad(_)
        | Layer::ChannelShuffle(_)
        | Layer::ChannelSlice(_) => None,
    }
}

/// Operations beside the multiply-adds; `None` for a layer that has none.
pub(super) fn element(subject: &Subject<'_>) -> Option<Formula> {
    let (input, output) = (subject.input(), subject.output);
    let minus_one = |terms: Formula| Formula::Difference(Box::new(terms), Box::new(number(1)));
    match subject.layer {
        Layer::Conv(conv) => conv.bias.then(|| values(output)),
        Layer::TableConv(conv) => conv.bias.then(|| values(output)),
        Layer::Linear(linear) => linear.bias.then(|| named("outputs", output.channels)),
        Layer::MaxPool(pool) => Some(times([
            values(output),
            minus_one(times(kernel(pool.kernel))),
        ])),
        Layer::AvgPool(pool) => Some(times([values(output), times(kernel(pool.kernel))])),
        Layer::AdaptiveAvgPool(pool) => {
            let [rows, columns] = pool.reads(input);
            Some(times([
                named("channels", output.channels),
                named("rows of all bins", rows),
                named("columns of all bins", columns),
            ]))
        }
        Layer::GlobalPool(pool) => {
            let positions = times([
                named("input height", input.height),
                named("input width", input.width),
            ]);
            let each = match pool.mode {
                PoolMode::Avg => positions,
                PoolMode::Max => minus_one(positions),
            };
            Some(times([named("channels", output.channels), each]))
        }
        Layer::Subsample(pool) => {
            let each = sum([times(kernel(pool.kernel)), number(1)]);
            Some(times([values(output), each]))
        }
        Layer::BatchNorm(_) => Some(times([values(output), named("operations a value", 2_u64)])),
        Layer::Lrn(lrn) => Some(times([
            values(output),
            named("operations a value", lrn.flops_each()),
        ])),
        Layer::Activation(activation) => Some(times([
            values(output),
            named("operations a value", activation.flops_each()),
        ])),
        Layer::Rbf(rbf) => Some(times([
            named("classes", rbf.classes),
            named("length of a code", input.elements()),
            named("difference, square, sum", 3_u64),
        ])),
        Layer::Merge(Merge::Add | Merge::Multiply) => {
            let inputs = named("inputs", subject.inputs.len() as u64);
            Some(times([minus_one(inputs), values(output)]))
        }
        Layer::Merge(Merge::Concat)
        | Layer::Dropout(_)
        | Layer::Flatten(_)
        | Layer::Pad(_)
        | Layer::ChannelShuffle(_)
        | Layer::ChannelSlice(_) => None,
    }
}
