//! The node's weights: for the chosen output channel its kernel for each input channel.

use std::sync::Arc;

use engine::session::{Command, Event, Message};
use leptos::prelude::*;

use super::grid::Grid;
use super::histogram::is_open;
use super::kernels::{Kernels, Params, kernels};
use super::large::{CellCursor, Large};
use super::map_grid::MapGrid;
use super::maps::ScaleSwitch;
use super::section::Seen;
use super::subject::{Chosen, Look, Subject};
use super::tiles::{Live, live};
use crate::lab::{Answered, Lab, Pace};
use crate::ui::format::{bytes, value};
use crate::ui::maps::Palette;

/// Weights of up to this many bytes are loaded automatically.
const UNASKED: u64 = 16_000_000;
/// Larger ones would fill the page's memory.
const MOST: u64 = 256_000_000;
/// The maximum number of values of a kernel with a table.
const TABLE: u32 = 13 * 13;

/// The parameters of a node, loaded when they are first shown.
#[derive(Clone, Copy)]
pub struct ParamsOf {
    pub answer: Answered<Arc<Params>>,
    wanted: RwSignal<bool>,
    /// The user has requested a large download.
    allowed: RwSignal<bool>,
    bytes: u64,
}

impl ParamsOf {
    pub fn new(lab: Lab, subject: &Subject) -> Self {
        let (node, bytes) = (subject.id, subject.params.saturating_mul(4));
        let wanted = RwSignal::new(false);
        let allowed = RwSignal::new(bytes <= UNASKED);
        let question = move || {
            (bytes > 0 && wanted.get() && allowed.get()).then_some(Command::Params { node })
        };
        let answer = lab.keep_querying(Pace::Network, question, |message: Message<Event>| {
            let values = message.values().map_err(|error| error.to_string())?;
            match message.header {
                Event::Params {
                    node: _,
                    params: slices,
                } => Ok(Arc::new(Params { slices, values })),
                other => Err(format!("The engine answered something else: {other:?}.")),
            }
        });
        Self {
            answer,
            wanted,
            allowed,
            bytes,
        }
    }

    /// Set when this section is first visible.
    pub fn want(self, seen: Seen) {
        Effect::new(move |_| {
            if seen.get() && !self.wanted.get_untracked() {
                self.wanted.set(true);
            }
        });
    }

    pub fn known(self) -> Option<Arc<Params>> {
        self.answer
            .with(|answer| answer.as_ref()?.as_ref().ok().cloned())
    }

    /// Why no weights are shown, if none are.
    pub fn obstacle(self) -> impl IntoView {
        let size = self.bytes;
        move || {
            if size > MOST {
                let text = format!(
                    "{} of weights are too many for a page to hold.",
                    bytes(size)
                );
                return Some(view! { <p class="hint">{text}</p> }.into_any());
            }
            if !self.allowed.get() {
                let text = format!("Fetch {} of weights", bytes(size));
                let fetch = move |_| self.allowed.set(true);
                return Some(
                    view! { <button type="button" data-testid="fetch-weights" on:click=fetch>{text}</button> }
                        .into_any(),
                );
            }
            let answer = self.answer.get();
            match answer {
                None => Some(view! { <p class="hint">"Fetching the weights…"</p> }.into_any()),
                Some(Err(why)) => {
                    Some(view! { <p class="node-problem" role="alert">{why}</p> }.into_any())
                }
                Some(Ok(_)) => None,
            }
        }
    }
}

/// The output channel whose weights are shown: for a vector that of the chosen value.
pub fn output_channel(grid: Grid, subject: &Subject, look: Look) -> Memo<u32> {
    let id = subject.id;
    Memo::new(move |_| grid.unit(id, look.channel.get(), look.cell.get()).channel)
}

#[component]
pub fn WeightsView(subject: Subject, look: Look, params: ParamsOf) -> impl IntoView {
    params.want(Seen::here());
    let channel = output_channel(subject.grid(), &subject, look);
    let subject = StoredValue::new(subject);
    let kernels = Memo::new(move |_| {
        let params = params.known()?;
        subject.with_value(|subject| kernels(subject, &params, channel.get()).map(Arc::new))
    });
    let count = Memo::new(move |_| {
        let one = |kernels: &Arc<Kernels>| {
            if kernels.strip {
                1
            } else {
                kernels.inputs.len() as u32
            }
        };
        kernels.with(|kernels| kernels.as_ref().map(one))
    });
    let single = move || {
        let params = params.known()?;
        let rows = params
            .of_channel(channel.get())
            .into_iter()
            .map(|(role, number)| {
                view! {
                    <p
                        class="fact"
                        data-testid="channel-param"
                        data-role=role.clone()
                        data-value=number.to_string()
                    >
                        <span>{format!("{role} of channel {}", channel.get())}</span>
                        <span>{value(number)}</span>
                    </p>
                }
            });
        Some(rows.collect_view())
    };
    view! {
        {params.obstacle()}
        <div class="facts">{single}</div>
        {move || {
            count.get().map(|count| {
                view! { <KernelsView kernels channel count kept=look.chosen /> }
            })
        }}
    }
}

