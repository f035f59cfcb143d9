//! Lazily loaded code without a view.

use std::sync::Arc;

use engine::session::{DeviceKind, EncodedFailure};
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use state::answer::Trace;
use state::data::SetId;
use state::notices::Place;

use crate::lab::{Lab, Lazy, OwnImages, Sentence, SetError};
use crate::platform::decode::{Coded, Decoding, PhotoError};
use crate::platform::local_storage;
use crate::ui::lazy::{VISITED, once_due};
use crate::ui::{keep_focus, keep_in_view};

/// Starts loading right after the page's start; nothing waits for it.
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

/// Decodes a picture.
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

#[wasm_split(after_answer, wasm_split_path = leptos::wasm_split, fallible)]
fn settled(lab: Lab) -> Result<(), SplitLoaderError> {
    lab.settle();
    Ok(())
}

#[wasm_split(after_answer, wasm_split_path = leptos::wasm_split, fallible)]
fn measured(lab: Lab, device: DeviceKind) -> Result<(), SplitLoaderError> {
    lab.measure(device);
    Ok(())
}

#[wasm_split(after_answer, wasm_split_path = leptos::wasm_split, fallible)]
fn saved(lab: Lab, trace: Arc<Trace>) -> Result<(), SplitLoaderError> {
    lab.download_maps(&trace);
    Ok(())
}

/// Runs lazily loaded code; reports when it cannot be loaded.
fn run<F>(lab: Lab, code: impl FnOnce() -> F + 'static)
where
    F: Future<Output = Result<(), SplitLoaderError>> + 'static,
{
    spawn_local(async move {
        if code().await.is_err() {
            lab.notices.fail(
                Place::Offline,
                "A file of this page did not load: the lab goes on without it. Reload the page to \
                 try again.",
            );
        }
    });
}

/// Puts a failure into words; where the code for it does not come, as it crossed the wire.
fn sentence(failure: EncodedFailure) -> Sentence {
    Box::pin(async move {
        let code = failure.json.clone();
        in_words(failure).await.unwrap_or(code)
    })
}

/// Opens links and autosaves.
fn keep(lab: Lab, linked: bool) {
    let keep = async move {
        if keep_work(lab).await.is_err() {
            lab.keeping_failed(linked);
        }
    };
    once_due(lab, linked, move || spawn_local(keep));
}

#[wasm_split(train, wasm_split_path = leptos::wasm_split, fallible)]
fn collection(lab: Lab, id: SetId) -> Result<OwnImages, SplitLoaderError> {
    Ok(lab.load_own(id))
}

/// Loads the images of one of the person's own collections.
fn own_images(lab: Lab, id: SetId) -> OwnImages {
    Box::pin(async move {
        let late = |_| SetError("a part of this page did not come. Try again".into());
        collection(lab, id).await.map_err(late)?.await
    })
}

/// The functions that the lab loads lazily.
pub const LAZY: Lazy = Lazy {
    keep,
    sentence,
    settle: |lab| run(lab, move || settled(lab)),
    measure: |lab, device| run(lab, move || measured(lab, device)),
    download_maps: |lab, trace| run(lab, move || saved(lab, trace)),
    decode,
    own_images,
};
