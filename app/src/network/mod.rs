//! The network column: every node of whatever graph, in order, with its live maps and its costs.

mod card;
mod maps;

use leptos::prelude::*;

use self::card::CardView;
use crate::card::Card;
use crate::lab::{Lab, WeightState};
use crate::maps::Palette;

#[component]
pub fn NetworkColumn() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let cards = Memo::new(move |_| {
        lab.graph
            .with(|graph| lab.analysis.with(|analysis| Card::all(graph, analysis)))
    });
    let weights = move || match lab.weights.get() {
        None => "starting".to_owned(),
        Some(WeightState { trained: 0, .. }) => {
            "seeded random weights: the maps are real, the answer is not".to_owned()
        }
        Some(WeightState { trained, weighted }) if trained == weighted => {
            "trained weights".to_owned()
        }
        Some(WeightState { trained, weighted }) => {
            format!("trained weights in {trained} of {weighted} layers, random ones in the others")
        }
    };
    view! {
        <div class="column-head">
            <h2 class="section-title">"Network"</h2>
            <span class="hint" data-testid="weights-state">{weights}</span>
            <span class="spring"></span>
            <MapKey />
            <button
                type="button"
                data-testid="save-maps"
                title="The input and every map of this drawing as one safetensors file"
                on:click=move |_| lab.save_maps()
            >
                "Save maps"
            </button>
        </div>
        <ol class="nodes">
            <For each=move || cards.get() key=Card::clone let:card>
                <CardView card />
            </For>
        </ol>
    }
}

/// What the maps' colours mean, for those that this network's maps take.
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
