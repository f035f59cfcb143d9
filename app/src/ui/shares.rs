//! What each family of layers costs: as a bar, and as the table behind it.

use engine::compare::by_family;
use engine::layer::{Cost, Family};
use leptos::prelude::*;

use super::explained::{Quantities, number};
use crate::lab::Lab;
use crate::ui::format::exact;

/// Families with their costs, in the legend's order.
type ByFamily = Vec<(Family, Cost)>;

/// Each family's part of one cost, with its percentage of the total.
fn pieces(shares: &ByFamily, part: fn(&Cost) -> u64) -> Vec<(Family, u64, f64)> {
    let parts = shares.iter().map(|(family, cost)| (*family, part(cost)));
    let parts: Vec<_> = parts.filter(|&(_, part)| part > 0).collect();
    let whole = parts
        .iter()
        .fold(0_u64, |sum, (_, part)| sum.saturating_add(*part));
    let percent = |part: u64| part as f64 / whole as f64 * 100.0;
    parts
        .into_iter()
        .map(|(family, part)| (family, part, percent(part)))
        .collect()
}

/// A bar cut into the families' shares of one cost; its name opens the table.
pub fn share_bar(
    name: &'static str,
    quantities: Quantities,
    shares: Memo<ByFamily>,
    part: fn(&Cost) -> u64,
) -> AnyView {
    let pieces = Memo::new(move |_| shares.with(|shares| pieces(shares, part)));
    let words = move || {
        let words: Vec<_> = pieces.with(|pieces| {
            let words = pieces.iter();
            let words =
                words.map(|(family, _, percent)| format!("{} {percent:.1} %", family.name()));
            words.collect()
        });
        format!("Share of {name}: {}", words.join(", "))
    };
    // The segments are kept while their widths change.
    let families = Memo::new(move |_| {
        pieces.with(|pieces| {
            pieces
                .iter()
                .map(|(family, ..)| *family)
                .collect::<Vec<_>>()
        })
    });
    let piece = move |(place, family): (usize, Family)| {
        let width = move || {
            let percent = pieces.with(|pieces| pieces.get(place).map(|(.., percent)| *percent));
            format!("{}%", percent.unwrap_or_default())
        };
        view! { <span data-family=family.name() style:width=width></span> }
    };
    view! {
        <div class="share-row">
            {number(name, quantities, || None, move || name.to_owned())}
            <div class="share-bar" role="img" aria-label=words>
                {move || families.get().into_iter().enumerate().map(piece).collect_view()}
            </div>
        </div>
    }
    .into_any()
}

/// The shares as a table, for the number with this title; empty for other numbers.
pub fn share_table(lab: Lab, title: &str) -> Option<AnyView> {
    let part: fn(&Cost) -> u64 = match title {
        "Parameters" => Cost::params,
        "MACs" => |cost| cost.macs,
        _ => return None,
    };
    let row = |(family, part, percent): (Family, u64, f64)| {
        view! {
            <tr data-testid="share-row" data-family=family.name()>
                <th scope="row" class="key">{family.name()}</th>
                <td>{exact(part)}</td>
                <td>{format!("{percent:.1} %")}</td>
            </tr>
        }
    };
    let rows = move || {
        let shares = lab.document.graph().with(|graph| {
            lab.document
                .analysis
                .with(|analysis| by_family(graph, analysis))
        });
        pieces(&shares, part).into_iter().map(row).collect_view()
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
