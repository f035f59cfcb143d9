//! The shared state of the graph view, and actions on it.

use std::collections::HashMap;
use std::sync::Arc;

use engine::{Graph, NodeId};
use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::box_content::BoxContents;
use super::drop_targets::{self, DropTarget, drop_targets};
use super::layout::{Item, Layout, Point, Rect};
use super::places::Places;
use super::states::Shown;
use super::transform::Transform;
use crate::lab::Lab;
use crate::platform::schedule::soon;
use crate::ui::card::has_few_values;
use crate::ui::focus_still;
use crate::ui::growth::Grown;

/// The maximum number of boxes that always show their text; panning and zooming stays smooth
/// (`cargo xtask bench graph`).
const FEW: usize = 200;
/// The number of boxes mounted in one frame.
const SLICE: usize = 12;
/// How far from a wire the pointer may be, in screen pixels.
const REACH: f32 = 60.0;

/// The interaction under way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    Rest,
    /// Moves a node to the drop target of this number.
    Move {
        node: NodeId,
        drop_target: Option<usize>,
        keys: bool,
    },
    /// Connects a node's output to an input of another.
    Connect {
        from: NodeId,
        to: Option<NodeId>,
        keys: bool,
    },
    /// Draws a rectangle around nodes.
    Frame(Rect),
}

/// The graph view's state. `Copy`, because it holds handles only.
#[derive(Clone, Copy)]
pub struct GraphState {
    pub lab: Lab,
    pub layout: Memo<Arc<Layout>>,
    pub rects: Memo<Arc<HashMap<Item, Rect>>>,
    pub contents: Memo<Arc<BoxContents>>,
    pub(super) shown: StoredValue<Shown>,
    pub drop_targets: Memo<Arc<Vec<DropTarget>>>,
    pub viewport: NodeRef<Div>,
    /// The scroll area of the viewport, and the picture in it.
    pub room: NodeRef<Div>,
    pub picture: NodeRef<Div>,
    pub zoom: RwSignal<f32>,
    pub size: RwSignal<(f32, f32)>,
    pub transform: Memo<Transform>,
    /// The region with maps, updated after scrolling or zooming has stopped; empty at a small zoom.
    pub near: RwSignal<Rect>,
    /// The region in which boxes show text: larger than `near`, and updated while scrolling.
    pub close: RwSignal<Rect>,
    /// The network is so small that every box shows its maps, visible or not.
    pub all_near: Memo<bool>,
    /// The boxes are so few that each shows its text, visible or not.
    pub all_close: Memo<bool>,
    /// Whether boxes have room for no more than their names.
    pub far: RwSignal<bool>,
    /// The scroll position of the viewport, cached because reading it from the DOM after a change
    /// forces a layout.
    pub(super) scroll: StoredValue<Point>,
    /// The scroll position is not written to the DOM yet.
    pub(super) unwritten: StoredValue<bool>,
    /// While zooming: the scroll position of the DOM, see `viewport.rs`.
    pub zooming: RwSignal<Option<Point>>,
    /// The scale of the canvases, updated after zooming has stopped: 1, 2, or the maximum zoom.
    pub enlarged: Memo<f64>,
    pub mode: RwSignal<Mode>,
    /// The drop target under the drag.
    pub over: RwSignal<Option<usize>>,
    /// The item that arrow keys start from.
    pub at: RwSignal<Item>,
    /// The focused box, which loses the focus when it is removed.
    pub held: StoredValue<Option<Item>>,
    /// The number of mounted boxes.
    pub mounted: Grown,
    /// The number of the latest debounce timer.
    pub(super) waits: StoredValue<u32>,
    /// Whether an update of `close` is scheduled.
    pub(super) due: StoredValue<bool>,
}

