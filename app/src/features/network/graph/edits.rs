//! What gestures and keys do: select, choose, insert, move, connect, remove. The focus stays at what
//! was edited.

use engine::NodeId;
use engine::graph::Edit;
use leptos::prelude::*;
use state::look::Pixel;

use super::picture::{Mode, Picture};
use super::places::{Place, connect, name, relocate};

impl Picture {
    pub fn place(self, at: usize) -> Option<Place> {
        self.places.with_untracked(|places| places.get(at).cloned())
    }

    fn announce_if(self, made: bool, words: impl FnOnce() -> String) {
        if made {
            self.announce(words());
        }
    }

    /// Selects a card: its first layer, or all of a block.
    pub fn select(self, stage: usize, also: bool) {
        let found = self.stages.with_untracked(|stages| {
            let stage = stages.all.get(stage)?;
            let nodes: Vec<NodeId> = stage.nodes().collect();
            Some((stage.block.is_some(), stage.parts.first()?.head, nodes))
        });
        let Some((block, head, nodes)) = found else {
            return;
        };
        match (block, also) {
            (true, false) => self.lab.selection.select_all(nodes),
            (true, true) => nodes
                .into_iter()
                .for_each(|node| self.lab.select_also(node)),
            (false, true) => self.lab.select_also(head),
            (false, false) => self.lab.select(head),
        }
    }

    /// Chooses a pixel of a map, whose layer is then the selected one.
    pub fn choose(self, pixel: Pixel) {
        self.lab.select(pixel.node);
        self.lab.look.choose(Some(pixel));
    }

    /// The + at this place was pressed: it takes what is carried, or opens its list.
    pub fn press_place(self, at: usize) {
        if self.lab.selection.dragged().with_untracked(Option::is_some) {
            return self.put(at);
        }
        if self.lab.permits(engine::format::Control::Network) {
            self.inserting.set(Some(at));
        }
    }

    /// Puts what is carried from the palette there.
    pub fn put(self, at: usize) {
        let Some(place) = self.place(at) else {
            return;
        };
        self.over.set(None);
        let made = self.lab.put_dragged(&place.spot());
        self.announce_if(made, || format!("Put {}", place.label));
        if made {
            self.focus_node(self.lab.selection.node().get_untracked());
        }
    }

    /// Moves a layer to a place.
    pub fn relocate(self, node: NodeId, at: usize) {
        self.mode.set(Mode::Rest);
        let Some(place) = self.place(at) else {
            return;
        };
        let edits = self.graph(|graph| relocate(graph, &place, node));
        if edits.is_empty() {
            self.announce("It stands there already".to_owned());
        } else {
            let made = self.lab.apply_all(&edits);
            self.announce_if(made, || format!("Moved {}", place.label));
        }
        self.focus_node(node);
    }

    /// Connects a layer's output to a card.
    pub fn connect(self, from: NodeId, to: usize) {
        self.mode.set(Mode::Rest);
        let to = self.stages.with_untracked(|stages| {
            let stage = stages.all.get(to)?;
            Some(stage.first())
        });
        let Some(to) = to else { return };
        let Some(edit) = self.graph(|graph| connect(graph, from, to)) else {
            return self.announce("The picture that goes in takes no input".to_owned());
        };
        let apart = matches!(edit, Edit::Disconnect { .. });
        let made = self.lab.apply(edit);
        let named = |id| self.graph(|graph| name(graph, id).to_owned());
        self.announce_if(made, || {
            let done = if apart { "no longer feeds" } else { "feeds" };
            format!("{} {done} {}", named(from), named(to))
        });
        self.focus_node(to);
    }

    /// Removes the selected layers.
    pub fn remove(self) {
        let nodes = self.lab.selection.nodes().get_untracked();
        let count = nodes.iter().filter(|&&id| id != NodeId::INPUT).count();
        let made = count > 0 && self.lab.remove_selected();
        self.announce_if(made, || format!("{count} removed"));
        if made {
            self.focus_node(self.lab.selection.node().get_untracked());
        }
    }

    pub fn duplicate(self) {
        let made = self.lab.duplicate();
        self.announce_if(made, || "Duplicated".to_owned());
        if made {
            self.focus_node(self.lab.selection.node().get_untracked());
        }
    }

    pub fn wrap(self) {
        let made = self.lab.wrap();
        self.announce_if(made, || "Wrapped as a block".to_owned());
    }

    /// Folds an open block.
    pub fn fold(self, block: usize) {
        let first = self.graph(|graph| {
            let block = graph.blocks().get(block)?;
            block.nodes.first().copied()
        });
        self.lab.fold(block);
        if let Some(first) = first {
            self.focus_node(first);
        }
    }

    pub fn fold_all(self, folded: bool) {
        self.lab.fold_all(folded);
        let now = if folded { "folded" } else { "open" };
        self.announce(format!("Every block is {now}"));
    }
}
