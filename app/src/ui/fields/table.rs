//! The connection table of C3 (LeCun et al. 1998, table I): a grid of output and input maps.

use engine::NodeId;
use leptos::ev::Event;
use leptos::prelude::*;
use serde_json::json;

use super::Setting;
use super::number::{Extra, Input, Take, form_field, whole};
use crate::ui::growth::slices;

/// Larger tables are truncated to this many cells.
const MOST_CELLS: usize = 1024;
/// Cells mounted in one frame: all of LeNet-5's table.
const SLICE: usize = 128;
/// The maximum number of output maps that the control can set.
const MOST_ROWS: usize = 1024;

type Table = Vec<Vec<u32>>;

pub fn table(setting: Setting) -> AnyView {
    let rows = Memo::new(move |_| {
        let rows = setting
            .value
            .with(|value| serde_json::from_value(value.clone()));
        rows.unwrap_or_else(|_| Table::new())
    });
    // One column for each input map, or for each in the table where the input's shape is unknown.
    let inputs = Memo::new(move |_| {
        let from = setting.lab.document.graph().with(|graph| {
            let first = graph.node(setting.node)?.inputs.first().copied()?;
            if first == NodeId::INPUT {
                return Some(graph.input());
            }
            setting
                .lab
                .document
                .analysis
                .with(|analysis| analysis.node(first)?.shape)
        });
        let named = rows.with(|rows| rows.iter().flatten().max().map_or(0, |&map| map + 1));
        from.map_or(named, |shape| shape.channels.max(named)) as usize
    });
    let size = Memo::new(move |_| (rows.with(Vec::len), inputs.get()));
    let set = move |rows: Table| setting.set(json!(rows));
    let count = Signal::derive(move || size.get().0.to_string());
    let take = Take::new(move |text: String| {
        let wanted = whole(&text)?.as_u64().unwrap_or(0) as usize;
        if wanted > MOST_ROWS {
            return Err(format!(
                "{wanted} is too large; the limit is {MOST_ROWS} output maps."
            ));
        }
        let mut table = rows.get_untracked();
        // A new output map is connected to every input.
        table.resize_with(wanted, || (0..inputs.get_untracked() as u32).collect());
        set(table)
    });
    let input = Input {
        step: Some(1.0),
        least: 0.0,
        field: setting.field.name,
    };
    let extra = Extra {
        buttons: true,
        labelled: true,
        testid: None,
    };
    let label = "Output maps".to_owned();
    let outputs = form_field(label, count, setting.error, (input, extra), take);
    let cell = move |row: usize, map: u32| {
        let on = move || rows.with(|rows| rows.get(row).is_some_and(|it| it.contains(&map)));
        let change = move |event: Event| {
            let mut table = rows.get_untracked();
            let Some(sees) = table.get_mut(row) else {
                return;
            };
            sees.retain(|&other| other != map);
            if event_target_checked(&event) {
                sees.push(map);
                sees.sort_unstable();
            }
            setting.error.set(set(table).err());
        };
        view! {
            <input
                type="checkbox"
                aria-label=format!("output map {row} sees input map {map}")
                prop:checked=on
                on:change=change
            />
        }
    };
    let most = move || {
        let (outputs, inputs) = size.get();
        outputs.min(MOST_CELLS / inputs.max(1))
    };
    let there = slices(inputs, Memo::new(move |_| most() * inputs.get()), SLICE);
    // A row is rebuilt only when the number of inputs changes.
    let shown = Memo::new(move |_| (there.get().div_ceil(inputs.get().max(1)), inputs.get()));
    let each = move || {
        let (rows, inputs) = shown.get();
        (0..rows).map(move |row| (row, inputs)).collect::<Vec<_>>()
    };
    let grid = move |(row, inputs): (usize, usize)| {
        // The last row may be mounted partly.
        let cells = Memo::new(move |_| there.get().saturating_sub(row * inputs).min(inputs));
        view! {
            <span class="connections-row">
                <For each=move || 0..cells.get() as u32 key=|&map| map let:map>
                    {cell(row, map)}
                </For>
            </span>
        }
    };
    let rest = move || {
        let (outputs, most) = (size.get().0, most());
        (most < outputs).then(|| format!("The first {most} of {outputs} rows are shown."))
    };
    view! {
        <div class="connections-field">
            {outputs}
            <span class="connections" role="group" aria-label="Connection table">
                <For each key=|&row| row let:row>
                    {grid(row)}
                </For>
            </span>
            {rest}
        </div>
    }
    .into_any()
}
