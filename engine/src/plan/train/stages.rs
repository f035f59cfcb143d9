//! The layers of a network in training, and their weights.

use super::rule::{Rule, State};
use super::sums::Sums;
use super::{unlowered, values};
use crate::checkpoint::Role;
use crate::layer::{Activation, FlattenOrder, Padding};
use crate::plan::kernels::Four;
use crate::plan::lower::bins;
use crate::plan::step::Pool;
use crate::plan::{LowerError, Params};
use crate::{Analysis, Graph, Layer, Node, NodeId, Shape};

/// One layer.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    node: NodeId,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Sums(Box<Weighted>),
    Function(Activation),
    /// And the width and the channels of its input.
    Pool(Pool, [usize; 2]),
}

/// A layer with weights, and their slopes.
#[derive(Clone, Debug)]
pub(super) struct Weighted {
    pub sums: Sums,
    pub weights: Vec<Four>,
    pub bias: Vec<f32>,
    pub weight_slopes: Vec<Four>,
    pub bias_slopes: Vec<f32>,
    states: [State; 2],
    /// The axes of the weights' array.
    dims: Vec<usize>,
    has_bias: bool,
}

/// The stages of a graph, and the values of its input and of each stage's output.
pub(super) fn of(graph: &Graph, params: &Params) -> Result<(Vec<Stage>, Vec<usize>), LowerError> {
    let analysis = Analysis::of(graph);
    if !analysis.is_valid() {
        return Err(LowerError::Problems);
    }
    let mut stages = Vec::new();
    let mut sizes = vec![graph.input().elements() as usize];
    let (mut last, mut shape, mut is_flat) = (NodeId::INPUT, graph.input(), false);
    for (node, facts) in graph.nodes().iter().zip(&analysis.nodes) {
        let refused = || unlowered(graph, node.id);
        if node.inputs != [last] {
            return Err(refused());
        }
        last = node.id;
        let output = facts.shape.ok_or(LowerError::Problems)?;
        let kind = match &node.layer {
            Layer::Flatten(flatten) if flatten.order == FlattenOrder::Chw => {
                is_flat |= !shape.is_vector();
                continue;
            }
            // The loss has it.
            Layer::Activation(Activation::Softmax) if node.id == graph.output() => continue,
            Layer::Activation(function) if values::has_slope(*function) => {
                Kind::Function(*function)
            }
            Layer::Linear(_) => {
                let sums = of_linear(shape, output);
                is_flat = false;
                Kind::Sums(Weighted::new(node, sums, params)?)
            }
            // What follows works on maps.
            _ if is_flat => return Err(refused()),
            Layer::Conv(_) => {
                let sums = of_conv(node, shape, output).ok_or_else(refused)?;
                Kind::Sums(Weighted::new(node, sums, params)?)
            }
            Layer::AvgPool(pool) => Kind::Pool(bins::avg_pool(pool, shape, output), size(shape)),
            Layer::MaxPool(pool) => Kind::Pool(bins::max_pool(pool, shape, output), size(shape)),
            Layer::AdaptiveAvgPool(pool) => {
                Kind::Pool(bins::adaptive_pool(pool, shape), size(shape))
            }
            Layer::GlobalPool(pool) => Kind::Pool(bins::global_pool(pool, shape), size(shape)),
            _ => return Err(refused()),
        };
        if !is_flat {
            shape = output;
        }
        stages.push(Stage {
            node: node.id,
            kind,
        });
        sizes.push(output.elements() as usize);
    }
    Ok((stages, sizes))
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

/// `None` for what is padded, dilated or in groups.
fn of_conv(node: &Node, input: Shape, output: Shape) -> Option<Sums> {
    let Layer::Conv(conv) = &node.layer else {
        return None;
    };
    let plain = conv.padding == Padding::Valid && conv.dilation == [1; 2] && conv.groups == 1;
    plain.then(|| Sums {
        kernel: conv.kernel.map(|side| side as usize),
        stride: conv.stride.map(|side| side as usize),
        inputs: input.channels as usize,
        outputs: output.channels as usize,
        width: input.width as usize,
        output: output.size().map(|side| side as usize),
    })
}

impl Weighted {
    fn new(node: &Node, sums: Sums, params: &Params) -> Result<Box<Self>, LowerError> {
        let missing = || LowerError::MissingParameter {
            name: format!("{}.weight", node.name),
        };
        let array = params.get(node.id, Role::Weight).ok_or_else(missing)?;
        let bias = params.get(node.id, Role::Bias);
        let (depth, padded) = (sums.depth(), sums.padded());
        let mut weights = vec![[0.0; 4]; padded / 4 * depth];
        for (place, &value) in array.values.iter().enumerate() {
            let (at, lane) = sums.place(place);
            weights[at][lane] = value;
        }
        let mut values = bias.map_or_else(Vec::new, |bias| bias.values.to_vec());
        values.resize(padded, 0.0);
        Ok(Box::new(Self {
            weight_slopes: vec![[0.0; 4]; weights.len()],
            bias_slopes: vec![0.0; padded],
            states: Default::default(),
            dims: array.dims.clone(),
            has_bias: bias.is_some(),
            bias: values,
            weights,
            sums,
        }))
    }
}

impl Sums {
    /// Where the weight lies that has this place in PyTorch's array (output, input, row, column).
    fn place(&self, place: usize) -> (usize, usize) {
        let taps = self.kernel[0] * self.kernel[1];
        let depth = self.depth();
        let (output, rest) = (place / depth, place % depth);
        let k = rest % taps * self.inputs + rest / taps;
        (output / 4 * depth + k, output % 4)
    }
}

impl Stage {
    /// Sets all slopes to zero.
    pub fn forget(&mut self) {
        if let Kind::Sums(it) = &mut self.kind {
            it.weight_slopes.fill([0.0; 4]);
            it.bias_slopes.fill(0.0);
        }
    }

    pub fn step(&mut self, rule: Rule, rate: f64) {
        if let Kind::Sums(it) = &mut self.kind {
            let [weights, bias] = &mut it.states;
            let slopes = it.weight_slopes.as_flattened_mut();
            weights.step(rule, rate, it.weights.as_flattened_mut(), slopes);
            if it.has_bias {
                bias.step(rule, rate, &mut it.bias, &mut it.bias_slopes);
            }
        }
    }

    /// The weights, or their slopes, as PyTorch's arrays.
    pub fn write(&self, params: &mut Params, slopes: bool) {
        let Kind::Sums(it) = &self.kind else { return };
        let (weights, bias) = if slopes {
            (&it.weight_slopes, &it.bias_slopes)
        } else {
            (&it.weights, &it.bias)
        };
        let count = it.sums.outputs * it.sums.depth();
        let value = |place| {
            let (at, lane) = it.sums.place(place);
            weights[at][lane]
        };
        let values = (0..count).map(value).collect();
        params.set(self.node, Role::Weight, it.dims.clone(), values);
        if it.has_bias {
            let outputs = it.sums.outputs;
            let bias = bias[..outputs].to_vec();
            params.set(self.node, Role::Bias, vec![outputs], bias);
        }
    }
}
