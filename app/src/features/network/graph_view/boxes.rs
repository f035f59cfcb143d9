//! The boxes of the picture: nodes, folded blocks, and the frames of open ones.

use std::sync::Arc;

use leptos::prelude::*;

use super::box_content::{BoxContent, Shares};
use super::graph_state::{GraphState, key};
use super::layout::Item;
use super::states::BoxState;
use super::thumbs::{SHOWN, thumbs};
use crate::ui::Inside;
use crate::ui::card::Card;
use crate::ui::format::count;
use crate::ui::growth::{Turn, late};

/// One box. Its attributes are those of a node in the list, too.
pub fn item_box(item: Item, graph_state: GraphState) -> AnyView {
    let Some(state) = graph_state.state(item) else {
        return ().into_any();
    };
    let BoxState {
        content,
        shares,
        rect,
        selected,
        current,
        near,
        close,
    } = state;
    let say = move |read: fn(&BoxContent) -> String| move || content.with(|content| read(content));
    let pressed = move || selected.get().to_string();
    let tab = move || if current.get() { "0" } else { "-1" };
    let length = |value: f32| format!("{value}px");
    let folded = matches!(item, Item::Block(_));
    // The node of the maps; a block shows its last node's. They are rebuilt only for another node
    // or number of maps.
    let inside = Memo::new(move |_| {
        if !near.get() {
            return None;
        }
        content.with(|content| Some((content.card.id, Inside::of(graph_state.lab, &content.card)?)))
    });
    // The first answer waits for nothing.
    let waits = graph_state
        .lab
        .answer
        .latest()
        .with_untracked(Option::is_some);
    let first = if waits { None } else { inside.get_untracked() };
    let inside = late(inside, first, Turn::InLine);
    let of = Memo::new(move |_| inside.with(|it| it.as_ref()?.1.maps()));
    let standing = Memo::new(move |_| {
        inside.with(|it| {
            let (id, inside) = it.as_ref()?;
            Some(inside.standing(SHOWN).map(|layout| (*id, layout)))
        })
    });
    let spoken = move || {
        let mut spoken = content.with(|content| content.spoken.clone());
        if folded {
            spoken.push_str(", open");
        }
        if let Some(Err(words)) = standing.get() {
            spoken = format!("{spoken}. {words}");
        }
        spoken
    };
    let maps = move || {
        Some(match standing.get()? {
            Ok((id, layout)) => thumbs(graph_state, id, layout, of),
            Err(words) => view! { <span class="thumbs hint">{words}</span> }.into_any(),
        })
    };
    let bars = move || near.get().then(|| bars(shares));
    view! {
        <div
            class="box"
            class:folded=folded
            // Findable by the browser's search, but without layout.
            hidden=move || (!close.get()).then_some("until-found")
            data-item=key(item)
            data-testid=if folded { "block" } else { "node" }
            data-id=item.node().map(|id| id.0.to_string())
            data-family=say(|content| content.card.family_name().to_owned())
            data-name=say(|content| content.card.name.clone())
            data-shape=say(|content| content.card.shape.map(|shape| shape.to_string()).unwrap_or_default())
            data-params=say(|content| content.card.params.to_string())
            data-macs=say(|content| content.card.macs.to_string())
            data-wrong=say(|content| content.card.problem.is_some().to_string())
            data-selected=pressed
            role="button"
            tabindex=tab
            aria-pressed=pressed
            aria-expanded=folded.then_some("false")
            aria-label=spoken
            style:left=move || length(rect.get().x)
            style:top=move || length(rect.get().y)
        >
            <span class="box-name">{say(|content| content.label.clone())}</span>
            {move || close.get().then(|| details(content, folded))}
            {maps}
            {bars}
        </div>
    }
    .into_any()
}

/// The details of a box at a readable zoom.
fn details(content: RwSignal<Arc<BoxContent>>, folded: bool) -> AnyView {
    view! {
        {move || content.with(|content| words(&content.card))}
        <span class="box-port" data-port="" title="Drag to another node to connect"></span>
        {folded.then(|| view! { <span class="box-open" data-open="">"open"</span> })}
    }
    .into_any()
}

fn words(card: &Card) -> AnyView {
    let title = if card.title == card.name {
        String::new()
    } else {
        card.title.clone()
    };
    view! {
        " "
        <span class="box-shape">{card.size()}</span>" "
        <span class="box-title">{title}</span>" "
        <span class="box-costs">
            <span>{cost(card.params, "par")}</span>" "
            <span>{cost(card.macs, "MAC")}</span>
        </span>
    }
    .into_any()
}

/// Costs of 0 are left out.
fn cost(value: u64, unit: &str) -> Option<String> {
    (value > 0).then(|| format!("{} {unit}", count(value)))
}

/// The shares of all parameters and of all MACs; the numbers are in the inspector.
fn bars(shares: RwSignal<Shares>) -> AnyView {
    let bar = move |which: usize, of: &'static str| {
        let percent = move || f64::from(shares.get()[which]) / 100.0;
        let words = move || format!("{:.1} % of all {of}", percent());
        view! {
            <span class="share" title=words data-none=move || (percent() == 0.0).then_some("")>
                <span style:width=move || format!("{}%", percent())></span>
            </span>
        }
        .into_any()
    };
    view! { <span class="box-shares">{bar(0, "parameters")} {bar(1, "MACs")}</span> }.into_any()
}

/// The frame of an open block; its title folds it.
pub fn frame_box(block: usize, graph_state: GraphState) -> AnyView {
    let rect = graph_state.frame(block);
    let name = Memo::new(move |_| {
        let name = |graph: &engine::Graph| graph.blocks().get(block).map(|it| it.name.clone());
        graph_state
            .lab
            .document
            .graph()
            .with(name)
            .unwrap_or_default()
    });
    let length = move |value: f32| format!("{value}px");
    view! {
        <div
            class="frame"
            data-testid="frame"
            data-name=name
            style:left=move || length(rect.get().x)
            style:top=move || length(rect.get().y)
            style:width=move || length(rect.get().width)
            style:height=move || length(rect.get().height)
        >
            <button
                type="button"
                class="frame-title"
                data-fold=block.to_string()
                aria-expanded="true"
                title="Fold this block"
            >
                {name}
            </button>
        </div>
    }
    .into_any()
}
