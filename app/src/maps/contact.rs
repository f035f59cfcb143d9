//! Many small pictures as one, like a photographer's contact sheet. A browser makes each canvas that
//! is seen a layer of its own, which costs it time whenever the canvas is new, changes or moves; a
//! hundred of them took a frame's task 100 ms. So the canvases that stand side by side keep their
//! pixels for whoever asks for one of them, but are not painted (parts.css): one canvas over them
//! shows what is on all of them, each where the page has laid it out.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use leptos::html::Canvas;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{HtmlCanvasElement, HtmlElement, ResizeObserver};

use super::painter::Resizing;
use super::{Range, Table};

/// Pixels that a sheet has at most: on a fine screen a large one is as coarse as its layout.
const MOST: f64 = (1_u32 << 17) as f64;

/// A few canvases and the one that shows them. A single canvas shows itself.
pub struct Contact {
    sheet: NodeRef<Canvas>,
    cells: Vec<NodeRef<Canvas>>,
    work: RefCell<Work>,
}

#[derive(Default)]
struct Work {
    painters: Vec<Resizing>,
    sheet: Resizing,
    /// Width and height of what all stand in, in the layout's pixels.
    size: (u32, u32),
    /// Where each stands.
    places: Vec<Place>,
    /// So many pixels a pixel of the layout has beyond those of the screen: the sheet is enlarged.
    finer: f64,
    rgba: Vec<u8>,
}

