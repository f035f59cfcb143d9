//! 2-D canvases.

use js_sys::Uint8ClampedArray;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{CanvasRenderingContext2d, ContextAttributes2d, HtmlCanvasElement, ImageData};

#[wasm_bindgen]
extern "C" {
    /// web-sys copies the pixels into the program.
    #[wasm_bindgen(extends = ImageData)]
    type Picture;

    #[wasm_bindgen(method, getter)]
    fn data(this: &Picture) -> Uint8ClampedArray;
}

/// Why a canvas cannot be drawn on.
#[derive(Debug, thiserror::Error)]
pub enum CanvasError {
    #[error("the browser gives no 2-D drawing context (the page may be out of graphics memory)")]
    NoContext,
    #[error("the browser refused a picture of {width}×{height} pixels")]
    Refused { width: u32, height: u32 },
}

/// The canvas's 2-D context, kept in main memory because its pixels are written and read often.
///
/// # Errors
/// When the browser gives none.
pub fn context(canvas: &HtmlCanvasElement) -> Result<CanvasRenderingContext2d, CanvasError> {
    let options = ContextAttributes2d::new();
    options.set_will_read_frequently(true);
    canvas
        .get_context_with_context_options("2d", &options)
        .ok()
        .flatten()
        .and_then(|context| context.dyn_into().ok())
        .ok_or(CanvasError::NoContext)
}

/// The picture's own pixels, not a copy: four bytes each, row by row from the top.
pub fn pixels(picture: &ImageData) -> Uint8ClampedArray {
    picture.unchecked_ref::<Picture>().data()
}
