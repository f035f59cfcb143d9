//! An atlas: one canvas that shows many small pictures. A browser makes each visible canvas a
//! compositor layer, which costs time whenever the canvas is new, changes or moves. So neighbouring
//! canvases hold their pixels but are not painted (parts.css); one canvas over them shows all of
//! them at their positions in the layout.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use leptos::html::Canvas;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{HtmlCanvasElement, HtmlElement, ResizeObserver};

use super::blit::{Place, copy, fineness};
use super::painter::Resizing;
use super::{Range, Table};
use crate::platform::clock::now;
use crate::platform::schedule::{SHARE, in_line, soon};

/// Values and the colours that stand for them. One whose values are not `width × height` is not shown.
pub struct Picture<'a> {
    /// Row by row from the top.
    pub values: &'a [f32],
    pub width: u32,
    pub height: u32,
    pub table: &'a Table,
    pub range: Range,
}

/// A few canvases and the one that shows them. A single canvas shows itself.
pub struct Atlas {
    canvas: NodeRef<Canvas>,
    cells: Vec<NodeRef<Canvas>>,
    work: RefCell<Work>,
}

#[derive(Default)]
struct Work {
    painters: Vec<Resizing>,
    canvas: Resizing,
    /// Width and height of what all stand in, in the layout's pixels.
    size: (u32, u32),
    /// Where each stands.
    places: Vec<Place>,
    /// So many pixels a pixel of the layout has beyond those of the screen: the canvas is enlarged.
    finer: f64,
    rgba: Vec<u8>,
}

impl Atlas {
    /// Of these canvases; they and the canvas's stand in one element, which is positioned.
    pub fn new(cells: Vec<NodeRef<Canvas>>) -> Rc<Self> {
        let atlas = Rc::new(Self {
            canvas: NodeRef::new(),
            cells,
            work: RefCell::new(Work {
                finer: 1.0,
                ..Work::default()
            }),
        });
        if atlas.is_shared() {
            atlas.follow_layout();
        }
        atlas
    }

    /// Whether its canvases are shown by another one.
    const fn is_shared(&self) -> bool {
        self.cells.len() > 1
    }

