//! What the whole network costs, and which families of layers cost it.

use crate::ui::explained;
use crate::ui::lazy::{self, Part};
use engine::analysis::Precision;
use engine::compare::by_family;
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;

use crate::lab::Lab;
use crate::ui::explained::{FLOPS, MACS, MEMORY, PARAMETERS, Quantities, REACH, number};
use crate::ui::format::{bytes, count, exact};
use crate::ui::shares::share_bar;

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible, preload(formula_code))]
fn formulas() -> Part {
    Ok(explained::formulas(expect_context()))
}

/// The formula of a number.
fn formula() -> AnyView {
    lazy::on_demand("The formula", formula_code, formulas)
}

#[component]
pub fn Totals() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let total = Memo::new(move |_| lab.document.analysis.with(|analysis| analysis.total));
    let shares = Memo::new(move |_| {
        lab.document.graph().with(|graph| {
            lab.document
                .analysis
                .with(|analysis| by_family(graph, analysis))
        })
    });
    let families = Memo::new(move |_| {
        shares.with(|shares| shares.iter().map(|(family, _)| *family).collect::<Vec<_>>())
    });
    // Nodes after a problem are not counted.
    let part = Memo::new(move |_| lab.document.analysis.with(|analysis| !analysis.is_valid()));
    let params = Signal::derive(move || total.get().params());
    // Publications count trainable parameters; batch normalisation also stores means and variances.
    let trained = Signal::derive(move || {
        let total = total.get();
        match total.other {
            0 => beside(total.params()),
            _ => format!("{} trained", exact(total.trainable)),
        }
    });
    let macs = Signal::derive(move || total.get().macs);
    let flops = Signal::derive(move || total.get().flops());
    // Weights, feature maps at the peak, and the same with gradients.
    let memory = Memo::new(move |_| {
        lab.document.analysis.with(|analysis| {
            let weights = analysis.weight_bytes(Precision::F32);
            [
                weights,
                analysis.inference.bytes(Precision::F32),
                analysis.training.bytes(Precision::F32),
            ]
        })
    });
    let sum = Signal::derive(move || {
        let [weights, peak, _] = memory.get();
        weights.saturating_add(peak)
    });
    let parts = Signal::derive(move || {
        let [weights, peak, training] = memory.get().map(bytes);
        format!("{weights} weights + {peak} maps; {training} in training")
    });
    let ever_asked = Memo::new(move |before| {
        before == Some(&true) || lab.screen.explained().with(Option::is_some)
    });
    let precise = |value: Signal<u64>| Signal::derive(move || beside(value.get()));
    view! {
        <footer
            class="totals"
            aria-label="Totals"
            title=move || part.get().then_some("At least: nothing behind a problem is counted")
        >
            <dl>
                {figure("Parameters", "total-params", PARAMETERS, params, part, count, trained)}
                {figure("MACs", "total-macs", MACS, macs, part, count, precise(macs))}
                {figure("FLOPs", "total-flops", FLOPS, flops, part, count, precise(flops))}
                {figure("Memory", "total-memory", MEMORY, sum, part, bytes, parts)}
                <Field part />
            </dl>
            <div class="shares">
                {share_bar("Parameters", PARAMETERS, shares, |cost| cost.params())}
                {share_bar("MACs", MACS, shares, |cost| cost.macs)}
                <p class="legend">
                    {move || {
                        families.get().into_iter().map(|family| {
                            view! {
                                <span class="key" data-family=family.name()>{family.name()}</span>
                            }
                        }).collect_view()
                    }}
                </p>
            </div>
            // Mounted from the start, because screen readers announce changes of existing live
            // regions only.
            <div class="explained" role="status" data-testid="explained">
                {move || ever_asked.get().then(formula)}
            </div>
        </footer>
    }
}

/// The exact number, where the short form is rounded.
fn beside(value: u64) -> String {
    let precise = exact(value);
    if precise == count(value) {
        String::new()
    } else {
        precise
    }
}

/// The prefix of a number that counts only a part of the network, with a narrow space because a
/// phone shows five in a row.
fn least(part: Memo<bool>) -> &'static str {
    if part.get() { "≥\u{202f}" } else { "" }
}

/// One number in short and exact form; a click shows its formula.
fn figure(
    name: &'static str,
    testid: &'static str,
    quantities: Quantities,
    value: Signal<u64>,
    part: Memo<bool>,
    text: fn(u64) -> String,
    detail: Signal<String>,
) -> AnyView {
    let detail = move || {
        let detail = detail.get();
        (!detail.is_empty()).then(|| view! { <dd class="exact">{detail}</dd> })
    };
    view! {
        <div class="figure">
            <dt>{name}</dt>
            <dd data-testid=testid data-value=move || value.get().to_string()>
                {number(name, quantities, || None, move || format!("{}{}", least(part), text(value.get())))}
            </dd>
            {detail}
        </div>
    }
    .into_any()
}

/// The receptive field of the last node with spatial extent.
#[component]
fn Field(part: Memo<bool>) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let last = Memo::new(move |_| {
        lab.document.analysis.with(|analysis| {
            let mut nodes = analysis.nodes.iter().rev();
            nodes.find_map(|node| Some((node.id, node.receptive_field?)))
        })
    });
    let pair = |[height, width]: [u64; 2], between: &str| {
        if height == width {
            height.to_string()
        } else {
            format!("{height}{between}{width}")
        }
    };
    let value = move |between: &'static str| {
        last.get()
            .map_or_else(|| "1".to_owned(), |(_, field)| pair(field.size, between))
    };
    let stride = move || {
        last.get()
            .map_or_else(|| "1".to_owned(), |(_, field)| pair(field.stride, "×"))
    };
    let node = move || last.get_untracked().map(|(id, _)| id);
    let whose = move || {
        let name = last.get().and_then(|(id, _)| {
            lab.document
                .graph()
                .with(|graph| graph.node(id).map(|node| node.name.clone()))
        });
        format!(
            "stride {} at {}",
            stride(),
            name.as_deref().unwrap_or("input")
        )
    };
    view! {
        <div class="figure">
            <dt>"Receptive field"</dt>
            <dd data-testid="total-reach" data-value=move || value("x") data-stride=stride>
                {number("Receptive field", REACH, node, move || format!("{}{} px", least(part), value("×")))}
            </dd>
            <dd class="exact">{whose}</dd>
        </div>
    }
}
