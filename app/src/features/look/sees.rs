//! The filters of the layer, and what the value sees of the picture.

use std::cell::RefCell;

use engine::NodeId;
use engine::session::Wanted;
use leptos::html::Canvas;
use leptos::prelude::*;
use state::look::{Pixel, sees};

use super::gradient::Saliency;
use super::looking::Looking;
use super::picture::{Layout, Pictures, Sheet};
use crate::ui::format::percent;
use crate::ui::maps::{Palette, Range, Resizing, Table, paint_rgb};

/// Filters on a page.
const PAGE: u32 = 20;

#[component]
pub fn Sees(looking: Looking) -> impl IntoView {
    let field = looking.subject.with_value(|it| it.field);
    let caption = match field {
        Some(field) if field.size.iter().all(|it| *it < 10) => {
            format!("Sees {}×{} pixels", field.size[0], field.size[1])
        }
        Some(field) => format!("Sees {}×{} px", field.size[0], field.size[1]),
        None => "Sees all of it".to_owned(),
    };
    view! {
        <section class="sees">
            <Filters looking />
            <figure data-testid="sees">
                <Field looking />
                <figcaption>{caption}</figcaption>
            </figure>
            <Saliency looking />
        </section>
    }
}

/// The filters of all output channels, each for the input channel that is shown.
#[component]
fn Filters(looking: Looking) -> impl IntoView {
    let outputs = Memo::new(move |_| looking.filters.with(|it| it.as_ref().map(|it| it.outputs)));
    let channel = Memo::new(move |_| looking.chosen.get().channel);
    let first = Memo::new(move |_| channel.get() / PAGE * PAGE);
    let sheet = move || {
        let (outputs, first) = (outputs.get()?, first.get());
        let count = (outputs - first).min(PAGE);
        let what = move || {
            let filters = looking.filters.get()?;
            let number = looking.kernel.get();
            let (width, height) = filters.size;
            let mut values = Vec::new();
            let mut gone = Vec::new();
            for output in first..first + count {
                let number = number.min(filters.kernels(output).saturating_sub(1));
                let start = values.len();
                let kernel = filters.kernel(output, number)?;
                values.extend_from_slice(kernel);
                if filters.zeros > 0 {
                    gone.extend(kernel.iter().map(|it| *it == 0.0));
                    gone.resize(start + (width * height) as usize, false);
                }
                values.resize(start + (width * height) as usize, 0.0);
            }
            Some(Pictures {
                width,
                height,
                values,
                palette: Palette::Signed,
                range: filters.range,
                gone,
            })
        };
        let layout = if count <= 6 {
            Layout {
                columns: 3,
                side: 38,
                gap: 6,
            }
        } else {
            Layout {
                columns: 5,
                side: 22,
                gap: 4,
            }
        };
        let caption = if outputs > PAGE {
            format!("Filters {}–{} of {outputs}", first + 1, first + count)
        } else {
            format!("The {outputs} filters")
        };
        Some(view! {
            <figure>
                <Sheet
                    what=Box::new(what)
                    first
                    count
                    layout
                    chosen=channel
                    choose=Callback::new(move |channel| looking.choose_channel(channel))
                    name=Callback::new(|number: u32| format!("Filter {}", number + 1))
                    label="Filters; arrow keys choose one".to_owned()
                    testid="kernel-tile"
                />
                <figcaption>{caption}{move || pruned(looking)}</figcaption>
            </figure>
        })
    };
    view! { {sheet} }
}

/// The share of the layer's weights that is 0, where any is.
fn pruned(looking: Looking) -> Option<AnyView> {
    let filters = looking.filters.get().filter(|it| it.zeros > 0)?;
    let share = filters.zeros as f64 / filters.weights.max(1) as f64;
    let pattern = if filters.two_of_four {
        ", 2 of every 4"
    } else {
        ""
    };
    let text = format!(
        "; {} of the weights are 0{pattern}, striped",
        percent(share)
    );
    Some(
        view! { <span data-testid="kernel-zeros" data-value=share.to_string()>{text}</span> }
            .into_any(),
    )
}

/// The input with the square that the shown value sees.
#[component]
fn Field(looking: Looking) -> impl IntoView {
    let (field, picture) = looking.subject.with_value(|it| (it.field, it.picture));
    let window = Memo::new(move |_| {
        let Pixel { row, column, .. } = looking.shown.get();
        field.map_or(
            [
                [0, i64::from(picture.height)],
                [0, i64::from(picture.width)],
            ],
            |field| field.window_of([row, column]),
        )
    });
    let at = move |axis: usize, part: usize| window.get()[axis][part];
    let length = move |axis: usize| (at(axis, 1) - at(axis, 0)).to_string();
    view! {
        <div class="seen" style:aspect-ratio=format!("{} / {}", picture.width, picture.height)>
            <InputPicture looking />
            <svg
                viewBox=format!("0 0 {} {}", picture.width, picture.height)
                preserveAspectRatio="none"
                role="img"
                aria-label=move || words(looking)
            >
                <rect
                    data-testid="reach-field"
                    x=move || at(1, 0).to_string()
                    y=move || at(0, 0).to_string()
                    width=move || length(1)
                    height=move || length(0)
                ></rect>
            </svg>
        </div>
    }
}

/// What the shown value sees, in words, rows and columns counted from 1.
pub fn words(looking: Looking) -> String {
    let lab = looking.lab;
    let pixel = looking.shown.get();
    let area = lab
        .document
        .graph()
        .with(|graph| lab.document.analysis.with(|it| sees(graph, it, pixel)));
    let (field, picture) = looking.subject.with_value(|it| (it.field, it.picture));
    let Some(area) = area else {
        return String::new();
    };
    let Some(field) = field else {
        return format!(
            "This value sees the whole picture, {}×{} pixels.",
            picture.height, picture.width
        );
    };
    let [height, width] = field.size;
    let inside = area.rows.len() as u64 * area.columns.len() as u64;
    let all = height.saturating_mul(width);
    let padding = if inside < all {
        format!(", {} of its {all} pixels in the padding", all - inside)
    } else {
        String::new()
    };
    format!(
        "Sees {height}×{width} pixels: rows {} to {}, columns {} to {}{padding}.",
        area.rows.start + 1,
        area.rows.end,
        area.columns.start + 1,
        area.columns.end
    )
}

/// The input as the network got it, in its colours.
#[component]
pub fn InputPicture(looking: Looking) -> impl IntoView {
    let lab = looking.lab;
    let shape = looking.subject.with_value(|it| it.picture);
    let canvas = NodeRef::<Canvas>::new();
    let work = RefCell::new((Resizing::default(), Vec::new()));
    let grey = Table::of(Palette::Grey);
    Effect::new(move |_| {
        let (Some(canvas), Some(trace)) = (canvas.get(), lab.answer.latest().get()) else {
            return;
        };
        let part = trace.part(&Wanted::all(NodeId::INPUT));
        let Some((slice, values)) = part.filter(|(slice, _)| slice.shape == shape) else {
            return;
        };
        let (painter, rgba) = &mut *work.borrow_mut();
        let Ok(painter) = painter.fit(&canvas, shape.width, shape.height) else {
            return;
        };
        let range = Range {
            min: slice.min,
            max: slice.max,
        };
        if shape.channels == 3 {
            paint_rgb(values, lab.document.preparation().order, range, rgba);
            painter.put(rgba);
        } else {
            let area = shape.positions() as usize;
            painter.paint(values.get(..area).unwrap_or_default(), grey, range, rgba);
        }
    });
    view! { <canvas node_ref=canvas class="pixels" aria-hidden="true"></canvas> }
}
