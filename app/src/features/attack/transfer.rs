//! Pictures made against one network, judged by the others.

use engine::attack::Transfer;
use leptos::prelude::*;
use state::attack::transfer_csv;

use super::dock::{begin, save};
use crate::lab::{AttackPart, Lab};
use crate::ui::format::percent;

pub fn transfer(lab: Lab, part: AttackPart) -> AnyView {
    let result = part.attack.studies.transfer();
    let measure = move || lab.study_transfer(part.attack.settings());
    let body = move || {
        let result = result.get()?;
        let csv = transfer_csv(&result);
        let view = view! {
            <div class="robustness-table">
                <p>
                    "Rows: whose pictures. Columns: the accuracy of. Pictures of another size are cropped or \
                     padded. "
                    {save(move || lab.save_table("transfer", &csv))}
                </p>
                {table(&result)}
            </div>
        };
        Some(view.into_any())
    };
    let pins = move || {
        let variants = lab
            .shrink
            .read(|held| held.variants.all().iter().filter(|it| it.pinned).count());
        lab.compare.pins().with(Vec::len) + variants
    };
    view! {
        <div class="robustness-tools">
            {begin(part, "measure-transfer", measure)}
            <span>{move || format!("The open network and {} pinned in Compare or Shrink", pins())}</span>
        </div>
        {body}
    }
    .into_any()
}

fn table(transfer: &Transfer) -> AnyView {
    let head = transfer.networks.iter();
    let head = head.map(|it| view! { <th scope="col">{it.clone()}</th> });
    let row = |(name, shares): (String, &Vec<f64>)| {
        let cells = shares.iter().map(|share| {
            view! {
                <td data-value=share.to_string() style:--heat=share.to_string()>
                    {percent(*share)}
                </td>
            }
        });
        view! {
            <tr>
                <th scope="row">{name}</th>
                {cells.collect_view()}
            </tr>
        }
    };
    let clean = ("Undisturbed".to_owned(), &transfer.clean);
    let rows = transfer.networks.iter().cloned().zip(&transfer.accuracy);
    let rows = [clean].into_iter().chain(rows);
    view! {
        <table class="attack-table heat" data-testid="transfer-table">
            <thead>
                <tr>
                    <th scope="col">"Pictures of"</th>
                    {head.collect_view()}
                </tr>
            </thead>
            <tbody>{rows.map(row).collect_view()}</tbody>
        </table>
    }
    .into_any()
}
