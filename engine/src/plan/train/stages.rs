//! The layers of a network in training.

use std::collections::HashMap;

use kernels::train::{Grouped, Rule, Scratch, Sums, values};
use kernels::{Eight, Function, Pool};

use super::unlowered;
use super::weighted::{Norm, Weighted, Window};
use crate::checkpoint::Role;
use crate::layer::{Activation, Conv, FlattenOrder, Merge};
use crate::plan::lower::bins;
use crate::plan::step::function_of;
use crate::plan::{LowerError, Params};
use crate::{Analysis, Graph, Layer, Node, NodeId, Shape};

/// One layer.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    node: NodeId,
    pub kind: Kind,
    /// What follows on the values at once, in their place.
    then: Option<Function>,
    /// The numbers of the maps that it reads; it writes the one behind its own place.
    pub inputs: Vec<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Weighted(Box<Weighted>),
    Norm(Box<Norm>),
    Function(Function),
    /// And the width and the channels of its input.
    Pool(Pool, [usize; 2]),
    /// Zeros around a map: top, left, bottom, right; its height, width and channels.
    Pad([usize; 4], [usize; 3]),
    Sum,
}

/// The value of a node.
#[derive(Clone, Copy)]
struct Value {
    map: usize,
    shape: Shape,
    is_flat: bool,
}

/// The stages of a graph, the values of its input and of each stage's output, and the positions of
/// the last.
pub(super) fn of(
    graph: &Graph,
    params: &Params,
) -> Result<(Vec<Stage>, Vec<usize>, usize), LowerError> {
    let analysis = Analysis::of(graph);
    if !analysis.is_valid() {
        return Err(LowerError::Problems);
    }
    let mut stages: Vec<Stage> = Vec::new();
    let mut sizes = vec![graph.input().elements() as usize];
    let input = Value {
        map: 0,
        shape: graph.input(),
        is_flat: false,
    };
    let mut all = HashMap::from([(NodeId::INPUT, input)]);
    for (node, facts) in graph.nodes().iter().zip(&analysis.nodes) {
        let refused = || unlowered(graph, node.id);
        let value = |id: &NodeId| all.get(id).copied().ok_or_else(refused);
        let values = node.inputs.iter().map(value);
        let values: Vec<Value> = values.collect::<Result<_, _>>()?;
        let Some(&from) = values.first() else {
            return Err(refused());
        };
        let add = |stages: &mut Vec<Stage>, kind: Kind, inputs: Vec<usize>| {
            let node = node.id;
            let then = None;
            stages.push(Stage {
                node,
                kind,
                then,
                inputs,
            });
            stages.len()
        };
        let output = facts.shape.ok_or(LowerError::Problems)?;
        let shape = from.shape;
        let mut given = Value {
            map: from.map,
            shape: output,
            is_flat: false,
        };
        let mut read = from.map;
        let kind = match &node.layer {
            Layer::Flatten(flatten) if flatten.order == FlattenOrder::Chw => {
                let is_flat = from.is_flat || !shape.is_vector();
                all.insert(node.id, Value { is_flat, ..from });
                continue;
            }
            // The loss has it.
            Layer::Activation(Activation::Softmax) if node.id == graph.output() => {
                all.insert(node.id, from);
                continue;
            }
            Layer::Activation(function) => {
                let function = function_of(*function);
                let function = function.filter(|it| values::has_slope(*it));
                let function = function.ok_or_else(refused)?;
                if let Some(before) = stages.last_mut()
                    && before.takes(graph, node)
                {
                    before.then = Some(function);
                    all.insert(node.id, from);
                    continue;
                }
                given = from;
                Kind::Function(function)
            }
            Layer::Linear(_) => {
                let sums = Window::Dense(of_linear(shape, output));
                Kind::Weighted(Weighted::new(node, sums, params)?)
            }
            // What follows works on maps.
            _ if values.iter().any(|value| value.is_flat) => return Err(refused()),
            Layer::Conv(conv) => {
                if conv.dilation != [1; 2] {
                    return Err(refused());
                }
                let [height, width] = shape.size().map(|side| side as usize);
                let channels = shape.channels as usize;
                let sides = conv.sliding().sides(shape.size()).map(|side| side as usize);
                let [top, left, bottom, right] = sides;
                if sides != [0; 4] {
                    let size = (top + height + bottom) * (left + width + right) * channels;
                    let pad = Kind::Pad(sides, [height, width, channels]);
                    read = add(&mut stages, pad, vec![read]);
                    sizes.push(size);
                }
                let window = of_conv(conv, channels, left + width + right, output);
                Kind::Weighted(Weighted::new(node, window, params)?)
            }
            Layer::BatchNorm(norm) => {
                let channels = shape.channels as usize;
                Kind::Norm(Norm::new(norm, channels, node.id, params))
            }
            Layer::AvgPool(pool) => Kind::Pool(bins::avg_pool(pool, shape, output), size(shape)),
            Layer::MaxPool(pool) if pool.dilation == [1, 1] => {
                Kind::Pool(bins::max_pool(pool, shape, output), size(shape))
            }
            Layer::AdaptiveAvgPool(pool) => {
                Kind::Pool(bins::adaptive_pool(pool, shape), size(shape))
            }
            Layer::GlobalPool(pool) => Kind::Pool(bins::global_pool(pool, shape), size(shape)),
            Layer::Merge(Merge::Add) if values.iter().all(|value| value.shape == output) => {
                Kind::Sum
            }
            _ => return Err(refused()),
        };
        let inputs = match kind {
            Kind::Sum => values.iter().map(|value| value.map).collect(),
            _ => vec![read],
        };
        let size = output.elements() as usize;
        given.map = add(&mut stages, kind, inputs);
        sizes.push(size);
        all.insert(node.id, given);
    }
    // The loss is of what was written last.
    let last = all.get(&graph.output());
    match last.filter(|value| value.map == stages.len()) {
        Some(value) => Ok((stages, sizes, value.shape.positions() as usize)),
        None => Err(unlowered(graph, graph.output())),
    }
}

