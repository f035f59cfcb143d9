//! Entries of the palette, and how the inserted piece depends on the shape before it.

mod behind;
mod list;

use engine::graph::{BlockTemplate, Edit, Piece};
use engine::layer::{Activation, Family, Flatten, Merge};
use engine::{Analysis, Graph, Layer, NodeId, Shape};
use state::document::shape_of;

pub use self::behind::behind;
pub use self::list::palette;

/// An entry of the palette.
#[derive(Clone, Debug)]
pub struct PaletteEntry {
    /// The layer's or block's kind, as a document names it.
    pub kind: String,
    /// Distinguishes entries of the same kind.
    pub variant: Option<&'static str>,
    pub title: &'static str,
    /// `None` for blocks.
    pub family: Option<Family>,
    pub sentence: &'static str,
    make: Make,
}

/// How to make the piece for the shape that it is inserted after.
#[derive(Clone, Debug)]
enum Make {
    Layer(fn(Shape) -> Layer),
    /// Two alternatives: the second keeps the map's shape, for places where the first would make
    /// later layers invalid.
    Either(fn(Shape) -> Layer, fn(Shape) -> Layer),
    Activation(Activation),
    /// Several inputs.
    Merge(Merge),
    /// Needs a vector: a flatten is inserted first after a map.
    Vector(Layer),
    Block(BlockTemplate),
}

impl Make {
    /// An example layer for a typical map.
    fn example(&self) -> Layer {
        let shape = Shape::new(16, 16, 16);
        match self {
            Self::Layer(make) | Self::Either(make, _) => make(shape),
            Self::Activation(activation) => Layer::from(*activation),
            Self::Merge(merge) => Layer::from(*merge),
            Self::Vector(layer) => layer.clone(),
            // Not called for blocks, which are not layers.
            Self::Block(_) => Layer::from(Flatten::default()),
        }
    }
}

impl PaletteEntry {
    /// The piece to be dragged to a wire, made for this shape.
    pub fn piece(&self, shape: Shape) -> Piece {
        match &self.make {
            Make::Layer(make) => Piece::Layer(make(shape)),
            // On a wire a later layer depends on the shape, so it is kept.
            Make::Either(first, keeping) => Piece::Layer(match shape.is_vector() {
                true => first(shape),
                false => keeping(shape),
            }),
            Make::Activation(activation) => Piece::Layer((*activation).into()),
            Make::Merge(merge) => Piece::Layer((*merge).into()),
            Make::Vector(layer) => Piece::Layer(layer.clone()),
            Make::Block(block) => Piece::Block(block.clone()),
        }
    }

    /// The edits that insert it after `node`: the first alternative that adds no problem, or else
    /// the first.
    pub fn behind(
        &self,
        graph: &Graph,
        analysis: &Analysis,
        node: NodeId,
        selection: &[NodeId],
    ) -> Vec<Edit> {
        let shape = shape_of(graph, analysis, node).unwrap_or(Shape::new(16, 16, 16));
        let put = |piece| behind(graph, analysis, piece, node, selection);
        let Make::Either(first, keeping) = &self.make else {
            return put(self.piece(shape));
        };
        let ways = [first, keeping].map(|make| put(Piece::Layer(make(shape))));
        let valid = |edits: &&Vec<Edit>| {
            let after = graph.apply_all(edits);
            after.is_ok_and(|it| Analysis::of(&it).problems.len() <= analysis.problems.len())
        };
        let found = ways.iter().find(valid).or(ways.first());
        found.cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lenet() -> Graph {
        engine::zoo::lenet5().unwrap()
    }

    #[test]
    fn every_entry_can_be_inserted_after_the_first_pooling_without_a_new_problem() {
        let graph = lenet();
        let analysis = Analysis::of(&graph);
        let node = graph.named("S2").unwrap().id;
        for entry in palette() {
            let edits = entry.behind(&graph, &analysis, node, &[node]);
            let after = graph.apply_all(&edits).unwrap();
            let new = |id: NodeId| graph.node(id).is_none();
            let mut problems = Analysis::of(&after).problems.into_iter();
            let own = problems.find(|problem| new(problem.node));
            assert_eq!(own, None, "{}", entry.title);
        }
    }

    #[test]
    fn a_convolution_in_the_middle_of_a_residual_branch_keeps_the_sum_valid() {
        let graph = engine::zoo::build("resnet-18", &Default::default()).unwrap();
        let analysis = Analysis::of(&graph);
        let merge = |node: &&engine::graph::Node| matches!(node.layer, Layer::Merge(_));
        let node = graph.nodes().iter().find(merge).unwrap().inputs[0];
        for entry in palette().iter().filter(|entry| entry.kind == "conv") {
            let after = graph
                .apply_all(&entry.behind(&graph, &analysis, node, &[]))
                .unwrap();
            assert!(Analysis::of(&after).is_valid(), "{}", entry.title);
        }
    }

    #[test]
    fn every_kind_of_layer_and_block_is_offered() {
        let kinds: std::collections::HashSet<String> =
            palette().into_iter().map(|entry| entry.kind).collect();
        // 18 kinds of layers and 8 blocks.
        assert_eq!(kinds.len(), 26, "{kinds:?}");
    }
}
