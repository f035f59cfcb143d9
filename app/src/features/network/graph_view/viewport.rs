//! Scrolling and zooming: the viewport scrolls over an area that contains the picture.
//!
//! While the picture is being zoomed, only its transform changes, which the browser's compositor
//! does without laying out or painting anything; the size of the scroll area and the scroll
//! position are written once zooming has stopped.

use std::time::Duration;

use engine::NodeId;
use leptos::prelude::*;
use web_sys::HtmlElement;

use super::graph_state::GraphState;
use super::layout::{Item, Point, Rect};
use super::transform::Transform;

/// The minimum zoom for text and maps.
const NEAR: f32 = 0.35;
/// Below this zoom a box is only a coloured field with a name.
const FAR: f32 = 0.3;
/// The debounce time of details after scrolling and zooming.
const SETTLE: Duration = Duration::from_millis(120);
/// The interval at which text is updated while scrolling.
const FOLLOW: Duration = Duration::from_millis(80);
/// How far outside the viewport maps and text are kept, in heights of the viewport.
const BEYOND: (f32, f32) = (0.25, 1.0);

impl GraphState {
    /// The scroll position of the viewport, or the one to write when zooming ends.
    pub fn scrolled(self) -> Point {
        self.scroll.get_value()
    }

    /// Handles a `scroll` event.
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

    /// Updates the region with text.
    fn come_close(self) {
        let close = self.details(BEYOND.1);
        if self.close.get_untracked() != close {
            self.close.set(close);
        }
    }

    /// The region with details; empty at a small zoom.
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

    /// Writes the scroll position in the next frame, because writing it forces a layout.
    fn write_scroll(self) {
        if self.unwritten.get_value() {
            return;
        }
        self.unwritten.set_value(true);
        request_animation_frame(move || self.scroll_now());
    }

    /// Writes the scroll position now; for callers within a frame's task.
    pub fn scroll_now(self) {
        if self.unwritten.try_get_value() != Some(true) {
            return;
        }
        self.unwritten.set_value(false);
        // While zooming, the DOM keeps the scroll position from before.
        let (x, y) = self
            .zooming
            .get_untracked()
            .unwrap_or_else(|| self.scrolled());
        if let Some(viewport) = self.viewport.get_untracked() {
            viewport.set_scroll_left(x as i32);
            viewport.set_scroll_top(y as i32);
        }
    }

    /// Debounces the update of details after a movement.
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

    /// Updates whether boxes are shown without details at this zoom.
    fn see_far(self) {
        let far = self.zoom.get_untracked() < FAR;
        if self.far.get_untracked() != far {
            self.far.set(far);
        }
    }

    /// The visible region with a small margin.
    pub fn seen(self) -> Rect {
        self.around(BEYOND.0)
    }

    /// The visible region extended above and below by `beyond` times its height.
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

    /// The offset of the picture while zooming: the DOM keeps its scroll position, so the picture
    /// is moved by the difference.
    pub fn drift(self) -> Point {
        let (x, y) = self.scrolled();
        let before = self.zooming.get_untracked();
        before.map_or((0.0, 0.0), |before| (before.0 - x, before.1 - y))
    }

    /// Writes the transform to the DOM synchronously, because scrolling needs the new size of the
    /// scroll area.
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

    /// One step of continuous zooming that keeps the point of the picture at `at`.
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
        // One step may bring hundreds of boxes into view: show them without details from the start.
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

    /// Shows the top of the picture at the initial zoom.
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
