//! Chains become drafts of steps, and nodes views of what steps write.

use std::collections::HashMap;

use kernels::{Lrn, Pool, Reduce};

use super::bins::{
    adaptive_max_pool, adaptive_pool, avg_pool, bins, global_pool, max_pool, repeated,
};
use super::chain::{Chain, softmax, then};
use super::pack::{self, Packer};
use super::window::{Draft, Taps};
use super::{LowerError, Options};
use crate::checkpoint::Role;
use crate::layer::{ChannelSlice, Flatten, Merge, Pad, Subsample, UpsampleMode};
use crate::plan::params::Params;
use crate::plan::step::{Kernel, function_of};
use crate::plan::view::{Root, View};
use crate::{Analysis, Graph, Layer, Node, NodeId, Shape};

/// A plan in the making.
pub(super) struct Builder<'a> {
    pub graph: &'a Graph,
    pub analysis: &'a Analysis,
    pub params: &'a Params,
    pub options: &'a Options,
    pub packer: &'a mut Packer,
    pub roots: Vec<Root>,
    pub drafts: Vec<Draft>,
    views: HashMap<NodeId, View>,
}

/// What a draft is made of beside its kernel.
pub(super) struct Making {
    pub nodes: Vec<NodeId>,
    pub shape: Shape,
    pub macs: u64,
}

impl<'a> Builder<'a> {
    pub fn new(
        graph: &'a Graph,
        analysis: &'a Analysis,
        params: &'a Params,
        options: &'a Options,
        packer: &'a mut Packer,
    ) -> Self {
        Self {
            graph,
            analysis,
            params,
            options,
            packer,
            roots: vec![Root::of(graph.input())],
            drafts: Vec::new(),
            views: HashMap::from([(NodeId::INPUT, View::whole(0, graph.input()))]),
        }
    }

    pub fn finish(self) -> (Vec<Root>, Vec<Draft>) {
        (self.roots, self.drafts)
    }

    /// What a node's value is, if it was lowered.
    pub fn view(&self, node: NodeId) -> Option<View> {
        self.views.get(&node).copied()
    }

    /// The shape of a node's value, or of the input.
    pub fn shape(&self, node: NodeId) -> Shape {
        let facts = self.analysis.node(node).and_then(|facts| facts.shape);
        facts.unwrap_or_else(|| self.graph.input())
    }

    /// A new map, written by this kernel.
    pub fn write(&mut self, making: Making, kernel: Kernel, inputs: Vec<View>, taps: Taps) -> View {
        let output = View::whole(self.roots.len(), making.shape);
        self.roots.push(Root::of(making.shape));
        self.drafts.push(Draft {
            nodes: making.nodes,
            kernel,
            tails: Vec::new(),
            window: taps,
            inputs,
            output,
            macs: making.macs,
            #[cfg(feature = "integer")]
            rows: Vec::new(),
        });
        output
    }

    /// An input as it is, a flattened map where it lies.
    pub fn input(&self, node: &Node, place: usize) -> Result<View, LowerError> {
        let view = node.inputs.get(place).and_then(|&id| self.view(id));
        view.ok_or_else(|| unlowered(node))
    }

    /// An input as a map of its own shape: a vector of a flattened map is copied.
    pub fn map(&mut self, node: &Node, place: usize) -> Result<View, LowerError> {
        let view = self.input(node, place)?;
        let id = node.inputs[place];
        self.as_map(id, view)
    }

    fn as_map(&mut self, id: NodeId, view: View) -> Result<View, LowerError> {
        let Some(order) = view.flat else {
            return Ok(view);
        };
        let making = Making {
            nodes: vec![id],
            shape: self.shape(id),
            macs: 0,
        };
        let kernel = Kernel::Flatten {
            by_channel: order == crate::layer::FlattenOrder::Chw,
        };
        let from = View { flat: None, ..view };
        let vector = self.write(making, kernel, vec![from], Taps::default());
        self.views.insert(id, vector);
        Ok(vector)
    }

    /// The value of a node as a map.
    pub fn map_of(&mut self, node: &Node, id: NodeId) -> Result<View, LowerError> {
        let view = self.view(id).ok_or_else(|| unlowered(node))?;
        self.as_map(id, view)
    }

    pub fn emit(&mut self, chain: &Chain) -> Result<(), LowerError> {
        let nodes = self.graph.nodes();
        let (node, tail) = (&nodes[chain.head], &nodes[chain.tail()]);
        let view = match &node.layer {
            Layer::Conv(_) | Layer::TableConv(_) | Layer::Linear(_) => self.weighted(chain)?,
            Layer::Dropout(_) => self.input(node, 0)?,
            Layer::Flatten(flatten) => self.flatten(flatten, node)?,
            Layer::ChannelSlice(ChannelSlice { start, end }) => {
                let view = self.map(node, 0)?;
                View {
                    channel: view.channel + *start as usize,
                    channels: (end - start) as usize,
                    ..view
                }
            }
            Layer::Pad(pad) => self.pad(pad, node)?,
            Layer::Merge(Merge::Concat) => self.concat(node)?,
            _ => self.single(chain)?,
        };
        self.views.insert(tail.id, view);
        Ok(())
    }

    /// What every draft of a chain has.
    pub fn making(&self, chain: &Chain) -> Making {
        let nodes = self.graph.nodes();
        let places: Vec<usize> = chain.places().collect();
        Making {
            nodes: places.iter().map(|&place| nodes[place].id).collect(),
            shape: self.shape(nodes[chain.tail()].id),
            macs: self.analysis.nodes[chain.head].cost.macs,
        }
    }

