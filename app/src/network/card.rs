//! One node: what it is, what it costs, and its maps.

use leptos::prelude::*;

use super::maps::Maps;
use crate::card::Card;
use crate::lab::Lab;

#[component]
pub fn CardView(card: Card) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let id = card.id;
    let pressed = move || (lab.selected.get() == id).to_string();
    let family = card.family_name();
    let shape = card
        .shape
        .map(|shape| shape.to_string())
        .unwrap_or_default();
    // “flatten flatten” says nothing twice.
    let title = (card.title != card.name).then(|| {
        let title = card.title.clone();
        view! { <span class="node-title">{title}</span> }
    });
    let size = card.size();
    let bar = |name: &'static str, hundredths: u32| {
        let percent = f64::from(hundredths) / 100.0;
        (hundredths > 0).then(|| {
            view! {
                <span
                    class="share"
                    role="img"
                    aria-label=format!("{percent:.1} % of the network's {name}")
                    title=format!("{percent:.1} % of the network's {name}")
                >
                    <span style:width=format!("{percent}%")></span>
                </span>
            }
        })
    };
    view! {
        <li
            class="node"
            data-testid="node"
            data-family=family
            data-name=card.name.clone()
            data-shape=shape
            data-params=card.params.to_string()
            data-macs=card.macs.to_string()
            data-selected=pressed
        >
            <button
                type="button"
                class="node-head"
                aria-pressed=pressed
                on:click=move |_| lab.select(id)
            >
                <span class="node-name">{card.name.clone()}</span>
                {title}
                <span class="node-shape">{size}</span>
                <span class="node-costs">{card.costs.clone()}</span>
                {card.from.clone().map(|from| view! { <span class="node-from">"from " {from}</span> })}
            </button>
            <div class="node-shares">
                {[bar("parameters", card.params_share), bar("MACs", card.macs_share)]}
            </div>
            {match (card.problem, card.shape) {
                (Some(problem), _) => view! { <p class="node-problem">{problem}</p> }.into_any(),
                (None, Some(shape)) => view! { <Maps id shape name=card.name.clone() /> }.into_any(),
                (None, None) => view! { <p class="hint">"Waits for the nodes before it."</p> }.into_any(),
            }}
        </li>
    }
}
