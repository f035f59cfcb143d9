//! What the picture of the network is made of, as signals.

use std::collections::HashSet;
use std::sync::Arc;

use engine::{Graph, NodeId};
use leptos::html::Div;
use leptos::prelude::*;
use state::stages::{
    Card, Layout, Level, Point, Rect, Room, Stage, StageId, Stages, layout, stages,
};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::places::{Place, places};
use crate::lab::Lab;
use crate::ui::focus_still;

/// What a gesture or a key is about.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Mode {
    #[default]
    Rest,
    /// A node goes to a place.
    Move {
        node: NodeId,
        over: Option<usize>,
        keys: bool,
    },
    /// A node's output goes to a stage.
    Connect {
        from: NodeId,
        to: Option<usize>,
        keys: bool,
    },
    /// What the rectangle touches is selected.
    Frame(Rect),
}

/// See the module.
#[derive(Clone, Copy)]
pub struct Picture {
    pub lab: Lab,
    pub viewport: NodeRef<Div>,
    pub stages: Memo<Arc<Stages>>,
    pub layout: Memo<Arc<Layout>>,
    /// Where something can be inserted.
    pub places: Memo<Arc<Vec<Place>>>,
    /// `None` fits.
    pub level: RwSignal<Option<Level>>,
    /// Whether the picture is on the screen: another page or view may take its place.
    pub shown: RwSignal<bool>,
    /// The viewport's size, when it was last shown.
    pub size: RwSignal<(f32, f32)>,
    /// Its scroll position, in steps.
    pub scroll: RwSignal<Point>,
    /// Stages with a card for each layer, by their first nodes.
    pub unfolded: RwSignal<HashSet<NodeId>>,
    /// The card that the Tab key reaches.
    pub at: RwSignal<StageId>,
    pub mode: RwSignal<Mode>,
    /// The place under what is carried from the palette.
    pub over: RwSignal<Option<usize>>,
    /// The place whose list of layers is open.
    pub inserting: RwSignal<Option<usize>>,
}

/// A list of more cards has only those near the viewport.
const MANY: usize = 80;
/// Scrolling by less than this mounts nothing.
const STEP: f32 = 160.0;

impl Picture {
    pub fn new(lab: Lab) -> Self {
        let unfolded = RwSignal::new(HashSet::new());
        let level = RwSignal::new(None);
        let size = RwSignal::new((0.0, 0.0));
        let stages = Memo::new(move |_| {
            lab.document.graph().with(|graph| {
                lab.document.analysis.with(|analysis| {
                    let folding = lab.selection.folding();
                    let made = |folding: &_| {
                        unfolded.with(|unfolded| stages(graph, analysis, folding, unfolded))
                    };
                    Arc::new(folding.with(made))
                })
            })
        });
        let layout = Memo::new(move |_| {
            let (width, height) = size.get();
            let room = Room {
                width,
                height,
                level: level.get(),
                costs: lab.screen.embed.is_none(),
                list: lab.screen.listed().get(),
            };
            Arc::new(stages.with(|stages| layout(stages, room)))
        });
        let places = Memo::new(move |_| {
            lab.document.graph().with(|graph| {
                stages.with(|stages| layout.with(|layout| Arc::new(places(graph, stages, layout))))
            })
        });
        Self {
            lab,
            viewport: NodeRef::new(),
            stages,
            layout,
            places,
            level,
            shown: RwSignal::new(false),
            size,
            scroll: RwSignal::new((0.0, 0.0)),
            unfolded,
            at: RwSignal::new(StageId::Input),
            mode: RwSignal::new(Mode::Rest),
            over: RwSignal::new(None),
            inserting: RwSignal::new(None),
        }
    }

    pub fn graph<T>(self, read: impl FnOnce(&Graph) -> T) -> T {
        self.lab.document.graph().with_untracked(read)
    }

    /// What is in view, and one viewport around it.
    pub fn near(self) -> Rect {
        let (x, y) = self.scroll.get();
        let (width, height) = self.size.get();
        Rect {
            x: x - width,
            y: y - height,
            width: 3.0 * width,
            height: 3.0 * height,
        }
    }

    /// The cards near the viewport.
    pub fn seen(self) -> Memo<Vec<StageId>> {
        Memo::new(move |_| {
            let near = self.near();
            let listed = self.lab.screen.listed().get();
            self.stages.with(|stages| {
                self.layout.with(|layout| {
                    // A list is complete, unless it is very long.
                    if listed && stages.all.len() <= MANY {
                        return stages.all.iter().map(|stage| stage.id).collect();
                    }
                    // While a change is under way the two may differ.
                    let id = |card: &Card| stages.all.get(card.stage).map(|stage| stage.id);
                    layout.seen(&near).filter_map(id).collect()
                })
            })
        })
    }

    /// The nodes whose maps are shown.
    pub fn heads(self) -> Vec<NodeId> {
        self.stages.with(|stages| {
            let parts = stages.all.iter().flat_map(|stage| &stage.parts);
            parts.map(|part| part.head).collect()
        })
    }

    /// A stage and its card.
    pub fn card(self, id: StageId) -> Option<(Stage, Card)> {
        self.stages.with(|stages| {
            let at = stages.by_id(id)?;
            let card = self.layout.with(|layout| layout.cards.get(at).cloned())?;
            Some((stages.all.get(at)?.clone(), card))
        })
    }

