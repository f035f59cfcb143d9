//! Accuracy under natural corruptions.

use engine::attack::{CorruptionRow, SetReport};
use leptos::prelude::*;
use state::attack::{corruptions as all, corruptions_csv};

use super::dock::{begin, save};
use crate::lab::{AttackPart, Lab};
use crate::ui::format::percent;

pub fn corruptions(lab: Lab, part: AttackPart) -> AnyView {
    let report = part.attack.studies.corruptions();
    let body = move || match report.get().as_deref() {
        Some(SetReport::Corruptions {
            images,
            clean,
            rows,
        }) => {
            let csv = corruptions_csv(*clean, rows);
            let head = format!("{images} images, {} as they are", percent(*clean));
            view! {
                <div class="robustness-table">
                    <p>{head} {save(move || lab.save_table("corruptions", &csv))}</p>
                    {table(rows)}
                </div>
            }
            .into_any()
        }
        _ => ().into_any(),
    };
    view! {
        <div class="robustness-tools">
            {begin(part, "measure-corruptions", move || lab.study(all()))}
            <a href="https://arxiv.org/abs/1903.12261" target="_blank" rel="noreferrer">
                "Hendrycks and Dietterich 2019"
            </a>
        </div>
        {body}
    }
    .into_any()
}

fn table(rows: &[CorruptionRow]) -> AnyView {
    let head = (1..=5).map(|it| view! { <th scope="col">{format!("Severity {it}")}</th> });
    let row = |row: &CorruptionRow| {
        let corruption = row.corruption;
        let cells = row.severities.map(|[number, accuracy]| {
            view! {
                <td>
                    {percent(accuracy)}
                    <small>{corruption.described(number as f32)}</small>
                </td>
            }
        });
        view! {
            <tr>
                <th scope="row">{corruption.name()}</th>
                {cells.collect_view()}
            </tr>
        }
    };
    view! {
        <table class="attack-table" data-testid="corruptions-table">
            <thead>
                <tr>
                    <th scope="col">"Corruption"</th>
                    {head.collect_view()}
                </tr>
            </thead>
            <tbody>{rows.iter().map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}
