//! The state of each box as signals that are set only when their value changes, so that an edit in
//! a network of five hundred nodes updates only the affected boxes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use engine::NodeId;
use leptos::prelude::*;

use super::box_content::{BoxContent, BoxContents, Shares};
use super::graph_state::GraphState;
use super::layout::{Item, Rect};
use crate::platform::schedule::after_frames;

/// The number of invisible boxes moved in one frame.
const SLICE: usize = 64;

/// The mounted boxes and frames.
#[derive(Default)]
pub struct Shown {
    boxes: HashMap<Item, (BoxState, Values)>,
    /// By the block's index in the graph.
    frames: HashMap<usize, (RwSignal<Rect>, Rect)>,
}

/// The regions in which boxes have details; `None` is everywhere.
struct Regions {
    /// Maps.
    near: Option<Rect>,
    /// Words.
    close: Option<Rect>,
}

impl Regions {
    fn is_near(&self, rect: &Rect) -> bool {
        self.near.is_none_or(|near| near.overlaps(rect))
    }

    fn is_close(&self, rect: &Rect) -> bool {
        self.close.is_none_or(|close| close.overlaps(rect))
    }

    /// Updates the details of a box for its position.
    fn detail(&self, state: BoxState, values: &mut Values, rect: &Rect) {
        set_if_changed(state.near, &mut values.near, self.is_near(rect));
        set_if_changed(state.close, &mut values.close, self.is_close(rect));
    }
}

/// Copies of the values of a box's signals: comparing these is faster than reading each signal.
struct Values {
    content: Arc<BoxContent>,
    shares: Shares,
    rect: Rect,
    selected: bool,
    current: bool,
    near: bool,
    close: bool,
}

/// The state of one box. `Copy`, because it holds handles only.
#[derive(Clone, Copy)]
pub struct BoxState {
    pub content: RwSignal<Arc<BoxContent>>,
    pub shares: RwSignal<Shares>,
    pub rect: RwSignal<Rect>,
    pub selected: RwSignal<bool>,
    /// The box in the tab order, from which arrow keys start.
    pub current: RwSignal<bool>,
    /// It is visible or nearly so: it shows maps.
    pub near: RwSignal<bool>,
    /// It is visible or may be soon: it shows more than its name.
    pub close: RwSignal<bool>,
}

impl GraphState {
    /// The state of a box, kept up to date for as long as the calling component lives; `None` if
    /// the item was just removed.
    pub fn state(self, item: Item) -> Option<BoxState> {
        let (content, shares) = self.contents.with_untracked(|contents| {
            contents
                .get(item)
                .map(|(content, shares)| (Arc::clone(content), shares))
        })?;
        let rect = self
            .rects
            .with_untracked(|rects| rects.get(&item).copied())?;
        let selected = self
            .lab
            .selection
            .nodes()
            .get_untracked()
            .into_iter()
            .collect();
        let selected = self.is_selected(item, &selected);
        let current = self.at.get_untracked() == item;
        let regions = self.regions();
        let (near, close) = (regions.is_near(&rect), regions.is_close(&rect));
        let state = BoxState {
            content: RwSignal::new(Arc::clone(&content)),
            shares: RwSignal::new(shares),
            rect: RwSignal::new(rect),
            selected: RwSignal::new(selected),
            current: RwSignal::new(current),
            near: RwSignal::new(near),
            close: RwSignal::new(close),
        };
        let values = Values {
            content,
            shares,
            rect,
            selected,
            current,
            near,
            close,
        };
        self.shown.update_value(|shown| {
            shown.boxes.insert(item, (state, values));
        });
        on_cleanup(move || {
            self.shown.try_update_value(|shown| {
                // A new box of the same item may be mounted before this one is removed.
                let mine = |(it, _): &(BoxState, Values)| it.content == state.content;
                if shown.boxes.get(&item).is_some_and(mine) {
                    shown.boxes.remove(&item);
                }
            });
        });
        Some(state)
    }

    /// Where an open block's frame is, kept up to date for as long as the calling component lives.
    pub fn frame(self, block: usize) -> RwSignal<Rect> {
        let place = self.layout.with_untracked(|layout| {
            let mut frames = layout.frames.iter();
            frames.find(|frame| frame.block == block).map(|it| it.rect)
        });
        let place = place.unwrap_or_default();
        let rect = RwSignal::new(place);
        self.shown.update_value(|shown| {
            shown.frames.insert(block, (rect, place));
        });
        on_cleanup(move || {
            self.shown.try_update_value(|shown| {
                let mine = |(it, _): &(RwSignal<Rect>, Rect)| *it == rect;
                if shown.frames.get(&block).is_some_and(mine) {
                    shown.frames.remove(&block);
                }
            });
        });
        rect
    }