impl GraphState {
    pub fn new(lab: Lab) -> Self {
        let placed = Memo::new(move |before: Option<&Places>| {
            lab.document.graph().with(|graph| {
                lab.selection
                    .folding()
                    .with(|folding| Places::of(graph, folding, before))
            })
        });
        let layout = Memo::new(move |_| placed.with(|placed| Arc::clone(&placed.layout)));
        let (zoom, size) = (RwSignal::new(1.0), RwSignal::new((0.0, 0.0)));
        let zooming = RwSignal::new(None);
        let bounds = Memo::new(move |_| layout.with(|layout| layout.bounds));
        let transform = Memo::new(move |_| Transform {
            bounds: bounds.get(),
            size: size.get(),
            zoom: zoom.get(),
        });
        Self {
            lab,
            layout,
            rects: Memo::new(move |_| layout.with(|layout| Arc::new(layout.rects()))),
            contents: Memo::new(move |before: Option<&Arc<BoxContents>>| {
                let before = before.map(|before| &**before);
                lab.document.graph().with(|graph| {
                    let layout = layout.get();
                    let of = |analysis: &_| BoxContents::of(graph, analysis, &layout, before);
                    Arc::new(lab.document.analysis.with(of))
                })
            }),
            shown: StoredValue::new(Shown::default()),
            drop_targets: Memo::new(move |_| {
                lab.document
                    .graph()
                    .with(|graph| layout.with(|layout| Arc::new(drop_targets(graph, layout))))
            }),
            viewport: NodeRef::new(),
            room: NodeRef::new(),
            picture: NodeRef::new(),
            zoom,
            size,
            transform,
            near: RwSignal::new(Rect::default()),
            close: RwSignal::new(Rect::default()),
            all_close: Memo::new(move |_| layout.with(|layout| layout.items.len() <= FEW)),
            far: RwSignal::new(false),
            all_near: Memo::new(move |_| lab.document.analysis.with(has_few_values)),
            scroll: StoredValue::new((0.0, 0.0)),
            unwritten: StoredValue::new(false),
            zooming,
            enlarged: Memo::new(move |before: Option<&f64>| {
                let now = f64::from(zoom.get().ceil().max(1.0));
                // Not in the middle of a movement.
                before
                    .filter(|_| zooming.with(Option::is_some))
                    .copied()
                    .unwrap_or(now)
            }),
            mode: RwSignal::new(Mode::Rest),
            over: RwSignal::new(None),
            at: RwSignal::new(Item::Input),
            held: StoredValue::new(None),
            mounted: Grown::new(
                lab,
                Memo::new(move |_| layout.with(|layout| layout.items.len())),
                SLICE,
            ),
            waits: StoredValue::new(0),
            due: StoredValue::new(false),
        }
    }

    /// Focuses this item.
    pub fn focus(self, item: Item) {
        self.at.set(item);
        self.show(item);
        self.focus_on(&format!("[data-item=\"{}\"]", key(item)));
    }

