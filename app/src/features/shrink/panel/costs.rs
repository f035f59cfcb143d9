//! What the next step costs and saves: counts before it and after.

use leptos::prelude::*;
use state::shrink::Forecast;

use crate::ui::format::{bytes, count, percent_of};

/// The table of both.
pub fn costs(now: Memo<Forecast>, then: Memo<Forecast>) -> AnyView {
    type Of = fn(&Forecast) -> u64;
    type Shown = fn(u64) -> String;
    let rows: [(&str, &str, Of, Shown); 5] = [
        ("Parameters", "parameters", |it| it.parameters, count),
        ("Non-zero parameters", "nonzero", |it| it.nonzero, count),
        ("MACs", "macs", |it| it.macs, count),
        ("Bytes", "bytes", |it| it.bytes, bytes),
        ("Bytes, sparse", "sparse", |it| it.sparse, bytes),
    ];
    let row = move |(title, name, of, shown): (&'static str, &'static str, Of, Shown)| {
        let before = Memo::new(move |_| now.with(of));
        let after = Memo::new(move |_| then.with(of));
        let left = move || {
            let (before, after) = (before.get(), after.get());
            (before != after).then(|| percent_of(after, before))
        };
        view! {
            <tr data-cost=name>
                <th scope="row">{title}</th>
                <td>{move || shown(before.get())}</td>
                <td data-value=move || after.get().to_string()>{move || shown(after.get())}</td>
                <td>{left}</td>
            </tr>
        }
    };
    view! {
        <table class="shrink-costs figures" data-testid="shrink-costs">
            <thead>
                <tr>
                    <td></td>
                    <th scope="col">"Now"</th>
                    <th scope="col">"Then"</th>
                    <th scope="col">"Left"</th>
                </tr>
            </thead>
            <tbody>{rows.map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}
