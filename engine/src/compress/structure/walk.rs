//! One node after the other: which channels each keeps, in what order, and its smaller layer.

use std::collections::HashMap;

use super::Refusal;
use super::ties::{Ties, shuffled};
use crate::layer::{Activation, Conv, FlattenOrder, Layer, Merge, Padding};
use crate::{Graph, Node, NodeId};

/// What a node puts out after channels were taken out.
#[derive(Clone, Debug, Default)]
pub(super) struct Output {
    /// The channel of the large network at each channel of the small one.
    pub kept: Vec<usize>,
    /// What the large network has at each of its channels, once those that are taken out are 0 where
    /// they are made: a constant, or `None` where it is none. Of channels that are kept it means
    /// nothing.
    pub constant: Vec<Option<f32>>,
}

/// How the parameters of a node follow.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Change {
    /// It has none, or they stay.
    None,
    /// Rows and, of a matrix, columns that stay; what removed inputs add to each row is given by
    /// the constants of the columns that go.
    Matrix {
        rows: Vec<usize>,
        /// For each group of rows in the small network the columns of the large weight.
        columns: Vec<Vec<usize>>,
        /// Input channels that go with what they are instead, and the rows' columns for them.
        constants: Vec<(usize, f32)>,
    },
    /// Pairs of a connection table that stay.
    Pairs {
        pairs: Vec<usize>,
        rows: Vec<usize>,
        constants: Vec<(usize, f32)>,
    },
    /// One value a channel.
    Channels { rows: Vec<usize> },
}

/// See the module.
pub(super) struct Walk<'a> {
    pub graph: &'a Graph,
    pub ties: &'a Ties,
    /// Whether a set is taken out.
    pub gone: &'a dyn Fn(usize) -> bool,
    pub outputs: HashMap<NodeId, Output>,
}

