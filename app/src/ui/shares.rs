//! What each family of layers costs.

use engine::compare::by_family;
use engine::layer::{Cost, Family};
use leptos::prelude::*;

use crate::lab::Lab;
use crate::ui::format::{exact, percent_of};

/// Families with their costs, in the legend's order.
type ByFamily = Vec<(Family, Cost)>;

/// Each family's part of one cost, and their sum.
fn pieces(shares: &ByFamily, part: fn(&Cost) -> u64) -> (Vec<(Family, u64)>, u64) {
    let parts = shares.iter().map(|(family, cost)| (*family, part(cost)));
    let parts: Vec<_> = parts.filter(|&(_, part)| part > 0).collect();
    let whole = parts.iter().map(|(_, part)| *part);
    let whole = whole.fold(0, u64::saturating_add);
    (parts, whole)
}

/// The shares as a table, for the number with this title; empty for other numbers.
pub fn share_table(lab: Lab, title: &str) -> Option<AnyView> {
    let part: fn(&Cost) -> u64 = match title {
        "Parameters" => Cost::params,
        "MACs" => |cost| cost.macs,
        _ => return None,
    };
    let row = |(family, part): (Family, u64), whole: u64| {
        view! {
            <tr data-testid="share-row" data-family=family.name()>
                <th scope="row" class="key">{family.name()}</th>
                <td>{exact(part)}</td>
                <td>{percent_of(part, whole)}</td>
            </tr>
        }
    };
    let rows = move || {
        let shares = lab.document.graph().with(|graph| {
            lab.document
                .analysis
                .with(|analysis| by_family(graph, analysis))
        });
        let (parts, whole) = pieces(&shares, part);
        let rows = parts.into_iter().map(move |part| row(part, whole));
        rows.collect_view()
    };
    let title = title.to_owned();
    let table = view! {
        <table class="figures share-table">
            <thead>
                <tr>
                    <th scope="col">"family"</th>
                    <th scope="col">{title}</th>
                    <th scope="col">"share"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    };
    Some(table.into_any())
}
