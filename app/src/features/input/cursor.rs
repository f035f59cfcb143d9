//! The keyboard's pen.

use state::input::SIDE;

/// Where the keyboard's pen is, in the pad's pixels, and whether it draws.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cursor {
    pub at: (f64, f64),
    pub down: bool,
}

impl Default for Cursor {
    /// Lifted, in the middle of the pad.
    fn default() -> Self {
        let middle = f64::from(SIDE) / 2.0;
        Self {
            at: (middle, middle),
            down: false,
        }
    }
}

impl Cursor {
    /// One of MNIST's pixels.
    pub const COARSE: f64 = 10.0;
    pub const FINE: f64 = 2.0;

    /// Moves by an arrow key, clamped to the pad; `None` for another key.
    pub fn moved(self, key: &str, step: f64) -> Option<Self> {
        let (x, y) = match key {
            "ArrowLeft" => (-step, 0.0),
            "ArrowRight" => (step, 0.0),
            "ArrowUp" => (0.0, -step),
            "ArrowDown" => (0.0, step),
            _ => return None,
        };
        let on_pad = |at: f64| at.clamp(0.0, SIDE.into());
        Some(Self {
            at: (on_pad(self.at.0 + x), on_pad(self.at.1 + y)),
            ..self
        })
    }

    /// For a screen reader.
    pub fn describe(self) -> String {
        let pen = if self.down { "Pen down" } else { "Pen up" };
        format!(
            "{pen} at {:.0} across, {:.0} down, of {SIDE}.",
            self.at.0, self.at.1
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_move_the_pen_and_the_edge_stops_it() {
        let mut cursor = Cursor::default();
        cursor = cursor
            .moved("ArrowLeft", 10.0)
            .unwrap()
            .moved("ArrowDown", 2.0)
            .unwrap();
        assert_eq!(cursor.at, (130.0, 142.0));
        for _ in 0..100 {
            cursor = cursor.moved("ArrowRight", Cursor::COARSE).unwrap();
            cursor = cursor.moved("ArrowUp", Cursor::COARSE).unwrap();
        }
        assert_eq!(cursor.at, (280.0, 0.0));
        assert_eq!(cursor.moved("Tab", 10.0), None);
    }
}
