//! What each box of the picture says.

use std::collections::HashMap;
use std::sync::Arc;

use engine::layer::Cost;
use engine::{Analysis, Graph, NodeId};

use super::layout::{Item, Layout};
use crate::card::Card;

/// What a box says, without its shares of the whole, which change with every edit elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Face {
    pub card: Card,
    /// The name without that of the block around it, which stands on the frame.
    pub label: String,
    /// For a screen reader: everything.
    pub spoken: String,
}

/// Shares of all parameters and of all MACs, in hundredths of a percent.
pub type Shares = [u32; 2];

/// The face and the shares of every item of the picture.
pub type Faces = HashMap<Item, (Arc<Face>, Shares)>;

pub fn faces(graph: &Graph, analysis: &Analysis, layout: &Layout) -> Faces {
    let mut cards: HashMap<NodeId, Card> = Card::all(graph, analysis)
        .into_iter()
        .map(|card| (card.id, card))
        .collect();
    let mut inside: HashMap<NodeId, &str> = HashMap::new();
    // Frames come from the outermost to the innermost, so the innermost name stays.
    for frame in &layout.frames {
        let block = &graph.blocks()[frame.block];
        inside.extend(block.nodes.iter().map(|&id| (id, block.name.as_str())));
    }
    let faces = layout.items.iter().filter_map(|placed| {
        let (card, around) = match placed.item {
            Item::Input => (cards.remove(&NodeId::INPUT)?, None),
            Item::Node(id) => (cards.remove(&id)?, inside.get(&id)),
            Item::Block(block) => {
                let first = graph.blocks()[block].nodes.first()?;
                (
                    block_card(graph, analysis, &cards, block),
                    inside.get(first),
                )
            }
        };
        let shares = [card.params_share, card.macs_share];
        let card = Card {
            params_share: 0,
            macs_share: 0,
            ..card
        };
        Some((placed.item, (Arc::new(face(card, around.copied())), shares)))
    });
    faces.collect()
}

fn face(card: Card, around: Option<&str>) -> Face {
    let short = around.and_then(|around| card.name.strip_prefix(around));
    let short = short.map(|name| name.trim_start_matches(['.', '_', '-', '/', ' ']));
    let label = short
        .filter(|name| !name.is_empty())
        .unwrap_or(&card.name)
        .to_owned();
    let parts = [
        Some(card.name.clone()),
        // In the order in which it is written in the box: who says what they see is understood.
        card.size(),
        Some(card.title.clone()).filter(|title| *title != card.name),
        Some(card.costs.clone()).filter(|costs| !costs.is_empty()),
        card.problem
            .as_ref()
            .map(|problem| format!("problem: {problem}")),
    ];
    let spoken = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    Face {
        card,
        label,
        spoken,
    }
}

/// A folded block's nodes as one.
fn block_card(
    graph: &Graph,
    analysis: &Analysis,
    cards: &HashMap<NodeId, Card>,
    number: usize,
) -> Card {
    let block = &graph.blocks()[number];
    let mut cost = Cost::default();
    for facts in block.nodes.iter().filter_map(|&id| analysis.node(id)) {
        cost.add(facts.cost);
    }
    let last = block.nodes.last().copied().unwrap_or_default();
    let problems = || block.nodes.iter().filter_map(|id| cards.get(id));
    let problem =
        problems().find_map(|card| Some(format!("{}: {}", card.name, card.problem.as_ref()?)));
    Card {
        id: last,
        name: block.name.clone(),
        title: format!("{} nodes", block.nodes.len()),
        shape: analysis.node(last).and_then(|facts| facts.shape),
        problem,
        ..Card::cost(&cost, &analysis.total)
    }
}

#[cfg(test)]
mod tests {
    use super::super::SIZES;
    use super::super::layout::{Folding, place};
    use super::*;

    #[test]
    fn a_folded_block_says_what_its_nodes_say_together() {
        let graph = engine::zoo::build("googlenet", &engine::zoo::Options::default()).unwrap();
        let analysis = Analysis::of(&graph);
        let layout = place(&graph, &Folding::all(&graph), &SIZES);
        let faces = faces(&graph, &analysis, &layout);
        let cards = || faces.values().map(|(face, _)| &face.card);
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
        let faces = faces(&graph, &Analysis::of(&graph), &layout);
        let node = graph.named("inception3a.branch1").unwrap();
        let (face, _) = &faces[&Item::Node(node.id)];
        assert_eq!(
            (face.label.as_str(), face.card.name.as_str()),
            ("branch1", "inception3a.branch1")
        );
        assert!(face.spoken.starts_with("inception3a.branch1, "));
    }
}
