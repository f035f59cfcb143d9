//! Code of the page that is fetched after its start and shows nothing by itself.

use engine::session::EncodedFailure;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use crate::lab::{Lab, Lazy, Sentence};
use crate::platform::decode::{Coded, Decoding, PhotoError};
use crate::platform::local_storage;
use crate::ui::lazy::{VISITED, once_due};
use crate::ui::maps::{let_pass, when_shown};
use crate::ui::{keep_focus, keep_in_view};

/// Begins right after the page: nothing waits for it.
#[wasm_split(after_answer, wasm_split_path = leptos::wasm_split, fallible)]
fn keep_work(lab: Lab) -> Result<(), SplitLoaderError> {
    keep_focus();
    keep_in_view();
    lab.keep();
    local_storage::write(VISITED, "true");
    Ok(())
}

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible)]
fn decoding(coded: Coded) -> Result<Decoding, SplitLoaderError> {
    Ok(Box::pin(crate::platform::decode::decode(coded)))
}

/// Reads a picture.
fn decode(coded: Coded) -> Decoding {
    Box::pin(async {
        let decoding = decoding(coded).await.map_err(|_| PhotoError::Late)?;
        decoding.await
    })
}

#[wasm_split(after_answer, wasm_split_path = leptos::wasm_split, fallible)]
fn in_words(failure: EncodedFailure) -> Result<String, SplitLoaderError> {
    Ok(failure.decode().to_string())
}

/// Puts a failure into words; where the code for it does not come, as it crossed the wire.
fn sentence(failure: EncodedFailure) -> Sentence {
    Box::pin(async move {
        let code = failure.json.clone();
        in_words(failure).await.unwrap_or(code)
    })
}

/// Opens links and keeps the person's work in the browser.
fn keep(lab: Lab, linked: bool) {
    let keep = async move {
        if keep_work(lab).await.is_err() {
            lab.keeping_failed(linked);
        }
    };
    once_due(lab, linked, move || spawn_local(keep));
}

/// What the lab asks for when it needs it.
pub const LAZY: Lazy = Lazy {
    keep,
    sentence,
    decode,
    when_shown: |act| when_shown(act),
};

/// The frame that shows an edit is not held up by new canvases.
pub fn show_edits_first(lab: Lab) {
    Effect::new(move |_| {
        lab.document.graph().track();
        let_pass();
    });
}
