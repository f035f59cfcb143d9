//! Files beside the page.

use js_sys::{ArrayBuffer, Reflect, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStreamDefaultReader, Response};

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

/// As [`fetch`], part by part: `told` gets the number of bytes that have come.
///
/// # Errors
/// As [`fetch`].
pub async fn fetch_in_parts(path: &str, told: impl Fn(u64)) -> Result<Vec<u8>, FetchError> {
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
    let Some(body) = response.body() else {
        return Ok(Vec::new());
    };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut bytes = Vec::new();
    loop {
        let part = JsFuture::from(reader.read()).await.map_err(network)?;
        let value = Reflect::get(&part, &"value".into()).map_err(network)?;
        let Ok(part) = value.dyn_into::<Uint8Array>() else {
            return Ok(bytes);
        };
        let start = bytes.len();
        bytes.resize(start + part.length() as usize, 0);
        part.copy_to(&mut bytes[start..]);
        told(bytes.len() as u64);
    }
}