#[component]
fn KernelsView(
    kernels: Memo<Option<Arc<Kernels>>>,
    channel: Memo<u32>,
    count: u32,
    /// Owned outside the view.
    kept: Chosen,
) -> impl IntoView {
    let (chosen, scale) = (kept.kernel, kept.kernel_scale);
    if chosen.get_untracked() >= count {
        chosen.set(0);
    }
    let cursor = CellCursor {
        cell: RwSignal::new((0, 0)),
        hovered: RwSignal::new(None),
    };
    let tiles: Live = live(move || Some(kernels.get()?.tiles.clone()));
    let range = Memo::new(move |_| kernels.with(|kernels| Some(kernels.as_ref()?.range)));
    let turn = Callback::new(move |back: bool| {
        let by = if back { count - 1 } else { 1 };
        chosen.update(|chosen| *chosen = (*chosen + by) % count);
    });
    let name = Callback::new(move |number: u32| {
        let name = |kernels: &Arc<Kernels>| kernels.name(number);
        kernels.with(|kernels| kernels.as_ref().map(name).unwrap_or_default())
    });
    // The weight and its index in the tensor; neither in the padding of a strip's last row.
    let reading = Memo::new(move |_| {
        let cell = cursor.hovered.get().unwrap_or_else(|| cursor.cell.get());
        let place = kernels.with(|it| it.as_ref()?.place(channel.get(), chosen.get(), cell))?;
        let found = tiles.with(|it| it.as_ref()?.value(chosen.get(), cell))?;
        Some((place, found))
    });
    let heading = move || {
        let heading = |kernels: &Arc<Kernels>| kernels.heading(channel.get());
        kernels.with(|kernels| kernels.as_ref().map(heading))
    };
    let layer = move || {
        let range = range.get()?;
        Some(format!(
            "all weights from {} to {}",
            value(range.min),
            value(range.max)
        ))
    };
    let label = if count > 1 {
        "Kernel; arrow keys move from weight to weight, Page Up and Page Down from input channel to \
         input channel"
    } else {
        "Weights; arrow keys move from weight to weight"
    };
    let map_grid = (count > 1).then(|| {
        view! {
            <MapGrid
                tiles
                count
                chosen
                palette=Palette::Signed
                range
                scale
                kind="kernel"
                name
                testid="kernel"
            />
        }
    });
    view! {
        <p class="hint">{heading}</p>
        {map_grid}
        <div class="tools">
            <span class="figures" data-testid="kernel-name">{move || name.run(chosen.get())}</span>
            <ScaleSwitch scale testid="kernel-range" each="this kernel alone" />
        </div>
        <div class="kernel-large">
            <Large
                tiles
                number=chosen
                palette=Palette::Signed
                range
                scale
                cursor
                turn
                testid="kernel-viewer"
                kind="kernel"
                label
            />
        </div>
        <p
            class="figures"
            data-testid="kernel-value"
            data-value=move || Some(reading.get()?.1.to_string())
        >
            {move || {
                reading.get().map_or_else(
                    || "no weight here".to_owned(),
                    |(place, found)| format!("{place}: {}", value(found)),
                )
            }}
        </p>
        <p class="hint figures">{layer}</p>
        <KernelTable tiles number=chosen open=kept.kernel_table />
    }
}

/// The numbers of a small kernel.
#[component]
fn KernelTable(tiles: Live, number: RwSignal<u32>, open: RwSignal<bool>) -> impl IntoView {
    move || {
        let tiles = tiles.get()?;
        if tiles.width * tiles.height > TABLE {
            return None;
        }
        let values = tiles.values_of(number.get())?;
        let cell = |&weight: &f32| {
            view! { <td data-value=weight.to_string()>{value(weight)}</td> }
        };
        let rows = values.chunks(tiles.width as usize);
        let rows = rows.map(|row| view! { <tr>{row.iter().map(cell).collect_view()}</tr> });
        Some(view! {
            <details
                class="table-behind"
                open=open.get_untracked()
                on:toggle=move |event| open.set(is_open(&event))
            >
                <summary class="hint">"Weights as a table"</summary>
                <div class="table-scroll" tabindex="0" role="group" aria-label="Weights as a table">
                    <table class="figures" data-testid="kernel-table">
                        <tbody>{rows.collect_view()}</tbody>
                    </table>
                </div>
            </details>
        })
    }
}