    fn is_selected(self, item: Item, selection: &HashSet<NodeId>) -> bool {
        match item {
            Item::Input => selection.contains(&NodeId::INPUT),
            Item::Node(id) => selection.contains(&id),
            Item::Block(block) => self.graph(|graph| {
                let block = graph.blocks().get(block);
                block.is_some_and(|block| block.nodes.iter().all(|id| selection.contains(id)))
            }),
        }
    }

    /// The regions with details, computed once for all boxes.
    fn regions(self) -> Regions {
        let all_near = self.all_near.get_untracked();
        let all_close = all_near || self.all_close.get_untracked();
        Regions {
            near: (!all_near).then(|| self.near.get_untracked()),
            close: (!all_close).then(|| self.close.get_untracked()),
        }
    }

    /// Runs `act` with every box in the page.
    fn each(self, mut act: impl FnMut(Item, BoxState, &mut Values)) {
        self.shown.update_value(|shown| {
            for (&item, (state, values)) in &mut shown.boxes {
                act(item, *state, values);
            }
        });
    }

    /// Updates content, position and details of every box, and the position of every frame;
    /// invisible ones move in later frames.
    fn renew(self, contents: &BoxContents, rects: &HashMap<Item, Rect>) {
        let (seen, regions, mut late) = (self.seen(), self.regions(), false);
        self.shown.update_value(|shown| {
            for (item, (state, values)) in &mut shown.boxes {
                // The box of a removed item keeps its content until it is unmounted.
                if let Some((content, shares)) = contents.get(*item) {
                    if !Arc::ptr_eq(content, &values.content) && *content != values.content {
                        state.content.set(Arc::clone(content));
                    }
                    values.content = Arc::clone(content);
                    set_if_changed(state.shares, &mut values.shares, shares);
                }
                let Some(&rect) = rects.get(item) else {
                    continue;
                };
                if seen.overlaps(&rect) || seen.overlaps(&values.rect) {
                    set_if_changed(state.rect, &mut values.rect, rect);
                } else {
                    late |= rect != values.rect;
                }
                regions.detail(*state, values, &rect);
            }
            self.layout.with_untracked(|layout| {
                for frame in &layout.frames {
                    if let Some((signal, place)) = shown.frames.get_mut(&frame.block) {
                        if seen.overlaps(&frame.rect) || seen.overlaps(place) {
                            set_if_changed(*signal, place, frame.rect);
                        } else {
                            late |= frame.rect != *place;
                        }
                    }
                }
            });
        });
        if late {
            after_frames(move || move_late(self));
        }
    }
}

/// Keeps the boxes up to date.
pub fn follow(graph_state: GraphState) {
    Effect::new(move |_| {
        let (contents, rects) = (graph_state.contents.get(), graph_state.rects.get());
        graph_state.renew(&contents, &rects);
    });
    Effect::new(move |_| {
        graph_state.near.track();
        graph_state.close.track();
        graph_state.all_near.track();
        graph_state.all_close.track();
        let (rects, regions) = (graph_state.rects.get_untracked(), graph_state.regions());
        graph_state.each(|item, state, values| {
            if let Some(rect) = rects.get(&item) {
                regions.detail(state, values, rect);
            }
        });
    });
    Effect::new(move |_| {
        let selection: HashSet<NodeId> = graph_state
            .lab
            .selection
            .nodes()
            .get()
            .into_iter()
            .collect();
        // The nodes of a block may have changed.
        graph_state.layout.track();
        graph_state.each(|item, state, values| {
            let selected = graph_state.is_selected(item, &selection);
            set_if_changed(state.selected, &mut values.selected, selected);
        });
    });
    Effect::new(move |_| {
        let at = graph_state.at.get();
        graph_state.each(|item, state, values| {
            set_if_changed(state.current, &mut values.current, item == at)
        });
    });
}

/// Moves invisible boxes to their positions, some in each frame.
fn move_late(graph_state: GraphState) {
    let Some(rects) = graph_state.rects.try_get_untracked() else {
        return;
    };
    let mut left = SLICE;
    let mut later = |signal: RwSignal<Rect>, place: &mut Rect, now: Rect| {
        if *place != now && left > 0 {
            left -= 1;
            set_if_changed(signal, place, now);
        }
    };
    graph_state.shown.update_value(|shown| {
        for (item, (state, values)) in &mut shown.boxes {
            if let Some(&rect) = rects.get(item) {
                later(state.rect, &mut values.rect, rect);
            }
        }
        graph_state.layout.with_untracked(|layout| {
            for frame in &layout.frames {
                if let Some((signal, place)) = shown.frames.get_mut(&frame.block) {
                    later(*signal, place, frame.rect);
                }
            }
        });
    });
    if left == 0 {
        request_animation_frame(move || move_late(graph_state));
    }
}

/// Sets a signal if `now` differs from its known value. Effects run after this task.
fn set_if_changed<T>(signal: RwSignal<T>, before: &mut T, now: T)
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    if *before != now {
        *before = now;
        signal.set(now);
    }
}
