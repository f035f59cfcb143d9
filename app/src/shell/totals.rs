//! The line at the bottom: what the whole network costs. A number shows its formula.

use engine::analysis::Precision;
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;
use state::screen::{Area, LookTab};

use crate::lab::Lab;
use crate::ui::explained::{self, FLOPS, MACS, MEMORY, PARAMETERS, Quantities, REACH, number};
use crate::ui::format::{bytes, count};
use crate::ui::icon::{Icon, icon};
use crate::ui::lazy::{self, Part};

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible, preload(formula_code))]
fn formulas() -> Part {
    Ok(explained::formulas(expect_context()))
}

/// The formula of a number.
fn formula() -> AnyView {
    lazy::on_demand("The formula", formula_code, formulas)
}

#[wasm_split(after_answer, wasm_split_path = leptos::wasm_split, fallible, preload(total_code))]
fn total_part() -> Part {
    Ok(view! { <Totals /> }.into_any())
}

/// See the module.
pub fn totals(lab: Lab) -> AnyView {
    lazy::unnoticed(lab, total_code, total_part)
}

#[component]
fn Totals() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let total = Memo::new(move |_| lab.document.analysis.with(|analysis| analysis.total));
    // Nodes after a problem are not counted.
    let part = Memo::new(move |_| lab.document.analysis.with(|analysis| !analysis.is_valid()));
    let params = Signal::derive(move || total.get().params());
    let macs = Signal::derive(move || total.get().macs);
    let flops = Signal::derive(move || total.get().flops());
    // The weights and the feature maps alive at once.
    let memory = Memo::new(move |_| {
        lab.document.analysis.with(|analysis| {
            let f32 = Precision::F32;
            let maps = analysis.inference.bytes(f32);
            analysis.weight_bytes(f32).saturating_add(maps)
        })
    });
    let ever_asked = Memo::new(move |before| {
        before == Some(&true) || lab.screen.explained().with(Option::is_some)
    });
    // In Look the dock may show something else than the totals.
    let open = move || {
        let here = || lab.screen.look_tab().get() == LookTab::Totals;
        lab.screen.dock_open().get() && (lab.screen.area().get() != Area::Look || here())
    };
    let toggle = move |_| {
        let now = untrack(open);
        lab.screen.show_look_tab(LookTab::Totals);
        lab.screen.open_dock(!now);
    };
    view! {
        <div
            class="totals"
            role="group"
            aria-label="Totals"
            title=move || part.get().then_some("At least: nothing behind a problem is counted")
        >
            <button
                type="button"
                class="open-totals"
                data-testid="open-totals"
                aria-expanded=move || open().to_string()
                on:click=toggle
            >
                {move || icon(if open() { Icon::Down } else { Icon::Up })}
                {move || {
                    let area = lab.screen.area().get();
                    super::panels::below_in(area).unwrap_or("Totals")
                }}
            </button>
            <dl>
                {figure("Parameters", "total-params", PARAMETERS, params, part, count)}
                {figure("MACs", "total-macs", MACS, macs, part, count)}
                {figure("FLOPs", "total-flops", FLOPS, flops, part, count)}
                {figure("Memory", "total-memory", MEMORY, memory.into(), part, bytes)}
                <Field part />
            </dl>
            // Mounted from the start, because screen readers announce changes of existing live
            // regions only.
            <div class="explained" role="status" data-testid="explained">
                {move || ever_asked.get().then(formula)}
            </div>
        </div>
    }
}

/// The prefix of a number that counts only a part of the network.
fn least(part: Memo<bool>) -> &'static str {
    if part.get() { "≥\u{202f}" } else { "" }
}

/// One number; a click shows its formula.
fn figure(
    name: &'static str,
    testid: &'static str,
    quantities: Quantities,
    value: Signal<u64>,
    part: Memo<bool>,
    text: fn(u64) -> String,
) -> AnyView {
    view! {
        <div class="figure">
            <dt>{name}</dt>
            <dd data-testid=testid data-value=move || value.get().to_string()>
                {number(name, quantities, || None, move || format!("{}{}", least(part), text(value.get())))}
            </dd>
        </div>
    }
    .into_any()
}

/// The receptive field of the output, and that of the last node with spatial extent.
#[component]
fn Field(part: Memo<bool>) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let all = Memo::new(move |_| lab.document.analysis.with(|it| it.output_field().is_none()));
    let last = Memo::new(move |_| lab.document.analysis.with(|it| it.last_spatial()));
    let pair = |[height, width]: [u64; 2], between: &str| {
        if height == width {
            height.to_string()
        } else {
            format!("{height}{between}{width}")
        }
    };
    let of = move |which: fn(engine::analysis::ReceptiveField) -> [u64; 2], between| {
        let last = last.get();
        last.map_or_else(|| "1".to_owned(), |(_, field)| pair(which(field), between))
    };
    let node = move || last.get_untracked().map(|(id, _)| id);
    let text = move || {
        let size = format!("{}{} px", least(part), of(|it| it.size, "×"));
        if part.get() || !all.get() {
            return size;
        }
        let name = last.get().and_then(|(id, _)| {
            let graph = lab.document.graph();
            graph.with(|graph| graph.node(id).map(|node| node.name.clone()))
        });
        match name {
            Some(name) => format!("whole input · {size} at {name}"),
            None => "whole input".to_owned(),
        }
    };
    view! {
        <div class="figure">
            <dt>"Receptive field"</dt>
            <dd
                data-testid="total-reach"
                data-value=move || of(|it| it.size, "x")
                data-stride=move || of(|it| it.stride, "×")
                data-whole=move || all.get().to_string()
            >
                {number("Receptive field", REACH, node, text)}
            </dd>
        </div>
    }
}