    pub fn focus_on(self, selector: &str) {
        let viewport = self.viewport.get_untracked();
        let found = viewport.and_then(|it| it.query_selector(selector).ok().flatten());
        if let Some(element) = found.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
            focus_still(&element);
        }
    }

    /// Blurs a focused box that is about to be removed, before the DOM changes: removing a focused
    /// element forces a layout in the middle of the change.
    fn let_go(self) {
        let stays = |item: Item| {
            self.layout
                .with_untracked(|layout| layout.placed(item).is_some())
        };
        if self.held.get_value().is_some_and(stays) {
            return;
        }
        let inside = |it: &Element| {
            let viewport = self.viewport.get_untracked();
            viewport.is_some_and(|all| all.contains(Some(it)) && !all.is_same_node(Some(it)))
        };
        let focused = document().active_element().filter(inside);
        if let Some(focused) = focused.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
            let blurred = focused.blur();
            debug_assert!(blurred.is_ok());
        }
    }

    pub fn say(self, words: String) {
        self.lab.document.announce(words);
    }

    /// Announces an edit if it was made; the lab reports refusals.
    pub(super) fn announce_if(self, made: bool, done: impl FnOnce() -> String) {
        if made {
            self.let_go();
            self.say(done());
        }
    }

    pub fn graph<T>(self, read: impl FnOnce(&Graph) -> T) -> T {
        self.lab.document.graph().with_untracked(read)
    }

    /// The name of an item.
    pub fn name(self, item: Item) -> String {
        self.graph(|graph| match item {
            Item::Block(block) => graph.blocks().get(block).map(|block| block.name.clone()),
            Item::Input => Some("input".to_owned()),
            Item::Node(id) => graph.node(id).map(|node| node.name.clone()),
        })
        .unwrap_or_default()
    }

    /// The nodes that an item stands for.
    pub fn nodes(self, item: Item) -> Vec<NodeId> {
        match item {
            Item::Block(block) => self.graph(|graph| {
                graph
                    .blocks()
                    .get(block)
                    .map(|block| block.nodes.clone())
                    .unwrap_or_default()
            }),
            Item::Input => vec![NodeId::INPUT],
            Item::Node(id) => vec![id],
        }
    }

    /// Selects the nodes of this item, unless it was removed between `pointerdown` and click;
    /// `also` extends the selection.
    pub fn select(self, item: Item, also: bool) {
        let there = self.graph(|graph| match item {
            Item::Input => true,
            Item::Node(id) => graph.node(id).is_some(),
            Item::Block(at) => at < graph.blocks().len(),
        });
        if !there {
            return;
        }
        self.at.set(item);
        match (item.node(), also) {
            (Some(node), true) => self.lab.select_also(node),
            (Some(node), false) => self.lab.select(node),
            (None, also) => {
                let mut nodes = self.nodes(item);
                if also {
                    let before = self.lab.selection.nodes().get_untracked();
                    nodes.extend(
                        before
                            .into_iter()
                            .filter(|id| !nodes.contains(id))
                            .collect::<Vec<_>>(),
                    );
                }
                self.lab.selection.select_all(nodes);
            }
        }
    }

    /// Toggles the folding of a block.
    pub fn fold(self, block: usize) {
        let folded = self
            .layout
            .with_untracked(|layout| layout.placed(Item::Block(block)).is_some());
        let name = self.name(Item::Block(block));
        let first = self.nodes(Item::Block(block)).first().copied();
        self.lab.fold(block);
        self.let_go();
        self.say(format!(
            "{name} is {}",
            if folded { "open" } else { "folded" }
        ));
        let next = if folded {
            first.map(Item::Node)
        } else {
            Some(Item::Block(block))
        };
        if let Some(next) =
            next.filter(|_| self.at.get_untracked() == Item::Block(block) || !folded)
        {
            self.at.set(next);
            request_animation_frame(move || self.focus(next));
        }
    }

    /// Folds or unfolds every block: boxes are removed in this task, the new layout is computed in
    /// the next.
    pub fn fold_all(self, folded: bool) {
        self.mounted.restart();
        soon(move || {
            self.lab.fold_all(folded);
            // The view may have been removed meanwhile.
            let Some(at) = self.at.try_get_untracked() else {
                return;
            };
            self.say(format!(
                "Every block is {}",
                if folded { "folded" } else { "open" }
            ));
            let there = self
                .layout
                .with_untracked(|layout| layout.placed(at).is_some());
            if !there {
                self.at.set(Item::Input);
            }
        });
    }

    /// The drop target at this point of the picture.
    pub fn drop_target_at(self, point: Point) -> Option<usize> {
        let reach = REACH / self.zoom.get_untracked();
        self.drop_targets.with_untracked(|drop_targets| {
            self.layout
                .with_untracked(|layout| drop_targets::nearest(drop_targets, layout, point, reach))
        })
    }

    /// The item at this point of the picture.
    pub fn item_at(self, (x, y): Point) -> Option<Item> {
        self.layout.with_untracked(|layout| {
            let at = Rect {
                x,
                y,
                width: 0.1,
                height: 0.1,
            };
            layout
                .items
                .iter()
                .find(|placed| placed.rect.overlaps(&at))
                .map(|placed| placed.item)
        })
    }

    pub fn drop_target(self, number: usize) -> Option<DropTarget> {
        self.drop_targets
            .with_untracked(|drop_targets| drop_targets.get(number).cloned())
    }

    pub(super) fn focus_selected(self) {
        self.focus_later(Item::Node(self.lab.selection.node().get_untracked()));
    }

    /// Focuses an item that an edit has just created, once it is mounted.
    pub(super) fn focus_later(self, item: Item) {
        self.at.set(item);
        request_animation_frame(move || self.focus(item));
    }
}

/// The name of an item in the page.
pub fn key(item: Item) -> String {
    match item {
        Item::Input => "i".to_owned(),
        Item::Node(id) => format!("n{}", id.0),
        Item::Block(block) => format!("b{block}"),
    }
}

/// The item of this name.
pub fn item(key: &str) -> Option<Item> {
    let number = key.get(1..)?;
    match key.get(..1)? {
        "i" => Some(Item::Input),
        "n" => Some(Item::Node(NodeId(number.parse().ok()?))),
        "b" => Some(Item::Block(number.parse().ok()?)),
        _ => None,
    }
}
