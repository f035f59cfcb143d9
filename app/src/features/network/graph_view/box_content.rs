//! The content of each box of the picture.

use std::collections::HashMap;
use std::sync::Arc;

use engine::layer::Cost;
use engine::{Analysis, Graph, Node, NodeId};

use super::layout::{Item, Layout};
use crate::ui::card::{Card, shares};

/// The content of a box, without its shares of the total, which change with every edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoxContent {
    pub card: Card,
    /// The name without the prefix of the enclosing block, which is on the frame.
    pub label: String,
    /// The full description for screen readers.
    pub spoken: String,
}

/// Shares of all parameters and of all MACs, in hundredths of a percent.
pub type Shares = [u32; 2];

/// The content and shares of every item of the picture, and their sources.
#[derive(Clone)]
pub struct BoxContents {
    graph: Graph,
    analysis: Analysis,
    items: HashMap<Item, Entry>,
}

#[derive(Clone, PartialEq)]
struct Entry {
    content: Arc<BoxContent>,
    shares: Shares,
    /// The name of the innermost enclosing open block.
    around: Option<Arc<str>>,
}

impl PartialEq for BoxContents {
    fn eq(&self, other: &Self) -> bool {
        self.items == other.items
    }
}

impl BoxContents {
    /// Computes the content of each item; unchanged items are taken from `before`.
    pub fn of(graph: &Graph, analysis: &Analysis, layout: &Layout, before: Option<&Self>) -> Self {
        let mut inside: HashMap<NodeId, Arc<str>> = HashMap::new();
        // Frames come from the outermost to the innermost, so the innermost name stays.
        for frame in &layout.frames {
            let block = &graph.blocks()[frame.block];
            let name: Arc<str> = block.name.as_str().into();
            inside.extend(block.nodes.iter().map(|&id| (id, Arc::clone(&name))));
        }
        let items = layout.items.iter().filter_map(|placed| {
            let item = placed.item;
            let (node, cost, around) = match item {
                Item::Input => (None, Cost::default(), None),
                Item::Node(id) => {
                    let cost = analysis.node(id).map(|facts| facts.cost);
                    let around = inside.get(&id).cloned();
                    (Some(graph.node(id)?), cost.unwrap_or_default(), around)
                }
                Item::Block(block) => {
                    let nodes = &graph.blocks()[block].nodes;
                    let around = inside.get(nodes.first()?).cloned();
                    (None, block_cost(graph, analysis, block), around)
                }
            };
            let same = before.zip(node);
            let same =
                same.and_then(|(before, node)| before.content(node, analysis, around.as_ref()));
            let content = same.unwrap_or_else(|| {
                let card = match (item, node) {
                    (Item::Block(block), _) => block_card(graph, analysis, block),
                    (_, Some(node)) => Card::of(node, analysis),
                    (_, None) => Card::input(graph),
                };
                let card = Card {
                    params_share: 0,
                    macs_share: 0,
                    ..card
                };
                Arc::new(content(card, around.as_deref()))
            });
            let entry = Entry {
                content,
                shares: shares(&cost, &analysis.total),
                around,
            };
            Some((item, entry))
        });
        Self {
            items: items.collect(),
            graph: graph.clone(),
            analysis: analysis.clone(),
        }
    }

    pub fn get(&self, item: Item) -> Option<(&Arc<BoxContent>, Shares)> {
        let entry = self.items.get(&item)?;
        Some((&entry.content, entry.shares))
    }

    /// The previous content of this node, if it is still correct.
    fn content(
        &self,
        node: &Node,
        analysis: &Analysis,
        around: Option<&Arc<str>>,
    ) -> Option<Arc<BoxContent>> {
        let entry = self.items.get(&Item::Node(node.id))?;
        let facts = |analysis: &Analysis| {
            let facts = analysis.node(node.id)?;
            Some((facts.shape, facts.cost))
        };
        let wrong = analysis.problems.iter().any(|it| it.node == node.id);
        let same = !wrong
            && entry.content.card.problem.is_none()
            && entry.around.as_ref() == around
            && facts(&self.analysis) == facts(analysis)
            && self.graph.node(node.id) == Some(node);
        same.then(|| Arc::clone(&entry.content))
    }
}

fn content(card: Card, around: Option<&str>) -> BoxContent {
    let short = around.and_then(|around| card.name.strip_prefix(around));
    let short = short.map(|name| name.trim_start_matches(['.', '_', '-', '/', ' ']));
    let label = short
        .filter(|name| !name.is_empty())
        .unwrap_or(&card.name)
        .to_owned();
    let parts = [
        Some(card.name.clone()),
        // In the visual order of the box, so that voice control finds it by its visible text.
        card.size(),
        Some(card.title.clone()).filter(|title| *title != card.name),
        Some(card.costs.clone()).filter(|costs| !costs.is_empty()),
        card.problem
            .as_ref()
            .map(|problem| format!("problem: {problem}")),
    ];
    let spoken = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    BoxContent {
        card,
        label,
        spoken,
    }
}

