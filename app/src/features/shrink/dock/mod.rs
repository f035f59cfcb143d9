//! What came of the steps: variants in a table and as points, and how much each layer bears.

mod beside;
mod curves;
mod masks;
mod pareto;
mod table;

use leptos::prelude::*;
use state::shrink::{Held, VariantId};

use crate::lab::Lab;
use crate::ui::icon::{Icon, icon};
use crate::ui::tabs::{Tab, tabs};

const TABS: [Tab; 4] = [
    Tab {
        title: "Variants",
        id: "shrink-variants",
    },
    Tab {
        title: "Layers",
        id: "shrink-layers",
    },
    Tab {
        title: "Masks",
        id: "shrink-masks",
    },
    Tab {
        title: "Maps",
        id: "shrink-maps",
    },
];
const LAYERS: usize = 1;
const MASKS: usize = 2;
const MAPS: usize = 3;

#[component]
pub fn Dock() -> impl IntoView {
    let lab = expect_context::<Lab>();
    lab.keep_variants();
    let chosen = RwSignal::new(0);
    // A measurement of the layers is shown once it is there.
    let found = Memo::new(move |_| lab.shrink.read(|held| held.sensitivity.clone()));
    Effect::new(move |before: Option<bool>| {
        let there = found.with(Option::is_some);
        if before.is_some() && there {
            chosen.set(LAYERS);
        }
        there
    });
    let body = move || match chosen.get() {
        LAYERS => curves::curves(lab),
        MASKS => masks::view(lab),
        MAPS => beside::view(lab),
        _ => variants(lab),
    };
    view! {
        <div class="training">
            <header class="dock-head">
                {tabs("What came of the steps", TABS, chosen.into(), move |place| chosen.set(place))}
                <span class="spring"></span>
                <button
                    type="button"
                    data-testid="measure-variant"
                    disabled=move || lab.shrink_job.under_way().get()
                    on:click=move |_| lab.measure_variant()
                >
                    "Measure milliseconds"
                </button>
                <button type="button" data-testid="save-variants" on:click=move |_| lab.save_variants()>
                    "CSV"
                </button>
                <button
                    type="button"
                    class="icon"
                    aria-label="Close the panel of variants"
                    title="Close"
                    on:click=move |_| lab.screen.open_dock(false)
                >
                    {icon(Icon::Down)}
                </button>
            </header>
            <div
                class="training-body"
                role="tabpanel"
                aria-labelledby=move || TABS[chosen.get()].id
            >
                {body}
            </div>
        </div>
    }
}

fn variants(lab: Lab) -> AnyView {
    let hovered = RwSignal::new(None::<VariantId>);
    let networks = Memo::new(move |_| lab.shrink.read(|held| held.variants.networks()));
    // What the person chose; else the variants of the network on the screen, where there are any.
    let wanted = RwSignal::new(None::<Option<String>>);
    let open = Memo::new(move |_| {
        let weights = lab.document.weights().get();
        let origin = lab.document.origin().get();
        lab.document.graph().with(|graph| {
            let name = |held: &Held| {
                let open = held.variants.of(graph, weights.as_ref(), origin);
                let of_name = |it: &&str| networks.with(|all| all.iter().any(|known| known == it));
                let name = open.map(|it| it.network.as_str());
                name.or_else(|| Some(graph.name()).filter(of_name))
                    .map(str::to_owned)
            };
            lab.shrink.read(name)
        })
    });
    let network = Memo::new(move |_| {
        let all = networks.get();
        let wanted = wanted.get();
        let wanted = wanted.unwrap_or_else(|| open.get());
        wanted.filter(|it| all.len() > 1 && all.contains(it))
    });
    let one = move |name: String| {
        let this = name.clone();
        let chosen = move || network.with(|it| it.as_ref() == Some(&this));
        view! { <option value=name.clone() prop:selected=chosen>{name.clone()}</option> }
    };
    let choose = move |event| {
        let name = event_target_value(&event);
        wanted.set(Some((!name.is_empty()).then_some(name)));
    };
    let choice = move || {
        let all = networks.get();
        (all.len() > 1).then(|| {
            view! {
                <label class="variants-of">
                    "Variants of "
                    <select data-testid="variants-of" on:change=choose>
                        <option value="" prop:selected=move || network.get().is_none()>
                            "all networks"
                        </option>
                        {all.into_iter().map(one).collect_view()}
                    </select>
                </label>
            }
        })
    };
    let note = move || {
        let note = lab.shrink.read(|held| held.note.clone())?;
        Some(view! { <p class="hint" role="status" data-testid="variants-note">{note}</p> })
    };
    view! {
        {choice}
        {note}
        <div class="variants">
            {table::table(lab, network, hovered)}
            {pareto::pareto(lab, network, hovered)}
        </div>
    }
    .into_any()
}