impl Walk<'_> {
    fn is_gone(&self, node: NodeId, channel: usize) -> bool {
        self.ties.set(node, channel).is_some_and(self.gone)
    }

    fn channels(&self, node: NodeId) -> usize {
        self.ties.shape(node).map_or(0, |it| it.channels as usize)
    }

    /// The input's own.
    pub fn start(&mut self) {
        let count = self.channels(NodeId::INPUT);
        let output = Output {
            kept: (0..count).collect(),
            constant: vec![None; count],
        };
        self.outputs.insert(NodeId::INPUT, output);
    }

    /// The node's layer in the small network, and how its parameters follow.
    pub fn step(&mut self, node: &Node) -> Result<(Layer, Change), Refusal> {
        let inputs: Vec<Output> = { node.inputs.iter() }
            .map(|input| self.outputs.get(input).cloned().unwrap_or_default())
            .collect();
        let first = inputs.first().cloned().unwrap_or_default();
        let (layer, change, output) = self.smaller(node, &first, &inputs)?;
        if output.kept.is_empty() {
            let node = node.name.clone();
            return Err(Refusal::AllGone { node });
        }
        self.outputs.insert(node.id, output);
        Ok((layer, change))
    }

    fn smaller(
        &self,
        node: &Node,
        first: &Output,
        inputs: &[Output],
    ) -> Result<(Layer, Change, Output), Refusal> {
        let large = self.channels(node.id);
        let before = node.inputs.first().copied().unwrap_or_default();
        let channels = self.channels(before);
        let untouched = first.kept.iter().copied().eq(0..channels);
        let name = || node.name.clone();
        let mixes = || match untouched {
            true => Ok(()),
            false => Err(Refusal::Mixes { node: name() }),
        };
        let same = |constant: Vec<Option<f32>>| Output {
            kept: first.kept.clone(),
            constant,
        };
        let zeros = |kept: Vec<usize>| Output {
            kept,
            constant: vec![Some(0.0); large],
        };
        // Its own channels that stay, of a layer that makes new ones.
        let own = || -> Vec<usize> {
            let all = 0..large;
            all.filter(|&it| !self.is_gone(node.id, it)).collect()
        };
        let stays = |output| Ok((node.layer.clone(), Change::None, output));
        let of_channels = |output: Output| {
            let rows = output.kept.clone();
            Ok((node.layer.clone(), Change::Channels { rows }, output))
        };
        match &node.layer {
            Layer::Conv(conv) => self.conv(node, conv, first, own()),
            Layer::Linear(linear) => {
                let mut linear = linear.clone();
                let rows = own();
                let constants = self.constants(node, before, first, false)?;
                linear.features = rows.len() as u32;
                linear.bias |= constants.iter().any(|it| it.1 != 0.0);
                let change = Change::Matrix {
                    columns: vec![first.kept.clone()],
                    rows: rows.clone(),
                    constants,
                };
                Ok((linear.into(), change, zeros(rows)))
            }
            Layer::TableConv(conv) => {
                let mut conv = conv.clone();
                let rows = own();
                let constants = self.constants(node, before, first, false)?;
                let place: HashMap<usize, usize> = { first.kept.iter().enumerate() }
                    .map(|(place, &it)| (it, place))
                    .collect();
                let starts = conv.table.iter().scan(0, |start, row| {
                    let at = *start;
                    *start += row.len();
                    Some(at)
                });
                let starts: Vec<usize> = starts.collect();
                let (mut table, mut pairs) = (Vec::new(), Vec::new());
                for &row in &rows {
                    let mut new = Vec::new();
                    for (at, &map) in conv.table[row].iter().enumerate() {
                        if let Some(&place) = place.get(&(map as usize)) {
                            new.push(place as u32);
                            pairs.push(starts[row] + at);
                        }
                    }
                    if new.is_empty() {
                        return Err(Refusal::AllGone { node: name() });
                    }
                    table.push(new);
                }
                conv.table = table;
                conv.bias |= constants.iter().any(|it| it.1 != 0.0);
                let change = Change::Pairs {
                    pairs,
                    rows: rows.clone(),
                    constants,
                };
                Ok((conv.into(), change, zeros(rows)))
            }
            Layer::TransposedConv(_) | Layer::Rbf(_) => {
                mixes()?;
                if own().len() != large {
                    return Err(Refusal::Mixes { node: name() });
                }
                stays(zeros((0..large).collect()))
            }
            Layer::Subsample(pool) => {
                let fan = pool.fan as usize;
                let kept = first.kept.iter();
                of_channels(zeros(
                    kept.flat_map(|it| it * fan..(it + 1) * fan).collect(),
                ))
            }
            Layer::BatchNorm(_) | Layer::InstanceNorm(_) => of_channels(zeros(first.kept.clone())),
            Layer::GroupNorm(_) | Layer::LayerNorm(_) => {
                mixes()?;
                stays(same(vec![None; large]))
            }
            Layer::PRelu(prelu) => {
                // Its slope for a constant is not known here; that of 0 does not matter.
                let constant = first.constant.iter();
                let constant = constant.map(|it| it.filter(|&it| it == 0.0)).collect();
                match prelu.per_channel {
                    true => of_channels(same(constant)),
                    false => stays(same(constant)),
                }
            }
            Layer::Lrn(_) => {
                mixes()?;
                stays(same(first.constant.clone()))
            }
            Layer::Activation(Activation::Softmax | Activation::LogSoftmax) => {
                mixes()?;
                stays(same(vec![None; large]))
            }
            Layer::Activation(function) => {
                let constant = first.constant.iter();
                let constant = constant.map(|it| it.map(|it| value(*function, it)));
                stays(same(constant.collect()))
            }
            Layer::Dropout(_)
            | Layer::AdaptiveAvgPool(_)
            | Layer::AdaptiveMaxPool(_)
            | Layer::Upsample(_)
            | Layer::GlobalPool(_)
            | Layer::MaxPool(_) => stays(same(first.constant.clone())),
            Layer::AvgPool(pool) => {
                let borders = pool.count_include_pad && pool.padding != Padding::Valid;
                stays(same(unpadded(&first.constant, 0.0, borders)))
            }
            Layer::Pad(pad) => stays(same(unpadded(&first.constant, pad.value as f32, true))),
            Layer::Merge(Merge::Concat) => {
                let (mut output, mut start) = (Output::default(), 0);
                for (input, id) in inputs.iter().zip(&node.inputs) {
                    output.kept.extend(input.kept.iter().map(|it| start + it));
                    output.constant.extend(&input.constant);
                    start += self.channels(*id);
                }
                stays(output)
            }
            Layer::Merge(merge) => stays(self.merged(node, *merge, inputs)?),
            Layer::Flatten(flatten) => {
                let shape = self.ties.shape(before);
                let positions = shape.map_or(1, |it| it.positions() as usize);
                let chw = flatten.order == FlattenOrder::Chw;
                let kept = if chw {
                    let kept = first.kept.iter();
                    kept.flat_map(|it| it * positions..(it + 1) * positions)
                        .collect()
                } else {
                    let rows = 0..positions;
                    rows.flat_map(|p| first.kept.iter().map(move |it| p * channels + it))
                        .collect()
                };
                let of = |it: usize| if chw { it / positions } else { it % channels };
                let constant = (0..large).map(|it| first.constant.get(of(it)).copied().flatten());
                stays(Output {
                    kept,
                    constant: constant.collect(),
                })
            }
            Layer::ChannelShuffle(shuffle) => {
                let (groups, count) = (shuffle.groups as usize, first.kept.len());
                if !count.is_multiple_of(groups) {
                    let (node, groups) = (name(), shuffle.groups);
                    return Err(Refusal::Groups { node, groups });
                }
                let each = channels / groups;
                // The output channel of the large network that an input channel goes to.
                let goes = |input: usize| (input % each) * groups + input / each;
                let kept = (0..count).map(|it| goes(first.kept[shuffled(it, count, groups)]));
                let constant = (0..large).map(|it| {
                    let from = shuffled(it, channels, groups);
                    first.constant.get(from).copied().flatten()
                });
                stays(Output {
                    kept: kept.collect(),
                    constant: constant.collect(),
                })
            }
            Layer::ChannelSlice(slice) => {
                let mut slice = slice.clone();
                let range = slice.start as usize..slice.end as usize;
                let inside = |it: &usize| range.contains(it);
                let Some(start) = first.kept.iter().position(inside) else {
                    return Err(Refusal::AllGone { node: name() });
                };
                let run = first.kept[start..]
                    .iter()
                    .take_while(|it| inside(it))
                    .count();
                if first.kept.iter().filter(|it| inside(it)).count() != run {
                    return Err(Refusal::Order { node: name() });
                }
                let kept = first.kept[start..start + run].iter();
                let output = Output {
                    kept: kept.map(|it| it - range.start).collect(),
                    constant: first.constant.get(range).unwrap_or_default().to_vec(),
                };
                (slice.start, slice.end) = (start as u32, (start + run) as u32);
                Ok((slice.into(), Change::None, output))
            }
        }
    }

    fn conv(
        &self,
        node: &Node,
        conv: &Conv,
        first: &Output,
        own: Vec<usize>,
    ) -> Result<(Layer, Change, Output), Refusal> {
        let before = node.inputs.first().copied().unwrap_or_default();
        let (channels, large) = (self.channels(before), self.channels(node.id));
        let groups = conv.groups as usize;
        let (each_in, each_out) = (channels / groups, large / groups);
        let refused = || {
            let (node, groups) = (node.name.clone(), conv.groups);
            Refusal::Groups { node, groups }
        };
        let mut conv = conv.clone();
        // The groups in the order of the inputs, each with its kept inputs.
        let mut blocks: Vec<(usize, Vec<usize>)> = Vec::new();
        for &input in &first.kept {
            let group = input / each_in;
            match blocks.last_mut() {
                Some((last, block)) if *last == group => block.push(input),
                _ => blocks.push((group, vec![input])),
            }
        }
        let mut seen = std::collections::HashSet::new();
        let each = blocks.first().map_or(0, |(_, block)| block.len());
        let even = |(_, block): &(usize, Vec<usize>)| block.len() == each;
        if groups > 1 && (!blocks.iter().all(even) || !blocks.iter().all(|it| seen.insert(it.0))) {
            return Err(refused());
        }
        let mut rows = Vec::new();
        let mut outputs = None;
        for (group, _) in &blocks {
            let of_group = own.iter().filter(|&&it| it / each_out == *group);
            let of_group: Vec<usize> = of_group.copied().collect();
            let count = of_group.len();
            if groups > 1 && (count == 0 || *outputs.get_or_insert(count) != count) {
                return Err(refused());
            }
            rows.extend(of_group);
        }
        // Outputs of groups without inputs would be constants that stay.
        if rows.len() != own.len() {
            return Err(refused());
        }
        let valid = match conv.padding {
            Padding::Valid => true,
            Padding::Sides(sides) => sides == [0; 4],
            Padding::Same => conv.kernel == [1, 1],
        };
        let constants = self.constants(node, before, first, !valid)?;
        conv.groups = if groups > 1 { blocks.len() as u32 } else { 1 };
        conv.channels = rows.len() as u32;
        conv.bias |= constants.iter().any(|it| it.1 != 0.0);
        let blocks = blocks.into_iter();
        let columns = blocks.map(|(_, block)| block.iter().map(|it| it % each_in).collect());
        let output = Output {
            kept: rows.clone(),
            constant: vec![Some(0.0); large],
        };
        let change = Change::Matrix {
            rows,
            columns: columns.collect(),
            constants,
        };
        Ok((conv.into(), change, output))
    }

    /// The input channels that are gone and what they are instead. `borders` says that the layer
    /// pads them with zeros.
    fn constants(
        &self,
        node: &Node,
        before: NodeId,
        input: &Output,
        borders: bool,
    ) -> Result<Vec<(usize, f32)>, Refusal> {
        let gone = (0..self.channels(before)).filter(|&it| self.is_gone(before, it));
        let mut constants = Vec::new();
        for channel in gone {
            match input.constant.get(channel).copied().flatten() {
                Some(0.0) => {}
                Some(value) if !borders => constants.push((channel, value)),
                Some(_) | None => {
                    let name = self.graph.node(before).map(|it| it.name.clone());
                    return Err(Refusal::NotZero {
                        node: name.unwrap_or_default(),
                        by: node.name.clone(),
                    });
                }
            }
        }
        Ok(constants)
    }

    fn merged(&self, node: &Node, merge: Merge, inputs: &[Output]) -> Result<Output, Refusal> {
        let large = self.channels(node.id);
        let full = |id: NodeId| self.channels(id) == large;
        let with = || inputs.iter().zip(&node.inputs);
        let Some((first, _)) = with().find(|(_, id)| full(**id)) else {
            return Ok(Output::default());
        };
        let kept = first.kept.clone();
        if with().any(|(it, id)| full(*id) && it.kept != kept) {
            let node = node.name.clone();
            return Err(Refusal::Order { node });
        }
        if let Some((_, id)) = with().find(|(it, _)| it.kept.is_empty()) {
            let node = self.graph.node(*id).map(|it| it.name.clone());
            let node = node.unwrap_or_default();
            return Err(Refusal::AllGone { node });
        }
        let constant = |channel: usize| {
            let values = with().map(|(it, id)| match full(*id) {
                true => it.constant.get(channel).copied().flatten(),
                // One channel for all, which stays.
                false => None,
            });
            let values: Vec<Option<f32>> = values.collect();
            match merge {
                Merge::Multiply if values.contains(&Some(0.0)) => Some(0.0),
                Merge::Multiply => values.into_iter().product(),
                Merge::Add | Merge::Concat => values.into_iter().sum(),
            }
        };
        Ok(Output {
            constant: (0..large).map(constant).collect(),
            kept,
        })
    }
}

