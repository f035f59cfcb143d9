//! The window through which the picture is seen: the viewport scrolls over a room that the picture
//! lies in.
//!
//! While the picture is being zoomed, only its transform changes, which the browser's compositor
//! does without laying out or painting anything; the room gets its size, and the page its scroll
//! position, when the picture rests.

use std::time::Duration;

use engine::NodeId;
use leptos::prelude::*;
use web_sys::HtmlElement;

use super::graph_state::GraphState;
use super::layout::{Item, Point, Rect};
use super::transform::Transform;

/// Words and maps are shown from this zoom on.
const NEAR: f32 = 0.35;
/// Below this zoom a box is only a coloured field with a name.
const FAR: f32 = 0.3;
/// How long after the last movement of the picture its details come.
const SETTLE: Duration = Duration::from_millis(120);
/// How often words are brought to where the person scrolls.
const FOLLOW: Duration = Duration::from_millis(80);
/// How far beyond the viewport maps are kept, in its heights, and words.
const BEYOND: (f32, f32) = (0.25, 1.0);

impl GraphState {
    /// Where the viewport is scrolled to, or will be when zooming ends.
    pub fn scrolled(self) -> Point {
        self.scroll.get_value()
    }

    /// The person has scrolled.
    pub fn scrolls(self) {
        let Some(viewport) = self.viewport.get_untracked() else {
            return;
        };
        if self.unwritten.get_value() {
            // By the browser, as far as a smaller room allows; where to is known.
            return;
        }
        let now = (viewport.scroll_left() as f32, viewport.scroll_top() as f32);
        if let Some(before) = self.zooming.get_untracked() {
            let (x, y) = self.scrolled();
            let by = (now.0 - before.0, now.1 - before.1);
            self.scroll.set_value((x + by.0, y + by.1));
            self.zooming.set(Some(now));
        } else {
            self.scroll.set_value(now);
            self.follow_soon();
        }
        self.moved();
    }

    fn follow_soon(self) {
        if self.due.get_value() {
            return;
        }
        self.due.set_value(true);
        set_timeout(
            move || {
                if self.due.try_set_value(false).is_none() && self.zooming.get_untracked().is_none()
                {
                    self.come_close();
                }
            },
            FOLLOW,
        );
    }

    /// Brings words to where the person looks.
    fn come_close(self) {
        let close = self.details(BEYOND.1);
        if self.close.get_untracked() != close {
            self.close.set(close);
        }
    }

    /// What of the picture has details, if any has.
    fn details(self, beyond: f32) -> Rect {
        if self.zoom.get_untracked() < NEAR {
            return Rect::default();
        }
        self.around(beyond)
    }

    pub fn scroll_to(self, scroll: Point) {
        let (x, y) = self.transform.get_untracked().within(scroll);
        let scroll = (x.round(), y.round());
        if self.zooming.get_untracked().is_some() {
            self.scroll.set_value((x, y));
            self.lay();
        } else if scroll != self.scrolled() {
            self.scroll.set_value(scroll);
            self.write_scroll();
        }
    }

    /// Scrolls the page, in the next frame: scrolling makes the browser lay everything out, which
    /// that frame does anyway.
    fn write_scroll(self) {
        if self.unwritten.get_value() {
            return;
        }
        self.unwritten.set_value(true);
        request_animation_frame(move || self.scroll_now());
    }

    /// Scrolls the page where it is to be, for whoever is in a frame's task already.
    pub fn scroll_now(self) {
        if self.unwritten.try_get_value() != Some(true) {
            return;
        }
        self.unwritten.set_value(false);
        // While the picture is zoomed the page stays where it was when that began.
        let (x, y) = self
            .zooming
            .get_untracked()
            .unwrap_or_else(|| self.scrolled());
        if let Some(viewport) = self.viewport.get_untracked() {
            viewport.set_scroll_left(x as i32);
            viewport.set_scroll_top(y as i32);
        }
    }

    /// The picture moved: its details follow when it rests.
    pub fn moved(self) {
        let wait = self.waits.with_value(|waits| waits.wrapping_add(1));
        self.waits.set_value(wait);
        set_timeout(
            move || {
                if self.waits.try_get_value() == Some(wait) {
                    self.come_to_rest();
                }
            },
            SETTLE,
        );
    }

    fn come_to_rest(self) {
        if self.zooming.get_untracked().is_some() {
            self.zooming.set(None);
            self.lay();
            let (x, y) = self.scrolled();
            self.scroll.set_value((x.round(), y.round()));
            self.write_scroll();
        }
        self.see_far();
        self.come_close();
        let near = self.details(BEYOND.0);
        if self.near.get_untracked() != near {
            self.near.set(near);
        }
    }

