//! The network as a list: insert, reorder, delete, duplicate, select several, fold blocks.

use std::collections::HashMap;
use std::sync::Arc;

use engine::graph::{Block, Edit};
use engine::{Graph, NodeId};
use leptos::ev::{DragEvent, KeyboardEvent, MouseEvent};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, HtmlElement};

use super::block::BlockRow;
use super::card::CardView;
use super::near::Near;
use super::press::Press;
use crate::lab::Lab;
use crate::platform::schedule::after_frames;
use crate::ui::card::{Card, has_few_values};
use crate::ui::growth::Grown;
use state::palette::Spot;
use state::selection::Folding;

/// The number of rows mounted in one frame.
const SLICE: usize = 12;

/// A row of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Row {
    pub item: Item,
    /// The number of enclosing blocks.
    pub depth: u32,
    /// In a folded block.
    pub hidden: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Item {
    Node(NodeId),
    /// The header of a block, identified by its first and last node and its size: indices of blocks
    /// change with edits elsewhere.
    Block(NodeId, NodeId, usize),
}

impl Item {
    pub fn of(block: &Block) -> Option<Self> {
        let (first, last) = (block.nodes.first()?, block.nodes.last()?);
        Some(Self::Block(*first, *last, block.nodes.len()))
    }
}

/// The rows of a graph: the input, then every node, with the header of a block before its first
/// node.
fn rows(graph: &Graph, folding: &Folding) -> Vec<Row> {
    // The blocks around each node, the outermost first.
    let mut around: HashMap<NodeId, Vec<&Block>> = HashMap::new();
    let mut blocks: Vec<&Block> = graph.blocks().iter().collect();
    blocks.sort_by_key(|block| std::cmp::Reverse(block.nodes.len()));
    for block in blocks {
        for &node in &block.nodes {
            around.entry(node).or_default().push(block);
        }
    }
    let (depth, hidden) = (0, false);
    let mut rows = vec![Row {
        item: Item::Node(NodeId::INPUT),
        depth,
        hidden,
    }];
    for node in graph.nodes() {
        let (mut depth, mut hidden) = (0, false);
        for block in around.get(&node.id).into_iter().flatten() {
            if block.nodes.first() == Some(&node.id)
                && let Some(item) = Item::of(block)
            {
                rows.push(Row {
                    item,
                    depth,
                    hidden,
                });
            }
            depth += 1;
            hidden |= folding.folds(block);
        }
        rows.push(Row {
            item: Item::Node(node.id),
            depth,
            hidden,
        });
    }
    rows
}

/// Every card by its node.
pub type Cards = HashMap<NodeId, Arc<Card>>;

