//! The network in the middle of the page: cards with live maps, or a list; and the row of controls
//! over it.

mod graph;
mod tools;

use engine::format::Control;
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;
use state::screen::{Area, LookTab};

use self::graph::{GraphView, Picture};
use self::tools::tools;
use crate::lab::Lab;
use crate::platform::schedule::soon;
use crate::ui::icon::{Icon, icon};
use crate::ui::lazy::{self, Part};
use crate::ui::maps::Palette;
use crate::ui::{history, lockable, watch_keys};

#[wasm_split(after_answer, wasm_split_path = leptos::wasm_split, fallible, preload(network_code))]
fn network_column() -> Part {
    Ok(view! { <NetworkColumn /> }.into_any())
}

/// The network as cards or a list, and the controls over it.
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
fn NetworkColumn() -> impl IntoView {
    let lab = expect_context::<Lab>();
    watch_keys(lab);
    let picture = Picture::new(lab);
    let busy = move || lab.screen.growing().get().to_string();
    let announcement = move || lab.document.announcement().get();
    view! {
        <div class="over" role="toolbar" aria-label="Network">
            {key(lab, picture)}
            <span class="over-history">{history(lab, ["network-undo", "network-redo"])}</span>
            <span class="spring"></span>
            {why(lab)}
            {lockable(lab, Control::View, switch(lab, picture))}
            {tools(lab, picture)}
        </div>
        <p class="visually-hidden" role="status" data-testid="graph-said">{announcement}</p>
        {problems(lab)}
        <div class="network-view" aria-busy=busy>
            <GraphView picture />
        </div>
    }
}

/// Opens the pictures of what the answer rests on.
fn why(lab: Lab) -> AnyView {
    let framed = lab.screen.embed.is_some();
    let hidden = move || {
        let elsewhere = lab.screen.area().get() != Area::Look;
        framed || elsewhere || lab.document.hides(Control::Totals)
    };
    let open = move || lab.screen.dock_open().get() && lab.screen.look_tab().get() == LookTab::Why;
    let toggle = move |_| {
        let now = untrack(open);
        lab.screen.show_look_tab(LookTab::Why);
        lab.screen.open_dock(!now);
    };
    view! {
        <button
            type="button"
            class="quiet"
            data-testid="why"
            title="Which pixels the answer rests on"
            hidden=hidden
            aria-expanded=move || open().to_string()
            on:click=move |_| soon(move || toggle(()))
        >
            "Why?"
        </button>
    }
    .into_any()
}

/// Graph or list, and the levels of the graph.
fn switch(lab: Lab, picture: Picture) -> AnyView {
    let view_button = move |list: bool, name: &'static str, testid: &'static str, picture: Icon| {
        view! {
            <button
                type="button"
                data-testid=testid
                // On a narrow page its words are hidden.
                aria-label=name
                title=name
                aria-pressed=move || (lab.screen.listed().get() == list).to_string()
                on:click=move |_| soon(move || lab.show_list(list))
            >
                {icon(picture)}
                <span class="wide">{name}</span>
            </button>
        }
    };
    let zoom = move |closer: bool, name: &'static str, picture_of: Icon| {
        view! {
            <button
                type="button"
                class="icon"
                aria-label=name
                disabled=move || picture.zoomed(closer).is_none()
                on:click=move |_| picture.zoom(closer)
            >
                {icon(picture_of)}
            </button>
        }
    };
    view! {
        <span class="choices" role="group" aria-label="View">
            {view_button(false, "Graph", "view-switch", Icon::Network)}
            {view_button(true, "List", "show-list", Icon::List)}
        </span>
        <span class="zoom" role="group" aria-label="Zoom" hidden=move || lab.screen.listed().get()>
            {zoom(false, "Show less", Icon::Minus)}
            <button type="button" class="quiet" data-testid="fit" on:click=move |_| picture.fit()>"Fit"</button>
            {zoom(true, "Show more", Icon::Plus)}
        </span>
    }
    .into_any()
}

/// The legend of the colours that this network's maps use, and whose weights they show.
fn key(lab: Lab, picture: Picture) -> AnyView {
    let taken = move |palette| {
        let heads = picture.heads();
        lab.palettes.with(|palettes| {
            heads
                .iter()
                .any(|head| palettes.get(head) == Some(&palette))
        })
    };
    let weights = move || {
        let own = lab.document.weights().get();
        lab.engine
            .weights()
            .get()
            .map_or_else(|| "starting".to_owned(), |it| it.text(own.as_ref()))
    };
    view! {
        <p class="map-key">
            <Show when=move || taken(Palette::Signed)>
                <span class="map-key-entry">
                    "negative " <i class="ramp signed" aria-hidden="true"></i> " positive"
                </span>
            </Show>
            <Show when=move || taken(Palette::Positive)>
                <span class="map-key-entry">
                    "0 " <i class="ramp positive" aria-hidden="true"></i> " largest"
                </span>
            </Show>
            <span class="map-key-note">"each layer by its own range"</span>
            </p>
        <span class="visually-hidden" data-testid="weights-state">{weights}</span>
    }
    .into_any()
}

/// That the last valid network goes on, and the way to the first problem.
fn problems(lab: Lab) -> AnyView {
    let problems = Memo::new(move |_| {
        lab.document.analysis.with(|analysis| {
            let first = analysis.problems.first().map(|problem| problem.node);
            (analysis.problems.len(), first)
        })
    });
    let banner = move || {
        let (count, first) = problems.get();
        let first = first?;
        let many = if count == 1 {
            "1 problem".to_owned()
        } else {
            format!("{count} problems")
        };
        let goes_on = if lab.engine.is_refused() {
            "the last valid network is too large to run here"
        } else {
            "the last valid network keeps answering"
        };
        let show = move |_| {
            lab.screen.show_area(Area::Build);
            lab.show_node(first);
        };
        Some(view! {
            <p class="banner" data-testid="still-running">
                {format!("{many}: {goes_on}. ")}
                <button type="button" class="quiet" on:click=show>"Show"</button>
            </p>
        })
    };
    // Where a refusal has no panel to stand in.
    let refused = move || {
        let away = lab.screen.area().get() != Area::Build;
        let refusal = lab.document.refusal().get().filter(|_| away)?;
        Some(view! { <p class="banner banner-bad" data-testid="refused">{refusal.text}</p> })
    };
    view! { <div class="banners" role="status">{banner} {refused}</div> }.into_any()
}
