//! Filters, groups, kernel size and dilation of one convolution, or of all at once.

use std::collections::BTreeSet;

use super::{Curve, Knob, Point, Target};
use crate::graph::Edit;
use crate::layer::{Conv, Padding, greatest_common_divisor};
use crate::{Analysis, Graph, Layer, Node, NodeId, Shape};

/// The sides of kernels that papers use.
const KERNELS: [u32; 6] = [1, 3, 5, 7, 9, 11];
const DILATIONS: std::ops::RangeInclusive<u32> = 1..=8;
/// Numbers of filters, in quarters of the present one.
const QUARTERS: [u64; 8] = [1, 2, 3, 4, 6, 8, 12, 16];
/// The most values for groups: the smallest divisors.
const MOST_GROUPS: usize = 24;

/// The convolution in this node with its input's shape, where it fits.
fn convolution(graph: &Graph, analysis: &Analysis, node: &Node) -> Option<(Conv, Shape)> {
    let Layer::Conv(conv) = &node.layer else {
        return None;
    };
    let input = match node.inputs.as_slice() {
        [id] => match graph.position(*id) {
            Some(place) => analysis.nodes.get(place)?.shape?,
            None => graph.input(),
        },
        _ => return None,
    };
    Some((conv.clone(), input))
}

/// Whether the knob makes sense for this convolution alone.
fn turns(knob: Knob, conv: &Conv, input: Shape) -> bool {
    let [height, width] = conv.kernel;
    match knob {
        Knob::Filters => conv.groups == 1,
        Knob::Groups => greatest(conv, input) > 1,
        Knob::Kernel => height == width,
        Knob::Dilation => height == width && height > 1,
        Knob::Width | Knob::Resolution | Knob::Depth => false,
    }
}

/// Whether the knob changes it when it is set for all at once: depthwise convolutions stay depthwise,
/// 1×1 ones 1×1.
fn turns_with_others(knob: Knob, conv: &Conv, input: Shape) -> bool {
    match knob {
        // Many add up, and both sides must have as many channels.
        Knob::Filters => false,
        Knob::Groups => conv.groups == 1 || conv.groups != input.channels,
        Knob::Kernel => conv.kernel != [1, 1],
        Knob::Dilation | Knob::Width | Knob::Resolution | Knob::Depth => true,
    }
}

/// The most groups: what divides input and output channels.
fn greatest(conv: &Conv, input: Shape) -> u32 {
    greatest_common_divisor(conv.channels, input.channels)
}

pub(super) fn targets(knob: Knob, graph: &Graph) -> Vec<Target> {
    let analysis = Analysis::of(graph);
    let fitting = graph.nodes().iter().filter_map(|node| {
        let (conv, input) = convolution(graph, &analysis, node)?;
        turns(knob, &conv, input).then_some((node, turns_with_others(knob, &conv, input)))
    });
    let fitting: Vec<(&Node, bool)> = fitting.collect();
    let together: Vec<_> = fitting.iter().filter(|it| it.1).map(|it| it.0.id).collect();
    let mut targets = Vec::new();
    if together.len() > 1 {
        targets.push(Target {
            name: format!("{} convolutions at once", together.len()),
            nodes: together,
        });
    }
    targets.extend(fitting.into_iter().map(|(node, _)| Target {
        name: format!("{}: {}", node.name, node.layer.title()),
        nodes: vec![node.id],
    }));
    targets
}

pub(super) fn curve(knob: Knob, target: &Target, graph: &Graph) -> Curve {
    let analysis = Analysis::of(graph);
    let all: Vec<(NodeId, Conv, Shape)> = target
        .nodes
        .iter()
        .filter_map(|&id| {
            let (conv, input) = convolution(graph, &analysis, graph.node(id)?)?;
            Some((id, conv, input))
        })
        .collect();
    let graph = graph.clone();
    Box::new(values(knob, &all).into_iter().filter_map(move |value| {
        let edits = all.iter().filter_map(|(node, conv, input)| {
            let turned = turned(knob, conv, *input, value)?;
            (turned != *conv).then(|| Edit::SetLayer {
                node: *node,
                layer: turned.into(),
            })
        });
        let graph = graph.apply_all(&edits.collect::<Vec<_>>()).ok()?;
        Some(Point::of(f64::from(value), value.to_string(), graph))
    }))
}

/// The knob's values for these convolutions, the present ones included, in rising order.
fn values(knob: Knob, all: &[(NodeId, Conv, Shape)]) -> Vec<u32> {
    let own = |of: fn(&Conv) -> u32| all.iter().map(move |(_, conv, _)| of(conv));
    let mut values: Vec<u32> = match knob {
        Knob::Filters => {
            let of = |own: u32| QUARTERS.map(|quarters| u64::from(own) * quarters / 4);
            let all = own(|conv| conv.channels).flat_map(of);
            let possible = all.filter_map(|it| u32::try_from(it).ok());
            possible.filter(|it| *it > 0).collect()
        }
        Knob::Groups => {
            let most = all.iter().map(|(_, conv, input)| greatest(conv, *input));
            // Each once: a network has hundreds of convolutions, and channels by the thousand.
            let most: BTreeSet<u32> = most.collect();
            let divides = |groups: &u32| most.iter().any(|most| most.is_multiple_of(*groups));
            let upto = most.last().copied().unwrap_or(0);
            // For all at once only powers of two, if there are any: other numbers divide few of
            // them.
            let every = all.len() == 1 || !divides(&2);
            let tried = (1..=upto).filter(|it| every || it.is_power_of_two());
            tried
                .filter(divides)
                .take(MOST_GROUPS)
                .chain(own(|conv| conv.groups))
                .collect()
        }
        Knob::Kernel => KERNELS.into_iter().chain(own(|it| it.kernel[0])).collect(),
        Knob::Dilation => DILATIONS.chain(own(|conv| conv.dilation[0])).collect(),
        Knob::Width | Knob::Resolution | Knob::Depth => Vec::new(),
    };
    values.sort_unstable();
    values.dedup();
    values
}

/// The convolution with the knob at this value; `None` if the value is impossible.
fn turned(knob: Knob, conv: &Conv, input: Shape, value: u32) -> Option<Conv> {
    let mut turned = conv.clone();
    match knob {
        Knob::Filters => turned.channels = value,
        Knob::Groups => {
            if !greatest(conv, input).is_multiple_of(value) {
                return None;
            }
            turned.groups = value;
        }
        Knob::Kernel => turned.kernel = [value, value],
        Knob::Dilation => turned.dilation = [value, value],
        Knob::Width | Knob::Resolution | Knob::Depth => return None,
    }
    // Padding that kept the size still does, where equal padding on both sides can.
    if let (Some(kept), Some(keeping)) = (keeping(conv), keeping(&turned))
        && conv.padding == kept
    {
        turned.padding = keeping;
    }
    Some(turned)
}

/// The explicit padding at which this kernel keeps the picture's size at stride 1; `None` where
/// it would be more on one side than on the other, as for a 2×2.
fn keeping(conv: &Conv) -> Option<Padding> {
    let around = |axis: usize| {
        let reached = conv.dilation[axis].saturating_mul(conv.kernel[axis].max(1) - 1);
        reached.is_multiple_of(2).then_some(reached / 2)
    };
    let (top, left) = (around(0)?, around(1)?);
    Some(Padding::Sides([top, left, top, left]))
}
