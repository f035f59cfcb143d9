//! The comparison, a page in the place of the network: pinned networks in one table with charts, the
//! difference of two, what-if curves, and how fast this machine is.

mod chart;
mod charts;
mod diff;
mod head;
mod machine;
mod table;
mod what_if;

use leptos::prelude::*;
use leptos::wasm_split::wasm_split;

use crate::lab::Lab;
use crate::ui::lazy::{self, Part};
use crate::ui::tabs;

/// A part of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tab {
    Overview,
    Difference,
    WhatIf,
    Machine,
}

impl Tab {
    const ALL: [Self; 4] = [
        Self::Overview,
        Self::Difference,
        Self::WhatIf,
        Self::Machine,
    ];

    const fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Difference => "Difference",
            Self::WhatIf => "What if",
            Self::Machine => "This machine",
        }
    }

    const fn id(self) -> &'static str {
        match self {
            Self::Overview => "compare-overview",
            Self::Difference => "compare-difference",
            Self::WhatIf => "compare-what-if",
            Self::Machine => "compare-machine",
        }
    }
}

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible, preload(comparison_code))]
fn comparison() -> Part {
    Ok(page(expect_context()))
}

/// The comparison of networks.
pub fn panel(_: Lab) -> AnyView {
    lazy::on_demand("The comparison", comparison_code, comparison)
}

fn page(lab: Lab) -> AnyView {
    let part = RwSignal::new(Tab::Overview);
    let order = RwSignal::new(None);
    lab.compare.hush();
    on_cleanup(move || lab.stop_measuring());
    // A click on the tab of the shown part does not rebuild it.
    let shown = Memo::new(move |_| part.get());
    let none = Memo::new(move |_| lab.compare.pins().with(Vec::is_empty));
    let body = move || match shown.get() {
        Tab::Overview if none.get() => ().into_any(),
        Tab::Overview => view! { {table::view(lab, order)} {charts::view(lab)} }.into_any(),
        Tab::Difference => diff::view(lab),
        Tab::WhatIf => what_if::view(lab),
        Tab::Machine => machine::view(lab),
    };
    // In the overview the table has them.
    let pins = move || (shown.get() != Tab::Overview).then(|| head::pins(lab));
    let starters = move || (shown.get() == Tab::Overview).then(|| head::starters(lab));
    view! {
        <div class="compare">
            <div class="compare-head">
                <h2>"Compare"</h2>
                {tabs(part)}
                {head::tools(lab)}
            </div>
            {messages(lab)}
            {starters}
            {pins}
            <div
                class="compare-body"
                role="tabpanel"
                id="compare-part"
                aria-labelledby=move || part.get().id()
            >
                {body}
            </div>
        </div>
    }
    .into_any()
}

/// Refusals and confirmations.
fn messages(lab: Lab) -> AnyView {
    let refused = lab.compare.refusal();
    let confirmation = lab.compare.confirmation();
    view! {
        <p class="compare-refused" role="alert" data-testid="compare-refused">
            {move || refused.get()}
        </p>
        <p class="compare-told" role="status" data-testid="compare-told">{move || confirmation.get()}</p>
    }
    .into_any()
}

fn tabs(part: RwSignal<Tab>) -> AnyView {
    let all = Tab::ALL.map(|it| tabs::Tab {
        title: it.title(),
        id: it.id(),
    });
    let chosen = Signal::derive(move || part.get() as usize);
    let choose = move |place: usize| {
        if let Some(chosen) = Tab::ALL.get(place) {
            part.set(*chosen);
        }
    };
    let label = "Parts of the comparison";
    tabs::tabs_of(label, "compare-part", all, chosen, choose, None)
}

/// The hint of a part that needs something and does not have it.
fn empty(words: &'static str) -> AnyView {
    view! { <p class="compare-words">{words}</p> }.into_any()
}

/// A list of words of which one is chosen.
fn choice(
    label: &'static str,
    testid: &'static str,
    options: Signal<Vec<String>>,
    chosen: Signal<usize>,
    choose: Callback<usize>,
) -> AnyView {
    let changed = move |event| {
        if let Ok(place) = event_target_value(&event).parse() {
            choose.run(place);
        }
    };
    let options = move || {
        let one = |(place, text): (usize, String)| {
            view! {
                <option value=place.to_string() prop:selected=move || chosen.get() == place>{text}</option>
            }
        };
        options
            .get()
            .into_iter()
            .enumerate()
            .map(one)
            .collect_view()
    };
    view! {
        <label class="compare-choice">
            <span>{label}</span>
            <select data-testid=testid on:change=changed>{options}</select>
        </label>
    }
    .into_any()
}
