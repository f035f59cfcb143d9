//! Edits of the network in its picture, with announcements for screen readers; the focus stays at
//! the edited item.

use engine::NodeId;
use engine::graph::Edit;
use leptos::prelude::*;
use state::palette::Spot;

use super::drop_targets;
use super::graph_state::{GraphState, Mode};
use super::layout::{Direction, Item};

impl GraphState {
    /// Drops what is dragged from the palette.
    pub fn put(self, number: usize) {
        let Some(drop_target) = self.drop_target(number) else {
            return;
        };
        let spot = Spot::on(drop_target.from, drop_target.takers.clone());
        let made = self.lab.put_dragged(&spot);
        self.announce_if(made, || format!("Put {}", drop_target.label));
        if made {
            self.focus_selected();
        }
    }

    /// Moves a node to a drop target.
    pub fn relocate(self, node: NodeId, number: usize) {
        self.mode.set(Mode::Rest);
        let Some(drop_target) = self.drop_target(number) else {
            return;
        };
        let edits = self.graph(|graph| drop_targets::relocate(graph, &drop_target, node));
        if edits.is_empty() {
            self.say("It stands there already".to_owned());
        } else {
            let made = self.lab.apply_all(&edits);
            self.announce_if(made, || format!("Moved {}", drop_target.label));
        }
        self.focus_later(Item::Node(node));
    }

    /// Connects a node's output to another node.
    pub fn connect(self, from: NodeId, to: NodeId) {
        self.mode.set(Mode::Rest);
        let Some(edit) = self.graph(|graph| drop_targets::connect(graph, from, to)) else {
            self.say("The picture that goes in takes no input".to_owned());
            return;
        };
        let apart = matches!(edit, Edit::Disconnect { .. });
        let made = self.lab.apply(edit);
        let name = |id: NodeId| self.graph(|graph| drop_targets::name(graph, id).to_owned());
        self.announce_if(made, || {
            let done = if apart { "no longer feeds" } else { "feeds" };
            format!("{} {done} {}", name(from), name(to))
        });
        self.focus_later(Item::Node(to));
    }

    /// Removes the selected nodes.
    pub fn remove(self) {
        let nodes = self.selected_nodes();
        // The nearest above that stays.
        let next = self.layout.with_untracked(|layout| {
            let above = |&item: &Item| layout.next(item, Direction::Up);
            let mut upwards = std::iter::successors(above(&self.at.get_untracked()), above);
            upwards.find(|&item| self.nodes(item).iter().all(|node| !nodes.contains(node)))
        });
        let edits: Vec<Edit> = nodes.iter().map(|&node| Edit::Remove { node }).collect();
        let made = !edits.is_empty() && self.lab.apply_all(&edits);
        let count = edits.len();
        self.announce_if(made, || format!("{count} removed"));
        if let Some(next) = next.filter(|_| made) {
            if let Some(node) = next.node() {
                self.lab.select(node);
            }
            self.focus_later(next);
        }
    }

    /// Duplicates the selected nodes.
    pub fn duplicate(self) {
        let made = self.lab.duplicate();
        self.announce_if(made, || "Duplicated".to_owned());
        if made {
            self.focus_selected();
        }
    }

    /// Groups the selected nodes as a block.
    pub fn wrap(self) {
        let made = self.lab.wrap();
        self.announce_if(made, || "Wrapped as a block".to_owned());
    }

    /// The selected nodes without the input.
    fn selected_nodes(self) -> Vec<NodeId> {
        let selection = self.lab.selection.nodes().get_untracked();
        selection
            .into_iter()
            .filter(|&id| id != NodeId::INPUT)
            .collect()
    }
}
