//! Code that is fetched after the page's start, in two parts.
//!
//! `cargo xtask build` cuts what only the functions marked with `wasm_split` reach out of the
//! page's wasm, one file for each name; on other targets the functions are plain.
//!
//! - `after_answer`: the network column, the inspector, and what keeps the person's work. Nobody
//!   asks for it; it is fetched once the engine has its network, so that the first answer does not
//!   share the line with it. In a browser that has been here before it is fetched at once.
//! - `on_demand`: everything that a click opens.
//!
//! A view is put behind a part by a function here with the part's attribute and a line that passes
//! it to [`after_answer`] or [`on_demand`]. Each function has a `preload` of its own: only after that
//! was awaited does the function answer at once. The function must be named directly: a pointer to
//! the split function in a table would make its code a part of the page's start.

mod place;

use std::future::Future;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

use self::place::{loading, place};
use crate::frames::soon;
use crate::inspector::Inspector;
use crate::lab::{self, Coded, Decoding, Lab, PhotoError, Place, settings};
use crate::network::NetworkColumn;
use crate::parts::{keep_focus, keep_in_view};

/// The part after the answer does not wait longer for an engine, which may never come.
const ENGINE_FIRST: Duration = Duration::from_secs(3);
/// The setting that says that this browser has been here before.
const VISITED: &str = "visited";

/// A view, or that its code did not come.
type Part = Result<AnyView, SplitLoaderError>;

#[wasm_split(after_answer, wasm_split_path = leptos::wasm_split, fallible, preload(network_code))]
fn network() -> Part {
    Ok(view! { <NetworkColumn /> }.into_any())
}

#[wasm_split(after_answer, wasm_split_path = leptos::wasm_split, fallible, preload(inspector_code))]
fn inspector() -> Part {
    Ok(view! { <Inspector /> }.into_any())
}

/// Begins right after the page: nothing waits for it.
#[wasm_split(after_answer, wasm_split_path = leptos::wasm_split, fallible)]
fn keep_work(lab: Lab) -> Result<(), SplitLoaderError> {
    keep_focus();
    keep_in_view();
    lab.keep();
    settings::write(VISITED, "true");
    Ok(())
}

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible, preload(networks_code))]
fn networks(close: Callback<()>) -> Part {
    Ok(crate::editor::networks(expect_context(), close))
}

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible, preload(photos_code))]
fn photos() -> Part {
    Ok(crate::input::photos())
}

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible)]
fn decoding(coded: Coded) -> Result<Decoding, SplitLoaderError> {
    Ok(Box::pin(lab::decode(coded)))
}

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible, preload(formulas_code))]
fn formulas() -> Part {
    Ok(crate::parts::explained::formulas(expect_context()))
}

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible, preload(experiments_code))]
fn experiments(close: Callback<()>) -> Part {
    Ok(crate::keep::experiments(expect_context(), close))
}

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible, preload(share_code))]
fn share(close: Callback<()>) -> Part {
    Ok(crate::keep::share(expect_context(), close))
}

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible)]
fn open_dropped(lab: Lab, file: web_sys::File) -> Result<(), SplitLoaderError> {
    lab.open_file(file);
    Ok(())
}

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible, preload(compare_code))]
fn compare() -> Part {
    Ok(crate::compare::tray(expect_context()))
}

/// Whether the part after the answer may be fetched.
fn is_due(lab: Lab) -> Memo<bool> {
    let overdue = RwSignal::new(settings::read(VISITED).is_some());
    set_timeout(
        move || {
            // `None` where the view is gone by now.
            let _gone = overdue.try_set(true);
        },
        ENGINE_FIRST,
    );
    Memo::new(move |before| {
        before == Some(&true) || overdue.get() || lab.weights.with(Option::is_some)
    })
}

/// A view of the part after the answer: `code` and `show` are the two functions of its attribute, and
/// `failed` runs when the code does not come.
fn after_answer<C, V>(
    lab: Lab,
    name: &'static str,
    code: fn() -> C,
    show: impl Fn() -> V + Copy + Send + 'static,
    failed: impl Fn() + Copy + Send + Sync + 'static,
) -> AnyView
where
    C: Future<Output = Result<(), SplitLoaderError>> + 'static,
    V: Future<Output = Part> + 'static,
{
    let due = is_due(lab);
    let code = move || async move {
        let came = code().await;
        if came.is_err() {
            failed();
        }
        came
    };
    (move || {
        if due.get() {
            place(name, code, show)
        } else {
            loading(name)
        }
    })
    .into_any()
}

/// A view of the part on demand, which is fetched now unless it is here.
fn on_demand<C, V>(
    name: &'static str,
    code: fn() -> C,
    show: impl Fn() -> V + Send + 'static,
) -> AnyView
where
    C: Future<Output = Result<(), SplitLoaderError>> + 'static,
    V: Future<Output = Part> + 'static,
{
    place(name, code, show)
}

/// Runs `act` once the part after the answer may be fetched; at once when it is needed `now`.
pub fn once_due(lab: Lab, now: bool, act: impl FnOnce() + 'static) {
    if now {
        return soon(act);
    }
    let due = is_due(lab);
    let act = StoredValue::new_local(Some(act));
    Effect::new(move |_| {
        if due.get()
            && let Some(Some(act)) = act.try_update_value(Option::take)
        {
            soon(act);
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

/// The network: its picture or list, and all that changes it.
pub fn network_column(lab: Lab) -> AnyView {
    // The page is ready when the network is shown, or will not be.
    lab.growing.set(true);
    after_answer(lab, "The network", network_code, network, move || {
        // `None` at the page's end.
        let _gone = lab.growing.try_set(false);
    })
}

/// All there is to know of the selected node.
pub fn inspector_column(lab: Lab) -> AnyView {
    after_answer(lab, "The inspector", inspector_code, inspector, || ())
}

/// The networks to start from.
pub fn network_list(close: Callback<()>) -> AnyView {
    on_demand("The list of networks", networks_code, move || {
        networks(close)
    })
}

/// The kept experiments.
pub fn experiment_list(close: Callback<()>) -> AnyView {
    on_demand("The list of experiments", experiments_code, move || {
        experiments(close)
    })
}

/// The link to the experiment.
pub fn share_panel(close: Callback<()>) -> AnyView {
    on_demand("The link", share_code, move || share(close))
}

/// Photos as the input.
pub fn photo_input() -> AnyView {
    on_demand("Photos", photos_code, photos)
}

/// The formula of a number.
pub fn formula() -> AnyView {
    on_demand("The formula", formulas_code, formulas)
}

/// Networks beside each other.
pub fn comparison() -> AnyView {
    on_demand("The comparison", compare_code, compare)
}

/// Reads a picture.
pub fn decode(coded: Coded) -> Decoding {
    Box::pin(async {
        let decoding = decoding(coded).await.map_err(|_| PhotoError::Late)?;
        decoding.await
    })
}

/// Opens an experiment's file that was dropped on the page.
pub fn open_file(lab: Lab, file: web_sys::File) {
    spawn_local(async move {
        if open_dropped(lab, file).await.is_err() {
            lab.fail(
                Place::File,
                "The file cannot be opened: a part of this page did not come. Try again.",
            );
        }
    });
}
