//! Parts of the network as text: a document of the lab whose input stands for whatever feeds the
//! part.

use std::collections::{HashMap, HashSet};

use engine::format::{Control, json, share};
use engine::graph::{Block, Edit};
use engine::{Graph, NodeId};
use leptos::prelude::*;
use serde_json::{Value, json};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::Lab;
use crate::platform::clipboard::clipboard;
use crate::platform::fetch::reason;

impl Lab {
    /// The selected nodes as text, with the blocks that lie among them.
    ///
    /// # Errors
    /// When nothing is selected, or a setting cannot be written.
    pub fn copied(self) -> Result<String, String> {
        let nodes: HashSet<NodeId> = self.selection.nodes().get_untracked().into_iter().collect();
        let text = self.document.graph().with_untracked(|graph| {
            let input = nodes.iter().filter_map(|id| graph.node(*id));
            let first = input.min_by_key(|node| graph.position(node.id));
            let source = first.and_then(|node| node.inputs.first()).copied();
            let shape = self
                .document
                .analysis
                .with_untracked(|analysis| match source {
                    Some(NodeId::INPUT) | None => Some(graph.input()),
                    Some(id) => analysis.node(id).and_then(|facts| facts.shape),
                });
            let part = part(graph, &nodes, json!(shape.unwrap_or(graph.input())))?;
            Ok::<_, String>(json::write(&part))
        })?;
        text.map_err(|error| error.to_string())
    }

    /// Gives the browser's clipboard the selected nodes, and takes them out when `cut`.
    pub fn copy_selected(self, cut: bool) {
        let at = self.selection.node().get_untracked();
        // The person may select others, or open another network, before the browser has the text.
        let (nodes, opening) = (
            self.selection.nodes().get_untracked(),
            self.document.opening().get_untracked(),
        );
        let (text, clipboard) = match (self.copied(), clipboard()) {
            (Ok(text), Some(clipboard)) => (text, clipboard),
            (Err(why), _) => return self.document.refuse(at, &why),
            (Ok(_), None) => {
                return self
                    .document
                    .refuse(at, "here only the keys copy: press Ctrl+C");
            }
        };
        spawn_local(async move {
            match JsFuture::from(clipboard.write_text(&text)).await {
                Ok(_) if cut && self.document.opening().get_untracked() == opening => {
                    self.remove(nodes);
                }
                Ok(_) => {}
                Err(error) => self.document.refuse(
                    at,
                    &format!("the browser does not copy: {}", reason(&error)),
                ),
            }
        });
    }

    /// Puts what is in the browser's clipboard behind the node the person looks at.
    pub fn paste_clipboard(self) {
        let at = self.selection.node().get_untracked();
        let Some(clipboard) = clipboard() else {
            return self
                .document
                .refuse(at, "here only the keys paste: press Ctrl+V in the network");
        };
        spawn_local(async move {
            match JsFuture::from(clipboard.read_text()).await {
                Ok(text) => {
                    self.paste(&text.as_string().unwrap_or_default());
                }
                Err(error) => self.document.refuse(
                    at,
                    &format!(
                        "the browser does not show the clipboard ({}): press Ctrl+V",
                        reason(&error)
                    ),
                ),
            }
        });
    }

    /// Puts a network that is given as text behind the node the person looks at; into an empty
    /// network it comes as it is. `false` when it was refused; [`Lab::refused`] says why.
    pub fn paste(self, text: &str) -> bool {
        let at = self.selection.node().get_untracked();
        let text = text.trim();
        let read = match text.chars().next() {
            None => Err("the clipboard holds no text".into()),
            Some('{') => json::read(text).map_err(|error| error.to_string()),
            Some(share::VERSION) => share::decode(text).map_err(|error| error.to_string()),
            Some(_) => Err(
                "the pasted text is neither a document of the lab, which begins with {, nor the \
                 text of one of its links"
                    .into(),
            ),
        };
        let part = match read {
            Ok(part) => part,
            Err(why) => {
                self.document.refuse(at, &why);
                return false;
            }
        };
        if self
            .document
            .graph()
            .with_untracked(|graph| graph.nodes().is_empty())
        {
            return self.open_graph(part);
        }
        self.put_behind(at, &part, "paste")
    }

