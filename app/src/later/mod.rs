//! Parts of the page whose code is fetched after its start, or when they are first shown.
//!
//! `cargo xtask build` cuts what only the functions marked with `wasm_split` reach out of the
//! page's wasm, one file for each name; on other targets the functions are plain.

mod place;

use std::time::Duration;

use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use self::place::{loading, place};
use crate::features::inspector::Inspector;
use crate::features::network::NetworkColumn;
use crate::lab::Lab;
use crate::platform::decode::Coded;
use crate::platform::decode::Decoding;
use crate::platform::decode::PhotoError;
use crate::ui::{keep_focus, keep_in_view};
use state::notices::Place;

const INSPECTOR: &str = "The inspector";
/// The inspector does not wait longer for an engine, which may never come.
const ENGINE_FIRST: Duration = Duration::from_secs(3);

/// A view, or that its code did not come.
type Part = Result<AnyView, SplitLoaderError>;

#[wasm_split(network, wasm_split_path = leptos::wasm_split, fallible, preload(network_code))]
fn network() -> Part {
    Ok(view! { <NetworkColumn /> }.into_any())
}

#[wasm_split(inspector, wasm_split_path = leptos::wasm_split, fallible, preload(inspector_code))]
fn inspector() -> Part {
    Ok(view! { <Inspector /> }.into_any())
}

#[wasm_split(networks, wasm_split_path = leptos::wasm_split, fallible, preload(networks_code))]
fn networks(close: Callback<()>) -> Part {
    Ok(crate::features::network::editor::networks(
        expect_context(),
        close,
    ))
}

#[wasm_split(photos, wasm_split_path = leptos::wasm_split, fallible, preload(photos_code))]
fn photos() -> Part {
    Ok(crate::features::input::photos())
}

#[wasm_split(photos, wasm_split_path = leptos::wasm_split, fallible)]
fn decoding(coded: Coded) -> Result<Decoding, SplitLoaderError> {
    Ok(Box::pin(crate::platform::decode::decode(coded)))
}

/// Reads a picture.
pub fn decode(coded: Coded) -> Decoding {
    Box::pin(async {
        let decoding = decoding(coded).await.map_err(|_| PhotoError::Late)?;
        decoding.await
    })
}

#[wasm_split(formulas, wasm_split_path = leptos::wasm_split, fallible, preload(formulas_code))]
fn formulas() -> Part {
    Ok(crate::ui::explained::formulas(expect_context()))
}

#[wasm_split(experiments, wasm_split_path = leptos::wasm_split, fallible, preload(experiments_code))]
fn experiments(close: Callback<()>) -> Part {
    Ok(crate::features::library::experiments(
        expect_context(),
        close,
    ))
}

#[wasm_split(share, wasm_split_path = leptos::wasm_split, fallible, preload(share_code))]
fn share(close: Callback<()>) -> Part {
    Ok(crate::features::library::share(expect_context(), close))
}

/// What nothing waits for: it begins right after the page.
#[wasm_split(keep, wasm_split_path = leptos::wasm_split, fallible)]
fn keep_work(lab: Lab) -> Result<(), SplitLoaderError> {
    keep_focus();
    keep_in_view();
    lab.keep();
    Ok(())
}

#[wasm_split(experiments, wasm_split_path = leptos::wasm_split, fallible)]
fn open_dropped(lab: Lab, file: web_sys::File) -> Result<(), SplitLoaderError> {
    lab.open_file(file);
    Ok(())
}

/// Opens an experiment's file that was dropped on the page.
pub fn open_file(lab: Lab, file: web_sys::File) {
    leptos::task::spawn_local(async move {
        if open_dropped(lab, file).await.is_err() {
            lab.notices.fail(
                Place::File,
                "The file cannot be opened: a part of this page did not come. Try again.",
            );
        }
    });
}

/// Opens links and keeps the person's work in the browser.
///
/// # Errors
/// When the code does not come.
pub async fn keep(lab: Lab) -> Result<(), SplitLoaderError> {
    keep_work(lab).await
}

#[wasm_split(comparison, wasm_split_path = leptos::wasm_split, fallible, preload(comparison_code))]
fn compare() -> Part {
    Ok(crate::features::compare::tray(expect_context()))
}

/// The network: its picture or list, and all that changes it.
pub fn network_column() -> AnyView {
    place("The network", network_code, network)
}

/// All there is to know of the selected node. The engine's code is fetched before it: the first
/// answer waits for that one.
pub fn inspector_column(lab: Lab) -> AnyView {
    let overdue = RwSignal::new(false);
    set_timeout(
        move || {
            // `None` where the place is gone by now.
            let _gone = overdue.try_set(true);
        },
        ENGINE_FIRST,
    );
    // Once the engine has the network its code is here.
    let due = Memo::new(move |before| {
        before == Some(&true) || overdue.get() || lab.engine.weights().with(Option::is_some)
    });
    (move || {
        if due.get() {
            place(INSPECTOR, inspector_code, inspector)
        } else {
            loading(INSPECTOR)
        }
    })
    .into_any()
}

/// The networks to start from.
pub fn network_list(close: Callback<()>) -> AnyView {
    place("The list of networks", networks_code, move || {
        networks(close)
    })
}

/// The kept experiments.
pub fn experiment_list(close: Callback<()>) -> AnyView {
    place("The list of experiments", experiments_code, move || {
        experiments(close)
    })
}

/// The link to the experiment.
pub fn share_panel(close: Callback<()>) -> AnyView {
    place("The link", share_code, move || share(close))
}

/// Photos as the input.
pub fn photo_input() -> AnyView {
    place("Photos", photos_code, photos)
}

/// The formula of a number.
pub fn formula() -> AnyView {
    place("The formula", formulas_code, formulas)
}

/// Networks beside each other.
pub fn comparison() -> AnyView {
    place("The comparison", comparison_code, compare)
}
