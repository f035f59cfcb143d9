//! Edits of the document and their effects on the other parts of the state.

use engine::format::Control;
use engine::graph::{Block, Edit};
use engine::{Graph, NodeId};
use reactive_graph::traits::{GetUntracked, WithUntracked};

use crate::State;
use crate::document::{Opening, OwnWeights, Snapshot, changed, control_of, description};
use crate::palette::{PaletteEntry, Spot};
use crate::selection::Folding;

impl State {
    /// Whether this control is enabled; shows the reason where it is not.
    pub fn permits(self, control: Control) -> bool {
        let allowed = self.document.allows_now(control);
        if !allowed {
            self.notices.tell_locked(control);
        }
        allowed
    }

    /// Whether this edit is allowed; shows the reason at its node where it is not.
    fn permits_edit(self, edit: &Edit) -> bool {
        let control = control_of(edit);
        let allowed = self.document.allows_now(control);
        if !allowed {
            let node = changed(edit).unwrap_or_else(|| self.selection.node().get_untracked());
            self.document
                .refuse(node, "it is locked by the link's author");
            self.notices.tell_locked(control);
        }
        allowed
    }

    /// Makes one change to the network. `false` when it was refused; the reason is in the
    /// document's refusal.
    pub fn apply(self, edit: Edit) -> bool {
        self.apply_all(&[edit])
    }

    /// Makes several changes as one step of the history, or none of them.
    pub fn apply_all(self, edits: &[Edit]) -> bool {
        if self.screen.embed.is_some() {
            self.notices
                .tell("A frame shows the network. Open it in the CNN lab to change it.".into());
            return false;
        }
        if !edits.iter().all(|edit| self.permits_edit(edit)) {
            return false;
        }
        let document = self.document;
        match document
            .graph()
            .with_untracked(|graph| graph.apply_all(edits))
        {
            Ok(graph) => {
                let what = document
                    .graph()
                    .with_untracked(|graph| description(graph, edits));
                document.clear_refusal();
                let state = Snapshot {
                    graph,
                    ..document.snapshot()
                };
                self.replace_with(state, &what);
                true
            }
            Err(error) => {
                let node = edits.iter().find_map(changed);
                let node = node.unwrap_or_else(|| self.selection.node().get_untracked());
                document.refuse(node, &error.to_string());
                false
            }
        }
    }

    /// Makes several changes as one step and selects the last new node.
    pub fn insert(self, edits: &[Edit]) -> bool {
        let next = self.document.graph().with_untracked(Graph::next_id);
        let made = self.apply_all(edits);
        if made {
            let mut new = self.nodes_from(next);
            new.reverse();
            new.truncate(1);
            self.selection.select_all(new);
        }
        made
    }

    /// Makes these changes, ends the drag and selects all new nodes.
    pub fn drop_dragged(self, edits: &[Edit]) -> bool {
        let next = self.document.graph().with_untracked(Graph::next_id);
        let made = self.apply_all(edits);
        if made {
            self.selection.drag(None);
            self.selection.select_all(self.nodes_from(next));
        }
        made
    }

    /// The nodes with ids from this one up: those that the last edit created.
    pub(crate) fn nodes_from(self, next: NodeId) -> Vec<NodeId> {
        self.document.graph().with_untracked(|graph| {
            let ids = graph.nodes().iter().map(|node| node.id);
            ids.filter(|&id| id >= next).collect()
        })
    }

    /// Replaces the current state of the document as one step of the history. `what` follows “Undo:
    /// ” in the button's label; `control` is the control that makes the change. `false` when that
    /// control is locked.
    pub fn replace_as(self, control: Control, graph: Graph, what: &str) -> bool {
        if !self.permits(Control::Network) || !self.permits(control) {
            return false;
        }
        let state = Snapshot {
            graph,
            ..self.document.snapshot()
        };
        self.replace_with(state, what);
        true
    }

    /// Replaces the current state as one step of the history.
    pub fn replace_with(self, state: Snapshot, what: &str) {
        let old = self.document.snapshot();
        if old == state {
            return;
        }
        self.document.leave(old, what);
        self.restore(state);
        self.document.announce(format!("Done: {what}"));
    }

    /// The network gets these weights, as one step of the history.
    pub fn take_weights(self, weights: OwnWeights, what: &str) {
        let state = Snapshot {
            weights: Some(weights),
            ..self.document.snapshot()
        };
        self.replace_with(state, what);
    }