const fn size(shape: Shape) -> [usize; 2] {
    [shape.width as usize, shape.channels as usize]
}

fn of_linear(input: Shape, output: Shape) -> Sums {
    Sums {
        kernel: input.size().map(|side| side as usize),
        stride: [1; 2],
        inputs: input.channels as usize,
        outputs: output.channels as usize,
        width: input.width as usize,
        output: [1; 2],
    }
}

/// `width` is that of the map with its zeros.
fn of_conv(conv: &Conv, inputs: usize, width: usize, output: Shape) -> Window {
    let kernel = conv.kernel.map(|side| side as usize);
    let stride = conv.stride.map(|side| side as usize);
    let (outputs, groups) = (output.channels as usize, conv.groups as usize);
    let output = output.size().map(|side| side as usize);
    match groups {
        1 => Window::Dense(Sums {
            kernel,
            stride,
            inputs,
            outputs,
            width,
            output,
        }),
        _ => Window::Grouped(Grouped {
            kernel,
            stride,
            groups,
            inputs,
            outputs,
            width,
            output,
        }),
    }
}

impl Kind {
    /// Eight pictures; batch norm takes all together.
    pub fn forward<'a>(
        &self,
        inputs: &[usize],
        input: impl Fn(usize) -> &'a [Eight],
        output: &mut [Eight],
    ) {
        let Some((&first, others)) = inputs.split_first() else {
            return;
        };
        match self {
            Self::Weighted(it) => it.forward(input(first), output),
            Self::Pool(pool, size) => values::pool(pool, *size, input(first), output),
            Self::Function(function) => values::activate(*function, input(first), output),
            Self::Pad(sides, size) => values::pad(*sides, *size, input(first), output),
            Self::Sum => {
                output.copy_from_slice(input(first));
                for &other in others {
                    values::add(output, input(other));
                }
            }
            Self::Norm(_) => {}
        }
    }

    /// Adds the slopes of an input. `slope` is that of the output, which may be changed.
    pub fn backward(
        &mut self,
        maps: [&[Eight]; 2],
        slope: &mut [Eight],
        into: &mut [Eight],
        wanted: bool,
        scratch: &mut Scratch,
    ) {
        match self {
            Self::Weighted(it) => it.backward(maps[0], slope, into, wanted, scratch),
            Self::Pool(pool, size) => values::pool_backward(pool, *size, maps, slope, into),
            Self::Function(function) => {
                let values = maps[1].as_flattened().as_flattened();
                let slopes = slope.as_flattened_mut().as_flattened_mut();
                values::backward(*function, values, slopes);
                values::add(into, slope);
            }
            Self::Pad(sides, size) => values::pad_backward(*sides, *size, slope, into),
            Self::Sum => values::add(into, slope),
            Self::Norm(_) => {}
        }
    }
}

impl Stage {
    pub const fn node(&self) -> NodeId {
        self.node
    }

    /// Whether a function can change this stage's values in their place: nobody else reads them, and
    /// the way back does not need them.
    fn takes(&self, graph: &Graph, function: &Node) -> bool {
        let is_free = matches!(self.kind, Kind::Weighted(_) | Kind::Norm(_) | Kind::Sum);
        let all = graph.nodes().iter().flat_map(|node| &node.inputs);
        let readers = all.filter(|&&id| id == self.node).count();
        is_free && self.then.is_none() && function.inputs == [self.node] && readers == 1
    }

    /// The function that follows, on values.
    pub fn finish(&self, output: &mut [Eight]) {
        if let Some(function) = self.then {
            values::apply(function, output);
        }
    }

    /// Multiplies the slopes of values by those of the function that follows.
    pub fn begin_back(&self, output: &[Eight], slope: &mut [Eight]) {
        if let Some(function) = self.then {
            let values = output.as_flattened().as_flattened();
            let slopes = slope.as_flattened_mut().as_flattened_mut();
            values::backward(function, values, slopes);
        }
    }

    /// What was left for the end of a call: the slopes of linear layers' weights.
    pub fn conclude(&mut self, scratch: &mut Scratch) {
        if let Kind::Weighted(it) = &mut self.kind {
            it.conclude(scratch);
        }
    }

    /// Sets all slopes to zero.
    pub fn forget(&mut self) {
        if let Kind::Weighted(it) = &mut self.kind {
            it.forget();
        }
    }

    pub fn step(&mut self, rule: Rule, rate: f64) {
        match &mut self.kind {
            Kind::Weighted(it) => it.step(rule, rate),
            Kind::Norm(it) => it.step(rule, rate),
            _ => {}
        }
    }

    /// Takes these weights, as PyTorch's arrays.
    pub fn load<'a>(
        &mut self,
        values: &impl Fn(NodeId, Role) -> Option<&'a [f32]>,
    ) -> Result<(), NodeId> {
        let node = self.node;
        let values = |role| values(node, role);
        let loaded = match &mut self.kind {
            Kind::Weighted(it) => it.load(values),
            Kind::Norm(it) => it.load(values),
            _ => Some(()),
        };
        loaded.ok_or(node)
    }

    /// The weights, or their slopes, as PyTorch's arrays with their axes.
    pub fn arrays(&self, slopes: bool) -> Vec<(Role, Vec<usize>, Vec<f32>)> {
        match &self.kind {
            Kind::Weighted(it) => it.arrays(slopes),
            Kind::Norm(it) => it.arrays(slopes),
            _ => Vec::new(),
        }
    }
}
