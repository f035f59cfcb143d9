//! A convolution before its sum: input map ⊛ kernel = partial map, for each input channel.

use std::sync::Arc;

use engine::session::{Command, Event, Message, Wanted};
use leptos::html::Canvas;
use leptos::prelude::*;

use super::kernels::kernels;
use super::maps::{SHEET_SIDE, maps_of, palette_of};
use super::section::Seen;
use super::subject::{Look, Subject};
use super::tiles::{Tiles, live};
use super::weights::{ParamsOf, output_channel};
use crate::lab::{Answered, Lab, Pace};
use crate::ui::format::value;
use crate::ui::maps::{Atlas, Palette, Picture, Range, Table};

/// Input channels on a page.
const ROWS: usize = 16;

/// The contribution of each input channel.
struct Partials {
    channel: u32,
    inputs: Vec<u32>,
    bias: f32,
    tiles: Tiles,
    /// Of all partial maps.
    range: Range,
}

impl Partials {
    fn read(message: &Message<Event>) -> Result<Arc<Self>, String> {
        let values = message.values().map_err(|error| error.to_string())?;
        let Event::Partials {
            node: _,
            channel,
            inputs,
            height,
            width,
            bias,
        } = &message.header
        else {
            return Err(format!(
                "The engine answered something else: {:?}.",
                message.header
            ));
        };
        let range = Range::of(&values).unwrap_or(Range { min: 0.0, max: 0.0 });
        let tiles = Tiles {
            width: *width,
            height: *height,
            first: 0,
            values,
            empty: 0,
        };
        let (channel, bias, inputs) = (*channel, *bias, inputs.clone());
        Ok(Arc::new(Self {
            channel,
            inputs,
            bias,
            tiles,
            range,
        }))
    }

    /// The sum of one cell over all input channels, without the bias.
    fn sum(&self, cell: (u32, u32)) -> f64 {
        let values = (0..self.inputs.len() as u32).filter_map(|at| self.tiles.value(at, cell));
        values.map(f64::from).sum()
    }
}

#[component]
pub fn PartialsView(subject: Subject, look: Look, params: ParamsOf) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let seen = Seen::here();
    params.want(seen);
    let channel = output_channel(subject.grid(), &subject, look);
    let node = subject.id;
    let answer: Answered<Arc<Partials>> = lab.keep_querying(
        Pace::Trace,
        move || {
            seen.get().then(|| Command::Partials {
                node,
                channel: channel.get(),
            })
        },
        |message| Partials::read(&message),
    );
    let partials = Memo::new_with_compare(
        move |_| {
            let known = answer.with(|answer| answer.as_ref()?.as_ref().ok().cloned());
            known.filter(|it| it.channel == channel.get())
        },
        |_: Option<&Option<Arc<Partials>>>, _| true,
    );
    let count = Memo::new(move |_| {
        let known = partials.get();
        known.map_or(0, |partials| partials.inputs.len())
    });
    // Fewer maps than before may have been received.
    let page = look.chosen.partial;
    let first = Memo::new(move |_| Some(page.get()).filter(|it| *it < count.get()).unwrap_or(0));
    let maps = maps_of(lab, &subject, look, move || seen.get());
    let kept = StoredValue::new(subject);
    let rows = move || {
        let (count, start) = (count.get(), first.get());
        let shown = count.saturating_sub(start).min(ROWS);
        (shown > 0).then(|| view! { <Rows kept look params partials start shown /> })
    };
    let leaf = move |back: bool| {
        let first = first.get_untracked();
        page.set(if back {
            first.saturating_sub(ROWS)
        } else {
            first + ROWS
        });
    };
    let pages = move || {
        let (count, start) = (count.get(), first.get());
        (count > ROWS).then(|| {
            view! {
                <div class="tools">
                    <button
                        type="button"
                        aria-label="Input channels before"
                        disabled=start == 0
                        on:click=move |_| leaf(true)
                    >
                        "‹"
                    </button>
                    <span class="figures">
                        {format!("inputs {start} to {} of {count}", (start + ROWS).min(count) - 1)}
                    </span>
                    <button
                        type="button"
                        aria-label="Input channels further"
                        disabled={start + ROWS >= count}
                        on:click=move |_| leaf(false)
                    >
                        "›"
                    </button>
                </div>
            }
        })
    };
    let problem = move || {
        let why = answer.with(|answer| answer.as_ref()?.as_ref().err().cloned())?;
        Some(view! { <p class="node-problem" role="alert">{why}</p> })
    };
    let total = move || {
        let partials = partials.get()?;
        let cell = look.current_cell();
        let sum = partials.sum(cell);
        let with_bias = sum + f64::from(partials.bias);
        let map = maps
            .one
            .with(|one| one.as_ref()?.value(channel.get(), cell));
        let (column, row) = cell;
        Some(view! {
            <p class="figures" data-testid="partial-sum" data-value=with_bias.to_string()>
                {format!("At [{row}, {column}]: Σ of {} partial maps ", partials.inputs.len())}
                <span data-testid="partial-total" data-value=sum.to_string()>{value(sum as f32)}</span>
                " + bias "
                <span data-testid="partial-bias" data-value=partials.bias.to_string()>
                    {value(partials.bias)}
                </span>
                {format!(" = {}", value(with_bias as f32))}
                {map.map(|map| format!("; the map has {}", value(map)))}
            </p>
        })
    };
    view! {
        <p class="hint">
            {move || format!("What each input channel adds to output channel {}.", channel.get())}
        </p>
        {problem}
        {pages}
        <div class="partials">{rows}</div>
        {total}
        <Sum maps=maps.one range=maps.range channel palette=palette_of(lab, node) />
    }
}