    /// The selected nodes once more: a part that one node feeds and that has one end behind that
    /// end, others each behind itself.
    pub fn duplicate(self) -> bool {
        let mut nodes = self.selection.nodes().get_untracked();
        nodes.retain(|&node| node != NodeId::INPUT);
        if let Some(block) = self.whole_block(&nodes) {
            return self.drop_dragged(&[Edit::DuplicateBlock { block }]);
        }
        let apart = self.document.graph().with_untracked(|graph| {
            let ends = ends(graph, &nodes);
            ends > 1 || feeding(graph, &nodes) > 1
        });
        if nodes.len() == 1 || apart {
            let each = nodes.into_iter().map(|node| Edit::Duplicate { node });
            return self.drop_dragged(&each.collect::<Vec<_>>());
        }
        let last = self.document.graph().with_untracked(|graph| {
            let selection = self.selection.nodes().get_untracked();
            selection.into_iter().max_by_key(|&id| graph.position(id))
        });
        let text = self.copied();
        match (last, text) {
            (Some(last), Ok(text)) => match json::read(&text) {
                Ok(part) => self.put_behind(last, &part, "duplicate"),
                Err(_) => false,
            },
            (at, Err(why)) => {
                self.document
                    .refuse(at.unwrap_or(self.selection.node().get_untracked()), &why);
                false
            }
            (None, Ok(_)) => false,
        }
    }

    fn put_behind(self, at: NodeId, part: &Graph, what: &str) -> bool {
        match self
            .document
            .graph()
            .with_untracked(|graph| behind(graph, at, part))
        {
            Ok((graph, new)) => {
                self.document.clear_refusal();
                // Layers that are pasted or doubled are as new as those of the palette.
                let made = self.replace_as(Control::Palette, graph, what);
                if made {
                    self.selection.select_all(new);
                }
                made
            }
            Err(why) => {
                self.document.refuse(at, &why);
                false
            }
        }
    }
}

/// These nodes as a network of their own, as if all others were taken out: who took the output of
/// one that is not among them takes that one's first input's, up to the network's input.
fn part(graph: &Graph, nodes: &HashSet<NodeId>, input: Value) -> Result<Graph, String> {
    let inside = |id: &NodeId| nodes.contains(id);
    let kept = graph.nodes().iter().filter(|node| inside(&node.id));
    let kept: Vec<Value> = kept
        .map(|node| {
            let inputs: Vec<NodeId> = node
                .inputs
                .iter()
                .map(|&id| nearest(graph, nodes, id))
                .collect();
            json!({ "id": node.id, "name": node.name, "layer": node.layer, "inputs": inputs })
        })
        .collect();
    if kept.is_empty() {
        return Err("no layer is selected".into());
    }
    let blocks = graph.blocks().iter();
    let blocks: Vec<_> = blocks
        .filter(|block| block.nodes.iter().all(inside))
        .collect();
    let name = format!(
        "part of {}",
        graph.name().chars().take(100).collect::<String>()
    );
    let part = json!({ "name": name, "input": input, "nodes": kept, "blocks": blocks });
    serde_json::from_value(part).map_err(|error| error.to_string())
}

/// This node where it is among these, or else the first above it that is, along first inputs; or
/// the input.
fn nearest(graph: &Graph, nodes: &HashSet<NodeId>, id: NodeId) -> NodeId {
    let above = |id: &NodeId| graph.node(*id)?.inputs.first().copied();
    let mut upwards = std::iter::successors(Some(id), above);
    upwards
        .find(|id| nodes.contains(id))
        .unwrap_or(NodeId::INPUT)
}

/// How many of these nodes no other of them takes.
fn ends(graph: &Graph, nodes: &[NodeId]) -> usize {
    let inside = nodes.iter().filter_map(|&id| graph.node(id));
    let taken: HashSet<NodeId> = inside.flat_map(|node| node.inputs.clone()).collect();
    nodes.iter().filter(|id| !taken.contains(id)).count()
}

/// How many nodes outside feed these.
fn feeding(graph: &Graph, nodes: &[NodeId]) -> usize {
    let inside = nodes.iter().filter_map(|&id| graph.node(id));
    let inputs = inside.flat_map(|node| node.inputs.iter());
    let outside = inputs.filter(|input| !nodes.contains(input));
    outside.collect::<HashSet<_>>().len()
}

