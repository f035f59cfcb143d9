//! The comparison: networks pinned as cards, one table, charts, the difference of two, what-if
//! curves, and how fast this machine is.

mod chart;
mod charts;
mod diff;
mod formulas;
mod machine;
mod pins;
mod table;
mod what_if;

use crate::ui::lazy::{self, Part};
use leptos::html::Section;
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;

use crate::lab::Lab;
use crate::platform::keys;
use crate::platform::schedule::soon;
use crate::ui::root::mark;

/// A part of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tab {
    Table,
    Charts,
    Difference,
    WhatIf,
    Machine,
}

impl Tab {
    const ALL: [Self; 5] = [
        Self::Table,
        Self::Charts,
        Self::Difference,
        Self::WhatIf,
        Self::Machine,
    ];

    const fn title(self) -> &'static str {
        match self {
            Self::Table => "Table",
            Self::Charts => "Charts",
            Self::Difference => "Difference",
            Self::WhatIf => "What if",
            Self::Machine => "This machine",
        }
    }

    const fn id(self) -> &'static str {
        match self {
            Self::Table => "compare-table",
            Self::Charts => "compare-charts",
            Self::Difference => "compare-difference",
            Self::WhatIf => "compare-what-if",
            Self::Machine => "compare-machine",
        }
    }

    /// The next part, or the previous one when `back`, cyclically.
    fn next(self, back: bool) -> Self {
        let by = if back { Self::ALL.len() - 1 } else { 1 };
        Self::ALL[(self as usize + by) % Self::ALL.len()]
    }
}

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible, preload(comparison_code))]
fn comparison() -> Part {
    Ok(tray(expect_context()))
}

/// The comparison of networks.
pub fn panel(_: Lab) -> AnyView {
    lazy::on_demand("The comparison", comparison_code, comparison)
}

/// Opens and closes the comparison, and says how many networks are pinned.
pub fn button(lab: Lab) -> AnyView {
    let open = lab.compare.open();
    let text = move || match lab.compare.pins().with(Vec::len) {
        0 => "Compare".to_owned(),
        pinned => format!("Compare ({pinned})"),
    };
    view! {
        <button
            type="button"
            id="compare-button"
            class="compare-button"
            data-testid="compare-button"
            aria-expanded=move || open.get().to_string()
            aria-controls="compare"
            title="Networks beside each other: cost, charts, differences, what-if curves"
            on:click=move |_| lab.show_compare(!open.get_untracked())
        >
            {text}
        </button>
    }
    .into_any()
}

/// The open tray at the bottom of the screen; on a phone it is the whole screen.
pub fn tray(lab: Lab) -> AnyView {
    let part = RwSignal::new(Tab::Table);
    let tall = RwSignal::new(false);
    mark("data-comparing", move || {
        Some(if tall.get() { "tall" } else { "beside" })
    });
    let here = NodeRef::<Section>::new();
    Effect::new(move |_| {
        if let Some(section) = here.get() {
            let focused = section.focus();
            debug_assert!(focused.is_ok());
        }
    });
    let close = move || {
        lab.show_compare(false);
        // What the tray covers cannot take the focus before the tray is closed.
        request_animation_frame(|| focus("compare-button"));
    };
    let escape = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape" && !keys::composes(&event) {
            event.stop_propagation();
            close();
        }
    };
    // A click on the tab of the shown part does not rebuild it.
    let shown = Memo::new(move |_| part.get());
    let body = move || match shown.get() {
        Tab::Table => table::view(lab),
        Tab::Charts => charts::view(lab),
        Tab::Difference => diff::view(lab),
        Tab::WhatIf => what_if::view(lab),
        Tab::Machine => machine::view(lab),
    };
    view! {
        <section
            id="compare"
            class="compare"
            aria-label="Compare"
            tabindex="-1"
            node_ref=here
            data-tall=move || tall.get().then_some("true")
            on:keydown=escape
        >
            <div class="compare-head">
                <h2 class="section-title">"Compare"</h2>
                {tabs(part)}
                <span class="spring"></span>
                {pins::tools(lab)}
                <button
                    type="button"
                    class="compare-tall"
                    aria-pressed=move || tall.get().to_string()
                    on:click=move |_| tall.update(|tall| *tall = !*tall)
                >
                    "Full height"
                </button>
                <button type="button" data-testid="compare-close" on:click=move |_| close()>"Close"</button>
            </div>
            {pins::cards(lab)}
            {messages(lab)}
            <div
                class="compare-body"
                role="tabpanel"
                id="compare-part"
                aria-labelledby=move || part.get().id()
            >
                {body}
            </div>
        </section>
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
        <p class="hint compare-confirmation" role="status" data-testid="compare-told">{move || confirmation.get()}</p>
    }
    .into_any()
}

fn tabs(part: RwSignal<Tab>) -> AnyView {
    let turn = move |event: leptos::ev::KeyboardEvent| {
        let back = match event.key().as_str() {
            "ArrowRight" => false,
            "ArrowLeft" => true,
            _ => return,
        };
        let next = part.get_untracked().next(back);
        part.set(next);
        focus(next.id());
    };
    let one = |this: Tab| {
        view! {
            <button
                type="button"
                role="tab"
                id=this.id()
                aria-controls="compare-part"
                aria-selected=move || (part.get() == this).to_string()
                tabindex=move || if part.get() == this { "0" } else { "-1" }
                on:click=move |_| soon(move || part.set(this))
            >
                {this.title()}
            </button>
        }
    };
    view! {
        <div class="compare-tabs" role="tablist" aria-label="Parts of the comparison" on:keydown=turn>
            {Tab::ALL.map(one).collect_view()}
        </div>
    }
    .into_any()
}

/// Focuses the element with this id.
fn focus(id: &str) {
    let element = document().get_element_by_id(id);
    if let Some(element) = element.and_then(|it| wasm_bindgen::JsCast::dyn_into(it).ok()) {
        let element: web_sys::HtmlElement = element;
        let focused = element.focus();
        debug_assert!(focused.is_ok());
    }
}

/// The hint of a part that needs pins and has none.
fn empty(words: &'static str) -> AnyView {
    view! { <p class="hint compare-empty">{words}</p> }.into_any()
}

/// The words of a choice in a list, and which of them is chosen.
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
