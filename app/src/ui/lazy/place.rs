//! A view whose code is loaded lazily, with what is shown while it loads and when that fails.

use std::future::Future;
use std::pin::Pin;

use futures_util::FutureExt;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::SplitLoaderError;

use super::Part;
use crate::platform::schedule::soon;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Loading,
    Here,
    Missing,
}

/// What is shown while the code of a view loads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Meanwhile {
    /// That it loads, and when it does not come a button that tries again.
    Words(&'static str),
    /// Nothing, also when it does not come: nobody waits for it.
    Nothing,
}

type Loaded<T> = Pin<Box<dyn Future<Output = Result<T, SplitLoaderError>>>>;

/// Loads the code of a view by `code`, then creates it by `show`; synchronously if the code is
/// loaded.
pub fn place<C, V>(
    meanwhile: Meanwhile,
    code: impl Fn() -> C + Copy + Send + Sync + 'static,
    show: impl Fn() -> V + Send + 'static,
) -> AnyView
where
    C: Future<Output = Result<(), SplitLoaderError>> + 'static,
    V: Future<Output = Part> + 'static,
{
    // One copy of the rest for all views.
    placed(
        meanwhile,
        Callback::new(move |()| Box::pin(code()) as Loaded<()>),
        Box::new(move || Box::pin(show())),
    )
}

fn placed(
    meanwhile: Meanwhile,
    code: Callback<(), Loaded<()>>,
    show: Box<dyn Fn() -> Loaded<AnyView> + Send>,
) -> AnyView {
    let state = RwSignal::new(State::Loading);
    let load = move || {
        let mut code = code.run(());
        let done = move |result: Result<(), SplitLoaderError>| {
            // `None` if the view was removed meanwhile.
            let _gone = state.try_set(result.map_or(State::Missing, |()| State::Here));
        };
        match (&mut code).now_or_never() {
            Some(result) => done(result),
            // In a new task: in this one the browser has just compiled the code.
            None => spawn_local(async move {
                let result = code.await;
                soon(move || done(result));
            }),
        }
    };
    load();
    let again = Callback::new(move |()| {
        state.set(State::Loading);
        load();
    });
    let missing = move || match meanwhile {
        Meanwhile::Words(name) => missing(name, again),
        Meanwhile::Nothing => ().into_any(),
    };
    (move || match state.get() {
        State::Here => show()
            .now_or_never()
            .and_then(Result::ok)
            .unwrap_or_else(missing),
        State::Loading => loading(meanwhile),
        State::Missing => missing(),
    })
    .into_any()
}

/// Shown while the code loads.
pub fn loading(meanwhile: Meanwhile) -> AnyView {
    match meanwhile {
        Meanwhile::Words(name) => {
            view! { <p class="hint lazy" role="status">{name} " is loading …"</p> }.into_any()
        }
        Meanwhile::Nothing => ().into_any(),
    }
}

fn missing(name: &'static str, again: Callback<()>) -> AnyView {
    view! {
        <div class="lazy" role="alert" data-testid="error">
            <p>
                {name}
                " did not load: a file of this page is missing or the connection is lost. The rest \
                 of the page works; nothing was lost."
            </p>
            <button type="button" on:click=move |_| again.run(())>"Try again"</button>
        </div>
    }
    .into_any()
}
