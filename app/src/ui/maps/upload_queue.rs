//! A queue of canvases that are shown a few in each frame.
//!
//! The first two times that a canvas is drawn, the browser makes it a buffer, which takes so long
//! that a screen full of new maps would hold the page up. A new canvas is not seen until its turn;
//! some frames later it is drawn once more as it is.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use leptos::prelude::request_animation_frame;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use super::release::release;
use crate::platform::canvas::context;
use crate::platform::clock::now;
use crate::platform::schedule::soon;

/// How many canvases get a buffer in one frame: at least, at first and at most. How long one takes
/// depends on the machine and on what else it does, so each frame tells how many the next one takes.
const SLICE: (usize, usize, usize) = (4, 12, 16);
/// Milliseconds of a frame's task that had too many.
const LONG: f64 = 25.0;
/// Milliseconds between the frames of a page that nobody looks at: a browser gives it one a second,
/// and nothing is to be held up there.
const RARE: f64 = 500.0;

/// A canvas and the picture that is put on it.
pub struct QueuedCanvas {
    canvas: HtmlCanvasElement,
    context: OnceCell<CanvasRenderingContext2d>,
    image: ImageData,
    state: Cell<State>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Once,
    Twice,
}

/// On a canvas that has a buffer: those without are not seen (parts.css), and another view may take
/// it over.
const DRAWN: &str = "data-drawn";

/// On canvases that wait for no turn: one that the keyboard goes to is one of few, and one that
/// another canvas shows (`atlas.rs`) costs nothing.
const READY: [&str; 2] = ["tabindex", "data-cell"];

impl QueuedCanvas {
    pub fn new(canvas: HtmlCanvasElement, image: ImageData) -> Self {
        let ready = canvas.has_attribute(DRAWN) || READY.iter().any(|it| canvas.has_attribute(it));
        let state = if ready { State::Twice } else { State::New };
        Self {
            canvas,
            context: OnceCell::new(),
            image,
            state: Cell::new(state),
        }
    }

    /// Puts the picture on the canvas, which is seen when its turn comes; `false` where the browser
    /// gives no context.
    pub fn draw(self: &Rc<Self>) -> bool {
        match self.state.get() {
            State::New => LINE.with(|line| line.join(self)),
            State::Once | State::Twice => self.put(),
        }
    }

    fn put(&self) -> bool {
        let context = match self.context.get() {
            Some(context) => context,
            None => {
                let Ok(made) = context(&self.canvas) else {
                    return false;
                };
                self.context.get_or_init(|| made)
            }
        };
        // Fails only for an image that was taken over by another owner, which none of ours is.
        let drawn = context.put_image_data(&self.image, 0.0, 0.0);
        debug_assert!(drawn.is_ok());
        self.state.set(match self.state.get() {
            State::New => State::Once,
            State::Once | State::Twice => State::Twice,
        });
        true
    }

    fn show(&self) {
        let marked = self.canvas.set_attribute(DRAWN, "");
        debug_assert!(marked.is_ok());
    }
}

impl Drop for QueuedCanvas {
    fn drop(&mut self) {
        release(self.canvas.clone());
    }
}

/// What a canvas waits for. One whose painter has gone waits for nothing.
enum Turn {
    Show(Weak<QueuedCanvas>),
    DrawAgain(Weak<QueuedCanvas>),
}

/// The canvases that wait for their turn.
struct Line {
    /// How many have a turn in a frame.
    slice: Cell<usize>,
    /// When the last frame was; `None` while nobody waits.
    frame: Cell<Option<f64>>,
    /// Those that are not seen yet, then those that are.
    turns: RefCell<VecDeque<Turn>>,
    /// The next frame is somebody else's.
    held: Cell<bool>,
    /// How many are not seen yet.
    unseen: Cell<usize>,
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
        held: Cell::default(),
        unseen: Cell::default(),
        taken: Cell::default(),
        waiting: RefCell::default(),
    };
}

impl Line {
    fn join(&self, queued: &Rc<QueuedCanvas>) -> bool {
        if !queued.put() {
            return false;
        }
        let taken = self.taken.get();
        if taken.is_none() {
            request_animation_frame(next);
        }
        let taken = taken.unwrap_or_default();
        let mut turns = self.turns.borrow_mut();
        if taken < self.slice.get() {
            self.taken.set(Some(taken + 1));
            turns.push_back(Turn::DrawAgain(Rc::downgrade(queued)));
            queued.show();
        } else {
            let unseen = self.unseen.get();
            turns.insert(unseen, Turn::Show(Rc::downgrade(queued)));
            self.unseen.set(unseen + 1);
        }
        true
    }

    /// How many have a turn in the frame that begins now.
    fn paced(&self) -> usize {
        let began = now();
        let before = self.frame.replace(Some(began));
        if before.is_some_and(|before| began - before > RARE) {
            return usize::MAX;
        }
        // Behind the frame's own task.
        soon(move || LINE.with(|line| line.took(now() - began)));
        self.slice.get()
    }

    /// So long was a frame's task.
    fn took(&self, ms: f64) {
        let (least, _, most) = SLICE;
        let slice = self.slice.get();
        self.slice.set(if ms > LONG {
            (slice / 2).max(least)
        } else {
            (slice + 1).min(most)
        });
    }

    fn next(&self) {
        if self.held.replace(false) {
            return request_animation_frame(next);
        }
        let mut turns = self.turns.borrow_mut();
        let most = self.paced();
        // Who is shown now is drawn again in a later frame.
        let (mut count, mut left) = (0, turns.len());
        while count < most
            && left > 0
            && let Some(turn) = turns.pop_front()
        {
            left -= 1;
            match turn {
                Turn::Show(queued) => {
                    self.unseen.set(self.unseen.get() - 1);
                    let Some(queued) = queued.upgrade() else {
                        continue;
                    };
                    queued.show();
                    turns.push_back(Turn::DrawAgain(Rc::downgrade(&queued)));
                }
                Turn::DrawAgain(queued) => {
                    // Where it was drawn meanwhile it has its second buffer.
                    let waits = |queued: &Rc<QueuedCanvas>| queued.state.get() == State::Once;
                    let Some(queued) = queued.upgrade().filter(waits) else {
                        continue;
                    };
                    queued.put();
                }
            }
            count += 1;
        }
        let more = !turns.is_empty();
        drop(turns);
        self.taken.set(more.then_some(count));
        if more {
            request_animation_frame(next);
        } else {
            self.frame.set(None);
        }
        if self.unseen.get() == 0 {
            for act in self.waiting.take() {
                act();
            }
        }
    }
}

fn next() {
    LINE.with(Line::next);
}

/// The next frame shows an edit, which no canvas is to delay.
pub fn let_pass() {
    LINE.with(|line| line.held.set(line.taken.get().is_some()));
}

/// Runs `act` once the queue is empty.
pub fn when_shown(act: impl FnOnce() + 'static) {
    LINE.with(|line| {
        if line.unseen.get() > 0 {
            line.waiting.borrow_mut().push(Box::new(act));
        } else {
            act();
        }
    });
}