/// The graph with all nodes of `part` behind this node, and the numbers they have there. Who took
/// the node's output takes the part's.
fn behind(graph: &Graph, at: NodeId, part: &Graph) -> Result<(Graph, Vec<NodeId>), String> {
    let mut taken: HashSet<String> = graph.nodes().iter().map(|it| it.name.clone()).collect();
    let first = graph.next_id().0;
    let mut ids = HashMap::from([(NodeId::INPUT, at)]);
    let mut new = Vec::new();
    for (id, node) in (first..).map(NodeId).zip(part.nodes()) {
        let name = free(&mut taken, &node.name);
        let inputs: Vec<NodeId> = node
            .inputs
            .iter()
            .filter_map(|it| ids.get(it))
            .copied()
            .collect();
        ids.insert(node.id, id);
        new.push(json!({ "id": id, "name": name, "layer": node.layer, "inputs": inputs }));
    }
    let numbers: Vec<NodeId> = part
        .nodes()
        .iter()
        .filter_map(|it| ids.get(&it.id))
        .copied()
        .collect();
    let output = ids.get(&part.output()).copied().unwrap_or(at);
    let place = graph.position(at).map_or(0, |place| place + 1);
    let mut nodes: Vec<Value> = Vec::with_capacity(graph.nodes().len() + new.len());
    for (position, node) in graph.nodes().iter().enumerate() {
        if position == place {
            nodes.append(&mut new);
        }
        let inputs = node.inputs.iter();
        let inputs: Vec<NodeId> = inputs
            .map(|&it| if it == at { output } else { it })
            .collect();
        nodes.push(
            json!({ "id": node.id, "name": node.name, "layer": node.layer, "inputs": inputs }),
        );
    }
    nodes.append(&mut new);
    // As every edit does it: new nodes join the blocks that hold what is before and all that is
    // behind them.
    let takers: Vec<NodeId> = graph
        .nodes()
        .iter()
        .filter(|node| node.inputs.contains(&at))
        .map(|node| node.id)
        .collect();
    let joined = |block: &Block| {
        let mut nodes = block.nodes.clone();
        let place = nodes.iter().position(|&id| id == at);
        if let Some(place) = place
            && !takers.is_empty()
            && takers.iter().all(|id| nodes.contains(id))
        {
            nodes.splice(place + 1..=place, numbers.iter().copied());
        }
        json!({ "name": block.name, "nodes": nodes })
    };
    let mut blocks: Vec<Value> = graph.blocks().iter().map(joined).collect();
    taken.extend(graph.blocks().iter().map(|block| block.name.clone()));
    for block in part.blocks() {
        let name = free(&mut taken, &block.name);
        let inside: Vec<NodeId> = block
            .nodes
            .iter()
            .filter_map(|it| ids.get(it))
            .copied()
            .collect();
        blocks.push(json!({ "name": name, "nodes": inside }));
    }
    let (name, input) = (graph.name(), graph.input());
    let whole = json!({ "name": name, "input": input, "nodes": nodes, "blocks": blocks });
    let whole = serde_json::from_value(whole).map_err(|error| error.to_string())?;
    Ok((whole, numbers))
}

/// The name, or its beginning without a number and the first number from 2 that is free.
fn free(taken: &mut HashSet<String>, wanted: &str) -> String {
    let stem = wanted.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let mut name = wanted.to_owned();
    let mut number = 2;
    while taken.contains(&name) {
        name = format!("{stem}{number}");
        number += 1;
    }
    taken.insert(name.clone());
    name
}

#[cfg(test)]
mod tests {
    use engine::Analysis;

    use super::*;

    fn lenet() -> Graph {
        engine::zoo::lenet5().unwrap()
    }

    #[test]
    fn a_part_put_back_behind_its_place_doubles_it() {
        let graph = engine::zoo::build("resnet-18", &Default::default()).unwrap();
        let block = graph.blocks().iter().find(|block| block.nodes.len() == 7);
        let block = block.expect("a block without a projection");
        let nodes: HashSet<NodeId> = block.nodes.iter().copied().collect();
        let part = part(
            &graph,
            &nodes,
            json!({"channels": 64, "height": 56, "width": 56}),
        )
        .unwrap();
        assert_eq!(part.nodes().len(), nodes.len());
        assert!(
            Analysis::of(&part).is_valid(),
            "a skip of the part starts at its input"
        );
        let last = *block.nodes.last().unwrap();
        let (whole, new) = behind(&graph, last, &part).unwrap();
        assert_eq!(whole.nodes().len(), graph.nodes().len() + nodes.len());
        assert_eq!(whole.blocks().len(), graph.blocks().len() + 1);
        assert!(Analysis::of(&whole).is_valid());
        assert!(new.iter().all(|id| whole.node(*id).is_some()));
    }

