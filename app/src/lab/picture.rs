//! What the person does to the graph's picture: folds blocks, selects several nodes, carries a
//! piece from the palette and puts it down.

use engine::graph::{Block, Edit, Piece};
use engine::{Graph, NodeId, Shape};
use leptos::prelude::*;

use super::{Carried, Lab};
use crate::editor::shape_of;
use crate::graph_view::Folding;

impl Lab {
    /// Folds the block at this place of the graph's blocks, or opens it.
    pub fn fold(self, block: usize) {
        let block = self
            .graph
            .with_untracked(|graph| graph.blocks().get(block).cloned());
        if let Some(block) = block {
            self.folding.update(|folding| folding.toggle(&block));
        }
    }

    /// Folds every block, or opens every one.
    pub fn fold_all(self, folded: bool) {
        let all = self.graph.with_untracked(Folding::all);
        self.folding
            .set(if folded { all } else { Folding::default() });
    }

    /// The person selects these nodes and no others, and looks at the first.
    pub fn select_all(self, nodes: Vec<NodeId>) {
        if let Some(&first) = nodes.first() {
            self.selection.set(nodes);
            self.selected.set(first);
        }
    }

    /// The block that these nodes are, if they are all of one, by its place in the graph's blocks.
    pub fn whole_block(self, nodes: &[NodeId]) -> Option<usize> {
        let whole = |block: &Block| {
            block.nodes.len() == nodes.len() && block.nodes.iter().all(|id| nodes.contains(id))
        };
        self.graph
            .with_untracked(|graph| graph.blocks().iter().position(whole))
    }

    /// Makes a block of what is selected; `false`, with the reason told, where it cannot be one.
    pub fn wrap(self) -> bool {
        let mut nodes = self.selection.get_untracked();
        nodes.retain(|&node| node != NodeId::INPUT);
        let names = |graph: &Graph| {
            let names = graph.blocks().iter().map(|block| block.name.clone());
            names.collect::<Vec<_>>()
        };
        let names = self.graph.with_untracked(names);
        if let Some(block) = self.whole_block(&nodes) {
            let why = format!("these layers are a block already: “{}”", names[block]);
            self.refuse(self.selected.get_untracked(), &why);
            return false;
        }
        let mut numbered = (1..).map(|number| format!("block {number}"));
        let name = numbered.find(|name| !names.contains(name));
        self.apply(Edit::Wrap {
            nodes,
            name: name.unwrap_or_default(),
        })
    }

    /// The person takes a piece from the palette, or lays down what they carry.
    pub fn carry(self, piece: Option<Carried>) {
        self.carrying.set(piece);
    }

    /// What is carried, cut to what comes out of this node.
    pub fn carried_behind(self, node: NodeId) -> Option<Piece> {
        let cut = self.carrying.get_untracked()?;
        let shape = self.graph.with_untracked(|graph| {
            self.analysis
                .with_untracked(|analysis| shape_of(graph, analysis, node))
        });
        // Behind a problem any shape is as good as another.
        Some(cut(shape.unwrap_or(Shape::new(16, 16, 16))))
    }

    /// Makes these changes, lays down what is carried and selects what is new.
    pub fn put_down(self, edits: &[Edit]) -> bool {
        let next = self.graph.with_untracked(Graph::next_id);
        let made = self.apply_all(edits);
        if made {
            self.carrying.set(None);
            self.select_new(next);
        }
        made
    }

    /// Selects the nodes whose numbers begin here: those that the last edit has made.
    pub fn select_new(self, next: NodeId) {
        let new = self.graph.with_untracked(|graph| {
            let ids = graph.nodes().iter().map(|node| node.id);
            ids.filter(|&id| id >= next).collect()
        });
        self.select_all(new);
    }
}