/// Constants where a border of `value` is put around them, if there are `borders`.
fn unpadded(constant: &[Option<f32>], value: f32, borders: bool) -> Vec<Option<f32>> {
    let constant = constant.iter().copied();
    constant
        .map(|it| it.filter(|&it| !borders || it == value))
        .collect()
}

/// The function's value; of softmax none is asked.
fn value(function: Activation, x: f32) -> f32 {
    let wide = f64::from(x);
    let sigmoid = 1.0 / (1.0 + libm::exp(-wide));
    let hard = (wide + 3.0).clamp(0.0, 6.0) / 6.0;
    let value = match function {
        Activation::Relu => wide.max(0.0),
        Activation::Relu6 => wide.clamp(0.0, 6.0),
        Activation::LeakyRelu { slope } if wide < 0.0 => slope * wide,
        Activation::Elu { alpha } if wide < 0.0 => alpha * libm::expm1(wide),
        Activation::LeakyRelu { .. } | Activation::Elu { .. } => wide,
        Activation::Tanh => libm::tanh(wide),
        Activation::ScaledTanh { a, s } => a * libm::tanh(s * wide),
        Activation::Sigmoid => sigmoid,
        Activation::Silu => wide * sigmoid,
        Activation::HardSigmoid => hard,
        Activation::HardSwish => wide * hard,
        Activation::Gelu => 0.5 * wide * (1.0 + libm::erf(wide / core::f64::consts::SQRT_2)),
        Activation::Softmax | Activation::LogSoftmax => f64::NAN,
    };
    value as f32
}
