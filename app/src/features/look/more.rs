//! What is folded below the numbers: the spread of the values, the filter as a table, the gradient
//! inside the receptive field, partial maps, and measurements.

use std::sync::Arc;

use engine::session::{Command, Event, Message, Unit};
use leptos::prelude::*;
use state::screen::Palette;

use super::device_agreement::DeviceAgreementView;
use super::gradient::{Gradient, Heat, gradient};
use super::histogram::HistogramView;
use super::looking::Looking;
use super::numbers;
use super::picture::{Layout, Pictures, Sheet};
use super::sees::{InputPicture, words};
use super::times::{Measurement, TimesView};
use crate::lab::{Answered, Pace};
use crate::ui::format::{percent, value};
use crate::ui::maps::Range;

/// The maximum number of values of a kernel with a table.
const TABLE: usize = 13 * 13;
/// The most partial maps in a sheet.
const PARTIALS: u32 = 64;

/// Which parts are unfolded; kept while other layers are chosen.
#[derive(Clone, Copy)]
pub struct Unfolded {
    numbers: RwSignal<bool>,
    histogram: RwSignal<bool>,
    counts: RwSignal<bool>,
    table: RwSignal<bool>,
    partials: RwSignal<bool>,
    reach: RwSignal<bool>,
    times: RwSignal<bool>,
    agreement: RwSignal<bool>,
}

impl Unfolded {
    pub fn new() -> Self {
        Self {
            numbers: RwSignal::new(false),
            histogram: RwSignal::new(false),
            counts: RwSignal::new(false),
            table: RwSignal::new(false),
            partials: RwSignal::new(false),
            reach: RwSignal::new(false),
            times: RwSignal::new(false),
            agreement: RwSignal::new(false),
        }
    }
}

/// A part that is mounted while it is unfolded.
#[component]
pub fn Fold(
    title: &'static str,
    testid: &'static str,
    open: RwSignal<bool>,
    children: ChildrenFn,
) -> impl IntoView {
    let started_open = open.get_untracked();
    let toggle = move |event: web_sys::Event| {
        let element: web_sys::Element = event_target(&event);
        let now = element.has_attribute("open");
        if open.get_untracked() != now {
            open.set(now);
        }
    };
    view! {
        <details class="look-fold" data-testid=testid open=started_open on:toggle=toggle>
            <summary>{title}</summary>
            <Show when=move || open.get()>{children()}</Show>
        </details>
    }
}

/// What is folded of this layer.
#[component]
pub fn Folded(looking: Looking, unfolded: Unfolded) -> impl IntoView {
    let rule = |test: fn(&dyn engine::layer::Rule) -> bool| {
        looking
            .subject
            .with_value(|it| it.layer.as_ref().is_some_and(|it| test(it.rule())))
    };
    let sums = rule(|it| it.sums_channels());
    let layer = rule(|_| true);
    let filters = Memo::new(move |_| looking.filters.with(Option::is_some));
    let runs = looking.runs;
    view! {
        <Fold title="More numbers" testid="section-facts" open=unfolded.numbers>
            {numbers::more(looking)}
        </Fold>
        <Fold title="How the values are spread" testid="section-histogram" open=unfolded.histogram>
            <HistogramView looking open=unfolded.counts />
        </Fold>
        {move || filters.get().then(|| view! {
            <Fold title="Filter as a table" testid="section-weights" open=unfolded.table>
                <Table looking />
            </Fold>
        })}
        {move || (sums && runs.get()).then(|| view! {
            <Fold title="What each map adds, place by place" testid="section-partials" open=unfolded.partials>
                <PartialMaps looking />
            </Fold>
        })}
        {layer.then(|| view! {
            <Fold title="Which pixels move this value" testid="section-reach" open=unfolded.reach>
                <Effective looking />
            </Fold>
        })}
    }
}

/// What is folded of the whole network.
#[component]
pub fn OfAll(measurement: Measurement, unfolded: Unfolded) -> impl IntoView {
    view! {
        <Fold title="Times of the layers" testid="section-times" open=unfolded.times>
            <TimesView measurement />
        </Fold>
        <Fold title="Do CPU and WebGPU agree?" testid="section-parity" open=unfolded.agreement>
            <DeviceAgreementView />
        </Fold>
    }
}

/// The weights of the kernel that is shown.
#[component]
fn Table(looking: Looking) -> impl IntoView {
    move || {
        let filters = looking.filters.get()?;
        let output = looking.shown.get().channel;
        let number = looking
            .kernel
            .get()
            .min(filters.kernels(output).checked_sub(1)?);
        let kernel = filters.kernel(output, number)?;
        if kernel.len() > TABLE {
            return Some(
                view! { <p class="hint">{format!("{} weights.", kernel.len())}</p> }.into_any(),
            );
        }
        let cell = |(at, weight): (usize, &f32)| {
            let place = filters.place(output, number, at);
            view! { <td title=place data-value=weight.to_string()>{value(*weight)}</td> }
        };
        let width = filters.size.0 as usize;
        let cells: Vec<_> = kernel.iter().enumerate().map(cell).collect();
        let mut cells = cells.into_iter();
        let rows = kernel.chunks(width).map(|row| {
            let row: Vec<_> = cells.by_ref().take(row.len()).collect();
            view! { <tr>{row}</tr> }
        });
        let rows = rows.collect_view();
        let first = filters.place(output, number, 0);
        Some(
            view! {
                <div class="table-scroll" tabindex="0" role="group" aria-label="Weights as a table">
                    <table class="figures" data-testid="kernel-table">
                        <tbody>{rows}</tbody>
                    </table>
                </div>
                <p class="hint" data-testid="kernel-name">"From " {first} " of the file on"</p>
            }
            .into_any(),
        )
    }
}

