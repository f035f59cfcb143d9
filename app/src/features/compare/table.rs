//! The table of pinned networks: bars in its cells, sorted by any column, copied as CSV.

use engine::compare::{Column, Row, as_csv, source_of};
use leptos::prelude::*;

use super::head::{name, remove};
use crate::lab::Lab;
use crate::ui::format::{bytes, count, milliseconds};
use crate::ui::icon::{Icon, icon};
use state::compare::{Pin, letter};

fn columns() -> impl Iterator<Item = Column> {
    Column::KNOWN.into_iter().chain(Column::MEASURED)
}

/// The sorted column, and whether in descending order.
pub type Order = Option<(Column, bool)>;

/// The rows with their pins in the chosen order.
fn sorted<T>(mut rows: Vec<(T, Row)>, order: Order) -> Vec<(T, Row)> {
    if let Some((column, descending)) = order {
        rows.sort_by(|one, other| column.order(&one.1, &other.1, descending));
    }
    rows
}

/// The columns of one table: those that are known, and those in which something was measured.
fn shown(rows: &[(Pin, Row)]) -> Vec<Column> {
    let measured = |column: &Column| rows.iter().any(|(_, row)| column.number(row).is_some());
    let known = Column::KNOWN.into_iter();
    known
        .chain(Column::MEASURED.into_iter().filter(measured))
        .collect()
}

pub fn view(lab: Lab, order: RwSignal<Order>) -> AnyView {
    let compare = lab.compare;
    let rows = Memo::new(move |_| {
        let rows = compare.rows();
        sorted(
            compare.pins().get().into_iter().zip(rows).collect(),
            order.get(),
        )
    });
    let columns_shown = Memo::new(move |_| rows.with(|rows| shown(rows)));
    let copy = move |_| {
        let rows: Vec<Row> = rows.get_untracked().into_iter().map(|it| it.1).collect();
        lab.copy_comparison(as_csv(&columns().collect::<Vec<_>>(), &rows));
    };
    let headings = move || {
        let columns = columns_shown.get().into_iter();
        columns.map(|column| heading(column, order)).collect_view()
    };
    let body = move || {
        rows.with(|rows| {
            let columns = columns_shown.get();
            let one = |(pin, it): &(Pin, Row)| row(lab, pin, it, rows, &columns);
            rows.iter().map(one).collect_view()
        })
    };
    let sources = move || {
        let named = rows.get().into_iter().filter_map(|(pin, row)| {
            let from = source_of(row.accuracy?);
            Some(view! { <li>{letter(pin.slot)} " " {row.name} ": " {from}</li> })
        });
        named.collect_view()
    };
    let sourced =
        Memo::new(move |_| rows.with(|rows| rows.iter().any(|(_, row)| row.accuracy.is_some())));
    view! {
        <div class="table-scroll" tabindex="0" role="group" aria-label="Pinned networks, one a row">
            <table class="compare-table pinned" data-testid="compare-rows">
                <thead><tr>{headings} <td></td></tr></thead>
                <tbody>{body}</tbody>
            </table>
        </div>
        <div class="compare-under">
            <details class="compare-sources" hidden=move || !sourced.get()>
                <summary>"Where the accuracies are from"</summary>
                <ul>{sources}</ul>
            </details>
            <button type="button" class="quiet" data-testid="copy-csv" on:click=copy>"Copy as CSV"</button>
        </div>
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
    let arrow = move || sorting().map(|down| icon(if down { Icon::Down } else { Icon::Up }));
    view! {
        <th scope="col" aria-sort=aria data-column=column.key()>
            <button
                type="button"
                data-testid="sort"
                data-column=column.key()
                title=column.meaning()
                on:click=click
            >
                {column.title()}
                {arrow}
            </button>
        </th>
    }
    .into_any()
}

/// The columns whose numbers have a bar.
const BARS: [Column; 3] = [Column::Parameters, Column::Macs, Column::WeightBytes];

fn row(lab: Lab, pin: &Pin, row: &Row, all: &[(Pin, Row)], columns: &[Column]) -> AnyView {
    let cell = |&column: &Column| {
        let exact = column.value(row);
        let bar = BARS.contains(&column).then(|| {
            let most = all.iter().filter_map(|(_, row)| column.number(row));
            let most = most.fold(1.0, f64::max);
            let share = 100.0 * column.number(row).unwrap_or(0.0) / most;
            view! { <span class="cell-bar" aria-hidden="true"><span style:width=format!("{share:.1}%")></span></span> }
        });
        view! {
            <td data-column=column.key() data-value=exact.clone() title=exact>
                <span class="cell">{bar} <span>{text(column, row)}</span></span>
            </td>
        }
    };
    let problems = (row.problems > 0).then(
        || view! { <small class="pin-problem">"has problems: its numbers are not whole"</small> },
    );
    view! {
        <tr data-testid="compare-row" data-name=row.name.clone() data-series=pin.slot>
            <th scope="row" data-testid="pin" data-name=row.name.clone() data-series=pin.slot>
                <span class="pin-cell">
                    {name(lab, pin)}
                    {row.year.map(|year| view! { <small>{year}</small> })}
                    {problems}
                </span>
            </th>
            {columns.iter().skip(1).map(cell).collect_view()}
            <td>{remove(lab, pin)}</td>
        </tr>
    }
    .into_any()
}

/// A cell for people; a dash where there is nothing.
fn text(column: Column, row: &Row) -> String {
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
        Column::Field => {
            let size = format!("{} px", column.value(row).replace('x', "×"));
            match &row.field_at {
                // The layers after it see the whole input.
                Some(name) if row.output_field.is_none() => format!("{size} at {name}"),
                Some(_) => size,
                None => "whole input".to_owned(),
            }
        }
        Column::Accuracy => row
            .accuracy
            .map_or_else(dash, |it| format!("{:.1} %", it.top1)),
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