    #[test]
    fn a_part_put_back_within_a_block_belongs_to_it_and_behind_the_block_does_not() {
        let graph = engine::zoo::build("resnet-18", &Default::default()).unwrap();
        let block = graph
            .blocks()
            .iter()
            .position(|block| block.nodes.len() == 7);
        let (at, nodes) = block.map(|at| (at, &graph.blocks()[at].nodes)).unwrap();
        let first = HashSet::from([nodes[0]]);
        let shape = json!({"channels": 64, "height": 56, "width": 56});
        let part = part(&graph, &first, shape).unwrap();
        for (behind_of, joins) in [(nodes[0], true), (nodes[6], false)] {
            let (whole, new) = behind(&graph, behind_of, &part).unwrap();
            assert!(Analysis::of(&whole).is_valid());
            assert_eq!(whole.blocks()[at].nodes.contains(&new[0]), joins);
            // As the same edit of the engine has it.
            let node = behind_of;
            let layer = part.nodes()[0].layer.clone();
            let place = engine::graph::Place::After {
                node,
                with: Vec::new(),
            };
            let (piece, name) = (engine::graph::Piece::Layer(layer), None);
            let edited = graph.apply(&Edit::Insert { place, piece, name }).unwrap();
            assert_eq!(whole.blocks()[at].nodes, edited.blocks()[at].nodes);
        }
    }

    #[test]
    fn a_part_behind_the_answer_gives_the_new_answer() {
        let graph = lenet();
        let nodes = HashSet::from([graph.output()]);
        let part = part(
            &graph,
            &nodes,
            json!({"channels": 10, "height": 1, "width": 1}),
        )
        .unwrap();
        let (whole, new) = behind(&graph, graph.output(), &part).unwrap();
        assert_eq!(Some(&whole.output()), new.last());
    }

    #[test]
    fn what_several_nodes_feed_is_no_part() {
        let graph = lenet();
        let id = |name: &str| graph.named(name).unwrap().id;
        assert_eq!(feeding(&graph, &[id("C1")]), 1);
        assert_eq!(feeding(&graph, &[id("S2"), id("C3"), id("tanh3")]), 1);
        assert_eq!(feeding(&graph, &[id("C1"), id("F6")]), 2);
        let graph = engine::zoo::build("resnet-18", &Default::default()).unwrap();
        let block = graph.blocks().iter().find(|block| block.nodes.len() == 7);
        assert_eq!(
            feeding(&graph, &block.unwrap().nodes),
            1,
            "the skip is the input's as well"
        );
    }

    #[test]
    fn layers_that_are_no_neighbours_are_copied_one_behind_the_other() {
        let graph = lenet();
        let id = |name: &str| graph.named(name).unwrap().id;
        let nodes = HashSet::from([id("C1"), id("S2"), id("S4")]);
        let input = json!({"channels": 1, "height": 32, "width": 32});
        let part = part(&graph, &nodes, input).unwrap();
        let fed = |name: &str| part.named(name).unwrap().inputs.clone();
        assert_eq!(fed("C1"), [NodeId::INPUT]);
        assert_eq!(fed("S2"), [id("C1")]);
        assert_eq!(fed("S4"), [id("S2")]);
    }

    #[test]
    fn branches_side_by_side_have_several_ends() {
        let graph = engine::zoo::build("googlenet", &Default::default()).unwrap();
        let merge = |node: &&engine::Node| node.inputs.len() == 4;
        let merge = graph.nodes().iter().find(merge).unwrap();
        assert_eq!(ends(&graph, &merge.inputs), 4);
        let mut all = merge.inputs.clone();
        all.push(merge.id);
        assert_eq!(ends(&graph, &all), 1);
    }

    #[test]
    fn nothing_selected_is_said() {
        assert!(part(&lenet(), &HashSet::new(), Value::Null).is_err());
    }
}
