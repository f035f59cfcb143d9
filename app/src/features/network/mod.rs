//! The network column: the palette, and the graph with live maps and costs, as a list or as a
//! picture.

mod block;
mod card;
pub mod editor;
pub mod graph_view;
mod list;
mod maps;
mod near;
mod press;
mod tools;

use crate::ui::lazy::{self, Part};
use engine::format::Control;
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;

use self::list::ListView;
use self::tools::{Tools, weight_tools};
use crate::features::network::graph_view::GraphView;
use crate::lab::Lab;
use crate::platform::schedule::soon;
use crate::ui::growth::{Turn, at, late, steps};
use crate::ui::maps::Palette;
use crate::ui::{lockable, watch_keys};

#[wasm_split(after_answer, wasm_split_path = leptos::wasm_split, fallible, preload(network_code))]
fn network_column() -> Part {
    Ok(view! { <NetworkColumn /> }.into_any())
}

/// The network as a graph or list, and the controls that edit it.
pub fn panel(lab: Lab) -> AnyView {
    // The page is ready once the network is shown or has failed to load.
    lab.screen.set_growing(true);
    lazy::after_answer(
        lab,
        "The network",
        network_code,
        network_column,
        move || {
            lab.screen.set_growing(false);
        },
    )
}

#[component]
pub fn NetworkColumn() -> impl IntoView {
    let lab = expect_context::<Lab>();
    watch_keys(lab);
    let weights = move || {
        let own = lab.document.weights().get();
        lab.engine
            .weights()
            .get()
            .map_or_else(|| "starting".to_owned(), |it| it.text(own.as_ref()))
    };
    let view_button = move |list: bool, name: &'static str, testid: &'static str| {
        view! {
            <button
                type="button"
                data-testid=testid
                aria-pressed=move || (lab.screen.listed().get() == list).to_string()
                on:click=move |_| soon(move || lab.show_list(list))
            >
                {name}
            </button>
        }
    };
    // The column's header, the palette and the view are mounted in three tasks.
    let step = steps(2);
    let busy = move || (step.get() < 2 || lab.screen.growing().get()).to_string();
    // Not rebuilt for an equal value: zoom, scroll position and boxes belong to the view.
    let listed = Memo::new(move |_| lab.screen.listed().get());
    let body = move || {
        if listed.get() {
            view! { <ListView /> }.into_any()
        } else {
            view! { <GraphView /> }.into_any()
        }
    };
    // Announced after it is painted.
    let announcement = late(
        Memo::new(move |_| lab.document.announcement().get()),
        String::new(),
        Turn::InLine,
    );
    let content = move || {
        view! {
            <div class="network-view" aria-busy=busy>
                <MapKey />
                {at(step, 2, move || body)}
            </div>
        }
    };
    view! {
        <div class="column-head">
            <h2 class="section-title">"Network"</h2>
            <span class="hint" data-testid="weights-state">{weights}</span>
            <span class="spring"></span>
            {lockable(lab, Control::Network, weight_tools(lab))}
            {lockable(lab, Control::View, view! {
                <span class="choices" role="group" aria-label="View">
                    {view_button(false, "Graph", "view-switch")} {view_button(true, "List", "show-list")}
                </span>
            }.into_any())}
            {lockable(lab, Control::Network, view! { <Tools /> }.into_any())}
        </div>
        <p class="visually-hidden" role="status" data-testid="graph-said">{announcement}</p>
        <div class="network-body">
            {at(step, 1, content)}
        </div>
    }
}

/// The legend of the colours that this network's maps use.
#[component]
fn MapKey() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let taken = move |palette| {
        lab.palettes
            .with(|palettes| palettes.values().any(|it| *it == palette))
    };
    view! {
        <p class="map-key hint">
            <Show when=move || taken(Palette::Signed)>
                <span class="map-key-entry">
                    "negative " <span class="map-key-signed" aria-hidden="true"></span> " positive"
                </span>
            </Show>
            <Show when=move || taken(Palette::Positive)>
                <span class="map-key-entry">
                    "0 " <span class="map-key-positive" aria-hidden="true"></span> " largest"
                </span>
            </Show>
            <span>"scaled layer by layer"</span>
        </p>
    }
}
