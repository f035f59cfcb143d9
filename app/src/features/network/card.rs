//! One node: what it is, what it costs, and its maps.

use std::sync::Arc;

use engine::NodeId;
use leptos::ev::DragEvent;
use leptos::html::Li;
use leptos::prelude::*;

use super::list::Cards;
use super::maps::{Maps, SHOWN};
use super::near::Near;
use crate::lab::Lab;
use crate::ui::Inside;
use crate::ui::card::Card;
use crate::ui::explained::{MACS, PARAMETERS, SHAPE, number};
use crate::ui::format::count;
use crate::ui::growth::{Turn, late};

#[component]
pub fn CardView(
    id: NodeId,
    depth: u32,
    hidden: bool,
    cards: Memo<Cards>,
    near: Near,
    /// Every card shows its maps, in view or not.
    all: Memo<bool>,
    dragged: RwSignal<Option<NodeId>>,
    over: RwSignal<Option<NodeId>>,
) -> impl IntoView {
    let lab = expect_context::<Lab>();
    // The last known card, while a node is being removed.
    let card = Memo::new(move |before: Option<&Option<Arc<Card>>>| {
        let now = cards.with(|cards| cards.get(&id).cloned());
        now.or_else(|| before.cloned().flatten())
    });
    let of = move |say: fn(&Card) -> String| {
        move || card.with(|card| card.as_deref().map(say).unwrap_or_default())
    };
    let list_item = NodeRef::<Li>::new();
    let near = near.watch(id.0, list_item);
    let shown = Memo::new(move |_| !hidden && (all.get() || near.get()));
    let shown = late(shown, false, Turn::InLine);
    let pressed = move || {
        lab.selection
            .nodes()
            .with(|all| all.contains(&id))
            .to_string()
    };
    let drag = move |event: DragEvent| {
        if let Some(data) = event.data_transfer() {
            // Some browsers drag only with text data.
            let _unsupported = data.set_data("text/plain", "layer");
        }
        set_timeout(move || dragged.set(Some(id)), std::time::Duration::ZERO);
    };
    let handle = (id != NodeId::INPUT).then(|| {
        view! {
            <span
                class="handle"
                draggable="true"
                aria-hidden="true"
                title="Drag to another place (Alt+↑, Alt+↓)"
                on:dragstart=drag
            >
                "⋮⋮"
            </span>
        }
    });
    // Avoids “flatten flatten”.
    let title = of(|card| {
        if card.title == card.name {
            String::new()
        } else {
            card.title.clone()
        }
    });
    view! {
        <li
            node_ref=list_item
            class="node"
            data-testid="node"
            data-id=id.0.to_string()
            data-family=of(|card| card.family_name().to_owned())
            data-name=of(|card| card.name.clone())
            data-shape=of(|card| card.shape.map(|shape| shape.to_string()).unwrap_or_default())
            data-params=of(|card| card.params.to_string())
            data-macs=of(|card| card.macs.to_string())
            data-selected=pressed
            data-over=move || (over.get() == Some(id)).then_some("true")
            style:--depth=depth.to_string()
            hidden=hidden
        >
            <div class="node-top">
                {handle}
                <button type="button" class="node-head" aria-pressed=pressed>
                    <span class="node-name">{of(|card| card.name.clone())}</span>
                    <span class="node-title">{title}</span>
                </button>
            </div>
            {move || shown.get().then(|| body(lab, id, card))}
        </li>
    }
}

/// What only cards near the screen show.
fn body(lab: Lab, id: NodeId, card: Memo<Option<Arc<Card>>>) -> AnyView {
    let node = move || Some(id);
    let of = move |say: fn(&Card) -> Option<String>| {
        Memo::new(move |_| card.with(|card| card.as_deref().and_then(say)))
    };
    let size = of(Card::size);
    let params = of(|card| (card.params > 0).then(|| format!("{} par", count(card.params))));
    let macs = of(|card| (card.macs > 0).then(|| format!("{} MAC", count(card.macs))));
    let from = of(|card| card.from.clone());
    let some = |text: Memo<Option<String>>| Memo::new(move |_| text.with(Option::is_some));
    let numbers = [
        ("Shape", SHAPE, size),
        ("Parameters", PARAMETERS, params),
        ("MACs", MACS, macs),
    ];
    let numbers = numbers.map(|(name, quantities, text)| {
        let there = some(text);
        move || {
            there.get().then(|| {
                number(name, quantities, node, move || {
                    text.get().unwrap_or_default()
                })
            })
        }
    });
    let bar = |name: &'static str, share: fn(&Card) -> u32| {
        let share = Memo::new(move |_| card.with(|card| card.as_deref().map_or(0, share)));
        let there = Memo::new(move |_| share.get() > 0);
        let percent = move || f64::from(share.get()) / 100.0;
        let words = move || format!("{:.1} % of the network's {name}", percent());
        move || {
            there.get().then(|| {
                view! {
                    <span class="share" role="img" aria-label=words title=words>
                        <span style:width=move || format!("{}%", percent())></span>
                    </span>
                }
            })
        }
    };
    let inside = Memo::new(move |_| card.with(|card| Inside::of(lab, card.as_deref()?)));
    let inside = late(inside, inside.get_untracked(), Turn::InLine);
    let of = Memo::new(move |_| inside.with(|it| it.as_ref()?.maps()));
    // The maps are rebuilt only when their number changes.
    let standing = Memo::new(move |_| inside.with(|it| Some(it.as_ref()?.standing(SHOWN))));
    let maps = move || {
        Some(match standing.get()? {
            Ok(layout) => view! { <Maps id layout of /> }.into_any(),
            Err(words) => view! { <p class="hint maps">{words}</p> }.into_any(),
        })
    };
    view! {
        <p class="node-costs">
            {numbers}
            {move || from.get().map(|from| view! { <span class="node-from">"from " {from}</span> })}
        </p>
        <div class="node-shares">
            {bar("parameters", |card| card.params_share)} {bar("MACs", |card| card.macs_share)}
        </div>
        {maps}
    }
    .into_any()
}
