//! Which part of the picture is on the screen, and how large.

use super::layout::{Point, Rect};

/// The smallest and largest zoom: a network of 500 nodes fits, a node's text is read with ease.
const ZOOMS: (f32, f32) = (0.01, 3.0);
/// Around the picture when it fits the screen.
const MARGIN: f32 = 16.0;

/// The picture's point at the viewport's upper left corner, and screen pixels for each of its
/// pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    pub x: f32,
    pub y: f32,
    pub zoom: f32,
}

impl Camera {
    /// The top of the picture in full size, or as large as its width allows.
    pub fn start(bounds: Rect, (width, _): (f32, f32)) -> Self {
        let zoom = (width / (bounds.width + 2.0 * MARGIN)).clamp(0.5, 1.0);
        // Of a picture wider than the viewport the axis is in the middle.
        let middle = if bounds.width * zoom > width {
            0.0
        } else {
            bounds.x + bounds.width / 2.0
        };
        Self {
            x: middle - width / zoom / 2.0,
            y: bounds.y - MARGIN / zoom,
            zoom,
        }
    }

    /// The whole picture.
    pub fn fit(bounds: Rect, (width, height): (f32, f32)) -> Self {
        let across = (width - 2.0 * MARGIN) / bounds.width.max(1.0);
        let down = (height - 2.0 * MARGIN) / bounds.height.max(1.0);
        let zoom = across.min(down).clamp(ZOOMS.0, 1.0);
        Self {
            x: bounds.x + bounds.width / 2.0 - width / zoom / 2.0,
            y: bounds.y + bounds.height / 2.0 - height / zoom / 2.0,
            zoom,
        }
    }

    /// Moved by so many screen pixels, as the hand moves paper.
    pub fn panned(self, (x, y): Point) -> Self {
        Self {
            x: self.x - x / self.zoom,
            y: self.y - y / self.zoom,
            ..self
        }
    }

    /// `factor` times as large; what is at this point of the screen stays there.
    pub fn zoomed(self, factor: f32, at: Point) -> Self {
        let zoom = (self.zoom * factor).clamp(ZOOMS.0, ZOOMS.1);
        let (x, y) = self.point(at);
        Self {
            x: x - at.0 / zoom,
            y: y - at.1 / zoom,
            zoom,
        }
    }

    /// The picture's point at this point of the viewport.
    pub fn point(self, (x, y): Point) -> Point {
        (self.x + x / self.zoom, self.y + y / self.zoom)
    }

    /// What of the picture a viewport of this size shows.
    pub fn seen(self, (width, height): (f32, f32)) -> Rect {
        Rect {
            x: self.x,
            y: self.y,
            width: width / self.zoom,
            height: height / self.zoom,
        }
    }

    /// Moved as little as needed for `rect` to be seen.
    pub fn showing(self, rect: Rect, size: (f32, f32)) -> Self {
        let seen = self.seen(size);
        let along = |from: f32, length: f32, start: f32, size: f32| {
            let margin = MARGIN / self.zoom;
            if start - margin < from || size + 2.0 * margin > length {
                start - margin
            } else {
                from.max(start + size + margin - length)
            }
        };
        Self {
            x: along(seen.x, seen.width, rect.x, rect.width),
            y: along(seen.y, seen.height, rect.y, rect.height),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (f32, f32) = (800.0, 600.0);
    const TALL: Rect = Rect {
        x: -100.0,
        y: 0.0,
        width: 200.0,
        height: 60_000.0,
    };

    #[test]
    fn a_picture_that_fits_is_seen_whole() {
        let seen = Camera::fit(TALL, SIZE).seen(SIZE);
        assert!(seen.y <= TALL.y && seen.bottom() >= TALL.bottom());
        assert!(
            (seen.x + seen.width / 2.0).abs() < 1e-3,
            "its axis is in the middle"
        );
    }

    #[test]
    fn what_is_under_the_pointer_stays_there_while_zooming() {
        let camera = Camera {
            x: 10.0,
            y: -20.0,
            zoom: 0.5,
        };
        let at = (300.0, 200.0);
        let closer = camera.zoomed(1.7, at);
        let ((x1, y1), (x2, y2)) = (camera.point(at), closer.point(at));
        assert!((x1 - x2).abs() < 1e-3 && (y1 - y2).abs() < 1e-3);
        assert!((closer.zoom - 0.85).abs() < 1e-6);
    }

    #[test]
    fn zooming_ends_at_the_limits() {
        let camera = Camera::start(TALL, SIZE);
        assert_eq!(camera.zoomed(1e9, (0.0, 0.0)).zoom, ZOOMS.1);
        assert_eq!(camera.zoomed(1e-9, (0.0, 0.0)).zoom, ZOOMS.0);
    }

    #[test]
    fn the_picture_follows_the_hand() {
        let camera = Camera {
            x: 0.0,
            y: 0.0,
            zoom: 2.0,
        };
        // 10 screen pixels to the right show what is 5 to the left.
        assert_eq!(camera.panned((10.0, 0.0)).x, -5.0);
    }

    #[test]
    fn showing_moves_no_more_than_needed() {
        let camera = Camera {
            x: 0.0,
            y: 0.0,
            zoom: 1.0,
        };
        let inside = Rect {
            x: 100.0,
            y: 100.0,
            width: 200.0,
            height: 90.0,
        };
        assert_eq!(camera.showing(inside, SIZE), camera);
        let below = Rect { y: 900.0, ..inside };
        assert_eq!(
            camera.showing(below, SIZE),
            Camera {
                y: 900.0 + 90.0 + MARGIN - 600.0,
                ..camera
            }
        );
    }
}
