//! Which values a pixel was computed from: its patch in each map before it, and what it sees of the
//! network's input.

use std::ops::Range;

use engine::layer::{
    Activation, FlattenOrder, Layer, LayerNormAxes, Merge, Padding, Spread, Upsample, Window,
};
use engine::{Analysis, Graph, NodeId, Shape};

use super::Pixel;
use crate::document::shape_of;

/// The rows or the columns that a window reads, `step` apart. Those outside the map are padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taps {
    pub first: i64,
    pub step: u32,
    pub count: u32,
}

impl Taps {
    const fn run(first: i64, count: u32) -> Self {
        let step = 1;
        Self { first, step, count }
    }

    /// The rows or columns themselves.
    pub fn positions(self) -> impl Iterator<Item = i64> {
        (0..i64::from(self.count)).map(move |tap| self.first + tap * i64::from(self.step))
    }

    /// From the first to behind the last, padding and holes included.
    pub fn span(self) -> Range<i64> {
        let last = i64::from(self.count.saturating_sub(1)) * i64::from(self.step);
        self.first..self.first + last + i64::from(self.count.min(1))
    }

    /// The part of the span that lies on a map of this size.
    pub fn within(self, size: u32) -> Range<u32> {
        let span = self.span();
        clip([span.start, span.end], size)
    }
}

/// The part of one input that a pixel was computed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// The node whose output is read, which is input number `slot` of the pixel's node.
    pub node: NodeId,
    pub slot: usize,
    /// The shape of that output.
    pub map: Shape,
    pub rows: Taps,
    pub columns: Taps,
    /// The channels that take part, in the order of the weights.
    pub channels: Vec<u32>,
}

/// Rows and columns on a map; empty where only padding was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    pub rows: Range<u32>,
    pub columns: Range<u32>,
}

impl Patch {
    /// Where the patch lies on its map.
    pub fn area(&self) -> Area {
        Area {
            rows: self.rows.within(self.map.height),
            columns: self.columns.within(self.map.width),
        }
    }
}

fn clip([start, end]: [i64; 2], size: u32) -> Range<u32> {
    let on_map = |place: i64| u32::try_from(place.clamp(0, size.into())).unwrap_or(0);
    on_map(start)..on_map(end)
}

/// The patch of each input that this pixel was computed from. Empty for a pixel of the network's
/// input, and where there is no such pixel.
pub fn patch(graph: &Graph, analysis: &Analysis, pixel: Pixel) -> Vec<Patch> {
    let shape = |id| shape_of(graph, analysis, id);
    let inside = |it: &Shape| {
        pixel.channel < it.channels && pixel.row < it.height && pixel.column < it.width
    };
    let (Some(node), Some(output)) = (graph.node(pixel.node), shape(pixel.node).filter(inside))
    else {
        return Vec::new();
    };
    let mut before = 0;
    let mut patches = Vec::new();
    for (slot, &input) in node.inputs.iter().enumerate() {
        let Some(map) = shape(input) else { continue };
        if let Some((rows, columns, channels)) = read(&node.layer, map, output, pixel, before) {
            patches.push(Patch {
                node: input,
                slot,
                map,
                rows,
                columns,
                channels,
            });
        }
        before += map.channels;
    }
    patches
}

