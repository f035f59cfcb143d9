//! The layers of a network in training, as a device takes them.

use std::collections::HashMap;

use kernels::{Function, Pool};

use crate::checkpoint::{Role, parameters};
use crate::layer::{Activation, Conv, FlattenOrder, Merge};
use crate::plan::LowerError;
use crate::plan::lower::bins;
use crate::plan::step::function_of;
use crate::plan::train::unlowered;
use crate::{Analysis, Graph, Layer, NodeId, Shape};

/// Channels, height and width of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

/// A parameter, and where its values begin among all.
#[derive(Clone, Debug)]
pub struct Place {
    pub node: NodeId,
    pub role: Role,
    pub start: usize,
    pub count: usize,
}

/// What moves over the map.
#[derive(Clone, Debug)]
pub(super) struct Window {
    pub kernel: [usize; 2],
    pub stride: [usize; 2],
    pub dilation: [usize; 2],
    /// Zeros above and left of the map.
    pub before: [usize; 2],
    pub groups: usize,
    /// It sees the whole map as one vector.
    pub is_linear: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// A convolution or linear layer, with the places of its parameters.
    Weighted {
        window: Window,
        weight: usize,
        bias: Option<usize>,
    },
    /// Its number among the batch norms.
    Norm {
        number: usize,
        eps: f32,
        weight: Option<usize>,
        bias: Option<usize>,
    },
    Function(Function),
    Pool(Pool),
    Sum,
}

/// One layer.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub node: NodeId,
    pub kind: Kind,
    /// What follows on the values at once.
    pub then: Option<Function>,
    /// The maps that it reads; it writes the one behind its own place.
    pub inputs: Vec<usize>,
}

/// A network as stages.
#[derive(Clone, Debug)]
pub(super) struct Stages {
    pub stages: Vec<Stage>,
    /// Of the input, and of what each stage gives.
    pub maps: Vec<Size>,
    /// The parameters that are trained, and how many values they have.
    pub places: Vec<Place>,
    pub values: usize,
    /// The maps that have an activation's values.
    pub activations: Vec<(NodeId, usize)>,
}

/// The value of a node.
#[derive(Clone, Copy)]
struct Value {
    map: usize,
    shape: Shape,
    is_flat: bool,
}

impl Size {
    fn of(shape: Shape) -> Self {
        Self {
            channels: shape.channels as usize,
            height: shape.height as usize,
            width: shape.width as usize,
        }
    }

    /// A vector of all values.
    pub const fn flat(self) -> Self {
        Self {
            channels: self.values(),
            height: 1,
            width: 1,
        }
    }

    pub const fn positions(self) -> usize {
        self.height * self.width
    }

    pub const fn values(self) -> usize {
        self.channels * self.positions()
    }
}

