//! Operations in a few words, and what a stage does as a sentence; computed from the layers.

use std::collections::BTreeMap;

use engine::graph::Block;
use engine::layer::{Conv, Family, Merge, PoolMode, Window};
use engine::{Analysis, Graph, Layer, Shape};

use super::Part;
use crate::document::shape_of;

fn pair([height, width]: [u32; 2]) -> String {
    format!("{height}×{width}")
}

/// “conv 5×5”.
pub fn operation(layer: &Layer) -> String {
    match layer {
        Layer::Conv(conv) => {
            let mut text = format!("conv {}", pair(conv.kernel));
            if conv.stride == [2, 2] {
                text.push_str(", half size");
            } else if conv.stride != [1, 1] {
                text += &format!(", stride {}", conv.stride[0]);
            }
            text
        }
        Layer::TableConv(conv) => format!("conv {}", pair(conv.kernel)),
        Layer::TransposedConv(conv) => {
            let mut text = format!("transposed conv {}", pair(conv.kernel));
            if conv.stride == [2, 2] {
                text.push_str(", twice the size");
            } else if conv.stride != [1, 1] {
                text += &format!(", {} times the size", conv.stride[0]);
            }
            text
        }
        Layer::AdaptiveMaxPool(pool) => format!("max to {}", pair(pool.output)),
        Layer::MaxPool(pool) => format!("max {}", pair(pool.kernel)),
        Layer::AvgPool(pool) => format!("avg {}", pair(pool.kernel)),
        Layer::Subsample(pool) => format!("sub {}", pair(pool.kernel)),
        Layer::GlobalPool(pool) => match pool.mode {
            PoolMode::Avg => "average, whole map".to_owned(),
            PoolMode::Max => "largest, whole map".to_owned(),
        },
        Layer::AdaptiveAvgPool(pool) => format!("avg to {}", pair(pool.output)),
        Layer::Linear(_) => "linear".to_owned(),
        Layer::Rbf(_) => "RBF".to_owned(),
        other => other.title(),
    }
}

/// What a layer beside the head is called.
pub fn short(layer: &Layer) -> String {
    match layer.family() {
        Family::Normalisation if matches!(layer, Layer::BatchNorm(_)) => "norm".to_owned(),
        Family::Normalisation if matches!(layer, Layer::GroupNorm(_)) => "group norm".to_owned(),
        Family::Regularisation => "dropout".to_owned(),
        _ if matches!(layer, Layer::Pad(_)) => "pad".to_owned(),
        _ if matches!(layer, Layer::Flatten(_)) => "flatten".to_owned(),
        _ => layer.title(),
    }
}

/// The kernel that the block looks with, and whether it makes the maps smaller.
pub fn block(graph: &Graph, block: &Block) -> String {
    let layers = || {
        block
            .nodes
            .iter()
            .filter_map(|&id| graph.node(id))
            .map(|it| &it.layer)
    };
    let convs = || {
        layers().filter_map(|layer| match layer {
            Layer::Conv(conv) => Some(conv),
            _ => None,
        })
    };
    let largest = convs().map(|conv| conv.kernel).max();
    let mut parts = vec![match largest {
        Some(kernel) => pair(kernel),
        None => format!("{} layers", block.nodes.len()),
    }];
    let halves = |layer: &Layer| match layer {
        Layer::Conv(conv) => conv.stride == [2, 2],
        Layer::MaxPool(pool) => pool.stride == [2, 2],
        Layer::AvgPool(pool) => pool.stride == [2, 2],
        _ => false,
    };
    if layers().any(halves) {
        parts.push("half size".to_owned());
    }
    if super::grouping::skips(graph, block) {
        parts.push("skip".to_owned());
    } else if layers().any(|layer| matches!(layer, Layer::Merge(Merge::Concat))) {
        parts.push("branches".to_owned());
    }
    parts.join(", ")
}