/// In the layout's pixels, from the upper left corner of what all stand in.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Place {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Contact {
    /// Of these canvases; they and the sheet's stand in one element, which is positioned.
    pub fn new(cells: Vec<NodeRef<Canvas>>) -> Rc<Self> {
        let contact = Rc::new(Self {
            sheet: NodeRef::new(),
            cells,
            work: RefCell::new(Work {
                finer: 1.0,
                ..Work::default()
            }),
        });
        if contact.is_sheet() {
            contact.follow_layout();
        }
        contact
    }

    /// Whether its canvases are shown by another one.
    pub const fn is_sheet(&self) -> bool {
        self.cells.len() > 1
    }

    /// What the canvases have as `data-cell`: whether another one shows them.
    pub fn cell(&self) -> Option<&'static str> {
        self.is_sheet().then_some("")
    }

    /// The canvas over them.
    pub fn view(&self) -> AnyView {
        let sheet = self.sheet;
        self.is_sheet()
            .then(|| view! { <canvas node_ref=sheet class="pixels contact" aria-hidden="true"></canvas> })
            .into_any()
    }

    /// Shows these pictures of `width × height` values, each with the range that its colours stand
    /// for, on the first canvases; one of another length is left out.
    pub fn paint<'a>(
        &self,
        (width, height): (u32, u32),
        table: &Table,
        pictures: impl Iterator<Item = Option<(&'a [f32], Range)>>,
    ) {
        let work = &mut *self.work.borrow_mut();
        work.painters
            .resize_with(self.cells.len(), Resizing::default);
        let mut changed = false;
        for ((painter, cell), picture) in work.painters.iter_mut().zip(&self.cells).zip(pictures) {
            let (Some(cell), Some((values, range))) = (cell.get_untracked(), picture) else {
                continue;
            };
            if let Ok(painter) = painter.fit(&cell, width, height) {
                changed |= painter.paint(values, table, range, &mut work.rgba);
            }
        }
        if changed && self.is_sheet() {
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
        let contact = Rc::downgrade(self);
        let sheet = self.sheet;
        let kept = StoredValue::new_local(None);
        Effect::new(move |_| {
            let around = sheet.get().and_then(|sheet| sheet.parent_element());
            let (Some(around), contact) = (around, Weak::clone(&contact)) else {
                return;
            };
            let told = Closure::<dyn FnMut()>::new(move || {
                if let Some(contact) = contact.upgrade() {
                    contact.lay();
                }
            });
            if let Ok(observer) = ResizeObserver::new(told.as_ref().unchecked_ref()) {
                observer.observe(&around);
                kept.set_value(Some((observer, told)));
            }
        });
        on_cleanup(move || {
            if let Some(Some((observer, _told))) = kept.try_update_value(Option::take) {
                observer.disconnect();
            }
        });
    }

    fn lay(&self) {
        let Some(sheet) = self.sheet.try_get_untracked().flatten() else {
            return;
        };
        let around = sheet.parent_element();
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
            let set = HtmlElement::style(&sheet).set_property(side, &format!("{length}px"));
            debug_assert!(set.is_ok());
        }
        self.compose(work);
    }

    /// Puts what is on the canvases side by side.
    fn compose(&self, work: &mut Work) {
        let (width, height) = (f64::from(work.size.0), f64::from(work.size.1));
        let sheet = self.sheet.try_get_untracked().flatten();
        let Some(sheet) = sheet.filter(|_| width * height > 0.0) else {
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
        if let Ok(painter) = work.sheet.fit(&sheet, across, down) {
            painter.put_new(&pixels);
        }
        work.rgba = pixels;
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

/// How many pixels of its own a sheet of this area has for one of the layout's: as many as the
/// screen, or half as many, and so on, until they are few enough; one at least.
fn fineness(area: f64, wanted: f64) -> f64 {
    let mut scale = wanted;
    while scale > 1.0 && scale * scale * area > MOST {
        scale /= 2.0;
    }
    scale.max(1.0)
}

impl Place {
    fn at(self, scale: f64) -> Self {
        Self {
            x: (self.x * scale).round(),
            y: (self.y * scale).round(),
            width: (self.width * scale).round(),
            height: (self.height * scale).round(),
        }
    }
}

/// Copies a picture into a place of a larger one, as large as it fits in there with its aspect kept
/// (`object-fit: contain`), each pixel the nearest one of the picture (`image-rendering: pixelated`).
/// Four bytes a pixel, row by row from the top.
fn copy(
    from: &[u8],
    (width, height): (u32, u32),
    to: &mut [u8],
    (across, down): (u32, u32),
    place: Place,
) {
    let (width, height) = (width as usize, height as usize);
    let (across, down) = (across as usize, down as usize);
    if width == 0 || from.len() != width * height * 4 {
        return;
    }
    let scale = (place.width / width as f64).min(place.height / height as f64);
    let (wide, high) = (
        (width as f64 * scale).round() as usize,
        (height as f64 * scale).round() as usize,
    );
    let left = (place.x + (place.width - wide as f64) / 2.0) as usize;
    let top = (place.y + (place.height - high as f64) / 2.0) as usize;
    let wide_in = wide.min(across.saturating_sub(left));
    let high_in = high.min(down.saturating_sub(top));
    if wide_in == 0 {
        return;
    }
    // Of each pixel the middle decides.
    let nearest = |at: usize, of: usize, all: usize| ((2 * at + 1) * of) / (2 * all);
    for row in 0..high_in {
        let source = &from[nearest(row, height, high) * width * 4..][..width * 4];
        let start = ((top + row) * across + left) * 4;
        let target = &mut to[start..start + wide_in * 4];
        for (column, pixel) in target.chunks_exact_mut(4).enumerate() {
            let at = nearest(column, width, wide) * 4;
            pixel.copy_from_slice(&source[at..at + 4]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture whose pixels are these numbers, four bytes each.
    fn picture(pixels: &[u8]) -> Vec<u8> {
        pixels.iter().flat_map(|&pixel| [pixel; 4]).collect()
    }

    fn copied(from: &[u8], size: (u32, u32), to: (u32, u32), place: [f64; 4]) -> Vec<u8> {
        let mut pixels = vec![0; (to.0 * to.1 * 4) as usize];
        let [x, y, width, height] = place;
        let place = Place {
            x,
            y,
            width,
            height,
        };
        copy(&picture(from), size, &mut pixels, to, place);
        pixels.chunks_exact(4).map(|pixel| pixel[0]).collect()
    }

    #[test]
    fn a_picture_is_enlarged_pixel_by_pixel_at_its_place() {
        #[rustfmt::skip]
        assert_eq!(
            copied(&[1, 2, 3, 4], (2, 2), (6, 5), [1.0, 1.0, 4.0, 4.0]),
            [
                0, 0, 0, 0, 0, 0,
                0, 1, 1, 2, 2, 0,
                0, 1, 1, 2, 2, 0,
                0, 3, 3, 4, 4, 0,
                0, 3, 3, 4, 4, 0,
            ]
        );
    }

    #[test]
    fn a_picture_keeps_its_aspect_in_the_middle_of_its_place() {
        let wide = copied(&[1, 2], (2, 1), (4, 4), [0.0, 0.0, 4.0, 4.0]);
        #[rustfmt::skip]
        assert_eq!(wide, [0, 0, 0, 0, 1, 1, 2, 2, 1, 1, 2, 2, 0, 0, 0, 0]);
    }

    #[test]
    fn what_is_beyond_the_sheet_is_left_out() {
        let cut = copied(&[1, 2, 3, 4], (2, 2), (3, 2), [2.0, 1.0, 2.0, 2.0]);
        assert_eq!(cut, [0, 0, 0, 0, 0, 1]);
        for outside in [
            [5.0, 7.0, 1.0, 1.0],
            [5.0, 0.0, 1.0, 1.0],
            [0.0, 0.0, 0.0, 0.0],
        ] {
            assert_eq!(copied(&[1], (1, 1), (2, 1), outside), [0, 0], "{outside:?}");
        }
    }

    #[test]
    fn reducing_takes_the_nearest_pixels() {
        // Three pixels as two: the middles of the two are at 0.75 and 2.25.
        let reduced = copied(&[1, 2, 3], (3, 1), (2, 1), [0.0, 0.0, 2.0, 1.0]);
        assert_eq!(reduced, [1, 3]);
    }

    #[test]
    fn a_sheet_is_as_fine_as_the_screen_until_it_is_too_large() {
        assert_eq!(fineness(1000.0, 3.0), 3.0);
        assert_eq!(fineness(40_000.0, 3.0), 1.5);
        assert_eq!(fineness(1e7, 3.0), 1.0);
        assert_eq!(fineness(1000.0, 0.5), 1.0, "a browser zoomed out");
    }
}