/// The total cost of a block's nodes.
fn block_cost(graph: &Graph, analysis: &Analysis, number: usize) -> Cost {
    let nodes = &graph.blocks()[number].nodes;
    let mut cost = Cost::default();
    for facts in nodes.iter().filter_map(|&id| analysis.node(id)) {
        cost.add(facts.cost);
    }
    cost
}

/// A folded block's nodes as one.
fn block_card(graph: &Graph, analysis: &Analysis, number: usize) -> Card {
    let block = &graph.blocks()[number];
    let last = block.nodes.last().copied().unwrap_or_default();
    let problem = block.nodes.iter().find_map(|&id| {
        let mut problems = analysis.problems.iter();
        let problem = problems.find(|problem| problem.node == id)?;
        Some(format!("{}: {}", graph.node(id)?.name, problem.error))
    });
    Card {
        id: last,
        name: block.name.clone(),
        title: format!("{} nodes", block.nodes.len()),
        shape: analysis.node(last).and_then(|facts| facts.shape),
        problem,
        ..Card::cost(&block_cost(graph, analysis, number), &analysis.total)
    }
}

#[cfg(test)]
mod tests {
    use engine::graph::Edit;

    use super::super::SIZES;
    use super::super::layout::{Folding, place};
    use super::*;

    #[test]
    fn a_folded_block_says_what_its_nodes_say_together() {
        let graph = engine::zoo::build("googlenet", &engine::zoo::Options::default()).unwrap();
        let analysis = Analysis::of(&graph);
        let layout = place(&graph, &Folding::all(&graph), &SIZES);
        let contents = BoxContents::of(&graph, &analysis, &layout, None);
        let cards = || contents.items.values().map(|entry| &entry.content.card);
        assert_eq!(
            cards().map(|card| card.params).sum::<u64>(),
            analysis.total.params()
        );
        assert_eq!(
            cards().map(|card| card.macs).sum::<u64>(),
            analysis.total.macs
        );
        // Szegedy et al. 2015, table 1: inception (3a) gives 28×28×256.
        let module = cards().find(|card| card.name == "inception3a").unwrap();
        assert_eq!(module.shape, Some(engine::Shape::new(256, 28, 28)));
    }

    #[test]
    fn a_node_in_a_frame_is_called_without_the_frame_s_name() {
        let graph = engine::zoo::build("googlenet", &engine::zoo::Options::default()).unwrap();
        let layout = place(&graph, &Folding::default(), &SIZES);
        let contents = BoxContents::of(&graph, &Analysis::of(&graph), &layout, None);
        let node = graph.named("inception3a.branch1").unwrap();
        let (content, _) = contents.get(Item::Node(node.id)).unwrap();
        assert_eq!(
            (content.label.as_str(), content.card.name.as_str()),
            ("branch1", "inception3a.branch1")
        );
        assert!(content.spoken.starts_with("inception3a.branch1, "));
    }

    /// For every kind of edit: content taken from before equals recomputed content.
    #[test]
    fn contents_kept_through_edits_equal_rebuilt_ones() {
        let graph = engine::zoo::build("googlenet", &engine::zoo::Options::default()).unwrap();
        let id = |name: &str| graph.named(name).unwrap().id;
        let node = id("inception3a.branch1");
        let conv = |channels, side| engine::layer::Conv::new(channels, side).into();
        let edits = [
            Edit::SetLayer {
                node,
                layer: conv(32, 1),
            },
            Edit::SetLayer {
                node,
                layer: conv(64, 99),
            },
            Edit::Rename {
                node,
                name: "first".into(),
            },
            Edit::Duplicate { node },
            Edit::RenameBlock {
                block: 0,
                name: "other".into(),
            },
            Edit::Unwrap { block: 0 },
            Edit::Remove {
                node: id("inception4a.branch1"),
            },
            Edit::SetInput {
                shape: engine::Shape::new(3, 299, 299),
            },
        ];
        let foldings = [Folding::default(), Folding::all(&graph)];
        for folding in &foldings {
            let layout = place(&graph, folding, &SIZES);
            let before = BoxContents::of(&graph, &Analysis::of(&graph), &layout, None);
            for edit in &edits {
                let edited = graph.apply(edit).unwrap();
                let analysis = Analysis::of(&edited);
                let layout = place(&edited, folding, &SIZES);
                let kept = BoxContents::of(&edited, &analysis, &layout, Some(&before));
                let anew = BoxContents::of(&edited, &analysis, &layout, None);
                assert!(kept == anew, "{edit:?}");
                let back = place(&graph, folding, &SIZES);
                let back = BoxContents::of(&graph, &Analysis::of(&graph), &back, Some(&kept));
                assert!(back == before, "{edit:?}, taken back");
            }
        }
    }
}