    /// A chain whose layer has no weights, or one value for each channel.
    fn single(&mut self, chain: &Chain) -> Result<View, LowerError> {
        let node = &self.graph.nodes()[chain.head];
        let making = self.making(chain);
        let then = then(self.graph, chain.activation);
        let mut inputs = Vec::with_capacity(node.inputs.len());
        for place in 0..node.inputs.len() {
            inputs.push(self.map(node, place)?);
        }
        let input = self.shape(node.inputs[0]);
        let kernel = match &node.layer {
            Layer::MaxPool(pool) if pool.dilation == [1, 1] => {
                Kernel::Pool(max_pool(pool, input, making.shape))
            }
            Layer::AvgPool(pool) => Kernel::Pool(avg_pool(pool, input, making.shape)),
            Layer::AdaptiveAvgPool(pool) => Kernel::Pool(adaptive_pool(pool, input)),
            Layer::AdaptiveMaxPool(pool) => Kernel::Pool(adaptive_max_pool(pool, input)),
            Layer::Upsample(up) if up.mode == UpsampleMode::Nearest => {
                Kernel::Pool(repeated(up, making.shape))
            }
            Layer::GlobalPool(pool) => Kernel::Pool(global_pool(pool, input)),
            Layer::Subsample(pool) => Kernel::Pool(self.subsample(pool, node, making.shape)?),
            Layer::BatchNorm(norm) => {
                let each = pack::scale_and_shift(node, norm, self.params);
                let each = each.map_err(missing)?;
                Kernel::Affine {
                    scale: each.iter().map(|it| it[0] as f32).collect(),
                    shift: each.iter().map(|it| it[1] as f32).collect(),
                    then,
                }
            }
            Layer::Lrn(norm) => Kernel::Lrn(Lrn {
                size: norm.size as usize,
                share: if norm.alpha_divided_by_size {
                    norm.alpha / f64::from(norm.size)
                } else {
                    norm.alpha
                } as f32,
                k: norm.k as f32,
                beta: norm.beta as f32,
            }),
            Layer::Activation(function) => match (softmax(*function), function_of(*function)) {
                (Some(log), _) => Kernel::Softmax { log },
                (None, Some(function)) => Kernel::Activate(function),
                (None, None) => return Err(unlowered(node)),
            },
            Layer::Rbf(_) => Kernel::Rbf {
                codes: self.array(node, Role::Codes)?,
            },
            Layer::Merge(merge) => Kernel::Combine {
                multiply: *merge == Merge::Multiply,
                then,
            },
            Layer::ChannelShuffle(shuffle) => Kernel::Shuffle {
                groups: shuffle.groups as usize,
            },
            // Not in the plan.
            Layer::MaxPool(_)
            | Layer::TransposedConv(_)
            | Layer::Upsample(_)
            | Layer::GroupNorm(_)
            | Layer::LayerNorm(_)
            | Layer::InstanceNorm(_)
            | Layer::PRelu(_)
            // `emit` has these.
            | Layer::Conv(_)
            | Layer::TableConv(_)
            | Layer::Linear(_)
            | Layer::Dropout(_)
            | Layer::Flatten(_)
            | Layer::Pad(_)
            | Layer::ChannelSlice(_) => return Err(unlowered(node)),
        };
        Ok(self.write(making, kernel, inputs, Taps::default()))
    }

    fn array(&self, node: &Node, role: Role) -> Result<std::sync::Arc<[f32]>, LowerError> {
        let array = self.params.get(node.owner(), role);
        let array = array.ok_or_else(|| missing(format!("{}.{role}", node.name)))?;
        Ok(std::sync::Arc::clone(&array.values))
    }

    fn subsample(&self, pool: &Subsample, node: &Node, output: Shape) -> Result<Pool, LowerError> {
        let window = pool.sliding();
        let input = self.shape(node.inputs[0]);
        let [rows, columns] = [0, 1].map(|axis| bins(&window, axis, input, output));
        Ok(Pool {
            reduce: Reduce::Affine {
                fan: pool.fan as usize,
                scale: self.array(node, Role::Coefficient)?,
                shift: self.array(node, Role::Bias)?,
            },
            rows,
            columns,
        })
    }

    fn flatten(&self, flatten: &Flatten, node: &Node) -> Result<View, LowerError> {
        let view = self.input(node, 0)?;
        let is_vector = view.height == 1 && view.width == 1;
        if is_vector || view.flat.is_some() {
            return Ok(view);
        }
        Ok(View {
            flat: Some(flatten.order),
            ..view
        })
    }

    /// Zeros around a map are there already when its border is wide enough.
    fn pad(&mut self, pad: &Pad, node: &Node) -> Result<View, LowerError> {
        let view = self.map(node, 0)?;
        let [top, left, bottom, right] = pad.sides.map(|side| side as usize);
        if pad.value != 0.0 {
            let making = Making {
                nodes: vec![node.id],
                shape: self.shape(node.id),
                macs: 0,
            };
            let value = pad.value as f32;
            let kernel = Kernel::Surround { top, left, value };
            return Ok(self.write(making, kernel, vec![view], Taps::default()));
        }
        let padded = View {
            y: view.y - top as isize,
            x: view.x - left as isize,
            height: view.height + top + bottom,
            width: view.width + left + right,
            ..view
        };
        self.roots[view.root].surround(&padded, [0; 4]);
        Ok(padded)
    }
}

pub(super) fn unlowered(node: &Node) -> LowerError {
    LowerError::Unlowered {
        node: node.name.clone(),
        kind: node.layer.kind(),
    }
}

pub(super) const fn missing(name: String) -> LowerError {
    LowerError::MissingParameter { name }
}
