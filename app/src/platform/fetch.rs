//! Files beside the page.

use js_sys::{ArrayBuffer, Promise, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, ProgressEvent, ReadableWritablePair, Response, XmlHttpRequest, XmlHttpRequestResponseType,
};

#[wasm_bindgen]
extern "C" {
    /// web-sys has it only behind a compiler flag. It is a pair of streams.
    type DecompressionStream;

    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<DecompressionStream, JsValue>;
}

/// Why a file beside the page did not come.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("the file {path} is missing from the site (the server answered {status})")]
    Status { path: String, status: u16 },
    #[error("the file {path} could not be fetched: {why}")]
    Network { path: String, why: String },
    #[error("the file {path} cannot be unzipped: {why}")]
    Zip { path: String, why: String },
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
    let buffer = body(path, Response::array_buffer).await?;
    Ok(Uint8Array::new(&buffer.unchecked_into::<ArrayBuffer>()).to_vec())
}

/// As [`fetch`], without copying it into the program.
///
/// # Errors
/// As [`fetch`].
pub async fn fetch_blob(path: &str) -> Result<Blob, FetchError> {
    Ok(body(path, Response::blob).await?.unchecked_into())
}

/// The file, `read` as one of the kinds that a response gives.
async fn body(
    path: &str,
    read: fn(&Response) -> Result<Promise, JsValue>,
) -> Result<JsValue, FetchError> {
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
    JsFuture::from(read(&response).map_err(network)?)
        .await
        .map_err(network)
}

/// As [`fetch`], of a gzipped file. Some servers unzip it on its way.
///
/// By the browser, which has that built in: the page's start need not wait for code that unzips.
///
/// # Errors
/// As [`fetch`], and when the file is damaged.
pub async fn fetch_unzipped(path: &str) -> Result<Vec<u8>, FetchError> {
    Ok(fetch_unzipped_array(path).await?.to_vec())
}

/// As [`fetch_unzipped`], without copying it into the program.
///
/// # Errors
/// As [`fetch_unzipped`].
pub async fn fetch_unzipped_array(path: &str) -> Result<Uint8Array, FetchError> {
    let buffer = body(path, Response::array_buffer).await?;
    let bytes = Uint8Array::new(&buffer.unchecked_into::<ArrayBuffer>());
    if bytes.subarray(0, 2).to_vec() != [0x1f, 0x8b] {
        return Ok(bytes);
    }
    unzipped(&bytes).await.map_err(|error| FetchError::Zip {
        path: path.into(),
        why: reason(&error),
    })
}

/// The content of a gzipped file.
///
/// # Errors
/// When it is damaged; the error is the browser's own.
pub async fn unzipped(bytes: &Uint8Array) -> Result<Uint8Array, JsValue> {
    let unzip = DecompressionStream::new("gzip")?;
    let parts = js_sys::Array::of1(bytes);
    let zipped = Blob::new_with_u8_array_sequence(&parts)?;
    let pair: &ReadableWritablePair = unzip.unchecked_ref();
    let plain = zipped.stream().pipe_through(pair);
    let plain = Response::new_with_opt_readable_stream(Some(&plain))?;
    let buffer = JsFuture::from(plain.array_buffer()?).await?;
    Ok(Uint8Array::new(&buffer))
}

/// As [`fetch_blob`]; `told` is called with the number of bytes received so far.
///
/// By the older interface, because Chromium reports a body that a stream's reader has read to its
/// end as aborted when its last parts came slowly.
///
/// # Errors
/// As [`fetch`].
pub async fn fetch_in_parts(path: &str, told: impl Fn(u64) + 'static) -> Result<Blob, FetchError> {
    let network = |error: JsValue| FetchError::Network {
        path: path.into(),
        why: reason(&error),
    };
    let request = XmlHttpRequest::new().map_err(network)?;
    request.open("GET", path).map_err(network)?;
    request.set_response_type(XmlHttpRequestResponseType::Blob);
    let progress = Closure::<dyn Fn(ProgressEvent)>::new(move |event: ProgressEvent| {
        told(event.loaded() as u64);
    });
    request.set_onprogress(Some(progress.as_ref().unchecked_ref()));
    let ended = Promise::new(&mut |resolve, _| request.set_onloadend(Some(&resolve)));
    request.send().map_err(network)?;
    JsFuture::from(ended).await.map_err(network)?;
    let status = request.status().map_err(network)?;
    if status == 0 {
        return Err(network("the connection broke".into()));
    }
    if !(200..300).contains(&status) {
        let path = path.into();
        return Err(FetchError::Status { path, status });
    }
    let file = request.response().map_err(network)?;
    file.dyn_into().map_err(network)
}