    /// Boxes are as plain as this zoom shows them.
    fn see_far(self) {
        let far = self.zoom.get_untracked() < FAR;
        if self.far.get_untracked() != far {
            self.far.set(far);
        }
    }

    /// What of the picture is seen, or will be after a small movement.
    pub fn seen(self) -> Rect {
        self.around(BEYOND.0)
    }

    /// What is seen, and so many of its heights above and below.
    fn around(self, beyond: f32) -> Rect {
        let transform = self.transform.get_untracked();
        if transform.size.0 <= 0.0 {
            return Rect::default();
        }
        let seen = transform.seen(self.scrolled());
        let beyond = seen.height * beyond;
        Rect {
            y: seen.y - beyond,
            height: seen.height + 2.0 * beyond,
            ..seen
        }
    }

    /// How far what is in the room stands from its place in it: while the picture is zoomed the page
    /// stays where it is, and what is in it moves by what it would have scrolled.
    pub fn drift(self) -> Point {
        let (x, y) = self.scrolled();
        let before = self.zooming.get_untracked();
        before.map_or((0.0, 0.0), |before| (before.0 - x, before.1 - y))
    }

    /// Writes the transform into the page: at once, because scrolling needs the room's new size.
    pub fn lay(self) {
        let transform = self.transform.get_untracked();
        let (Some(room), Some(picture)) = (self.room.get_untracked(), self.picture.get_untracked())
        else {
            return;
        };
        let ((x, y), (across, down)) = (transform.corner(), self.drift());
        if self.zooming.get_untracked().is_none() {
            let (width, height) = transform.room();
            set_style(&room, "width", &format!("{width}px"));
            set_style(&room, "height", &format!("{height}px"));
        }
        let (left, top) = (
            x + across - transform.bounds.x * transform.zoom,
            y + down - transform.bounds.y * transform.zoom,
        );
        let transform = format!("translate({left}px,{top}px) scale({})", transform.zoom);
        set_style(&picture, "transform", &transform);
    }

    /// One of many small steps that make the picture larger or smaller; what is at this point of
    /// the viewport stays there.
    pub fn zoom_to(self, zoom: f32, at: Point) {
        if self.zooming.get_untracked().is_none() {
            self.zooming.set(Some(self.scrolled()));
        }
        self.look(zoom, at);
    }

    /// As [`Self::zoom_to`], in one step and around the middle.
    pub fn zoom_by(self, factor: f32) {
        let (width, height) = self.size.get_untracked();
        let zoom = self.zoom.get_untracked() * factor;
        self.look(zoom, (width / 2.0, height / 2.0));
    }

    /// The same point of the picture at this point of the viewport, at another zoom.
    fn look(self, zoom: f32, at: Point) {
        let before = self.transform.get_untracked();
        let point = before.point(self.scrolled(), at);
        self.zoom.set(Transform::limited(zoom));
        // In one step hundreds of boxes may come into view: plain ones from the start.
        if self.zooming.get_untracked().is_none() {
            self.see_far();
        }
        self.lay();
        self.scroll_to(self.transform.get_untracked().scroll(point, at));
        self.moved();
    }

    /// Shows the whole picture.
    pub fn fit(self) {
        self.look(self.transform.get_untracked().whole_zoom(), (0.0, 0.0));
        self.scroll_to((0.0, 0.0));
    }

    /// Shows the top of the picture at a size that can be read.
    pub fn start(self) {
        self.look(self.transform.get_untracked().first_zoom(), (0.0, 0.0));
        let transform = self.transform.get_untracked();
        // The input stands on the picture's axis.
        self.scroll_to((
            transform
                .scroll((0.0, 0.0), (transform.size.0 / 2.0, 0.0))
                .0,
            0.0,
        ));
        self.come_close();
    }

    /// Scrolls as little as needed to see this item.
    pub fn show(self, item: Item) {
        if let Some(&rect) = self.rects.get_untracked().get(&item) {
            self.show_rect(rect);
        }
    }

    /// Scrolls to the box of this node, or of the folded block around it, and the note of this
    /// height in screen pixels below it.
    pub fn show_noted(self, node: NodeId, height: f32) {
        let item = self.graph(|graph| {
            self.layout
                .with_untracked(|layout| layout.showing(node, graph))
        });
        let rects = self.rects.get_untracked();
        if let Some(&rect) = item.and_then(|item| rects.get(&item)) {
            let below = height / self.zoom.get_untracked();
            let height = rect.height + below;
            self.show_rect(Rect { height, ..rect });
        }
    }

    pub fn show_rect(self, rect: Rect) {
        let now = self.scrolled();
        let wanted = self.transform.get_untracked().showing(rect, now);
        if wanted != now {
            self.scroll_to(wanted);
        }
    }
}

fn set_style(element: &HtmlElement, property: &str, value: &str) {
    let set = element.style().set_property(property, value);
    debug_assert!(set.is_ok());
}
