//! Gradients along the depth of a network, and the edits that cut or add all skip connections.

use std::collections::HashSet;

use engine::explain::NodeSlope;
use engine::graph::{Edit, Piece, Place};
use engine::layer::{Conv, Merge};
use engine::{Analysis, Graph, Layer, NodeId, Shape};

use super::surgery::{cut, skips};

/// The lengths of gradients at the layers with weights, from the first to the last.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    pub name: String,
    pub points: Vec<Point>,
}

/// One layer of a curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub name: String,
    /// Of the gradient with respect to its values.
    pub length: f64,
}

impl Curve {
    /// The smallest and largest length other than 0, as powers of ten.
    pub fn decades(&self) -> Option<[f64; 2]> {
        let logs = self.points.iter().filter(|it| it.length > 0.0);
        let mut logs = logs.map(|it| it.length.log10());
        let first = logs.next()?;
        let ends = logs.fold([first, first], |[low, high], it| {
            [low.min(it), high.max(it)]
        });
        Some(ends.map(|it| it.clamp(-45.0, 45.0)))
    }

    /// How many times the gradient at the last layer is that at the first.
    pub fn ratio(&self) -> Option<f64> {
        let (first, last) = (self.points.first()?, self.points.last()?);
        (first.length > 0.0).then(|| last.length / first.length)
    }
}

/// The curve of a backward pass: convolutions and linear layers on the main way.
pub fn curve(graph: &Graph, slopes: &[NodeSlope]) -> Curve {
    let points = slopes.iter().filter_map(|slope| {
        let node = graph.node(slope.node)?;
        let counts = match &node.layer {
            // A 1×1 past a stride is the short way.
            Layer::Conv(conv) => conv.kernel != [1, 1] || graph.consumers(node.id).count() > 1,
            Layer::Linear(_) | Layer::TableConv(_) => true,
            _ => false,
        };
        counts.then(|| Point {
            name: node.name.clone(),
            length: slope.length,
        })
    });
    Curve {
        name: graph.name().to_owned(),
        points: points.collect(),
    }
}

/// The edits that cut every skip connection.
pub fn all_cut(graph: &Graph) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut now = graph.clone();
    for (sum, _) in skips(graph) {
        let next = cut(&now, sum);
        match now.apply_all(&next) {
            Ok(after) => now = after,
            // That one stays; the others are cut all the same.
            Err(_) => continue,
        }
        edits.extend(next);
    }
    edits
}

/// The edits that put a skip connection around every two 3×3 convolutions in a row, as in a basic block:
/// from the input of the first to behind the second and its batch norm. Where the shapes differ by a
/// stride or by channels, a 1×1 convolution fits them.
pub fn added_skips(graph: &Graph) -> Vec<Edit> {
    let analysis = Analysis::of(graph);
    let shape = |id: NodeId| match id {
        NodeId::INPUT => Some(graph.input()),
        id => analysis.node(id)?.shape,
    };
    let mut edits = Vec::new();
    let mut next = graph.next_id().0;
    let mut used: HashSet<NodeId> = HashSet::new();
    let mut first_seen = false;
    for node in graph.nodes() {
        if !is_main(&node.layer) {
            continue;
        }
        // The stem stays by itself.
        if !std::mem::replace(&mut first_seen, true) || used.contains(&node.id) {
            continue;
        }
        let Some((second, end)) = pair(graph, node.id) else {
            continue;
        };
        let Some(&from) = node.inputs.first() else {
            continue;
        };
        let (Some(before), Some(after)) = (shape(from), shape(end)) else {
            continue;
        };
        let Some(fit) = fitting(before, after) else {
            continue;
        };
        used.extend([node.id, second]);
        let mut kept = from;
        if let Some(conv) = fit {
            edits.push(Edit::Insert {
                place: Place::Branch { from: vec![from] },
                piece: Piece::Layer(conv.into()),
                name: None,
            });
            kept = NodeId(next);
            next += 1;
        }
        edits.push(Edit::Insert {
            place: Place::After {
                node: end,
                with: vec![kept],
            },
            piece: Piece::Layer(Merge::Add.into()),
            name: None,
        });
        next += 1;
    }
    edits
}

const fn is_main(layer: &Layer) -> bool {
    match layer {
        Layer::Conv(conv) => conv.kernel[0] > 1 && conv.kernel[1] > 1,
        _ => false,
    }
}

