//! Entries of the palette, their search, and how the inserted piece depends on its place.

mod list;
mod spot;

use engine::graph::{BlockTemplate, Edit, Piece};
use engine::layer::{Activation, Family, Flatten, Merge};
use engine::{Analysis, Graph, Layer, Shape, near};

pub use self::list::{common, palette};
pub use self::spot::Spot;

use crate::document::shape_of;

/// The shape that a piece is made for where a problem leaves it unknown.
const ANY: Shape = Shape {
    channels: 16,
    height: 16,
    width: 16,
};

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
    /// Two alternatives: the second keeps the map's shape, for places where the first would add a
    /// problem.
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
    /// Whether a search finds it.
    pub fn is_found(&self, wanted: &str) -> bool {
        let variant = self.variant.unwrap_or_default();
        let family = self.family.map_or("block", Family::name);
        let texts = [&*self.kind, variant, self.title, self.sentence, family];
        near::is_found(wanted, &texts)
    }

    /// The name of its group.
    pub fn group(&self) -> &'static str {
        self.family.map_or("blocks", Family::name)
    }

    /// The edits that insert it at this place, whether by click, drag or key: the first alternative
    /// that adds no problem, or else the first.
    pub fn edits(&self, graph: &Graph, analysis: &Analysis, spot: &Spot) -> Vec<Edit> {
        let shape = shape_of(graph, analysis, spot.from).unwrap_or(ANY);
        let put = |piece| spot.edits(graph, analysis, piece);
        let piece = match &self.make {
            Make::Either(first, keeping) => {
                let ways = [first, keeping].map(|make| put(Piece::Layer(make(shape))));
                let valid = |edits: &&Vec<Edit>| {
                    let after = graph.apply_all(edits);
                    let problems = |it: Graph| Analysis::of(&it).problems.len();
                    after.is_ok_and(|it| problems(it) <= analysis.problems.len())
                };
                let found = ways.iter().find(valid).or(ways.first());
                return found.cloned().unwrap_or_default();
            }
            Make::Layer(make) => Piece::Layer(make(shape)),
            Make::Activation(activation) => Piece::Layer((*activation).into()),
            Make::Merge(merge) => Piece::Layer((*merge).into()),
            Make::Vector(layer) => Piece::Layer(layer.clone()),
            Make::Block(block) => Piece::Block(block.clone()),
        };
        put(piece)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use engine::NodeId;

    use super::*;

    fn lenet() -> Graph {
        engine::zoo::lenet5().unwrap()
    }

    fn resnet() -> Graph {
        engine::zoo::build("resnet-18", &Default::default()).unwrap()
    }

    fn edited(graph: &Graph, entry: &PaletteEntry, spot: &Spot) -> Graph {
        let edits = entry.edits(graph, &Analysis::of(graph), spot);
        graph.apply_all(&edits).unwrap()
    }

    #[test]
    fn every_entry_can_be_inserted_after_the_first_pooling_without_a_problem_of_its_own() {
        let graph = lenet();
        let node = graph.named("S2").unwrap().id;
        for entry in palette() {
            let after = edited(&graph, &entry, &Spot::behind(node));
            let new = |id: NodeId| graph.node(id).is_none();
            let mut problems = Analysis::of(&after).problems.into_iter();
            let own = problems.find(|problem| new(problem.node));
            assert_eq!(own, None, "{}", entry.title);
        }
    }

    #[test]
    fn a_click_and_a_drop_at_the_same_place_give_the_same_network() {
        let graph = lenet();
        for from in ["C1", "S2", "C3", "F6"] {
            let from = graph.named(from).unwrap().id;
            let takers = graph.consumers(from).map(|(node, slot)| (node.id, slot));
            let on = Spot::on(from, takers.collect());
            for entry in palette() {
                let clicked = edited(&graph, &entry, &Spot::behind(from));
                let dropped = edited(&graph, &entry, &on);
                assert_eq!(clicked, dropped, "{} at {from:?}", entry.title);
            }
        }
    }

    #[test]
    fn a_piece_on_all_wires_of_a_skip_feeds_all_of_it() {
        let graph = resnet();
        let two = |id: &NodeId| graph.consumers(*id).count() == 2;
        let from = { graph.nodes().iter().map(|node| node.id) }
            .find(two)
            .unwrap();
        let takers = graph.consumers(from).map(|(node, slot)| (node.id, slot));
        let takers: Vec<_> = takers.collect();
        let relu = palette().into_iter().find(|it| it.title == "ReLU").unwrap();
        let after = edited(&graph, &relu, &Spot::on(from, takers.clone()));
        let new = graph.next_id();
        for (node, slot) in takers {
            assert_eq!(after.node(node).unwrap().inputs[slot], new);
        }
        assert_eq!(after.node(new).unwrap().inputs, [from]);
    }

    #[test]
    fn a_convolution_in_the_middle_of_a_residual_branch_keeps_the_sum_valid() {
        let graph = resnet();
        let merge = |node: &&engine::graph::Node| matches!(node.layer, Layer::Merge(_));
        let node = graph.nodes().iter().find(merge).unwrap().inputs[0];
        for entry in palette().iter().filter(|entry| entry.kind == "conv") {
            let after = edited(&graph, entry, &Spot::behind(node));
            assert!(Analysis::of(&after).is_valid(), "{}", entry.title);
        }
    }

    #[test]
    fn a_merge_of_selected_nodes_takes_all_of_them() {
        let graph = lenet();
        let id = |name: &str| graph.named(name).unwrap().id;
        let add = palette().into_iter().find(|it| it.title == "add").unwrap();
        let spot = Spot::behind_all(&graph, &[id("tanh1"), id("C1")]);
        let after = edited(&graph, &add, &spot);
        let merge = after.node(graph.next_id()).unwrap();
        assert_eq!(merge.inputs, [id("tanh1"), id("C1")]);
    }

    #[test]
    fn every_kind_of_layer_and_block_is_offered() {
        let kinds: HashSet<String> = palette().into_iter().map(|entry| entry.kind).collect();
        // 25 kinds of layers and 8 blocks.
        assert_eq!(kinds.len(), 33, "{kinds:?}");
    }

    #[test]
    fn eight_entries_are_common() {
        let all = palette();
        let common: Vec<_> = all.iter().filter_map(common).collect();
        assert_eq!(common.len(), 8, "{common:?}");
    }

    #[test]
    fn a_search_finds_by_name_family_and_sentence() {
        let found = |wanted: &str| {
            let found = palette().into_iter().filter(|it| it.is_found(wanted));
            found.map(|it| it.title).collect::<Vec<_>>()
        };
        assert!(found("skip").contains(&"add"));
        assert!(found("pooling max").contains(&"max pooling"));
        assert!(found("batchnorm").contains(&"batch norm"));
        assert_eq!(found("no such layer"), [""; 0]);
    }
}
