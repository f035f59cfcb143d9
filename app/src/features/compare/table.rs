//! The table of pinned networks: sorted by any column, copied as CSV.

use engine::compare::{Column, Row, as_csv, source_of};
use leptos::prelude::*;

use super::empty;
use crate::lab::Lab;
use crate::ui::format::{bytes, count, milliseconds};
use state::compare::letter;

fn columns() -> impl Iterator<Item = Column> {
    Column::KNOWN.into_iter().chain(Column::MEASURED)
}

/// The sorted column, and whether in descending order.
type Order = Option<(Column, bool)>;

/// The rows with their slots in the chosen order.
fn sorted(mut rows: Vec<(usize, Row)>, order: Order) -> Vec<(usize, Row)> {
    if let Some((column, descending)) = order {
        rows.sort_by(|one, other| column.order(&one.1, &other.1, descending));
    }
    rows
}

pub fn view(lab: Lab) -> AnyView {
    let compare = lab.compare;
    let order = RwSignal::new(None::<(Column, bool)>);
    let rows = Memo::new(move |_| {
        let rows = compare.rows();
        let slots = compare
            .pins()
            .with(|pins| pins.iter().map(|pin| pin.slot).collect::<Vec<_>>());
        sorted(slots.into_iter().zip(rows).collect(), order.get())
    });
    let copy = move |_| {
        let rows: Vec<Row> = rows.get_untracked().into_iter().map(|it| it.1).collect();
        lab.copy_comparison(as_csv(&columns().collect::<Vec<_>>(), &rows));
    };
    let headings = move || {
        columns()
            .map(|column| heading(column, order))
            .collect_view()
    };
    let body = move || {
        rows.get()
            .into_iter()
            .map(|(slot, it)| row(slot, &it))
            .collect_view()
    };
    let sources = move || {
        let named = rows.get().into_iter().filter_map(|(slot, row)| {
            let from = source_of(row.accuracy?);
            Some(view! { <li>{letter(slot)} " " {row.name} ": " {from}</li> })
        });
        named.collect_view()
    };
    let full = move || {
        view! {
            <div class="tools">
                <button type="button" data-testid="copy-csv" on:click=copy>"Copy as CSV"</button>
                <span class="hint">"A click on a heading sorts by it."</span>
            </div>
            <div class="table-scroll" tabindex="0" role="group" aria-label="Pinned networks, one a row">
                <table class="figures compare-table" data-testid="compare-rows">
                    <thead><tr>{headings}</tr></thead>
                    <tbody>{body}</tbody>
                </table>
            </div>
            <ul class="hint compare-sources" aria-label="Where the published accuracies are from">
                {sources}
            </ul>
        }
        .into_any()
    };
    let none = Memo::new(move |_| compare.pins().with(Vec::is_empty));
    view! {
        {move || {
            if none.get() {
                empty("Pin the network on the screen or one of the list above: each is a row here.")
            } else {
                full()
            }
        }}
    }
    .into_any()
}

/// A heading that sorts: numbers the largest first, names from A; a second click turns it round.
fn heading(column: Column, order: RwSignal<Order>) -> AnyView {
    let sorting = move || {
        order
            .get()
            .filter(|(by, _)| *by == column)
            .map(|(_, down)| down)
    };
    let first = column != Column::Network;
    let click = move |_| {
        order.set(Some((
            column,
            sorting().map_or(first, |descending| !descending),
        )));
    };
    let aria = move || match sorting() {
        None => "none",
        Some(true) => "descending",
        Some(false) => "ascending",
    };
    let arrow = move || match sorting() {
        None => "",
        Some(true) => " ↓",
        Some(false) => " ↑",
    };
    view! {
        <th scope="col" aria-sort=aria>
            <button
                type="button"
                class="quiet"
                data-testid="sort"
                data-column=column.key()
                title=column.meaning()
                on:click=click
            >
                {column.title()}
                <span aria-hidden="true">{arrow}</span>
            </button>
        </th>
    }
    .into_any()
}

fn row(slot: usize, row: &Row) -> AnyView {
    let cells = Column::KNOWN.into_iter().skip(1).chain(Column::MEASURED);
    let cells = cells.map(|column| {
        let exact = column.value(row);
        view! {
            <td data-column=column.key() data-value=exact.clone() title=exact>
                {text(column, row)}
            </td>
        }
    });
    view! {
        <tr data-testid="compare-row" data-name=row.name.clone() data-series=slot>
            <th scope="row">
                <span class="pin-letter" aria-hidden="true">{letter(slot)}</span>
                " "
                {row.name.clone()}
            </th>
            {cells.collect_view()}
        </tr>
    }
    .into_any()
}

/// A cell for people; a dash where there is nothing.
pub fn text(column: Column, row: &Row) -> String {
    let dash = || "–".to_owned();
    match column {
        Column::Network => row.name.clone(),
        Column::Input => row.input.to_string().replace('x', "×"),
        Column::Parameters => count(row.params),
        Column::Macs => count(row.macs),
        Column::Flops => count(row.flops),
        Column::WeightBytes => bytes(row.weight_bytes),
        Column::PeakBytes => bytes(row.peak_bytes),
        Column::Depth => row.depth.to_string(),
        Column::Field => match row.field {
            Some(_) => format!("{} px", column.value(row).replace('x', "×")),
            None => "whole picture".to_owned(),
        },
        Column::Accuracy => row
            .accuracy
            .map_or_else(dash, |it| format!("{} %", it.top1)),
        Column::CpuMeasured | Column::CpuPredicted | Column::GpuMeasured | Column::GpuPredicted => {
            column.number(row).map_or_else(dash, milliseconds)
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::zoo::{self, Options};

    use super::*;

    #[test]
    fn rows_are_sorted_by_number_and_not_by_text() {
        let row = |name: &str| Row::of(&zoo::build(name, &Options::default()).unwrap(), Some(name));
        let rows: Vec<_> = ["mobilenet", "vgg-16", "lenet-5"]
            .map(row)
            .into_iter()
            .enumerate()
            .collect();
        let names = |order| -> Vec<String> {
            let rows = sorted(rows.clone(), order);
            rows.into_iter().map(|(_, row)| row.name).collect()
        };
        assert_eq!(names(None)[0], "MobileNet");
        assert_eq!(
            names(Some((Column::Parameters, true))),
            ["VGG-16", "MobileNet", "LeNet-5"]
        );
        assert_eq!(names(Some((Column::Network, false)))[0], "LeNet-5");
        // LeNet-5's textbook form has no published accuracy: it is last, whichever way.
        assert_eq!(names(Some((Column::Accuracy, false)))[2], "LeNet-5");
    }
}