/// The family that most of a block's parameters are in.
pub fn main_family(graph: &Graph, analysis: &Analysis, block: &Block) -> Family {
    let mut params: BTreeMap<Family, u64> = BTreeMap::new();
    for node in block.nodes.iter().filter_map(|&id| graph.node(id)) {
        let cost = analysis.node(node.id).map(|facts| facts.cost.params());
        let sum = params.entry(node.layer.family()).or_default();
        *sum = sum.saturating_add(cost.unwrap_or_default());
    }
    let most = params
        .into_iter()
        .max_by_key(|&(family, sum)| (sum, std::cmp::Reverse(family)));
    most.map_or(Family::Shape, |(family, _)| family)
}

const NUMBERS: [&str; 17] = [
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen",
];

/// Small numbers as a word.
fn number(count: u32) -> String {
    let word = NUMBERS.get(count as usize);
    word.map_or_else(|| count.to_string(), |word| (*word).to_owned())
}

fn counted(count: u32, thing: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", number(count))
}

/// What the layers of a stage do, in words: “Six 5×5 filters, then half the size.”
pub fn caption(graph: &Graph, analysis: &Analysis, parts: &[Part]) -> Option<String> {
    let node = graph.node(parts.first()?.head)?;
    let before = shape_of(graph, analysis, *node.inputs.first()?)?;
    let last = parts.last()?.nodes.last()? == &graph.output();
    let mut text = if parts.first()?.nodes.len() > 1 && parts.first()?.face.tail.is_empty() {
        return None;
    } else {
        sentence(&node.layer, before, last)?
    };
    if let [_, pool] = parts {
        let pool = graph.node(pool.head)?;
        let input = shape_of(graph, analysis, *pool.inputs.first()?)?;
        text = format!("{text}, then {}", shrink(&pool.layer, input)?);
    }
    let mut letters = text.chars();
    let first = letters.next()?;
    Some(format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

fn sentence(layer: &Layer, before: Shape, last: bool) -> Option<String> {
    let filters =
        |channels: u32, kernel: [u32; 2]| counted(channels, &format!("{} filter", pair(kernel)));
    Some(match layer {
        Layer::Conv(Conv {
            channels,
            kernel,
            groups,
            ..
        }) if before.channels > 1 => {
            if *groups == before.channels {
                return Some(format!("a {} filter for each map", pair(*kernel)));
            }
            let over = if *groups > 1 {
                format!("in {} groups of maps", number(*groups))
            } else {
                format!("over all {} maps", number(before.channels))
            };
            format!("{} {over}", counted(*channels, "filter"))
        }
        Layer::Conv(conv) => filters(conv.channels, conv.kernel),
        Layer::TableConv(conv) => {
            let count = u32::try_from(conv.table.len()).ok()?;
            format!("{}, each over some of the maps", counted(count, "filter"))
        }
        Layer::TransposedConv(conv) => {
            format!("{}, each a larger map", counted(conv.channels, "filter"))
        }
        Layer::Linear(linear) if last => {
            format!("{}; the largest wins", counted(linear.features, "score"))
        }
        Layer::Linear(linear) => format!("{} sums of all {}", linear.features, before.elements()),
        Layer::Rbf(_) if last => "distances to ten pictures; the smallest wins".to_owned(),
        Layer::MaxPool(_) | Layer::AvgPool(_) | Layer::Subsample(_) => shrink(layer, before)?,
        Layer::GlobalPool(pool) => match pool.mode {
            PoolMode::Avg => "the mean of each map".to_owned(),
            PoolMode::Max => "the largest value of each map".to_owned(),
        },
        Layer::Merge(Merge::Add) => "the sum of its inputs".to_owned(),
        Layer::Merge(Merge::Concat) => "the maps of its inputs, one after the other".to_owned(),
        _ => return None,
    })
}

/// What a pooling does to the size.
fn shrink(layer: &Layer, input: Shape) -> Option<String> {
    let window: Window = layer.rule().window(input)?;
    Some(match window.stride {
        [1, 1] => "the same size".to_owned(),
        [2, 2] => "half the size".to_owned(),
        [3, 3] => "a third of the size".to_owned(),
        [height, width] => format!("one in {height}×{width} values"),
    })
}
