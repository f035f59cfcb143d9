//! Canvases that are drawn again, so many a frame: each one that changes costs the browser a layer's
//! update in the frame's own task. A small network's maps change all at once; of hundreds the others
//! follow in the frames after, each with the picture it has then.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use leptos::prelude::request_animation_frame;

use super::board::{Board, RARE};
use crate::lab::now;

/// How many a frame draws.
const MOST: usize = 64;

struct Again {
    /// How many were drawn since the last frame.
    drawn: Cell<usize>,
    /// Those whose turn comes in the next frames, each once.
    waiting: RefCell<VecDeque<Weak<Board>>>,
    /// When the last frame was; `None` while there is nothing to count.
    frame: Cell<Option<f64>>,
    /// The next frame is somebody else's.
    held: Cell<bool>,
}

thread_local! {
    static AGAIN: Again = const {
        Again {
            drawn: Cell::new(0),
            waiting: RefCell::new(VecDeque::new()),
            frame: Cell::new(None),
            held: Cell::new(false),
        }
    };
}

/// Draws a board that has its buffers, now or in its turn; `false` where the browser refuses.
pub fn draw(board: &Rc<Board>) -> bool {
    AGAIN.with(|again| again.draw(board))
}

/// The next frame draws none of those that wait.
pub fn let_pass() {
    AGAIN.with(|again| again.held.set(again.frame.get().is_some()));
}

impl Again {
    fn draw(&self, board: &Rc<Board>) -> bool {
        if self.frame.get().is_none() {
            self.frame.set(Some(now()));
            request_animation_frame(next);
        }
        let mut waiting = self.waiting.borrow_mut();
        if waiting.is_empty() && self.drawn.get() < MOST {
            self.drawn.set(self.drawn.get() + 1);
            return board.put();
        }
        if !board.waits.replace(true) {
            waiting.push_back(Rc::downgrade(board));
        }
        true
    }

    fn next(&self) {
        let began = now();
        let before = self.frame.replace(Some(began));
        let held = self.held.replace(false);
        let most = match before {
            _ if held => 0,
            // Nobody looks at a page that has so few frames.
            Some(before) if began - before > RARE => usize::MAX,
            Some(_) | None => MOST,
        };
        let mut waiting = self.waiting.borrow_mut();
        let mut count = 0;
        while count < most
            && let Some(board) = waiting.pop_front()
        {
            // One whose painter has gone waits for nothing.
            let Some(board) = board.upgrade() else {
                continue;
            };
            board.waits.set(false);
            board.put();
            count += 1;
        }
        self.drawn.set(count);
        if count > 0 || !waiting.is_empty() {
            request_animation_frame(next);
        } else {
            self.frame.set(None);
        }
    }
}

fn next() {
    AGAIN.with(Again::next);
}