    /// What the canvases have as `data-cell`: whether another one shows them.
    pub fn cell(&self) -> Option<&'static str> {
        self.is_shared().then_some("")
    }

    /// The canvas over them.
    pub fn view(&self) -> AnyView {
        let canvas = self.canvas;
        self.is_shared()
            .then(|| view! { <canvas node_ref=canvas class="pixels atlas" aria-hidden="true"></canvas> })
            .into_any()
    }

    /// Shows these pictures on the first canvases; where there is none, the canvas keeps what it had.
    pub fn paint<'a>(&self, pictures: impl Iterator<Item = Option<Picture<'a>>>) {
        let work = &mut *self.work.borrow_mut();
        work.painters
            .resize_with(self.cells.len(), Resizing::default);
        let mut changed = false;
        for ((painter, cell), picture) in work.painters.iter_mut().zip(&self.cells).zip(pictures) {
            let (Some(cell), Some(picture)) = (cell.get_untracked(), picture) else {
                continue;
            };
            let Picture {
                values,
                width,
                height,
                table,
                range,
            } = picture;
            if let Ok(painter) = painter.fit(&cell, width, height) {
                changed |= painter.paint(values, table, range, &mut work.rgba);
            }
        }
        if changed && self.is_shared() {
            self.compose(work);
        }
    }

    /// The person looks from so near that each pixel of the layout is this many on the screen.
    pub fn enlarge(&self, finer: f64) {
        let work = &mut *self.work.borrow_mut();
        if work.finer != finer {
            work.finer = finer;
            self.compose(work);
        }
    }

    /// Follows where the page puts the canvases. The browser tells when it has laid out, so that
    /// reading places makes it do nothing, and before it paints.
    fn follow_layout(self: &Rc<Self>) {
        let atlas = Rc::downgrade(self);
        let (canvas, cells) = (self.canvas, self.cells.clone());
        let kept = StoredValue::new_local(None);
        Effect::new(move |_| {
            let around = canvas.get().and_then(|canvas| canvas.parent_element());
            let (Some(around), atlas) = (around, Weak::clone(&atlas)) else {
                return;
            };
            let callback = Closure::<dyn FnMut()>::new(move || {
                let atlas = Weak::clone(&atlas);
                in_time(move || {
                    if let Some(atlas) = atlas.upgrade() {
                        atlas.lay();
                    }
                });
            });
            if let Ok(observer) = ResizeObserver::new(callback.as_ref().unchecked_ref()) {
                observer.observe(&around);
                // One that gets its picture later than the others grows without what it is in.
                for cell in cells.iter().filter_map(NodeRef::get_untracked) {
                    observer.observe(&cell);
                }
                kept.set_value(Some((observer, callback)));
            }
        });
        on_cleanup(move || {
            if let Some(Some((observer, _callback))) = kept.try_update_value(Option::take) {
                observer.disconnect();
            }
        });
    }

    fn lay(&self) {
        let Some(canvas) = self.canvas.try_get_untracked().flatten() else {
            return;
        };
        let around = canvas.parent_element();
        let Some(around) = around.and_then(|it| it.dyn_into::<HtmlElement>().ok()) else {
            return;
        };
        let pixels = |length: i32| u32::try_from(length).unwrap_or_default();
        let work = &mut *self.work.borrow_mut();
        work.size = (
            pixels(around.client_width()),
            pixels(around.client_height()),
        );
        work.places.clear();
        let cells = self.cells.iter().map(|cell| cell.get_untracked());
        work.places
            .extend(cells.map(|cell| cell.map_or_else(Place::default, |cell| place(&cell))));
        let (width, height) = work.size;
        for (side, length) in [("width", width), ("height", height)] {
            let set = HtmlElement::style(&canvas).set_property(side, &format!("{length}px"));
            debug_assert!(set.is_ok());
        }
        self.compose(work);
    }

    /// Puts what is on the canvases side by side.
    fn compose(&self, work: &mut Work) {
        let (width, height) = (f64::from(work.size.0), f64::from(work.size.1));
        let canvas = self.canvas.try_get_untracked().flatten();
        let Some(canvas) = canvas.filter(|_| width * height > 0.0) else {
            return;
        };
        let scale = fineness(width * height, window().device_pixel_ratio() * work.finer);
        let (across, down) = ((width * scale) as u32, (height * scale) as u32);
        let mut pixels = std::mem::take(&mut work.rgba);
        pixels.clear();
        pixels.resize(across as usize * down as usize * 4, 0);
        for (painter, place) in work.painters.iter().zip(&work.places) {
            if let Some(painter) = painter.painter() {
                painter.with_shown(|shown, width, height| {
                    copy(
                        shown,
                        (width, height),
                        &mut pixels,
                        (across, down),
                        place.at(scale),
                    );
                });
            }
        }
        if let Ok(painter) = work.canvas.fit(&canvas, across, down) {
            painter.put_new(&pixels);
        }
        work.rgba = pixels;
    }
}

/// Runs `act` at once while this frame's have not taken long, else in line: an edit of a network with
/// many maps changes where all of them stand.
fn in_time(act: impl FnOnce() + 'static) {
    thread_local! {
        /// When the first one of this frame was run.
        static FIRST: Cell<Option<f64>> = const { Cell::new(None) };
    }
    let first = FIRST.get().unwrap_or_else(|| {
        soon(|| FIRST.set(None));
        now()
    });
    FIRST.set(Some(first));
    if now() - first < SHARE {
        act();
    } else {
        in_line(act);
    }
}

fn place(cell: &HtmlCanvasElement) -> Place {
    Place {
        x: f64::from(cell.offset_left()),
        y: f64::from(cell.offset_top()),
        width: f64::from(cell.offset_width()),
        height: f64::from(cell.offset_height()),
    }
}
