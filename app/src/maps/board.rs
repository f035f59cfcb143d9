//! Canvases that come onto the screen a few at a time.
//!
//! The first two times that a canvas is drawn, the browser makes it a buffer, which takes so long that
//! a screen full of new maps would hold the page up. A new canvas is drawn
//! on at once, and hidden until its turn; some frames later it is drawn once more as it is.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use crate::lab::now;
use leptos::prelude::request_animation_frame;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

/// How many canvases get a buffer in one frame: at least, at first and at most. How long one takes
/// depends on the machine and on what else it does, so each frame tells how many the next one takes.
const SLICE: (usize, usize, usize) = (2, 6, 12);
/// Milliseconds between frames that have taken too many: two at 60 in a second.
const LATE: f64 = 34.0;

/// A canvas and the picture that is put on it.
pub struct Board {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    image: ImageData,
    /// How often it was drawn.
    draws: Cell<u32>,
}

/// On a canvas that has a buffer: those without are not seen (parts.css), and another view may take
/// it over.
const DRAWN: &str = "data-drawn";

impl Board {
    pub fn new(
        canvas: HtmlCanvasElement,
        context: CanvasRenderingContext2d,
        image: ImageData,
    ) -> Self {
        let draws = Cell::new(u32::from(canvas.has_attribute(DRAWN)) * 2);
        Self {
            canvas,
            context,
            image,
            draws,
        }
    }

    /// Puts the picture as it is now on the canvas.
    pub fn draw(self: &Rc<Self>) {
        // Fails only for an image that was taken over by another owner, which none of ours is.
        let drawn = self.context.put_image_data(&self.image, 0.0, 0.0);
        debug_assert!(drawn.is_ok());
        let draws = self.draws.get();
        self.draws.set(draws.saturating_add(1));
        if draws == 0 {
            LINE.with(|line| line.join(self));
        }
    }

    fn show(&self) {
        let marked = self.canvas.set_attribute(DRAWN, "");
        debug_assert!(marked.is_ok());
    }
}

/// What a canvas waits for.
enum Turn {
    Show(Rc<Board>),
    DrawAgain(Rc<Board>),
}

/// The canvases that wait for their turn.
struct Line {
    /// How many have a turn in a frame.
    slice: Cell<usize>,
    /// When the last frame was; `None` while nobody waits.
    frame: Cell<Option<f64>>,
    turns: RefCell<VecDeque<Turn>>,
    /// How many have had theirs in the current frame; `None` while nobody waits.
    taken: Cell<Option<usize>>,
    /// Who waits until all of them are shown.
    waiting: RefCell<Vec<Box<dyn FnOnce()>>>,
}

thread_local! {
    static LINE: Line = Line {
        slice: Cell::new(SLICE.1),
        frame: Cell::default(),
        turns: RefCell::default(),
        taken: Cell::default(),
        waiting: RefCell::default(),
    };
}

impl Line {
    fn join(&self, board: &Rc<Board>) {
        let taken = self.taken.get();
        if taken.is_none() {
            request_animation_frame(next);
        }
        let taken = taken.unwrap_or_default();
        let mut turns = self.turns.borrow_mut();
        if taken < self.slice.get() {
            self.taken.set(Some(taken + 1));
            board.show();
            turns.push_back(Turn::DrawAgain(Rc::clone(board)));
        } else {
            // Before those that are seen already.
            let shown = |turn: &Turn| matches!(turn, Turn::DrawAgain(_));
            let place = turns.iter().position(shown).unwrap_or(turns.len());
            turns.insert(place, Turn::Show(Rc::clone(board)));
        }
    }

    /// How many have a turn in the frame that begins now.
    fn paced(&self, now: f64) -> usize {
        let (least, _, most) = SLICE;
        if let Some(before) = self.frame.replace(Some(now)) {
            let slice = self.slice.get();
            self.slice.set(if now - before > LATE {
                (slice / 2).max(least)
            } else {
                (slice + 1).min(most)
            });
        }
        self.slice.get()
    }

    fn next(&self) {
        let mut turns = self.turns.borrow_mut();
        let count = turns.len().min(self.paced(now()));
        let mine: Vec<Turn> = turns.drain(..count).collect();
        for turn in mine {
            match turn {
                Turn::Show(board) => {
                    board.show();
                    turns.push_back(Turn::DrawAgain(board));
                }
                Turn::DrawAgain(board) if board.draws.get() == 1 => board.draw(),
                // It has its second buffer.
                Turn::DrawAgain(_) => {}
            }
        }
        let hidden = matches!(turns.front(), Some(Turn::Show(_)));
        let more = !turns.is_empty();
        drop(turns);
        self.taken.set(more.then_some(count));
        if !more {
            self.frame.set(None);
        }
        if more {
            request_animation_frame(next);
        }
        if !hidden {
            for act in self.waiting.take() {
                act();
            }
        }
    }
}

fn next() {
    LINE.with(Line::next);
}

/// Runs `act` when no canvas waits for being shown any more.
pub fn when_shown(act: impl FnOnce() + 'static) {
    LINE.with(|line| {
        let hidden = matches!(line.turns.borrow().front(), Some(Turn::Show(_)));
        if hidden {
            line.waiting.borrow_mut().push(Box::new(act));
        } else {
            act();
        }
    });
}