/// The convolution that follows this one, and the last node before the next activation: all on a line
/// without branches, and not added to something already.
fn pair(graph: &Graph, first: NodeId) -> Option<(NodeId, NodeId)> {
    let only = |id: NodeId| {
        let mut consumers = graph.consumers(id);
        let (next, _) = consumers.next()?;
        consumers.next().is_none().then_some(next)
    };
    let mut at = only(first)?;
    while matches!(
        at.layer,
        Layer::BatchNorm(_) | Layer::Activation(_) | Layer::Dropout(_)
    ) {
        at = only(at.id)?;
    }
    if !is_main(&at.layer) {
        return None;
    }
    let (second, mut end) = (at.id, at.id);
    while let Some(next) = only(end) {
        match next.layer {
            Layer::BatchNorm(_) => end = next.id,
            Layer::Merge(_) => return None,
            _ => break,
        }
    }
    Some((second, end))
}

/// What fits the one shape to the other: nothing, or a 1×1 convolution; none where neither does.
fn fitting(before: Shape, after: Shape) -> Option<Option<Conv>> {
    if before == after {
        return Some(None);
    }
    let stride = |from: u32, to: u32| {
        let stride = from.div_ceil(to.max(1));
        (stride > 0 && from.div_ceil(stride) == to).then_some(stride)
    };
    let stride = [
        stride(before.height, after.height)?,
        stride(before.width, after.width)?,
    ];
    Some(Some(Conv {
        stride,
        bias: false,
        ..Conv::new(after.channels, 1)
    }))
}

#[cfg(test)]
mod tests {
    use engine::zoo::{self, Options, Stack};

    use super::*;

    fn kinds(graph: &Graph) -> Vec<(&'static str, Vec<u32>)> {
        let node = |it: &engine::Node| {
            let kind = match &it.layer {
                Layer::Conv(_) => "conv",
                Layer::Merge(_) => "merge",
                _ => "other",
            };
            (kind, it.inputs.iter().map(|it| it.0).collect())
        };
        graph.nodes().iter().map(node).collect()
    }

    #[test]
    fn the_residual_stack_without_its_skips_is_the_plain_one() {
        for layers in [20, 56] {
            let residual = Stack::small(layers, true).graph().unwrap();
            let plain = Stack::small(layers, false).graph().unwrap();
            let blocks = (layers as usize - 2) / 2;
            assert_eq!(skips(&residual).len(), blocks);
            let cut = residual.apply_all(&all_cut(&residual)).unwrap();
            let names = |graph: &Graph| -> Vec<String> {
                graph.nodes().iter().map(|it| it.name.clone()).collect()
            };
            assert_eq!(names(&cut), names(&plain));
            let valid = Analysis::of(&cut);
            assert!(valid.is_valid());
            assert_eq!(valid.total.params(), Analysis::of(&plain).total.params());
        }
    }

    #[test]
    fn skips_are_added_around_every_pair_and_only_once() {
        let plain = Stack::small(20, false).graph().unwrap();
        let edited = plain.apply_all(&added_skips(&plain)).unwrap();
        assert!(Analysis::of(&edited).is_valid(), "{:?}", kinds(&edited));
        assert_eq!(skips(&edited).len(), 9);
        // Two of them past a stride, by a 1×1 convolution each.
        let convs = edited.nodes().iter();
        let ones =
            convs.filter(|it| matches!(&it.layer, Layer::Conv(conv) if conv.kernel == [1, 1]));
        assert_eq!(ones.count(), 2);
        assert!(added_skips(&edited).is_empty());
        // And cut again they leave what was there.
        let back = edited.apply_all(&all_cut(&edited)).unwrap();
        assert_eq!(kinds(&back), kinds(&plain));
    }

    #[test]
    fn a_network_of_the_zoo_gets_skips_where_two_convolutions_follow_each_other() {
        let graph = zoo::build("vgg-mini", &Options::default()).unwrap();
        let edits = added_skips(&graph);
        assert!(!edits.is_empty());
        assert!(Analysis::of(&graph.apply_all(&edits).unwrap()).is_valid());
        assert!(added_skips(&zoo::lenet5().unwrap()).is_empty());
    }

    #[test]
    fn a_curve_tells_how_far_apart_its_ends_are() {
        let graph = Stack::small(20, true).graph().unwrap();
        let slope = |(place, node): (usize, &engine::Node)| NodeSlope {
            node: node.id,
            length: 10_f64.powi(place as i32 - 20),
            largest: 1.0,
            place: 0,
            weights: None,
        };
        let slopes: Vec<NodeSlope> = graph.nodes().iter().enumerate().map(slope).collect();
        let curve = curve(&graph, &slopes);
        // 19 convolutions and the linear layer; the two 1×1 are the short way.
        assert_eq!(curve.points.len(), 20);
        assert_eq!(curve.points[0].name, "conv1");
        let [low, _] = curve.decades().unwrap();
        assert!((low + 20.0).abs() < 1e-9);
        assert!(curve.ratio().unwrap() > 1e20);
    }
}