    /// As [`Self::take_weights`]; where the network's weights are those of this checkpoint they are
    /// replaced without a step of their own.
    pub fn replace_weights(self, number: Option<u64>, weights: OwnWeights, what: &str) {
        let now = self.document.weights().get_untracked();
        if number.is_none() || now.map(|it| it.number) != number {
            return self.take_weights(weights, what);
        }
        self.document.amend(what);
        self.restore(Snapshot {
            weights: Some(weights),
            ..self.document.snapshot()
        });
    }

    /// Undoes the last edit; `false` when there is none.
    pub fn undo_edit(self) -> bool {
        self.step(true)
    }

    /// Redoes the edit that was undone last; `false` when there is none.
    pub fn redo_edit(self) -> bool {
        self.step(false)
    }

    fn step(self, back: bool) -> bool {
        if !self.permits(Control::Undo) {
            return false;
        }
        let document = self.document;
        let what = document.history().with_untracked(|history| {
            let (done, what) = if back {
                ("Undone", history.undo_description())
            } else {
                ("Redone", history.redo_description())
            };
            format!("{done}: {}", what.unwrap_or_default())
        });
        match document.step(back) {
            Ok(Some(mut state)) => {
                document.clear_refusal();
                // A node that is added next is not the undone one, whose weights engines remember.
                let next = document.graph().with_untracked(Graph::next_id);
                state.graph = state.graph.with_next_id(next);
                self.restore(state);
                document.announce(what);
                true
            }
            Err(why) => {
                let why = format!("the state that was kept cannot be read: {why}");
                document.refuse(self.selection.node().get_untracked(), &why);
                false
            }
            Ok(None) => false,
        }
    }

    /// Opens a network derived from the zoo's network `origin`. `false` when that is locked.
    pub fn open_as(self, graph: Graph, origin: Option<&'static str>) -> bool {
        if !self.permits(Control::Presets) || !self.permits(Control::Network) {
            return false;
        }
        let what = format!("open {}", graph.name());
        self.document.clear_refusal();
        if self.document.origin().get_untracked() == origin {
            self.document.count_opening();
        }
        let state = Snapshot {
            graph,
            origin,
            weights: None,
        };
        self.replace_with(state, &what);
        self.select_first();
        true
    }

    /// Nodes of another network may have the same ids; they were not selected.
    pub fn select_first(self) {
        self.select(self.document.graph().with_untracked(crate::document::first));
    }

    fn restore(self, state: Snapshot) {
        let Snapshot {
            graph,
            origin,
            weights,
        } = state;
        let before = self.document.origin().get_untracked();
        let network = before != origin;
        if network {
            self.input.follow_recipe(before, origin);
        }
        if network || self.document.weights().get_untracked() != weights {
            self.document.set_source(Opening {
                origin,
                weights,
                network,
            });
        }
        if network {
            self.selection.set_folding(Folding::usual(&graph));
        }
        self.put_graph(graph);
    }

    /// Replaces the graph; selected nodes that the new graph has stay selected.
    pub(crate) fn put_graph(self, graph: Graph) {
        let selected = self
            .document
            .graph()
            .with_untracked(|before| self.selection.within(before, &graph));
        self.document.set_graph(graph);
        self.selection.set(selected);
        let document = self.document;
        document.graph().with_untracked(|graph| {
            let keep = |analysis: &_| self.look.keep_within(graph, analysis);
            document.analysis.with_untracked(keep);
        });
    }

    /// Selects only this node.
    pub fn select(self, node: NodeId) {
        self.document
            .graph()
            .with_untracked(|graph| self.selection.select(graph, node));
    }

    /// Toggles a node's membership of the selection.
    pub fn select_also(self, node: NodeId) {
        self.document
            .graph()
            .with_untracked(|graph| self.selection.toggle(graph, node));
    }

    /// Selects from the first selected node to this one.
    pub fn select_to(self, node: NodeId) {
        self.document
            .graph()
            .with_untracked(|graph| self.selection.extend(graph, node));
    }

    /// Selects a node and opens the blocks around it.
    pub fn show_node(self, node: NodeId) {
        self.document
            .graph()
            .with_untracked(|graph| self.selection.unfold_around(graph, node));
        self.select(node);
    }

