//! Candidates for the repair of a problem, by the kind of error. Whether one works is tried by the
//! caller.

use super::{Problem, Repair, settings};
use crate::analysis::Analysis;
use crate::graph::{Edit, Piece, Place};
use crate::layer::{
    AdaptiveAvgPool, Conv, Flatten, GlobalPool, LayerError, Merge, Padding, PoolMode,
};
use crate::{Graph, Layer, Node, NodeId, Shape};

/// The candidates for this problem, the smallest change first and removing the node last.
pub(super) fn of(graph: &Graph, problem: &Problem) -> Vec<Repair> {
    let Some(node) = graph.node(problem.node) else {
        return Vec::new();
    };
    let analysis = Analysis::of(graph);
    let shape = |&input: &NodeId| match analysis.node(input) {
        Some(facts) => facts.shape,
        None => Some(graph.input()),
    };
    let Some(inputs) = node
        .inputs
        .iter()
        .map(shape)
        .collect::<Option<Vec<Shape>>>()
    else {
        return Vec::new();
    };
    let site = Site {
        graph,
        analysis: &analysis,
        node,
        inputs: &inputs,
    };
    let mut repairs = match &problem.error {
        LayerError::Zero { field } => {
            let title = if matches!(node.layer, Layer::TableConv(_)) {
                "Give every row of the table a map and every side a 1".into()
            } else {
                format!("Set {field} to 1")
            };
            vec![site.set(title, settings::at_least_one(&node.layer))]
        }
        LayerError::OutOfRange { field, .. } => {
            vec![site.set(
                format!("Set {field} to its usual value"),
                settings::usual(&node.layer),
            )]
        }
        LayerError::TooLarge { field, .. } => settings::halved_until_it_fits(&node.layer, &inputs)
            .map(|layer| site.set(format!("Halve the settings until {field} fits"), layer))
            .into_iter()
            .collect(),
        LayerError::InputCount { .. } => site.input_count(),
        LayerError::KernelTooLarge { .. } => site.kernel_too_large(),
        LayerError::Groups { .. } => site.groups(),
        LayerError::Mismatch { .. } => site.mismatch(),
        LayerError::NotAVector { .. } => vec![
            site.put_before("Flatten the map first", Flatten::default()),
            site.put_before(
                "Average each map first",
                GlobalPool {
                    mode: PoolMode::Avg,
                },
            ),
        ],
        LayerError::Slice { .. } => site.slice(),
        LayerError::Table { .. } => site.table(),
        LayerError::PoolPadding { .. } => site.pool_padding(),
        LayerError::Shares { .. } => vec![Repair {
            title: "Give it weights of its own".into(),
            edits: vec![Edit::Share {
                node: node.id,
                with: None,
            }],
        }],
    };
    repairs.push(Repair {
        title: format!("Remove “{}”", node.name),
        edits: vec![Edit::Remove { node: node.id }],
    });
    repairs
}

/// The node with the problem and the shapes of its inputs.
struct Site<'a> {
    graph: &'a Graph,
    analysis: &'a Analysis,
    node: &'a Node,
    inputs: &'a [Shape],
}

