//! What each box shows, as signals that are set only when their value changes: an edit in a network
//! of five hundred nodes wakes the boxes it is about and no others.

use std::collections::HashSet;
use std::sync::Arc;

use engine::NodeId;
use leptos::prelude::*;

use super::face::{Face, Shares};
use super::layout::{Item, Rect};
use super::stage::Stage;
use crate::frames::after_frames;

/// How many boxes that nobody sees are moved in one frame.
const SLICE: usize = 64;

/// The state of one box. Copied freely: it holds handles only.
#[derive(Clone, Copy)]
pub struct BoxState {
    pub face: RwSignal<Arc<Face>>,
    pub shares: RwSignal<Shares>,
    pub rect: RwSignal<Rect>,
    pub selected: RwSignal<bool>,
    /// The keyboard comes to this box, and the arrow keys start from it.
    pub current: RwSignal<bool>,
    /// It is seen, or nearly: it shows maps.
    pub near: RwSignal<bool>,
    /// It is seen, or may soon be: it shows more than its name.
    pub close: RwSignal<bool>,
}

impl Stage {
    /// The state of a box, kept up to date for as long as the calling component lives; `None` where
    /// the item has just gone.
    pub fn state(self, item: Item) -> Option<BoxState> {
        let (face, shares) = self
            .faces
            .with_untracked(|faces| faces.get(&item).cloned())?;
        let rect = self
            .rects
            .with_untracked(|rects| rects.get(&item).copied())?;
        let selected = self.lab.selection.get_untracked().into_iter().collect();
        let state = BoxState {
            face: RwSignal::new(face),
            shares: RwSignal::new(shares),
            rect: RwSignal::new(rect),
            selected: RwSignal::new(self.is_selected(item, &selected)),
            current: RwSignal::new(self.at.get_untracked() == item),
            near: RwSignal::new(self.is_near(&rect)),
            close: RwSignal::new(self.is_close(&rect)),
        };
        self.boxes.update_value(|boxes| {
            boxes.insert(item, state);
        });
        on_cleanup(move || {
            self.boxes.try_update_value(|boxes| {
                // A box of the same item may have come before this one goes.
                if boxes.get(&item).is_some_and(|it| it.face == state.face) {
                    boxes.remove(&item);
                }
            });
        });
        Some(state)
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

    fn is_near(self, rect: &Rect) -> bool {
        self.all_near.get_untracked() || self.near.with_untracked(|near| near.overlaps(rect))
    }

    fn is_close(self, rect: &Rect) -> bool {
        self.all_near.get_untracked()
            || self.all_close.get_untracked()
            || self.close.with_untracked(|close| close.overlaps(rect))
    }

    /// Gives a box the details of its place.
    fn detail(self, state: BoxState, rect: &Rect) {
        put(state.near, &self.is_near(rect));
        put(state.close, &self.is_close(rect));
    }

    /// Runs `act` with every box in the page.
    fn each(self, mut act: impl FnMut(Item, BoxState)) {
        self.boxes.with_value(|boxes| {
            for (&item, &state) in boxes {
                act(item, state);
            }
        });
    }
}

/// Keeps the boxes up to date.
pub fn follow(stage: Stage) {
    Effect::new(move |_| {
        let (faces, rects) = (stage.faces.get(), stage.rects.get());
        let seen = stage.seen();
        let mut late = false;
        stage.each(|item, state| {
            // An item that has just gone keeps what it shows until its box goes, too.
            if let Some((face, shares)) = faces.get(&item) {
                put(state.face, face);
                put(state.shares, shares);
            }
            if let Some(rect) = rects.get(&item) {
                let before = state.rect.get_untracked();
                if before != *rect {
                    // What an edit moves far below the screen moves in the frames after.
                    if seen.overlaps(rect) || seen.overlaps(&before) {
                        state.rect.set(*rect);
                    } else {
                        late = true;
                    }
                }
                stage.detail(state, rect);
            }
        });
        if late {
            after_frames(move || move_late(stage));
        }
    });
    Effect::new(move |_| {
        stage.near.track();
        stage.close.track();
        stage.all_near.track();
        stage.all_close.track();
        let rects = stage.rects.get_untracked();
        stage.each(|item, state| {
            if let Some(rect) = rects.get(&item) {
                stage.detail(state, rect);
            }
        });
    });
    Effect::new(move |_| {
        let selection: HashSet<NodeId> = stage.lab.selection.get().into_iter().collect();
        // What a block's nodes are may have changed.
        stage.layout.track();
        stage.each(|item, state| put(state.selected, &stage.is_selected(item, &selection)));
    });
    Effect::new(move |_| {
        let at = stage.at.get();
        stage.each(|item, state| put(state.current, &(item == at)));
    });
}

/// Moves boxes that nobody sees to their places, a frame's worth at a time.
fn move_late(stage: Stage) {
    let Some(rects) = stage.rects.try_get_untracked() else {
        return;
    };
    let mut late = Vec::new();
    stage.each(|item, state| {
        let place = rects.get(&item).copied();
        late.extend(
            place
                .filter(|it| *it != state.rect.get_untracked())
                .map(|it| (state, it)),
        );
    });
    for (state, rect) in late.iter().take(SLICE) {
        state.rect.set(*rect);
    }
    if late.len() > SLICE {
        request_animation_frame(move || move_late(stage));
    }
}

fn put<T>(signal: RwSignal<T>, value: &T)
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    if signal.with_untracked(|now| now != value) {
        signal.set(value.clone());
    }
}
