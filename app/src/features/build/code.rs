//! The network as code that follows every edit, with the lines of the selected layers lit.

use engine::export::{CodeError, Library, Listing, code};
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;
use state::exchange::marked;

use super::dock::{Tab, tabs};
use crate::lab::Lab;
use crate::ui::icon::{Icon, icon};
use crate::ui::lazy::{self, Part};
use crate::ui::rove;

#[wasm_split(exchange, wasm_split_path = leptos::wasm_split, fallible, preload(code_code))]
fn code_part(tab: RwSignal<Tab>) -> Part {
    Ok(view! { <Code tab /> }.into_any())
}

/// The tab “Code”.
pub(super) fn panel(tab: RwSignal<Tab>) -> AnyView {
    lazy::on_demand("The code", code_code, move || code_part(tab))
}

#[component]
fn Code(tab: RwSignal<Tab>) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let library = RwSignal::new(Library::PyTorch);
    let status = RwSignal::new(String::new());
    let listing: Memo<Result<Listing, CodeError>> = Memo::new(move |_| {
        let library = library.get();
        lab.document.graph().with(|graph| code(graph, library))
    });
    let lines = Memo::new(move |_| {
        listing.with(|listing| match listing {
            Ok(listing) => lab
                .selection
                .nodes()
                .with(|nodes| marked(listing, &nodes.iter().copied().collect())),
            Err(_) => Vec::new(),
        })
    });
    let choice = |(place, this): (usize, Library)| {
        let chosen = move || library.get() == this;
        view! {
            <button
                type="button"
                data-testid="code-library"
                data-library=this.name()
                aria-pressed=move || chosen().to_string()
                tabindex=move || if chosen() { "0" } else { "-1" }
                data-place=place
                on:click=move |_| library.set(this)
            >
                {this.title()}
            </button>
        }
    };
    let copy = move |_| {
        let text =
            listing.with_untracked(|listing| listing.as_ref().ok().map(|it| it.text.clone()));
        if let Some(text) = text {
            lab.copy_text(text, status);
        }
    };
    let wrong = move || {
        let why = listing.with(|listing| listing.as_ref().err().map(ToString::to_string))?;
        Some(view! { <p class="code-wrong" role="alert" data-testid="code-wrong">{why}</p> })
    };
    // The lines are made anew when the text changes, and lit by themselves.
    let count = Memo::new(move |_| lines.with(Vec::len));
    let text = move |at: usize| lines.with(|lines| lines.get(at).map(|line| line.text.clone()));
    let line = move |at: usize| {
        let is_lit = move || lines.with(|lines| lines.get(at).is_some_and(|line| line.is_lit));
        let select = move |_| {
            let node = lines.with_untracked(|lines| lines.get(at).and_then(|line| line.node));
            if let Some(node) = node {
                lab.select(node);
            }
        };
        view! {
            <span class="code-line" data-lit=move || is_lit().then_some("true") on:click=select>
                {move || text(at)}
                "\n"
            </span>
        }
    };
    view! {
        <header class="dock-head">
            {tabs(tab)}
            <div class="choices" role="group" aria-label="Library" on:keydown=rove>
                {Library::ALL.into_iter().enumerate().map(choice).collect_view()}
            </div>
            <button
                type="button"
                class="quiet"
                data-testid="copy-code"
                disabled=move || listing.with(Result::is_err)
                on:click=copy
            >
                "Copy"
            </button>
            <span class="note" role="status">{status}</span>
            <span class="spring"></span>
            <button
                type="button"
                class="icon"
                aria-label="Close the code"
                on:click=move |_| lab.screen.open_dock(false)
            >
                {icon(Icon::Down)}
            </button>
        </header>
        {wrong}
        <pre
            class="code-view"
            data-testid="code-view"
            data-library=move || library.get().name()
            role="region"
            tabindex="0"
            aria-label=move || format!("The network in {}", library.get().title())
        >
            <code>
                <For each=move || 0..count.get() key=|at| *at let:at>
                    {line(at)}
                </For>
            </code>
        </pre>
    }
}
