//! 2-D canvases.

use js_sys::{Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

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
    let options = Object::new();
    Reflect::set(&options, &"willReadFrequently".into(), &JsValue::TRUE)
        .map_err(|_| CanvasError::NoContext)?;
    canvas
        .get_context_with_context_options("2d", &options)
        .ok()
        .flatten()
        .and_then(|context| context.dyn_into().ok())
        .ok_or(CanvasError::NoContext)
}