/// The summed map itself.
#[component]
fn Sum(
    maps: super::tiles::Live,
    range: Memo<Option<Range>>,
    channel: Memo<u32>,
    palette: Palette,
) -> impl IntoView {
    let canvas = NodeRef::<Canvas>::new();
    let table = Table::new(palette);
    let atlas = Atlas::new(vec![canvas]);
    Effect::new(move |_| {
        let (Some(_), Some(maps), Some(range)) = (canvas.get(), maps.get(), range.get()) else {
            return;
        };
        let sum = picture(&maps, channel.get(), &table, range);
        atlas.paint(std::iter::once(sum));
    });
    view! {
        <div class="partial-row">
            <span class="partial-sign">"Σ + bias ="</span>
            <canvas node_ref=canvas class="pixels" role="img" aria-label="The summed map"></canvas>
        </div>
    }
}

type Shown = Memo<Option<Arc<Partials>>>;

/// `shown` input channels from place `start` on.
#[component]
fn Rows(
    kept: StoredValue<Subject>,
    look: Look,
    params: ParamsOf,
    partials: Shown,
    start: usize,
    shown: usize,
) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let seen = Seen::here();
    let before = kept.with_value(|subject| subject.input.map(|(id, _)| id));
    let wanted = Memo::new(move |_| {
        let partials = partials.get()?;
        let inputs = partials.inputs.get(start..start + shown)?;
        let (first, last) = (*inputs.first()?, *inputs.last()?);
        Some(Wanted {
            node: before?,
            first,
            channels: Some(last - first + 1),
            side: Some(SHEET_SIDE),
        })
    });
    lab.show_parts(move || wanted.get().filter(|_| seen.get()).into_iter().collect());
    let inputs = live(move || {
        let wanted = wanted.get()?;
        lab.answer.latest().with(|trace| {
            let (slice, values) = trace.as_ref()?.part(&wanted)?;
            Some(Tiles {
                width: slice.sent.width,
                height: slice.sent.height,
                first: slice.first,
                values: values.to_vec(),
                empty: 0,
            })
        })
    });
    let weights = Memo::new(move |_| {
        let (params, partials) = (params.known()?, partials.get()?);
        kept.with_value(|subject| kernels(subject, &params, partials.channel).map(Arc::new))
    });
    let canvases: Vec<[NodeRef<Canvas>; 3]> = (0..shown)
        .map(|_| std::array::from_fn(|_| NodeRef::new()))
        .collect();
    let atlas = Atlas::new(canvases.iter().flatten().copied().collect());
    let (cell, over) = (atlas.cell(), atlas.view());
    let last = canvases.last().map(|[_, _, last]| *last);
    let of_inputs = Table::new(before.map_or(Palette::Signed, |id| palette_of(lab, id)));
    let signed = Table::new(Palette::Signed);
    Effect::new(move |_| {
        let there = last.is_some_and(|canvas| canvas.get().is_some());
        let (inputs, weights) = (inputs.get(), weights.get());
        let Some(partials) = partials.get().filter(|_| there) else {
            return;
        };
        let range = inputs.as_ref().and_then(|inputs| inputs.range());
        // In a strip each weight is a kernel.
        let kernels = weights.as_ref().map(|weights| {
            let side = |side: u32| if weights.strip { 1 } else { side };
            let tiles = &weights.tiles;
            (tiles, side(tiles.width), side(tiles.height))
        });
        let rows = (start..start + shown).map(|at| {
            let input = inputs.as_ref().zip(range).and_then(|(inputs, range)| {
                let number = partials.inputs.get(at).copied().unwrap_or(0);
                picture(inputs, number, &of_inputs, range)
            });
            let kernel = kernels
                .zip(weights.as_ref())
                .and_then(|((tiles, width, height), it)| {
                    let area = width as usize * height as usize;
                    let place = at.checked_sub(tiles.first as usize)? * area;
                    Some(Picture {
                        values: tiles.values.get(place..place + area)?,
                        width,
                        height,
                        table: &signed,
                        range: it.range,
                    })
                });
            let part = picture(&partials.tiles, at as u32, &signed, partials.range);
            [input, kernel, part]
        });
        atlas.paint(rows.flatten());
    });
    let row = move |(at, [picture, kernel, part]): (usize, [NodeRef<Canvas>; 3])| {
        let input = move || partials.with(|it| it.as_ref()?.inputs.get(at).copied());
        let name =
            move |what: &str| input().map_or_else(String::new, |input| format!("{what} {input}"));
        let found = Memo::new(move |_| {
            let cell = look.current_cell();
            partials.with(|it| it.as_ref()?.tiles.value(at as u32, cell))
        });
        view! {
            <div class="partial-row" data-testid="partial-row">
                <canvas
                    node_ref=picture
                    class="pixels"
                    data-cell=cell
                    role="img"
                    aria-label=move || name("Input channel")
                ></canvas>
                <span class="partial-sign">"⊛"</span>
                <canvas
                    node_ref=kernel
                    class="pixels partial-kernel"
                    data-cell=cell
                    role="img"
                    aria-label=move || name("Kernel for input channel")
                ></canvas>
                <span class="partial-sign">"="</span>
                <canvas
                    node_ref=part
                    class="pixels"
                    data-cell=cell
                    role="img"
                    aria-label=move || name("Partial map of input channel")
                ></canvas>
                <span class="figures">
                    <span class="hint">{move || name("input")}</span>
                    <span
                        data-testid="partial-value"
                        data-value=move || found.get().map(|it| it.to_string())
                    >
                        {move || found.get().map_or_else(|| "–".to_owned(), value)}
                    </span>
                </span>
            </div>
        }
    };
    let rows = (start..).zip(canvases).map(row).collect_view();
    view! {
        {rows}
        {over}
    }
}

/// The picture of this number, if available.
fn picture<'a>(
    tiles: &'a Tiles,
    number: u32,
    table: &'a Table,
    range: Range,
) -> Option<Picture<'a>> {
    Some(Picture {
        values: tiles.one(number)?,
        width: tiles.width,
        height: tiles.height,
        table,
        range,
    })
}