impl Site<'_> {
    fn input(&self) -> Shape {
        self.inputs.first().copied().unwrap_or(self.graph.input())
    }

    fn set(&self, title: String, layer: Layer) -> Repair {
        Repair {
            title,
            edits: vec![Edit::SetLayer {
                node: self.node.id,
                layer,
            }],
        }
    }

    fn put(&self, slot: usize, layer: impl Into<Layer>) -> Edit {
        let place = Place::On {
            to: self.node.id,
            slot,
        };
        Edit::Insert {
            place,
            piece: Piece::Layer(layer.into()),
            name: None,
        }
    }

    fn put_before(&self, title: &str, layer: impl Into<Layer>) -> Repair {
        Repair {
            title: title.into(),
            edits: vec![self.put(0, layer)],
        }
    }

    fn input_count(&self) -> Vec<Repair> {
        if matches!(self.node.layer, Layer::Merge(_)) {
            return self.second_input().into_iter().collect();
        }
        let id = self.node.id;
        let drop_others = (1..self.inputs.len()).rev();
        let drop_others = drop_others.map(|slot| Edit::Disconnect { to: id, slot });
        let merged = |title: &str, merge: Merge| {
            let merge = Layer::from(merge);
            merge.measure(self.inputs).ok()?;
            let place = Place::Branch {
                from: self.node.inputs.clone(),
            };
            let insert = Edit::Insert {
                place,
                piece: Piece::Layer(merge),
                name: None,
            };
            // The insertion gives the merge the graph's next number.
            let connect = Edit::Connect {
                from: self.graph.next_id(),
                to: id,
                slot: 0,
            };
            let edits = [insert, connect]
                .into_iter()
                .chain(drop_others.clone())
                .collect();
            Some(Repair {
                title: title.into(),
                edits,
            })
        };
        let mut repairs: Vec<Repair> = [
            merged("Concatenate its inputs first", Merge::Concat),
            merged("Add its inputs first", Merge::Add),
        ]
        .into_iter()
        .flatten()
        .collect();
        let edits = drop_others.clone().collect();
        repairs.push(Repair {
            title: "Keep only its first input".into(),
            edits,
        });
        repairs
    }

    /// The nearest node before this one whose output can be merged with the only input.
    fn second_input(&self) -> Option<Repair> {
        let first = *self.node.inputs.first()?;
        let before = self.graph.position(self.node.id)?;
        let mut before = self.graph.nodes().get(..before)?.iter().rev();
        let from = before.find(|other| {
            let shape = self.analysis.node(other.id).and_then(|facts| facts.shape);
            let fits = |shape| self.node.layer.measure(&[self.input(), shape]).is_ok();
            other.id != first && shape.is_some_and(fits)
        })?;
        Some(Repair {
            title: format!("Take “{}” as the second input", from.name),
            edits: vec![Edit::Connect {
                from: from.id,
                to: self.node.id,
                slot: 1,
            }],
        })
    }

    fn kernel_too_large(&self) -> Vec<Repair> {
        let layer = &self.node.layer;
        let same = settings::with_padding(layer, Padding::Same)
            .map(|layer| self.set("Pad the map (same)".into(), layer));
        let smaller = settings::kernel_that_fits(layer, self.input()).map(|(kernel, layer)| {
            let [height, width] = kernel;
            let title = match height == width {
                true => format!("Kernel {height}"),
                false => format!("Kernel {height}×{width}"),
            };
            self.set(title, layer)
        });
        let dense =
            settings::undilated(layer).map(|layer| self.set("Set dilation to 1".into(), layer));
        // Padding keeps the kernel of a convolution; a smaller pooling keeps more of the map.
        let repairs = if matches!(layer, Layer::Conv(_)) {
            [same, smaller, dense]
        } else {
            [smaller, same, dense]
        };
        repairs.into_iter().flatten().collect()
    }

    fn groups(&self) -> Vec<Repair> {
        let input = self.input().channels;
        match &self.node.layer {
            Layer::Conv(conv) => {
                let set = |title, conv: Conv| self.set(title, conv.into());
                let divisor = settings::largest_common_divisor(input, conv.channels, conv.groups);
                let mut repairs = vec![set(
                    format!("Set groups to {divisor}"),
                    Conv {
                        groups: divisor,
                        ..conv.clone()
                    },
                )];
                let whole = conv
                    .channels
                    .div_ceil(conv.groups.max(1))
                    .saturating_mul(conv.groups);
                if input.is_multiple_of(conv.groups.max(1)) {
                    let conv = Conv {
                        channels: whole,
                        ..conv.clone()
                    };
                    repairs.push(set(format!("Set channels to {whole}"), conv));
                }
                let depthwise = conv.channels.div_ceil(input.max(1)).saturating_mul(input);
                let title = format!("Make it depthwise: {input} groups, {depthwise} channels");
                let channels = depthwise;
                repairs.push(set(
                    title,
                    Conv {
                        groups: input,
                        channels,
                        ..conv.clone()
                    },
                ));
                repairs.push(set(
                    "Set groups to 1".into(),
                    Conv {
                        groups: 1,
                        ..conv.clone()
                    },
                ));
                repairs
            }
            Layer::ChannelShuffle(shuffle) => {
                let mut shuffle = shuffle.clone();
                shuffle.groups = settings::largest_common_divisor(input, input, shuffle.groups);
                vec![self.set(format!("Set groups to {}", shuffle.groups), shuffle.into())]
            }
            Layer::GroupNorm(norm) => {
                let mut norm = norm.clone();
                norm.groups = settings::largest_common_divisor(input, input, norm.groups);
                vec![self.set(format!("Set groups to {}", norm.groups), norm.into())]
            }
            _ => Vec::new(),
        }
    }

    fn mismatch(&self) -> Vec<Repair> {
        let Layer::Merge(merge) = &self.node.layer else {
            return Vec::new();
        };
        let mut repairs: Vec<Repair> = self
            .targets()
            .into_iter()
            .map(|target| self.adapt(*merge, target))
            .collect();
        let equal_sides = self
            .inputs
            .iter()
            .all(|shape| shape.size() == self.input().size());
        if equal_sides && *merge != Merge::Concat {
            repairs.push(self.set("Concatenate instead".into(), Merge::Concat.into()));
        }
        repairs
    }

    /// The shapes to which the inputs could be changed, the most frequent first, at most as many as a
    /// person reads.
    fn targets(&self) -> Vec<Shape> {
        const MOST: usize = 4;
        let mut targets: Vec<(Shape, usize)> = Vec::new();
        for &shape in self.inputs {
            match targets.iter_mut().find(|(known, _)| *known == shape) {
                Some((_, count)) => *count += 1,
                None => targets.push((shape, 1)),
            }
        }
        // Stable: of equally frequent shapes the first input's comes first.
        targets.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        targets.truncate(MOST);
        targets.into_iter().map(|(shape, _)| shape).collect()
    }

    /// Changes every input to the target's shape; for a concatenation only its height and width.
    fn adapt(&self, merge: Merge, target: Shape) -> Repair {
        let mut edits = Vec::new();
        for (slot, &shape) in self.inputs.iter().enumerate() {
            let mut size = shape.size();
            if merge != Merge::Concat && shape.channels != target.channels {
                let stride = stride_between(size, target.size());
                let conv = Conv {
                    stride: stride.unwrap_or([1, 1]),
                    ..Conv::new(target.channels, 1)
                };
                if stride.is_some() {
                    size = target.size();
                }
                edits.push(self.put(slot, conv));
            }
            if size != target.size() {
                edits.push(self.put(
                    slot,
                    AdaptiveAvgPool {
                        output: target.size(),
                    },
                ));
            }
        }
        let title = match merge {
            Merge::Concat => format!("Pool its inputs to {}×{}", target.height, target.width),
            Merge::Add | Merge::Multiply => {
                format!("Bring its inputs to {target} by 1×1 convolution and pooling")
            }
        };
        Repair { title, edits }
    }

    fn slice(&self) -> Vec<Repair> {
        let Layer::ChannelSlice(slice) = &self.node.layer else {
            return Vec::new();
        };
        let channels = self.input().channels;
        let mut slice = slice.clone();
        slice.end = slice.end.min(channels);
        if slice.start >= slice.end {
            (slice.start, slice.end) = (0, channels);
        }
        let title = format!("Keep the channels {}..{}", slice.start, slice.end);
        vec![self.set(title, slice.into())]
    }

    fn table(&self) -> Vec<Repair> {
        let Layer::TableConv(conv) = &self.node.layer else {
            return Vec::new();
        };
        let channels = self.input().channels;
        let mut fewer = conv.clone();
        for row in &mut fewer.table {
            row.retain(|&map| map < channels);
            if row.is_empty() {
                row.push(0);
            }
        }
        let full = u32::try_from(conv.table.len()).unwrap_or(u32::MAX);
        let full = Conv {
            kernel: conv.kernel,
            bias: conv.bias,
            ..Conv::new(full, 1)
        };
        vec![
            self.set(
                "Remove the missing maps from the table".into(),
                fewer.into(),
            ),
            self.set("Connect every map to every map".into(), full.into()),
        ]
    }

    fn pool_padding(&self) -> Vec<Repair> {
        let layer = &self.node.layer;
        let less = settings::padding_within_the_kernel(layer)
            .map(|layer| self.set("Pad by at most half the kernel".into(), layer));
        let none = settings::with_padding(layer, Padding::Valid)
            .map(|layer| self.set("Remove the padding".into(), layer));
        [less, none].into_iter().flatten().collect()
    }
}

/// The stride of a 1×1 window that makes `size` exactly `target`.
fn stride_between(size: [u32; 2], target: [u32; 2]) -> Option<[u32; 2]> {
    let axis = |axis: usize| {
        let stride = size[axis].div_ceil(target[axis]);
        (size[axis].div_ceil(stride) == target[axis]).then_some(stride)
    };
    Some([axis(0)?, axis(1)?])
}