/// The contribution of each input channel at every place.
struct Partials {
    channel: u32,
    inputs: Vec<u32>,
    size: (u32, u32),
    values: Vec<f32>,
}

impl Partials {
    fn read(message: &Message<Event>) -> Result<Arc<Self>, String> {
        let values = message.values().map_err(|error| error.to_string())?;
        match &message.header {
            Event::Partials {
                channel,
                inputs,
                height,
                width,
                ..
            } => Ok(Arc::new(Self {
                channel: *channel,
                inputs: inputs.clone(),
                size: (*width, *height),
                values,
            })),
            other => Err(format!("The engine answered something else: {other:?}.")),
        }
    }
}

#[component]
fn PartialMaps(looking: Looking) -> impl IntoView {
    let node = looking.subject.with_value(|it| it.id);
    let channel = Memo::new(move |_| looking.chosen.get().channel);
    let answer: Answered<Arc<Partials>> = looking.lab.keep_querying(
        Pace::Trace,
        move || {
            Some(Command::Partials {
                node,
                channel: channel.get(),
            })
        },
        |message| Partials::read(&message),
    );
    let known = move || {
        let known = answer.with(|answer| answer.as_ref()?.as_ref().ok().cloned());
        known.filter(|it| it.channel == channel.get())
    };
    let count = Memo::new(move |_| known().map_or(0, |it| it.inputs.len() as u32));
    let sheet = move || {
        let count = count.get().min(PARTIALS);
        (count > 0).then(|| {
            let what = move || {
                let partials = known()?;
                let (width, height) = partials.size;
                let length = (width * height * count) as usize;
                let range = Range::of_layer(&partials.values, Palette::Signed)?;
                Some(Pictures {
                    width,
                    height,
                    values: partials.values.get(..length)?.to_vec(),
                    palette: Palette::Signed,
                    range,
                    gone: Vec::new(),
                })
            };
            let layout = Layout {
                columns: 6,
                side: 48,
                gap: 6,
            };
            view! {
                <Sheet
                    what=Box::new(what)
                    first=0
                    count
                    layout
                    chosen=Signal::derive(move || looking.kernel.get() as u32)
                    choose=Callback::new(move |number: u32| looking.kernel.set(number as usize))
                    name=Callback::new(|number: u32| format!("Part {}", number + 1))
                    label="Parts; arrow keys choose one".to_owned()
                    testid="partial-map"
                />
            }
        })
    };
    let problem = move || {
        let why = answer.with(|answer| answer.as_ref()?.as_ref().err().cloned())?;
        Some(view! { <p class="node-problem" role="alert">{why}</p> })
    };
    view! {
        {problem}
        {sheet}
        <p class="hint">"Their sum and the bias are the map above."</p>
    }
}

/// The receptive field in words, and how much each pixel in it moves the value.
#[component]
fn Effective(looking: Looking) -> impl IntoView {
    let picture = looking.subject.with_value(|it| it.picture);
    let unit = Memo::new(move |_| {
        let it = looking.chosen.get();
        Unit {
            node: it.node,
            channel: it.channel,
            row: it.row,
            column: it.column,
        }
    });
    let answer = gradient(looking.lab, picture, move || {
        looking.runs.get().then(|| unit.get())
    });
    let known = Signal::derive(move || {
        let known = answer.with(|answer| answer.as_ref()?.as_ref().ok().cloned());
        known.filter(|it| it.unit == unit.get())
    });
    let told = move || {
        let gradient: Arc<Gradient> = known.get()?;
        let bounds = gradient.bounds.clone();
        let text = match (&bounds, gradient.share_of_top_tenth()) {
            (Some([rows, columns]), Some(share)) => format!(
                "Moved by pixels of rows {} to {}, columns {} to {}; a tenth of them has {} of \
                 the influence.",
                rows.start + 1,
                rows.end,
                columns.start + 1,
                columns.end,
                percent(share)
            ),
            _ => "No pixel moves this value: its gradient is zero everywhere.".to_owned(),
        };
        let [rows, columns] = bounds.unwrap_or([0..0, 0..0]);
        Some(view! {
            <p
                class="say"
                data-testid="reach-effective"
                data-top=rows.start.to_string()
                data-left=columns.start.to_string()
                data-bottom=rows.end.to_string()
                data-right=columns.end.to_string()
            >
                {text}
            </p>
        })
    };
    let problem = move || {
        let why = answer.with(|answer| answer.as_ref()?.as_ref().err().cloned())?;
        Some(view! { <p class="node-problem" role="alert">{why}</p> })
    };
    view! {
        <p class="say" data-testid="reach-words">{move || words(looking)}</p>
        <div class="seen seen-wide" style:aspect-ratio=format!("{} / {}", picture.width, picture.height)>
            <InputPicture looking />
            <Heat picture gradient=known testid="reach-heat" />
        </div>
        {told}
        {problem}
    }
}
