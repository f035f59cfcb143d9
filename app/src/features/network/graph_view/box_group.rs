//! Groups of boxes. When a browser lays out one box it visits all siblings; a group is an element
//! without a size for boxes that are near each other.

use std::collections::HashMap;

use engine::{Graph, NodeId};
use leptos::prelude::*;

use super::boxes::item_box;
use super::graph_state::GraphState;
use super::layout::{Item, Layout};

/// A group's first item, which names it, and all of its items.
type BoxGroup = (Item, Vec<Item>);

/// The mounted boxes.
#[component]
pub fn BoxGroups(graph_state: GraphState) -> impl IntoView {
    let groups = Memo::new(move |_| {
        let count = graph_state.mounted.count.get();
        graph_state.layout.with(|layout| {
            graph_state
                .lab
                .document
                .graph()
                .with(|graph| groups(layout, graph, count))
        })
    });
    let firsts =
        move || groups.with(|groups| groups.iter().map(|(first, _)| *first).collect::<Vec<_>>());
    let group = move |first: Item| {
        let items = Memo::new(move |before: Option<&Vec<Item>>| {
            let items = groups.with(|groups| {
                let mut groups = groups.iter();
                let mine = groups.find(|(it, _)| *it == first);
                mine.map(|(_, items)| items.clone())
            });
            // A group keeps its boxes until it is removed.
            items.or_else(|| before.cloned()).unwrap_or_default()
        });
        view! {
            <div class="box-group">
                <For each=move || items.get() key=|item| *item let:item>
                    {item_box(item, graph_state)}
                </For>
            </div>
        }
    };
    view! {
        <For each=firsts key=|first| *first let:first>
            {group(first)}
        </For>
    }
}

/// The groups of the first `count` items, in the layout's order. A group holds consecutive items of
/// the same outermost block, or of none. A folded block has a group of its own, so that the others
/// keep their boxes when it is opened.
fn groups(layout: &Layout, graph: &Graph, count: usize) -> Vec<BoxGroup> {
    let mut around: HashMap<NodeId, usize> = HashMap::new();
    // Frames come from the outermost to the innermost: the outermost block stays.
    for frame in layout.frames.iter().rev() {
        let nodes = &graph.blocks()[frame.block].nodes;
        around.extend(nodes.iter().map(|&id| (id, frame.block)));
    }
    let block = |item: Item| match item {
        Item::Input => None,
        Item::Node(id) => around.get(&id).copied(),
        Item::Block(block) => {
            let first = graph.blocks()[block].nodes.first()?;
            Some(around.get(first).copied().unwrap_or(block))
        }
    };
    let mut groups: Vec<BoxGroup> = Vec::new();
    let mut last = None;
    for item in layout.items.iter().take(count).map(|placed| placed.item) {
        let block = Some(block(item));
        match groups.last_mut().filter(|_| block == last) {
            Some((_, items)) => items.push(item),
            None => groups.push((item, vec![item])),
        }
        last = block;
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::super::SIZES;
    use super::super::layout::{Folding, place};
    use super::*;

    #[test]
    fn every_box_is_in_one_group_in_the_order_of_the_layout() {
        for name in ["lenet-5", "googlenet", "resnet-152"] {
            let graph = engine::zoo::build(name, &engine::zoo::Options::default()).unwrap();
            for folding in [Folding::default(), Folding::all(&graph)] {
                let layout = place(&graph, &folding, &SIZES);
                let items: Vec<Item> = layout.items.iter().map(|placed| placed.item).collect();
                let on = |count| groups(&layout, &graph, count);
                let flat = |count| on(count).into_iter().flat_map(|(_, items)| items);
                assert!(flat(usize::MAX).eq(items.iter().copied()), "{name}");
                assert!(flat(7).eq(items.iter().copied().take(7)), "{name}");
                assert!(
                    on(usize::MAX)
                        .iter()
                        .all(|(first, items)| items[0] == *first)
                );
            }
        }
    }

    #[test]
    fn opening_a_block_keeps_the_other_groups() {
        let graph = engine::zoo::build("resnet-152", &engine::zoo::Options::default()).unwrap();
        let on = |folding: &Folding| {
            let layout = place(&graph, folding, &SIZES);
            groups(&layout, &graph, usize::MAX)
        };
        // He et al. 2015: 3 + 8 + 36 + 3 blocks; the layers before and after them are in none.
        assert_eq!(on(&Folding::default()).len(), 50 + 2);
        let mut folding = Folding::all(&graph);
        let folded = on(&folding);
        assert_eq!(folded.len(), 50 + 2);
        folding.toggle(&graph.blocks()[0]);
        let opened = on(&folding);
        let kept = folded.iter().filter(|group| opened.contains(group));
        assert_eq!((opened.len(), kept.count()), (50 + 2, 50 + 1));
    }
}