#[component]
pub fn ListView() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let cards = Memo::new(move |_| {
        let cards = lab
            .document
            .graph()
            .with(|graph| lab.document.analysis.with(|it| Card::all(graph, it)));
        let cards = cards.into_iter().map(|card| (card.id, Arc::new(card)));
        cards.collect::<Cards>()
    });
    let rows = Memo::new(move |_| {
        lab.document
            .graph()
            .with(|graph| lab.selection.folding().with(|folding| rows(graph, folding)))
    });
    let there = Grown::new(lab, Memo::new(move |_| rows.with(Vec::len)), SLICE);
    Effect::new(move |before: Option<u64>| {
        let opening = lab.document.opening().get();
        let focused = document().active_element();
        let here = focused.is_some_and(|it| matches!(it.closest(".nodes"), Ok(Some(_))));
        // The focused card is removed with its network.
        if here && before.is_some_and(|before| before != opening) {
            after_frames(move || lab.once_grown(move || focus_selected(lab)));
        }
        opening
    });
    let in_page = move || {
        rows.with(|rows| {
            rows.iter()
                .take(there.count.get())
                .copied()
                .collect::<Vec<_>>()
        })
    };
    let all = Memo::new(move |_| lab.document.analysis.with(has_few_values));
    let near = Near::new(document().get_element_by_id("network").as_ref());
    // The node that is being dragged.
    let dragged = RwSignal::new(None::<NodeId>);
    let over = RwSignal::new(None::<NodeId>);
    let put = move |at: NodeId| {
        over.set(None);
        if let Some(node) = dragged.get_untracked() {
            dragged.set(None);
            if node != at {
                lab.apply(Edit::Move { node, after: at });
            }
        } else if lab.put_dragged(&Spot::behind(at)) {
            focus_selected(lab);
        }
    };
    let taking = move || {
        dragged.get_untracked().is_some() || lab.selection.dragged().with_untracked(Option::is_some)
    };
    let drag_over = move |event: DragEvent| {
        if taking()
            && let Some(at) = node_at(event.target())
        {
            event.prevent_default();
            if over.get_untracked() != Some(at) {
                over.set(Some(at));
            }
        }
    };
    let drop = move |event: DragEvent| {
        event.prevent_default();
        if let Some(at) = node_at(event.target()) {
            put(at);
        }
    };
    let choose = move |at: NodeId, event: &MouseEvent| {
        if lab.selection.dragged().with_untracked(Option::is_some) {
            put(at);
        } else if event.shift_key() {
            select_range(lab, &rows.get_untracked(), at);
        } else if event.ctrl_key() || event.meta_key() {
            lab.select_also(at);
        } else {
            lab.select(at);
        }
    };
    let pressed = |target: Option<EventTarget>| node_at(target.clone()).filter(|_| on_head(target));
    let press = Press::new(choose);
    let click = move |event: MouseEvent| {
        // Clicks of a pointer are handled as presses; this one is from a key or a program.
        if event.detail() == 0
            && let Some(at) = pressed(event.target())
        {
            choose(at, &event);
        }
    };
    let keys = move |event: KeyboardEvent| {
        if on_field(event.target()) {
            return;
        }
        let command = event.ctrl_key() || event.meta_key();
        match (event.key().as_str(), command, event.alt_key()) {
            ("ArrowUp" | "ArrowDown", false, true) => {
                lab.move_by(event.key() == "ArrowUp");
                focus_selected(lab);
            }
            ("ArrowUp" | "ArrowDown", false, false) => {
                let at = node_at(event.target()).unwrap_or(lab.selection.node().get_untracked());
                let rows = rows.get_untracked();
                let Some(next) = next(&rows, at, event.key() == "ArrowUp") else {
                    return;
                };
                if event.shift_key() {
                    select_range(lab, &rows, next);
                } else {
                    lab.select(next);
                }
                focus(next);
            }
            ("Delete" | "Backspace", false, false) => {
                lab.remove_selected();
                focus_selected(lab);
            }
            ("Escape", false, false) => lab.selection.drag(None),
            ("d", true, false) => {
                lab.duplicate();
                focus_selected(lab);
            }
            ("g", true, false) => {
                lab.wrap();
            }
            ("a", true, false) => lab.selection.select_all(
                lab.document
                    .graph()
                    .with_untracked(|graph| graph.nodes().iter().map(|node| node.id).collect()),
            ),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    let row = move |Row {
                        item,
                        depth,
                        hidden,
                    }: Row| match item {
        Item::Node(id) => {
            view! { <CardView id depth hidden cards near all dragged over /> }.into_any()
        }
        Item::Block(..) => view! { <BlockRow item depth hidden /> }.into_any(),
    };
    view! {
        <ol
            class="nodes"
            data-testid="list-view"
            data-taking=move || (dragged.get().is_some() || lab.selection.dragged().with(Option::is_some)).to_string()
            on:dragover=drag_over
            on:drop=drop
            on:dragend=move |_| {
                dragged.set(None);
                over.set(None);
            }
            on:pointerdown=move |event| press.down(&event, pressed(event.target()))
            on:click=click
            on:keydown=keys
        >
            <For each=in_page key=|row| *row let:shown>
                {row(shown)}
            </For>
        </ol>
    }
}

/// The node whose card this is in.
fn node_at(target: Option<EventTarget>) -> Option<NodeId> {
    let element: Element = target?.dyn_into().ok()?;
    let card = element.closest(".node").ok()??;
    card.get_attribute("data-id")?.parse().ok().map(NodeId)
}

fn inside(target: Option<EventTarget>, selector: &str) -> bool {
    let element = target.and_then(|it| it.dyn_into::<Element>().ok());
    element.is_some_and(|element| matches!(element.closest(selector), Ok(Some(_))))
}

/// Whether the element selects a card: its header or its maps.
fn on_head(target: Option<EventTarget>) -> bool {
    inside(target, ".node-head, .maps")
}

fn on_field(target: Option<EventTarget>) -> bool {
    inside(target, "input, select, textarea")
}

/// The next row's node that is not folded away.
fn next(rows: &[Row], at: NodeId, up: bool) -> Option<NodeId> {
    let place = rows.iter().position(|row| row.item == Item::Node(at))?;
    let shown = |row: &&Row| !row.hidden && matches!(row.item, Item::Node(_));
    let row = if up {
        rows.get(..place)?.iter().rev().find(shown)
    } else {
        rows.get(place + 1..)?.iter().find(shown)
    }?;
    match row.item {
        Item::Node(id) => Some(id),
        Item::Block(..) => None,
    }
}

/// Selects the range from the first selected node to this one, inclusive.
fn select_range(lab: Lab, rows: &[Row], to: NodeId) {
    let ids = rows.iter().filter_map(|row| match row.item {
        Item::Node(id) if id != NodeId::INPUT => Some(id),
        Item::Node(_) | Item::Block(..) => None,
    });
    let ids: Vec<NodeId> = ids.collect();
    let place = |wanted: NodeId| ids.iter().position(|&id| id == wanted).unwrap_or(0);
    let from = lab
        .selection
        .nodes()
        .with_untracked(|all| all.first().copied())
        .unwrap_or(to);
    let (from, to) = (place(from), place(to));
    // An empty network has the input alone.
    let Some(range) = ids.get(from.min(to)..=from.max(to)) else {
        return lab.select(NodeId::INPUT);
    };
    // The anchor stays the first, so that the range can be changed again.
    let nodes = if from <= to {
        range.to_vec()
    } else {
        range.iter().rev().copied().collect()
    };
    if let Some(&last) = nodes.last() {
        lab.selection.select_all(nodes.clone());
        lab.selection.inspect(last);
    }
}

/// Focuses this node's card once it is mounted.
pub fn focus(node: NodeId) {
    request_animation_frame(move || {
        let selector = format!(
            "[data-testid='list-view'] [data-id='{}'] .node-head",
            node.0
        );
        let head = document().query_selector(&selector).ok().flatten();
        if let Some(head) = head.and_then(|head| head.dyn_into::<HtmlElement>().ok()) {
            let focused = head.focus();
            debug_assert!(focused.is_ok());
        }
    });
}

fn focus_selected(lab: Lab) {
    focus(lab.selection.node().get_untracked());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_s_header_precedes_its_first_node_and_folding_hides_its_nodes() {
        let graph = engine::zoo::build("resnet-18", &Default::default()).unwrap();
        let open = rows(&graph, &Folding::default());
        let heads = |row: &&Row| matches!(row.item, Item::Block(..));
        assert_eq!(open.iter().filter(heads).count(), graph.blocks().len());
        assert_eq!(open.len(), 1 + graph.nodes().len() + graph.blocks().len());
        assert!(open.iter().all(|row| !row.hidden));
        let folded = rows(&graph, &Folding::all(&graph));
        let inside: usize = folded
            .iter()
            .filter(|row| row.hidden && row.depth > 0)
            .count();
        assert!(inside > 0);
        assert!(
            folded
                .iter()
                .filter(|row| row.depth == 0)
                .all(|row| !row.hidden)
        );
    }
}
