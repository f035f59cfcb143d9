//! The table of all layers with their costs.

use engine::analysis::Precision;
use engine::layer::Cost;
use engine::{NodeId, Shape};
use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use state::layer_table::{Row, Sees, rows};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::dock::{Tab, looking, tabs};
use crate::lab::Lab;
use crate::ui::format::{bytes, count, exact, shape};
use crate::ui::icon::{Icon, icon};
use crate::ui::look_tabs;

const HEADINGS: [&str; 8] = [
    "Layer",
    "Operation",
    "Output",
    "Parameters",
    "MACs",
    "FLOPs",
    "Memory",
    "Rec. field",
];

#[component]
pub fn LayerTable(tab: RwSignal<Tab>) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let all = Memo::new(move |_| {
        lab.document
            .graph()
            .with(|graph| lab.document.analysis.with(|it| rows(graph, it)))
    });
    let total = Memo::new(move |_| lab.document.analysis.with(|it| it.total));
    let place = NodeRef::<html::Div>::new();
    // The row that the Tab key reaches.
    let stop = Memo::new(move |_| {
        let chosen = lab.selection.node().get();
        all.with(|all| {
            let there = all.iter().any(|row| row.node == chosen);
            if there {
                Some(chosen)
            } else {
                all.first().map(|row| row.node)
            }
        })
    });
    let key = move |event: KeyboardEvent| {
        let active = document().active_element();
        let row = active.and_then(|it| it.closest("[data-testid='layer-row']").ok().flatten());
        let (Some(row), Some(place)) = (row, place.get_untracked()) else {
            return;
        };
        let next = match event.key().as_str() {
            "ArrowDown" => row.next_element_sibling(),
            "ArrowUp" => row.previous_element_sibling(),
            "Home" => place.first_element_child(),
            "End" => place.last_element_child(),
            "Enter" | " " => Some(row),
            _ => return,
        };
        event.prevent_default();
        if let Some(next) = next.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
            next.click();
            let focused = next.focus();
            debug_assert!(focused.is_ok());
        }
    };
    let body = move |row: Row| row_view(lab, row, total, stop);
    view! {
        <header class="dock-head">
            {move || if looking(lab) { look_tabs(lab) } else { tabs(tab) }}
            <button type="button" class="quiet" data-testid="copy-layers" on:click=move |_| lab.copy_layers()>
                "Copy as CSV"
            </button>
            <button type="button" class="quiet" data-testid="save-layers" on:click=move |_| lab.save_layers()>
                "Save CSV"
            </button>
            <span class="spring"></span>
            <button
                type="button"
                class="icon"
                aria-label="Close the table"
                on:click=move |_| lab.screen.open_dock(false)
            >
                {icon(Icon::Down)}
            </button>
        </header>
        <div
            class="layer-table"
            data-testid="layer-table"
            role="grid"
            aria-label="Layers"
            aria-rowcount=move || (all.with(Vec::len) + 2).to_string()
        >
            <div class="layer-row layer-head" role="row">
                {HEADINGS.map(|name| view! { <span role="columnheader">{name}</span> })}
            </div>
            <div class="layer-rows" role="rowgroup" node_ref=place on:keydown=key>
                <For each=move || all.get() key=Row::clone let:row>
                    {body(row)}
                </For>
            </div>
            {together(lab, total)}
        </div>
    }
}

fn row_view(lab: Lab, row: Row, total: Memo<Cost>, stop: Memo<Option<NodeId>>) -> AnyView {
    let Row {
        node,
        name,
        family,
        title,
        shape: output,
        params,
        macs,
        flops,
        memory,
        sees,
    } = row;
    let label = name.clone();
    let chosen = move || lab.selection.nodes().with(|nodes| nodes.contains(&node));
    let or_dash = |count: u64, text: fn(u64) -> String| match count {
        0 => "–".to_owned(),
        count => text(count),
    };
    let bar = move |part: u64, whole: fn(&Cost) -> u64| {
        let width = move || {
            let whole = total.with(whole).max(1);
            format!("{}%", part as f64 / whole as f64 * 100.0)
        };
        view! { <i class="layer-bar" aria-hidden="true"><b style:width=width></b></i> }
    };
    view! {
        <div
            class="layer-row"
            role="row"
            data-testid="layer-row"
            data-name=name
            data-family=family.name()
            data-params=params.to_string()
            data-macs=macs.to_string()
            aria-selected=move || chosen().to_string()
            tabindex=move || if stop.get() == Some(node) { "0" } else { "-1" }
            on:click=move |_| lab.select(node)
        >
            <span role="rowheader"><i class="family-dot" aria-hidden="true"></i>{label}</span>
            <span role="gridcell">{title}</span>
            <span role="gridcell">{output.map_or_else(|| "?".to_owned(), |it: Shape| shape(it))}</span>
            <span role="gridcell" class="layer-cost">
                {bar(params, Cost::params)} <span>{or_dash(params, exact)}</span>
            </span>
            <span role="gridcell" class="layer-cost">
                {bar(macs, |cost| cost.macs)} <span>{or_dash(macs, exact)}</span>
            </span>
            <span role="gridcell">{or_dash(flops, count)}</span>
            <span role="gridcell">{bytes(memory)}</span>
            <span role="gridcell">{sees.text()}</span>
        </div>
    }
    .into_any()
}

/// The totals. Memory is that of the weights and of the maps that are alive at once, so it is less
/// than the sum of the rows.
fn together(lab: Lab, total: Memo<Cost>) -> AnyView {
    let memory = Memo::new(move |_| {
        lab.document.analysis.with(|analysis| {
            let f32 = Precision::F32;
            (analysis.weight_bytes(f32), analysis.inference.bytes(f32))
        })
    });
    let least = move || {
        if lab.document.analysis.with(|it| it.is_valid()) {
            ""
        } else {
            "≥ "
        }
    };
    let maps = move || format!("{} of maps alive at once", bytes(memory.get().1));
    let sum = move || bytes(memory.get().0.saturating_add(memory.get().1));
    let sees = move || {
        lab.document
            .analysis
            .with(|analysis| match analysis.output_field() {
                _ if !analysis.is_valid() => Sees::Unknown,
                Some(field) => Sees::Window(field.size),
                None => Sees::All,
            })
    };
    view! {
        <div class="layer-row layer-foot" role="row" data-testid="layer-total">
            <span role="rowheader">"Together"</span>
            <span role="gridcell" aria-colspan="2">{maps}</span>
            <span role="gridcell">{move || format!("{}{}", least(), exact(total.get().params()))}</span>
            <span role="gridcell">{move || format!("{}{}", least(), exact(total.get().macs))}</span>
            <span role="gridcell">{move || format!("{}{}", least(), count(total.get().flops()))}</span>
            <span role="gridcell">{sum}</span>
            <span role="gridcell">{move || sees().text()}</span>
        </div>
    }
    .into_any()
}
