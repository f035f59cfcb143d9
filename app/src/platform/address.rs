//! The page's address.

use engine::format::link;
use js_sys::JsString;
use leptos::prelude::window;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{Location, UrlSearchParams};

#[wasm_bindgen]
extern "C" {
    /// web-sys copies the string into the program.
    #[wasm_bindgen(extends = Location)]
    type Address;

    #[wasm_bindgen(method, getter)]
    fn hash(this: &Address) -> JsString;
}

/// The first characters of the hash, in which the link's key stands.
const HEAD: u32 = 16;

/// The beginning of a link to an experiment, behind the page's address.
pub const LINK: &str = "#lab=";

/// The beginning of a link to an exercise, behind the page's address.
pub const EXERCISE: &str = "#exercise=";

/// The text of the link to an exercise, where there is one. The code that reads it knows the longest.
pub fn exercise() -> Option<String> {
    let hash = hash();
    let key = EXERCISE.len() as u32;
    if hash.slice(0, key) != EXERCISE {
        return None;
    }
    Some(hash.slice(key, key + MOST_EXERCISE).into())
}

/// Characters of a link to an exercise at most; a longer one is cut, and refused as damaged.
const MOST_EXERCISE: u32 = 40_000;

/// The value of `embed` in the page's address, where there is one.
pub fn embed() -> Option<String> {
    let search = window().location().search().ok()?;
    UrlSearchParams::new_with_str(&search).ok()?.get("embed")
}

/// Whether the page's address has a link to an experiment.
pub fn has_link() -> bool {
    link_from().is_some()
}

/// How many characters of [`hash`] stand before the text of the link, where there is one.
pub fn link_from() -> Option<usize> {
    let head = String::from(hash().slice(0, HEAD));
    link::key_length(&head)
}

/// The address from its `#` on, not copied out of the browser: a link may be megabytes.
pub fn hash() -> JsString {
    window().location().unchecked_ref::<Address>().hash()
}