    /// Toggles the folding of this block (an index into the graph's blocks).
    pub fn fold(self, block: usize) {
        self.document
            .graph()
            .with_untracked(|graph| self.selection.fold(graph, block));
    }

    /// Folds or unfolds every block.
    pub fn fold_all(self, folded: bool) {
        self.document
            .graph()
            .with_untracked(|graph| self.selection.fold_all(graph, folded));
    }

    /// The block that consists of exactly these nodes, as an index into the graph's blocks.
    pub fn whole_block(self, nodes: &[NodeId]) -> Option<usize> {
        let whole = |block: &Block| {
            block.nodes.len() == nodes.len() && block.nodes.iter().all(|id| nodes.contains(id))
        };
        self.document
            .graph()
            .with_untracked(|graph| graph.blocks().iter().position(whole))
    }

    /// Groups the selected nodes as a block; `false` with a refusal where that is not possible.
    pub fn wrap(self) -> bool {
        let mut nodes = self.selection.nodes().get_untracked();
        nodes.retain(|&node| node != NodeId::INPUT);
        let names = |graph: &Graph| {
            let names = graph.blocks().iter().map(|block| block.name.clone());
            names.collect::<Vec<_>>()
        };
        let names = self.document.graph().with_untracked(names);
        if let Some(name) = self.whole_block(&nodes).and_then(|at| names.get(at)) {
            let why = format!("these layers are a block already: “{name}”");
            self.document
                .refuse(self.selection.node().get_untracked(), &why);
            return false;
        }
        let mut numbered = (1..).map(|number| format!("block {number}"));
        let name = numbered.find(|name| !names.contains(name));
        self.apply(Edit::Wrap {
            nodes,
            name: name.unwrap_or_default(),
        })
    }

    /// The edits that insert this layer or block at this place.
    pub fn edits_at(self, entry: &PaletteEntry, spot: &Spot) -> Vec<Edit> {
        let document = self.document;
        document.graph().with_untracked(|graph| {
            let analysis = document.analysis;
            analysis.with_untracked(|analysis| entry.edits(graph, analysis, spot))
        })
    }

    /// Inserts a layer or block from the palette and selects what is new; ends the drag.
    pub fn insert_at(self, entry: &PaletteEntry, spot: &Spot) -> bool {
        let edits = self.edits_at(entry, spot);
        self.selection.drag(None);
        self.insert(&edits)
    }

    /// Drops what is dragged from the palette; `false` where nothing is or the edit was refused.
    pub fn put_dragged(self, spot: &Spot) -> bool {
        let dragged = self.selection.dragged().get_untracked();
        dragged.is_some_and(|entry| self.insert_at(&entry, spot))
    }

    /// Removes the selected nodes as one step.
    pub fn remove_selected(self) -> bool {
        self.remove(self.selection.nodes().get_untracked())
    }

    /// Removes these nodes as one step; ids that no longer exist are ignored.
    pub fn remove(self, mut nodes: Vec<NodeId>) -> bool {
        let graph = self.document.graph();
        let selected = self
            .selection
            .nodes()
            .with_untracked(|selection| *selection == nodes);
        graph.with_untracked(|graph| nodes.retain(|&id| graph.node(id).is_some()));
        // Afterwards the first removed node's input is selected.
        let before = graph.with_untracked(|graph| {
            nodes.sort_by_key(|&id| std::cmp::Reverse(graph.position(id)));
            let first = graph.node(*nodes.last()?)?;
            first.inputs.first().copied()
        });
        let edits: Vec<Edit> = nodes
            .into_iter()
            .map(|node| Edit::Remove { node })
            .collect();
        let made = self.apply_all(&edits);
        if let Some(before) = before.filter(|_| made && selected) {
            self.select(before);
        }
        made
    }

    /// Whether the running network has this node unchanged; while the document has problems it may
    /// not.
    pub fn runs(self, node: NodeId) -> bool {
        use reactive_graph::traits::With;
        let there = self
            .document
            .running()
            .with(|running| crate::document::holds(running, node));
        let as_here = |unchanged: &Option<std::collections::HashSet<NodeId>>| {
            unchanged.as_ref().is_none_or(|it| it.contains(&node))
        };
        there && !self.engine.is_refused() && self.document.unchanged.with(as_here)
    }
}
