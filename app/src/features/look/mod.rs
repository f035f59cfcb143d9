//! The panel of the area Look: one map with its values, how each is made, and what it sees.

mod channels;
mod device_agreement;
mod filters;
mod gradient;
mod histogram;
mod how;
mod large;
mod looking;
mod made;
mod more;
mod numbers;
mod picture;
mod sees;
mod sentence;
mod steps;
mod subject;
mod times;

use leptos::prelude::*;
use leptos::wasm_split::wasm_split;
use state::look::Pixel;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use self::how::How;
use self::large::Large;
use self::looking::{Looking, Steps};
use self::more::{Folded, OfAll, Unfolded};
use self::numbers::Numbers;
use self::sees::Sees;
use self::sentence::{Part, sentence};
use self::subject::Subject;
use self::times::Measurement;
use crate::lab::Lab;
use crate::platform::schedule::after_frames;
use crate::ui::focus_still;
use crate::ui::icon::{Icon, icon};
use crate::ui::lazy::{self, Part as LazyPart};

#[wasm_split(after_answer, wasm_split_path = leptos::wasm_split, fallible, preload(look_code))]
fn look_panel() -> LazyPart {
    Ok(view! { <Look /> }.into_any())
}

/// The chosen map.
pub fn panel(lab: Lab) -> AnyView {
    lazy::after_answer(lab, "The map", look_code, look_panel, || ())
}

#[component]
fn Look() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let id = Memo::new(move |_| lab.look.chosen().get().map(|it| it.node));
    let subject = Memo::new(move |_| {
        let id = id.get()?;
        lab.document
            .graph()
            .with(|graph| lab.document.analysis.with(|it| Subject::of(graph, it, id)))
    });
    let unfolded = Unfolded::new();
    let measurement = Measurement::new(lab);
    let (steps, before) = (Steps::new(), StoredValue::new(None));
    let node = move || {
        let subject = subject.get()?;
        if before.get_value() != Some(subject.id) {
            before.set_value(Some(subject.id));
            steps.reset();
        }
        let looking = Looking::new(lab, subject, steps);
        Some(view! { <OfNode looking unfolded /> })
    };
    view! {
        <div
            class="look"
            data-testid="layer-panel"
            role="group"
            aria-label="Selected map"
            on:keydown=move |event| {
                // The first one closes the card of a formula.
                let explained = lab.screen.explained().with_untracked(Option::is_some);
                if event.key() == "Escape" && !event.default_prevented() && !explained {
                    event.prevent_default();
                    close(lab);
                }
            }
        >
            {node}
            <div class="look-body look-rest">
                <OfAll measurement unfolded />
            </div>
        </div>
    }
}

/// Closes the panel; the focus goes back to the map in the network, or to its card.
fn close(lab: Lab) {
    let find = |selector: &str| document().query_selector(selector).ok().flatten();
    let map = find(".graph-viewport .map[data-chosen]");
    let back = map.or_else(|| find(".graph-viewport .stage[data-chosen]"));
    lab.look.hover(None);
    lab.look.choose(None);
    if let Some(back) = back.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        after_frames(move || focus_still(&back));
    }
}

#[component]
fn OfNode(looking: Looking, unfolded: Unfolded) -> impl IntoView {
    let running = move || {
        if looking.runs.get() {
            view! {
                <Run looking />
                <Large looking />
                <Sentence looking />
                <How looking />
            }
            .into_any()
        } else {
            view! {
                <p class="say" data-testid="not-running">
                    "Does not run as it stands here: its maps and weights come when the problems \
                     elsewhere are solved, or when the network is small enough again."
                </p>
            }
            .into_any()
        }
    };
    view! {
        <Head looking />
        <div class="look-body">
            {running}
            <Sees looking />
            <Numbers looking />
            <Folded looking unfolded />
        </div>
    }
}

/// The name of the layer, which of its maps it is, the maps before and after it, and the way out.
#[component]
fn Head(looking: Looking) -> impl IntoView {
    let lab = looking.lab;
    let (name, family, channels) = looking
        .subject
        .with_value(|it| (it.name.clone(), it.family, it.shape.channels));
    let channel = Memo::new(move |_| looking.chosen.get().channel);
    let turn = move |by: u32| looking.choose_channel((channel.get_untracked() + by) % channels);
    let place = move || looking.subject.with_value(|it| it.place(channel.get()));
    let (what, before, next) = if looking.subject.with_value(|it| it.shape.is_vector()) {
        ("value", "Previous value", "Next value")
    } else {
        ("map", "Previous map", "Next map")
    };
    let turns = (channels > 1).then(|| {
        view! {
            <button type="button" class="icon" aria-label=before data-testid="map-before" on:click=move |_| turn(channels - 1)>
                {icon(Icon::Previous)}
            </button>
            <button type="button" class="icon" aria-label=next data-testid="map-next" on:click=move |_| turn(1)>
                {icon(Icon::Next)}
            </button>
        }
    });
    view! {
        <header class="look-head" data-family=family data-what=what>
            <i class="look-dot" aria-hidden="true"></i>
            <h2><span class="node-name">{name}</span> " " <span class="look-place" data-testid="map-place">{place}</span></h2>
            {turns}
            <button
                type="button"
                class="icon"
                aria-label="Close"
                data-testid="close-look"
                on:click=move |_| close(lab)
            >
                {icon(Icon::Close)}
            </button>
        </header>
    }
}

/// The layer and what is done to its values behind it: the same place before and after.
#[component]
fn Run(looking: Looking) -> impl IntoView {
    let lab = looking.lab;
    let (id, run) = looking.subject.with_value(|it| (it.id, it.run.clone()));
    (run.len() > 1).then(|| {
        let pair = run.len() == 2;
        let after = run.last().map(|it| it.1.clone()).unwrap_or_default();
        let one = move |(at, (node, title)): (usize, (engine::NodeId, String))| {
            let title = match (pair, at) {
                (true, 0) => format!("Before {after}"),
                (true, _) => format!("After {after}"),
                (false, _) => title,
            };
            let choose = move |_| {
                let chosen = looking.chosen.get_untracked();
                lab.look.choose(Some(Pixel { node, ..chosen }));
            };
            view! {
                <button type="button" aria-pressed=(node == id).to_string() on:click=choose>
                    {title}
                </button>
            }
        };
        view! {
            <div class="choices" role="group" aria-label="Before or after the activation" data-testid="run">
                {run.into_iter().enumerate().map(one).collect_view()}
            </div>
        }
    })
}

#[component]
fn Sentence(looking: Looking) -> impl IntoView {
    let lab = looking.lab;
    let parts = move || {
        let (channel, dark) = (looking.chosen.get().channel, lab.screen.dark().get());
        let part = |part: Part| match part {
            Part::Plain(text) => text.into_any(),
            Part::Above(word) => view! { <b class="above">{word}</b> }.into_any(),
            Part::Below(word) => view! { <b class="below">{word}</b> }.into_any(),
        };
        let parts = looking
            .subject
            .with_value(|it| sentence(it, channel, looking.palette, dark));
        parts.into_iter().map(part).collect_view()
    };
    view! { <p class="say" data-testid="sentence">{parts}</p> }
}