/// What is read of one input; `before` counts the channels of the inputs before it.
fn read(
    layer: &Layer,
    input: Shape,
    output: Shape,
    pixel: Pixel,
    before: u32,
) -> Option<(Taps, Taps, Vec<u32>)> {
    let Pixel {
        channel,
        row,
        column,
        ..
    } = pixel;
    let one = |place: u32| Taps::run(place.into(), 1);
    let own = (one(row), one(column), vec![channel]);
    let every = || (0..input.channels).collect::<Vec<_>>();
    let whole = |channels| {
        let [rows, columns] = input.size().map(|size| Taps::run(0, size));
        (rows, columns, channels)
    };
    let through = |window: Window, channels| {
        let [rows, columns] = taps(&window, input, [row, column]);
        (rows, columns, channels)
    };
    Some(match layer {
        Layer::Conv(conv) => {
            let groups = conv.groups.max(1);
            let (read, made) = (input.channels / groups, output.channels / groups);
            let first = channel / made.max(1) * read;
            through(conv.sliding(), (first..first + read).collect())
        }
        Layer::TableConv(conv) => {
            through(conv.sliding(), conv.table.get(channel as usize)?.clone())
        }
        Layer::TransposedConv(conv) => {
            let groups = conv.groups.max(1);
            let (read, made) = (input.channels / groups, output.channels / groups);
            let first = channel / made.max(1) * read;
            let [rows, columns] = reaching(layer.rule().spread()?, input, [row, column]);
            (rows, columns, (first..first + read).collect())
        }
        Layer::Upsample(up) => {
            let rows = between(up, 0, input.height, row);
            let columns = between(up, 1, input.width, column);
            (rows, columns, vec![channel])
        }
        Layer::MaxPool(pool) => through(pool.sliding(), vec![channel]),
        Layer::AvgPool(pool) => through(pool.sliding(), vec![channel]),
        Layer::Subsample(pool) => through(pool.sliding(), vec![channel / pool.fan.max(1)]),
        Layer::AdaptiveAvgPool(_) | Layer::AdaptiveMaxPool(_) => {
            let rows = bin(input.height, output.height, row);
            let columns = bin(input.width, output.width, column);
            (rows, columns, vec![channel])
        }
        Layer::GlobalPool(_) => whole(vec![channel]),
        Layer::Activation(Activation::Softmax | Activation::LogSoftmax) => {
            (one(row), one(column), every())
        }
        Layer::GroupNorm(norm) => {
            let each = input.channels / norm.groups.max(1);
            let first = channel / each.max(1) * each;
            whole((first..first + each).collect())
        }
        Layer::InstanceNorm(_) => whole(vec![channel]),
        Layer::LayerNorm(norm) => match norm.axes {
            LayerNormAxes::All => whole(every()),
            LayerNormAxes::Channels => (one(row), one(column), every()),
        },
        Layer::BatchNorm(_) | Layer::Activation(_) | Layer::PRelu(_) | Layer::Dropout(_) => own,
        Layer::Lrn(norm) => {
            let size = norm.size.max(1);
            let last = channel.saturating_add((size - 1) / 2);
            let channels = channel.saturating_sub(size / 2)..=last.min(input.channels - 1);
            (one(row), one(column), channels.collect())
        }
        Layer::Linear(_) | Layer::Rbf(_) => whole(every()),
        Layer::Merge(Merge::Add | Merge::Multiply) => {
            // A side of 1 is repeated.
            let [row, column] =
                [(row, input.height), (column, input.width)].map(|(at, size)| at.min(size - 1));
            (one(row), one(column), vec![channel.min(input.channels - 1)])
        }
        Layer::Merge(Merge::Concat) => {
            let own = channel.checked_sub(before)?;
            (own < input.channels).then(|| (one(row), one(column), vec![own]))?
        }
        Layer::Flatten(flatten) => {
            let Shape {
                channels,
                height,
                width,
            } = input;
            let [channel, row, column] = match flatten.order {
                FlattenOrder::Chw => {
                    let rows = channel / width;
                    [rows / height, rows % height, channel % width]
                }
                FlattenOrder::Hwc => {
                    let places = channel / channels;
                    [channel % channels, places / width, places % width]
                }
            };
            (one(row), one(column), vec![channel])
        }
        Layer::Pad(pad) => {
            let padding = Padding::Sides(pad.sides);
            let border = Window {
                padding,
                ..Window::POINT
            };
            through(border, vec![channel])
        }
        Layer::ChannelShuffle(shuffle) => {
            let groups = shuffle.groups.max(1);
            let from = channel % groups * (input.channels / groups) + channel / groups;
            (one(row), one(column), vec![from])
        }
        Layer::ChannelSlice(slice) => (one(row), one(column), vec![slice.start + channel]),
    })
}

/// The rows and columns whose values reach this place of a larger map.
fn reaching(spread: Spread, input: Shape, position: [u32; 2]) -> [Taps; 2] {
    [0, 1].map(|axis| {
        let stride = i64::from(spread.stride[axis].max(1));
        let extent = i64::try_from(spread.extent[axis]).unwrap_or(i64::MAX);
        let at = i64::from(position[axis]) + i64::from(spread.before[axis]);
        let last = at.div_euclid(stride).min(i64::from(input.size()[axis]) - 1);
        let first = (at - extent).div_euclid(stride) + 1;
        let first = first.max(0);
        Taps::run(first, u32::try_from(last - first + 1).unwrap_or(0))
    })
}

/// The one or two rows or columns that one of a larger map is made of.
fn between(up: &Upsample, axis: usize, size: u32, at: u32) -> Taps {
    let (first, second, share) = up.source(axis, size, at);
    let count = if share > 0.0 { second - first + 1 } else { 1 };
    Taps::run(first.into(), count)
}

/// The rows and columns that a window reads for the value at `position`.
fn taps(window: &Window, input: Shape, position: [u32; 2]) -> [Taps; 2] {
    let sides = window.sides(input.size());
    [0, 1].map(|axis| Taps {
        first: i64::from(position[axis]) * i64::from(window.stride[axis]) - i64::from(sides[axis]),
        step: window.dilation[axis],
        count: window.kernel[axis],
    })
}

/// Bin number `at` of `bins` on `size` values: `floor(at·size/bins) .. ceil((at+1)·size/bins)`.
fn bin(size: u32, bins: u32, at: u32) -> Taps {
    let [size, bins, at] = [size, bins.max(1), at].map(i64::from);
    let (first, end) = (at * size / bins, ((at + 1) * size + bins - 1) / bins);
    Taps::run(first, u32::try_from(end - first).unwrap_or(0))
}

/// The part of the network's input that this pixel depends on; `None` where there is no such pixel.
/// It may be more than is read, where a gate of squeeze-excitation is the only way to the rest; see
/// [`engine::analysis::ReceptiveField`].
pub fn sees(graph: &Graph, analysis: &Analysis, pixel: Pixel) -> Option<Area> {
    let input = graph.input();
    if pixel.node == NodeId::INPUT {
        let [rows, columns] = [pixel.row..pixel.row + 1, pixel.column..pixel.column + 1];
        return Some(Area { rows, columns });
    }
    let facts = analysis.node(pixel.node)?;
    facts.shape?;
    let [rows, columns] = match facts.receptive_field {
        Some(field) => {
            let window = field.window_of([pixel.row, pixel.column]);
            [clip(window[0], input.height), clip(window[1], input.width)]
        }
        None => [0..input.height, 0..input.width],
    };
    Some(Area { rows, columns })
}
