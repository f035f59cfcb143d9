//! Where an arrow key leads: to the next card, map or name that way.

use leptos::prelude::*;
use state::stages::Rect;

use super::super::picture::Picture;

/// Where an arrow key leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Left,
    Right,
    Up,
    Down,
}

impl Way {
    pub fn of(key: &str) -> Option<Self> {
        Some(match key {
            "ArrowLeft" => Self::Left,
            "ArrowRight" => Self::Right,
            "ArrowUp" => Self::Up,
            "ArrowDown" => Self::Down,
            _ => return None,
        })
    }

    pub const fn is_on(self) -> bool {
        matches!(self, Self::Right | Self::Down)
    }

    /// How far `to` is that way; `None` where it is not. What is aside counts double.
    pub fn far(self, from: &Rect, to: &Rect) -> Option<f32> {
        let ((x1, y1), (x2, y2)) = (from.middle(), to.middle());
        let (along, aside) = match self {
            Self::Left => (x1 - x2, y1 - y2),
            Self::Right => (x2 - x1, y1 - y2),
            Self::Up => (y1 - y2, x1 - x2),
            Self::Down => (y2 - y1, x1 - x2),
        };
        (along > 1.0).then_some(along + 2.0 * aside.abs())
    }
}

impl Picture {
    /// The card that way: left and right as text, up and down by what is there.
    pub(super) fn next(self, here: usize, way: Way) -> Option<usize> {
        let narrow = self.layout.with_untracked(|layout| layout.narrow);
        self.layout.with_untracked(|layout| {
            let from = layout.cards.get(here)?;
            let near = |row: bool| {
                let others = layout.cards.iter().filter(|card| card.stage != here);
                let others = others.filter(|card| !row || card.row == from.row);
                let far =
                    others.filter_map(|card| Some((way.far(&from.rect, &card.rect)?, card.stage)));
                far.min_by(|one, other| one.0.total_cmp(&other.0))
                    .map(|(_, stage)| stage)
            };
            match way {
                _ if narrow => {
                    let next = if way.is_on() {
                        here + 1
                    } else {
                        here.checked_sub(1)?
                    };
                    (next < layout.cards.len()).then_some(next)
                }
                Way::Left | Way::Right => near(true).or_else(|| {
                    let next = if way.is_on() {
                        here + 1
                    } else {
                        here.checked_sub(1)?
                    };
                    (next < layout.cards.len()).then_some(next)
                }),
                Way::Up | Way::Down => near(false),
            }
        })
    }
}
