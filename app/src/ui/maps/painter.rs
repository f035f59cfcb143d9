//! A canvas whose backing store has one pixel for each value.

use std::cell::RefCell;

use js_sys::Uint8ClampedArray;
use web_sys::{HtmlCanvasElement, ImageData};

use crate::platform::canvas::{self, CanvasError};

use super::{Range, Table};

/// Draws pictures of one size on one canvas, with everything reused from picture to picture. What
/// is on it already is not drawn again, because each canvas that changes costs the browser a
/// layer's update.
pub struct Painter {
    canvas: HtmlCanvasElement,
    image: ImageData,
    pixels: Uint8ClampedArray,
    width: u32,
    height: u32,
    /// What is on the canvas.
    shown: RefCell<Vec<u8>>,
}

impl Painter {
    /// Gives the canvas a backing store of `width × height` pixels.
    ///
    /// # Errors
    /// When the browser gives no picture of this size.
    pub fn new(canvas: &HtmlCanvasElement, width: u32, height: u32) -> Result<Self, CanvasError> {
        let refused = || CanvasError::Refused { width, height };
        if canvas.width() != width {
            canvas.set_width(width);
        }
        if canvas.height() != height {
            canvas.set_height(height);
        }
        let image = ImageData::new_with_sw(width, height).map_err(|_| refused())?;
        let pixels = canvas::pixels(&image);
        Ok(Self {
            canvas: canvas.clone(),
            image,
            pixels,
            width,
            height,
            shown: RefCell::default(),
        })
    }

    /// Whether this painter's pictures have this size.
    pub const fn is(&self, width: u32, height: u32) -> bool {
        self.width == width && self.height == height
    }

    /// Shows these colours, four bytes a pixel, row by row from the top; `true` where they are not
    /// on the canvas yet. A picture of another length is left out: the canvas keeps what it had.
    pub fn put(&self, rgba: &[u8]) -> bool {
        let mut shown = self.shown.borrow_mut();
        if rgba.len() as u32 != self.pixels.length() || *shown == rgba {
            return false;
        }
        shown.clear();
        if self.put_new(rgba) {
            shown.extend_from_slice(rgba);
        }
        true
    }

    /// As [`Self::put`] for colours that are known to be others than those on the canvas; `false`
    /// where the browser refuses, so that the next picture tries again, also when it is the same.
    pub fn put_new(&self, rgba: &[u8]) -> bool {
        if rgba.len() as u32 != self.pixels.length() {
            return false;
        }
        self.pixels.copy_from(rgba);
        let context = canvas::context(&self.canvas);
        context.is_ok_and(|context| context.put_image_data(&self.image, 0.0, 0.0).is_ok())
    }

    /// Shows `values`, row by row from the top, as [`Self::put`] does; `rgba` is scratch space.
    pub fn paint(&self, values: &[f32], table: &Table, range: Range, rgba: &mut Vec<u8>) -> bool {
        table.paint(values, range, rgba);
        self.put(rgba)
    }
}

/// Keeps a painter for a canvas whose picture may change its size.
#[derive(Default)]
pub struct Resizing(Option<Painter>);

impl Resizing {
    /// The painter for this size.
    ///
    /// # Errors
    /// As [`Painter::new`].
    pub fn fit(
        &mut self,
        canvas: &HtmlCanvasElement,
        width: u32,
        height: u32,
    ) -> Result<&Painter, CanvasError> {
        let kept = self.0.take().filter(|painter| painter.is(width, height));
        let painter = match kept {
            Some(painter) => painter,
            None => Painter::new(canvas, width, height)?,
        };
        Ok(self.0.insert(painter))
    }
}
