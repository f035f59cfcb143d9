//! Canvases that come onto the screen a few at a time.
//!
//! The first two times that a canvas is drawn, the browser makes it a buffer, which takes so long that
//! a screen full of new maps would hold the page up. A new canvas is drawn
//! on at once, and hidden until its turn; some frames later it is drawn once more as it is.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use leptos::prelude::request_animation_frame;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

/// How many canvases get a buffer in one frame.
const SLICE: usize = 12;

/// A canvas and the picture that is put on it.
pub struct Board {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    image: ImageData,
    /// How often it was drawn.
    draws: Cell<u32>,
}

/// On a canvas that was drawn on: another view may take it over with its buffers.
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
            let marked = self.canvas.set_attribute(DRAWN, "");
            debug_assert!(marked.is_ok());
            LINE.with(|line| line.join(self));
        }
    }

    fn hide(&self, hidden: bool) {
        let style = self.canvas.style();
        let done = if hidden {
            style.set_property("visibility", "hidden")
        } else {
            style.remove_property("visibility").map(|_| ())
        };
        debug_assert!(done.is_ok());
    }
}

/// What a canvas waits for.
enum Turn {
    Show(Rc<Board>),
    DrawAgain(Rc<Board>),
}

/// The canvases that wait for their turn.
#[derive(Default)]
struct Line {
    turns: RefCell<VecDeque<Turn>>,
    /// How many have had theirs in the current frame; `None` while nobody waits.
    taken: Cell<Option<usize>>,
    /// Who waits until all of them are shown.
    waiting: RefCell<Vec<Box<dyn FnOnce()>>>,
}

thread_local! {
    static LINE: Line = Line::default();
}

impl Line {
    fn join(&self, board: &Rc<Board>) {
        let taken = self.taken.get();
        if taken.is_none() {
            request_animation_frame(next);
        }
        let taken = taken.unwrap_or_default();
        let mut turns = self.turns.borrow_mut();
        if taken < SLICE {
            self.taken.set(Some(taken + 1));
            turns.push_back(Turn::DrawAgain(Rc::clone(board)));
        } else {
            board.hide(true);
            // Before those that are seen already.
            let shown = |turn: &Turn| matches!(turn, Turn::DrawAgain(_));
            let place = turns.iter().position(shown).unwrap_or(turns.len());
            turns.insert(place, Turn::Show(Rc::clone(board)));
        }
    }

    fn next(&self) {
        let mut turns = self.turns.borrow_mut();
        let count = turns.len().min(SLICE);
        let mine: Vec<Turn> = turns.drain(..count).collect();
        for turn in mine {
            match turn {
                Turn::Show(board) => {
                    board.hide(false);
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
