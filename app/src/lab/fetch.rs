//! Files beside the page.

use js_sys::{ArrayBuffer, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

/// Why a file beside the page did not come.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("the file {path} is missing from the site (the server answered {status})")]
    Status { path: String, status: u16 },
    #[error("the file {path} could not be fetched: {why}")]
    Network { path: String, why: String },
}

/// What the browser says of an error, in words.
pub fn reason(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => error.as_string().unwrap_or_else(|| format!("{error:?}")),
    }
}

/// The bytes of the file at `path`, which is relative to the page.
///
/// # Errors
/// When the server has no such file or does not answer.
pub async fn fetch(path: &str) -> Result<Vec<u8>, FetchError> {
    let network = |error: JsValue| FetchError::Network {
        path: path.into(),
        why: reason(&error),
    };
    let response = JsFuture::from(window().fetch_with_str(path))
        .await
        .map_err(network)?;
    let response: Response = response.unchecked_into();
    if !response.ok() {
        return Err(FetchError::Status {
            path: path.into(),
            status: response.status(),
        });
    }
    let buffer = JsFuture::from(response.array_buffer().map_err(network)?)
        .await
        .map_err(network)?;
    Ok(Uint8Array::new(&buffer.unchecked_into::<ArrayBuffer>()).to_vec())
}
