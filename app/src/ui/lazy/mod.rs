//! Code that is fetched after the page's start, in parts.
//!
//! `cargo xtask build` cuts what only the functions marked with `wasm_split` reach out of the
//! page's wasm, one file for each name; on other targets the functions are plain.
//!
//! - `after_answer`: the network column, the panel of a chosen map, and what keeps the person's work. Nobody
//!   asks for it; it is fetched once the engine has its network, so that the first answer does not
//!   share the line with it. In a browser that has been here before it is fetched at once.
//! - `train`; `areas` (why an answer, Shrink, Attack, Deploy); `exchange` (ONNX, code): what a click opens
//!   there.
//! - `on_demand`: what other clicks open.
//!
//! What several parts need is in files of its own, one for each set of parts: a part more can double
//! their number.
//!
//! A view is put behind a part by a function with the part's attribute, whose `preload` names a
//! second function that fetches the code; both are passed to [`after_answer`] or [`on_demand`]. They
//! must be named directly: a pointer in a table would make the code a part of the page's start.

mod place;

use std::future::Future;
use std::time::Duration;

use leptos::prelude::*;
use leptos::wasm_split::SplitLoaderError;

use self::place::{Meanwhile, loading, place};
use crate::lab::Lab;
use crate::platform::local_storage;
use crate::platform::schedule::soon;
use crate::platform::styles;

/// The part after the answer does not wait longer for an engine, which may never come.
const ENGINE_FIRST: Duration = Duration::from_secs(3);
/// The setting that says that this browser has been here before.
pub const VISITED: &str = "visited";

/// A view, or that its code did not come.
pub type Part = Result<AnyView, SplitLoaderError>;

/// Whether the part after the answer may be fetched.
fn is_due(lab: Lab) -> Memo<bool> {
    let overdue = RwSignal::new(local_storage::read(VISITED).is_some());
    set_timeout(
        move || {
            // `None` if the view was removed meanwhile.
            let _gone = overdue.try_set(true);
        },
        ENGINE_FIRST,
    );
    Memo::new(move |before| {
        before == Some(&true) || overdue.get() || lab.engine.weights().with(Option::is_some)
    })
}

/// A view of the part after the answer: `code` and `show` are the two functions of its attribute, and
/// `failed` runs when the code does not come.
pub fn after_answer<C, V>(
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
    let meanwhile = Meanwhile::Words(name);
    (move || {
        if due.get() {
            place(meanwhile, code, show)
        } else {
            loading(meanwhile)
        }
    })
    .into_any()
}

/// As [`after_answer`], for what nobody waits for: nothing is shown until it is there. A page that
/// lacks the code says so at the views that are waited for.
pub fn unnoticed<C, V>(
    lab: Lab,
    code: fn() -> C,
    show: impl Fn() -> V + Copy + Send + 'static,
) -> AnyView
where
    C: Future<Output = Result<(), SplitLoaderError>> + 'static,
    V: Future<Output = Part> + 'static,
{
    let due = is_due(lab);
    (move || due.get().then(|| place(Meanwhile::Nothing, code, show))).into_any()
}

/// A view of the part on demand, which is fetched now unless it is here.
pub fn on_demand<C, V>(
    name: &'static str,
    code: fn() -> C,
    show: impl Fn() -> V + Send + 'static,
) -> AnyView
where
    C: Future<Output = Result<(), SplitLoaderError>> + 'static,
    V: Future<Output = Part> + 'static,
{
    styles::load_later();
    place(Meanwhile::Words(name), code, show)
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