impl Stages {
    /// # Errors
    /// When the graph has a problem, or a layer that this has no step for.
    pub fn of(graph: &Graph) -> Result<Self, LowerError> {
        let analysis = Analysis::of(graph);
        if !analysis.is_valid() {
            return Err(LowerError::Problems);
        }
        let mut all = Self {
            stages: Vec::new(),
            maps: vec![Size::of(graph.input())],
            places: Vec::new(),
            values: 0,
            activations: Vec::new(),
        };
        for parameter in parameters(graph) {
            if matches!(parameter.role, Role::Weight | Role::Bias) {
                let count = parameter.count();
                all.places.push(Place {
                    node: parameter.node,
                    role: parameter.role,
                    start: all.values,
                    count,
                });
                all.values += count;
            }
        }
        let input = Value {
            map: 0,
            shape: graph.input(),
            is_flat: false,
        };
        let mut values = HashMap::from([(NodeId::INPUT, input)]);
        let mut norms = 0;
        for (node, facts) in graph.nodes().iter().zip(&analysis.nodes) {
            let refused = || unlowered(graph, node.id);
            let inputs = node.inputs.iter().map(|id| values.get(id).copied());
            let inputs: Vec<Value> = inputs.collect::<Option<_>>().ok_or_else(refused)?;
            let &from = inputs.first().ok_or_else(refused)?;
            let output = facts.shape.ok_or(LowerError::Problems)?;
            let mut given = Value {
                map: from.map,
                shape: output,
                is_flat: false,
            };
            let place = |role| all.start(node.id, role);
            let kind = match &node.layer {
                Layer::Flatten(flatten) if flatten.order == FlattenOrder::Chw => {
                    let is_flat = from.is_flat || !from.shape.is_vector();
                    values.insert(node.id, Value { is_flat, ..from });
                    continue;
                }
                // The loss has it.
                Layer::Activation(Activation::Softmax) if node.id == graph.output() => {
                    values.insert(node.id, from);
                    continue;
                }
                Layer::Activation(function) => {
                    let function = function_of(*function);
                    let function = function.filter(|it| kernels::train::values::has_slope(*it));
                    let function = function.ok_or_else(refused)?;
                    if all.takes(graph, &node.inputs) {
                        if let Some(before) = all.stages.last_mut() {
                            before.then = Some(function);
                        }
                        all.activations.push((node.id, from.map));
                        values.insert(node.id, from);
                        continue;
                    }
                    given = from;
                    Kind::Function(function)
                }
                Layer::Linear(_) => Kind::Weighted {
                    window: Window {
                        kernel: [1; 2],
                        stride: [1; 2],
                        dilation: [1; 2],
                        before: [0; 2],
                        groups: 1,
                        is_linear: true,
                    },
                    weight: place(Role::Weight).ok_or_else(refused)?,
                    bias: place(Role::Bias),
                },
                // What follows works on maps.
                _ if inputs.iter().any(|value| value.is_flat) => return Err(refused()),
                Layer::Conv(conv) => Kind::Weighted {
                    window: window(conv, from.shape),
                    weight: place(Role::Weight).ok_or_else(refused)?,
                    bias: place(Role::Bias),
                },
                Layer::BatchNorm(norm) => {
                    norms += 1;
                    Kind::Norm {
                        number: norms - 1,
                        eps: norm.eps as f32,
                        weight: place(Role::Weight),
                        bias: place(Role::Bias),
                    }
                }
                Layer::AvgPool(pool) => Kind::Pool(bins::avg_pool(pool, from.shape, output)),
                Layer::MaxPool(pool) if pool.dilation == [1, 1] => {
                    Kind::Pool(bins::max_pool(pool, from.shape, output))
                }
                Layer::AdaptiveAvgPool(pool) => Kind::Pool(bins::adaptive_pool(pool, from.shape)),
                Layer::GlobalPool(pool) => Kind::Pool(bins::global_pool(pool, from.shape)),
                Layer::Merge(Merge::Add) if inputs.iter().all(|it| it.shape == output) => Kind::Sum,
                _ => return Err(refused()),
            };
            let reads = match kind {
                Kind::Sum => inputs.iter().map(|value| value.map).collect(),
                _ => vec![from.map],
            };
            let size = match kind {
                Kind::Function(_) => all.maps[from.map],
                _ => Size::of(output),
            };
            all.stages.push(Stage {
                node: node.id,
                kind,
                then: None,
                inputs: reads,
            });
            all.maps.push(size);
            given.map = all.stages.len();
            if matches!(node.layer, Layer::Activation(_)) {
                all.activations.push((node.id, given.map));
            }
            values.insert(node.id, given);
        }
        // The loss is of what was written last, a score a class.
        let last = values.get(&graph.output());
        let last = last.filter(|it| it.map == all.stages.len() && it.map > 0);
        match last.filter(|it| it.shape.positions() == 1 || it.is_flat) {
            Some(_) => Ok(all),
            None => Err(unlowered(graph, graph.output())),
        }
    }

    fn start(&self, node: NodeId, role: Role) -> Option<usize> {
        let mut places = self.places.iter();
        let place = places.find(|it| it.node == node && it.role == role)?;
        Some(place.start)
    }

    /// Whether a function can follow the last stage's values in their place: nobody else reads them,
    /// and the way back does not need them.
    fn takes(&self, graph: &Graph, inputs: &[NodeId]) -> bool {
        let Some(last) = self.stages.last() else {
            return false;
        };
        let is_free = matches!(
            last.kind,
            Kind::Weighted { .. } | Kind::Norm { .. } | Kind::Sum
        );
        let all = graph.nodes().iter().flat_map(|node| &node.inputs);
        let readers = all.filter(|&&id| id == last.node).count();
        is_free && last.then.is_none() && inputs == [last.node] && readers == 1
    }
}

fn window(conv: &Conv, input: Shape) -> Window {
    let both = |of: [u32; 2]| of.map(|it| it as usize);
    let [top, left, ..] = conv.sliding().sides(input.size());
    Window {
        kernel: both(conv.kernel),
        stride: both(conv.stride),
        dilation: both(conv.dilation),
        before: both([top, left]),
        groups: conv.groups as usize,
        is_linear: false,
    }
}
