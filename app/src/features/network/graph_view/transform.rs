//! The transform between the picture's coordinates and those of the viewport that scrolls over it.

use super::layout::{Point, Rect};

/// The minimum zoom, at which 500 nodes fit, and the maximum zoom.
const ZOOMS: (f32, f32) = (0.005, 3.0);
/// Around the picture, in screen pixels.
const MARGIN: f32 = 24.0;
/// Below it: the zoom's buttons lie there, see `.graph-tools` in graph.css.
const FOOT: f32 = 56.0;

/// A viewport of `size` screen pixels over a picture; scroll positions are screen pixels from the
/// upper left corner of the scroll area.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Transform {
    pub bounds: Rect,
    pub size: (f32, f32),
    /// Screen pixels for each of the picture's.
    pub zoom: f32,
}

impl Transform {
    /// The initial zoom of a picture: 1, or less to fit the viewport's width.
    pub fn first_zoom(&self) -> f32 {
        ((self.size.0 - 2.0 * MARGIN) / self.bounds.width.max(1.0)).clamp(0.5, 1.0)
    }

    /// The zoom at which the whole picture fits.
    pub fn whole_zoom(&self) -> f32 {
        let across = (self.size.0 - 2.0 * MARGIN) / self.bounds.width.max(1.0);
        let down = (self.size.1 - MARGIN - FOOT) / self.bounds.height.max(1.0);
        across.min(down).clamp(ZOOMS.0, 1.0)
    }

    /// Clamps a zoom to the limits.
    pub const fn limited(zoom: f32) -> f32 {
        zoom.clamp(ZOOMS.0, ZOOMS.1)
    }

    /// The position of the picture's upper left corner in the scroll area; a small picture is
    /// centred.
    pub fn corner(&self) -> Point {
        let free = self.size.0 - self.bounds.width * self.zoom;
        ((free / 2.0).max(MARGIN), MARGIN)
    }

    /// Width and height of the scroll area.
    pub fn room(&self) -> (f32, f32) {
        let (x, y) = self.corner();
        (
            self.bounds.width * self.zoom + 2.0 * x,
            self.bounds.height * self.zoom + y + FOOT,
        )
    }

    /// The picture's point at this point of the viewport.
    pub fn point(&self, scroll: Point, at: Point) -> Point {
        let (x, y) = self.corner();
        let along = |scroll: f32, at: f32, corner: f32| (scroll + at - corner) / self.zoom;
        (
            self.bounds.x + along(scroll.0, at.0, x),
            self.bounds.y + along(scroll.1, at.1, y),
        )
    }

    /// The scroll position that puts the picture's point at this point of the viewport.
    pub fn scroll(&self, point: Point, at: Point) -> Point {
        let (x, y) = self.corner();
        let along = |point: f32, corner: f32, at: f32| point * self.zoom + corner - at;
        (
            along(point.0 - self.bounds.x, x, at.0),
            along(point.1 - self.bounds.y, y, at.1),
        )
    }

    /// Clamps a scroll position to the scroll area.
    pub fn within(&self, (x, y): Point) -> Point {
        let (width, height) = self.room();
        (
            x.clamp(0.0, (width - self.size.0).max(0.0)),
            y.clamp(0.0, (height - self.size.1).max(0.0)),
        )
    }

    /// The visible part of the picture.
    pub fn seen(&self, scroll: Point) -> Rect {
        let ((x, y), (right, bottom)) = (
            self.point(scroll, (0.0, 0.0)),
            self.point(scroll, self.size),
        );
        Rect {
            x,
            y,
            width: right - x,
            height: bottom - y,
        }
    }

    /// The scroll position closest to `scroll` at which `rect` is visible.
    pub fn showing(&self, rect: Rect, scroll: Point) -> Point {
        let start = self.scroll((rect.x, rect.y), (MARGIN, MARGIN));
        let end = (self.size.0 - MARGIN, self.size.1 - FOOT);
        let end = self.scroll((rect.right(), rect.bottom()), end);
        let along = |now: f32, start: f32, end: f32| {
            if end > start {
                start
            } else {
                now.clamp(end, start)
            }
        };
        (
            along(scroll.0, start.0, end.0),
            along(scroll.1, start.1, end.1),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transform(zoom: f32) -> Transform {
        let bounds = Rect {
            x: -100.0,
            y: 0.0,
            width: 200.0,
            height: 60_000.0,
        };
        Transform {
            bounds,
            size: (800.0, 600.0),
            zoom,
        }
    }

    #[test]
    fn the_fitted_picture_is_fully_visible() {
        let zoom = transform(1.0).whole_zoom();
        let seen = transform(zoom).seen((0.0, 0.0));
        assert!(seen.y <= 0.0 && seen.bottom() >= 60_000.0);
        assert!(
            (seen.x + seen.width / 2.0).abs() < 1e-3,
            "its axis is in the middle"
        );
    }

    #[test]
    fn the_last_box_can_be_shown_above_the_buttons_of_the_zoom() {
        let transform = transform(1.0);
        let last = Rect {
            x: -50.0,
            y: 59_910.0,
            width: 100.0,
            height: 90.0,
        };
        let shown = transform.showing(last, (0.0, 0.0));
        assert_eq!(transform.within(shown), shown, "the page scrolls there");
        let foot = transform.seen(shown).bottom() - last.bottom();
        assert!((foot - FOOT).abs() < 0.1, "{foot}");
    }

    #[test]
    fn transforming_a_point_to_the_screen_and_back_is_the_identity() {
        for zoom in [0.1, 1.0, 2.5] {
            let scroll = transform(zoom).scroll((30.0, 400.0), (200.0, 100.0));
            let (x, y) = transform(zoom).point(scroll, (200.0, 100.0));
            assert!((x - 30.0).abs() < 0.01 && (y - 400.0).abs() < 0.01);
        }
    }

    #[test]
    fn the_scroll_area_contains_the_picture_at_every_zoom() {
        for zoom in [0.01, 0.5, 1.0, 3.0] {
            let (width, height) = transform(zoom).room();
            let (x, y) = transform(zoom).corner();
            assert!(width >= 200.0 * zoom + x && height >= 60_000.0 * zoom + y);
        }
    }

    #[test]
    fn showing_scrolls_no_more_than_needed() {
        let transform = transform(1.0);
        let inside = Rect {
            x: -50.0,
            y: 1100.0,
            width: 100.0,
            height: 90.0,
        };
        assert_eq!(transform.showing(inside, (0.0, 1000.0)).1, 1000.0);
        // Its lower edge comes above the zoom's buttons: 2090 + 24 + 56 − 600.
        let below = Rect {
            y: 2000.0,
            ..inside
        };
        assert_eq!(transform.showing(below, (0.0, 1000.0)).1, 1570.0);
    }
}
