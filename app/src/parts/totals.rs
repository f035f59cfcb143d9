//! What the whole network costs, and which families of layers cost it.

use engine::layer::{Cost, Family};
use engine::{Analysis, Graph};
use leptos::prelude::*;

use crate::format::{bytes, count, exact};
use crate::lab::Lab;

/// Bytes of a weight as it is stored: 32-bit floats.
const WEIGHT_BYTES: u64 = 4;

#[component]
pub fn Totals() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let total = Memo::new(move |_| lab.analysis.with(|analysis| analysis.total));
    let shares = Memo::new(move |_| {
        lab.graph
            .with(|graph| lab.analysis.with(|analysis| by_family(graph, analysis)))
    });
    let params = Signal::derive(move || total.get().params());
    let macs = Signal::derive(move || total.get().macs);
    let flops = Signal::derive(move || total.get().flops());
    let weights = Signal::derive(move || total.get().params().saturating_mul(WEIGHT_BYTES));
    view! {
        <footer class="totals" aria-label="Totals">
            <dl>
                <Figure name="Parameters" testid="total-params" value=params text=count />
                <Figure name="MACs" testid="total-macs" value=macs text=count />
                <Figure name="FLOPs" testid="total-flops" value=flops text=count />
                <Figure name="Weights" testid="total-weight-bytes" value=weights text=bytes />
            </dl>
            <div class="shares">
                <Shares name="Parameters" shares part=|cost| cost.params() />
                <Shares name="MACs" shares part=|cost| cost.macs />
                <p class="legend">
                    {move || {
                        shares.get().into_iter().map(|(family, _)| {
                            view! {
                                <span class="key" data-family=family.name()>{family.name()}</span>
                            }
                        }).collect_view()
                    }}
                </p>
            </div>
        </footer>
    }
}

/// One number: for people, and exactly.
#[component]
fn Figure(
    name: &'static str,
    testid: &'static str,
    value: Signal<u64>,
    text: fn(u64) -> String,
) -> impl IntoView {
    let precise = move || {
        let precise = exact(value.get());
        (precise != text(value.get())).then(|| view! { <dd class="exact">{precise}</dd> })
    };
    view! {
        <div class="figure">
            <dt>{name}</dt>
            <dd data-testid=testid data-value=move || value.get().to_string()>
                {move || text(value.get())}
            </dd>
            {precise}
        </div>
    }
}

/// A bar cut into the families' shares of one cost.
#[component]
fn Shares(
    name: &'static str,
    shares: Memo<Vec<(Family, Cost)>>,
    part: fn(&Cost) -> u64,
) -> impl IntoView {
    let pieces = move || {
        let shares = shares.get();
        let whole = shares
            .iter()
            .map(|(_, cost)| part(cost))
            .fold(0, u64::saturating_add);
        let pieces = shares
            .into_iter()
            .map(|(family, cost)| (family, part(&cost)));
        pieces
            .filter(|&(_, part)| part > 0)
            .map(|(family, part)| {
                let percent = part as f64 / whole as f64 * 100.0;
                (family, percent)
            })
            .collect::<Vec<_>>()
    };
    let words = move || {
        let pieces = pieces();
        let words = pieces
            .iter()
            .map(|(family, percent)| format!("{} {percent:.1} %", family.name()));
        format!("Share of {name}: {}", words.collect::<Vec<_>>().join(", "))
    };
    view! {
        <div class="share-row">
            <span class="share-name" aria-hidden="true">{name}</span>
            <div class="share-bar" role="img" aria-label=words>
                {move || {
                    pieces().into_iter().map(|(family, percent)| {
                        view! {
                            <span
                                data-family=family.name()
                                style:width=format!("{percent}%")
                            ></span>
                        }
                    }).collect_view()
                }}
            </div>
        </div>
    }
}

/// The families that occur, in the legend's order, with what they cost together.
fn by_family(graph: &Graph, analysis: &Analysis) -> Vec<(Family, Cost)> {
    let mut shares: Vec<(Family, Cost)> = Vec::new();
    for node in graph.nodes() {
        let cost = analysis
            .node(node.id)
            .map(|facts| facts.cost)
            .unwrap_or_default();
        let family = node.layer.family();
        match shares.iter_mut().find(|(other, _)| *other == family) {
            Some((_, sum)) => sum.add(cost),
            None => shares.push((family, cost)),
        }
    }
    shares.sort_by_key(|(family, _)| *family);
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_families_costs_add_up_to_the_total() {
        let graph = engine::zoo::lenet5().unwrap();
        let analysis = Analysis::of(&graph);
        let mut sum = Cost::default();
        for (_, cost) in by_family(&graph, &analysis) {
            sum.add(cost);
        }
        assert_eq!(sum, analysis.total);
    }
}
