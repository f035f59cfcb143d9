//! The boxes in groups. A browser that lays out one box looks at all that stand in the same element
//! as it does; a shelf is an element without a size of its own for those that are near each other.

use std::collections::HashMap;

use engine::{Graph, NodeId};
use leptos::prelude::*;

use super::boxes::item_box;
use super::layout::{Item, Layout};
use super::stage::Stage;

/// A shelf's first item, which names it, and all of its items.
type Shelf = (Item, Vec<Item>);

/// The boxes that are in the page.
#[component]
pub fn Shelves(stage: Stage) -> impl IntoView {
    let shelves = Memo::new(move |_| {
        let count = stage.mounted.count.get();
        stage.layout.with(|layout| {
            stage
                .lab
                .document
                .graph()
                .with(|graph| shelves(layout, graph, count))
        })
    });
    let firsts =
        move || shelves.with(|shelves| shelves.iter().map(|(first, _)| *first).collect::<Vec<_>>());
    let shelf = move |first: Item| {
        let items = Memo::new(move |before: Option<&Vec<Item>>| {
            let items = shelves.with(|shelves| {
                let mut shelves = shelves.iter();
                let mine = shelves.find(|(it, _)| *it == first);
                mine.map(|(_, items)| items.clone())
            });
            // A shelf that goes keeps its boxes until then.
            items.or_else(|| before.cloned()).unwrap_or_default()
        });
        view! {
            <div class="shelf">
                <For each=move || items.get() key=|item| *item let:item>
                    {item_box(item, stage)}
                </For>
            </div>
        }
    };
    view! {
        <For each=firsts key=|first| *first let:first>
            {shelf(first)}
        </For>
    }
}

/// The shelves of the first `count` items, in the layout's order. One holds what follows each other
/// in a block that is in no other, or in none. A folded block has a shelf of its own, so that the
/// others keep their boxes when it is opened.
fn shelves(layout: &Layout, graph: &Graph, count: usize) -> Vec<Shelf> {
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
    let mut shelves: Vec<Shelf> = Vec::new();
    let mut last = None;
    for item in layout.items.iter().take(count).map(|placed| placed.item) {
        let block = Some(block(item));
        match shelves.last_mut().filter(|_| block == last) {
            Some((_, items)) => items.push(item),
            None => shelves.push((item, vec![item])),
        }
        last = block;
    }
    shelves
}

#[cfg(test)]
mod tests {
    use super::super::SIZES;
    use super::super::layout::{Folding, place};
    use super::*;

    #[test]
    fn every_box_stands_on_one_shelf_in_the_layout_s_order() {
        for name in ["lenet-5", "googlenet", "resnet-152"] {
            let graph = engine::zoo::build(name, &engine::zoo::Options::default()).unwrap();
            for folding in [Folding::default(), Folding::all(&graph)] {
                let layout = place(&graph, &folding, &SIZES);
                let items: Vec<Item> = layout.items.iter().map(|placed| placed.item).collect();
                let on = |count| shelves(&layout, &graph, count);
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
    fn opening_a_block_leaves_the_other_shelves_as_they_are() {
        let graph = engine::zoo::build("resnet-152", &engine::zoo::Options::default()).unwrap();
        let on = |folding: &Folding| {
            let layout = place(&graph, folding, &SIZES);
            shelves(&layout, &graph, usize::MAX)
        };
        // He et al. 2015: 3 + 8 + 36 + 3 blocks; what is before and behind them is in none.
        assert_eq!(on(&Folding::default()).len(), 50 + 2);
        let mut folding = Folding::all(&graph);
        let folded = on(&folding);
        assert_eq!(folded.len(), 50 + 2);
        folding.toggle(&graph.blocks()[0]);
        let opened = on(&folding);
        let kept = folded.iter().filter(|shelf| opened.contains(shelf));
        assert_eq!((opened.len(), kept.count()), (50 + 2, 50 + 1));
    }
}