    pub fn rect(self, stage: usize) -> Option<Rect> {
        self.layout
            .with_untracked(|layout| Some(layout.cards.get(stage)?.rect))
    }

    /// The stage of a node, by number and by id.
    pub fn stage_of(self, node: NodeId) -> Option<(usize, StageId)> {
        self.stages.with_untracked(|stages| {
            let at = stages.of(node)?;
            Some((at, stages.all.get(at)?.id))
        })
    }

    /// The number of the card that the Tab key reaches.
    pub fn here(self) -> usize {
        let at = self.at.get_untracked();
        let here = self.stages.with_untracked(|stages| stages.by_id(at));
        here.unwrap_or_default()
    }

    /// The card at a point of the picture.
    pub fn stage_at(self, point: Point) -> Option<usize> {
        self.layout.with_untracked(|layout| {
            let mut cards = layout.cards.iter();
            cards
                .find(|card| card.rect.holds(point))
                .map(|card| card.stage)
        })
    }

    pub fn announce(self, words: String) {
        self.lab.document.announce(words);
    }

    /// The viewport was scrolled.
    pub fn scrolled(self) {
        let Some(viewport) = self.viewport.get_untracked() else {
            return;
        };
        let snap = |at: i32| (at as f32 / STEP).round() * STEP;
        let now = (snap(viewport.scroll_left()), snap(viewport.scroll_top()));
        if self.scroll.get_untracked() != now {
            self.scroll.set(now);
        }
    }

    pub fn scroll_to(self, (x, y): Point) {
        if let Some(viewport) = self.viewport.get_untracked() {
            viewport.set_scroll_left(x as i32);
            viewport.set_scroll_top(y as i32);
            self.scrolled();
        }
    }

    /// Scrolls as little as brings this part of the picture into view.
    pub fn show(self, rect: Rect) {
        let Some(viewport) = self.viewport.get_untracked() else {
            return;
        };
        let (width, height) = self.size.get_untracked();
        // Where a panel lies over the picture, it has that much more to scroll (layout-narrow.css).
        let whole = self.layout.with_untracked(|layout| layout.width.max(width));
        let covered = (viewport.scroll_width() as f32 - whole).max(0.0);
        let nearest = |now: f32, from: f32, to: f32, room: f32| {
            if from < now || to - from > room {
                from
            } else if to > now + room {
                to - room
            } else {
                now
            }
        };
        let (left, top) = (viewport.scroll_left() as f32, viewport.scroll_top() as f32);
        let x = nearest(left, rect.x - 12.0, rect.right() + 12.0, width - covered);
        let y = nearest(top, rect.y - 20.0, rect.bottom() + 20.0, height);
        if (x, y) != (left, top) {
            self.scroll_to((x, y));
        }
    }

    /// Shows a card and gives it the focus once it is there.
    pub fn focus(self, stage: usize) {
        let id = self
            .stages
            .with_untracked(|stages| stages.all.get(stage).map(|stage| stage.id));
        let (Some(id), Some(rect)) = (id, self.rect(stage)) else {
            return;
        };
        self.at.set(id);
        self.show(rect);
        request_animation_frame(move || self.focus_on(&format!("[data-stage=\"{}\"]", key(id))));
    }

    /// Focuses the card of a node.
    pub fn focus_node(self, node: NodeId) {
        // What an edit has added is laid out after this task.
        request_animation_frame(move || {
            if let Some((stage, _)) = self.stage_of(node) {
                self.focus(stage);
            }
        });
    }

    /// Focuses the first element that matches.
    pub fn focus_on(self, selector: &str) {
        let Some(viewport) = self.viewport.try_get_untracked().flatten() else {
            return;
        };
        let found = viewport.query_selector(selector).ok().flatten();
        if let Some(element) = found.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
            focus_still(&element);
        }
    }

    /// One level more or less; `None` where there is none.
    pub fn zoomed(self, closer: bool) -> Option<Level> {
        let now = self.layout.with(|layout| layout.level);
        let at = Level::ALL.iter().position(|level| *level == now)?;
        let next = if closer { at + 1 } else { at.checked_sub(1)? };
        Level::ALL.get(next).copied()
    }

    /// Shows more or less; the selected card stays in view.
    pub fn zoom(self, closer: bool) {
        if let Some(level) = untrack(move || self.zoomed(closer)) {
            self.level.set(Some(level));
            let here = self.here();
            request_animation_frame(move || {
                if let Some(rect) = self.rect(here) {
                    self.show(rect);
                }
            });
        }
    }

    /// The closest level at which all is seen, if there is one.
    pub fn fit(self) {
        self.level.set(None);
        self.scroll_to((0.0, 0.0));
    }

    /// Splits a stage into cards of its layers, or opens a block; or the reverse.
    pub fn unfold(self, id: StageId) {
        let Some((stage, _)) = untrack(move || self.card(id)) else {
            return;
        };
        let first = stage.first();
        match (stage.block, stage.unfolded) {
            (Some(block), _) => self.lab.fold(block),
            (None, Some(whole)) => self.unfolded.update(|all| {
                all.remove(&whole);
            }),
            (None, None) => self.unfolded.update(|all| {
                all.insert(first);
            }),
        }
        self.focus_node(first);
    }
}

/// The name of a stage in the page.
pub fn key(id: StageId) -> String {
    match id {
        StageId::Input => "i".to_owned(),
        StageId::Layers(first) => format!("n{}", first.0),
        StageId::Block(first, last) => format!("b{}-{}", first.0, last.0),
    }
}
