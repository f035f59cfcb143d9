//! How much each pixel of the input moves a value, and what the winning class owes to each.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;

use engine::layer::Activation;
use engine::session::{Command, Event, Message, Unit};
use engine::{Graph, Layer, NodeId, Shape};
use leptos::html::Canvas;
use leptos::prelude::*;
use state::answer::best;

use super::looking::Looking;
use crate::lab::{Answered, Lab, Pace};
use crate::ui::maps::{Palette, Resizing, Table};

/// Networks of up to this many multiply-adds show the saliency unasked.
const UNASKED: u64 = 50_000_000;

/// How much each pixel of the input moves a value: absolute gradients, summed over channels.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    pub unit: Unit,
    pub pixels: Vec<f32>,
    pub most: f32,
    /// Rows and columns of all pixels with a gradient other than 0.
    pub bounds: Option<[Range<u32>; 2]>,
}

impl Gradient {
    fn of(unit: Unit, values: &[f32], picture: Shape) -> Self {
        let area = picture.positions() as usize;
        let mut pixels = vec![0.0_f32; area];
        for channel in values.chunks_exact(area.max(1)) {
            for (pixel, value) in pixels.iter_mut().zip(channel) {
                *pixel += value.abs();
            }
        }
        let mut bounds: Option<[Range<u32>; 2]> = None;
        for (at, _) in (0..).zip(&pixels).filter(|(_, pixel)| **pixel > 0.0) {
            let (row, column): (u32, u32) = (at / picture.width, at % picture.width);
            let [rows, columns] = bounds.unwrap_or([row..row, column..column]);
            bounds = Some([
                rows.start.min(row)..rows.end.max(row + 1),
                columns.start.min(column)..columns.end.max(column + 1),
            ]);
        }
        Self {
            unit,
            most: pixels.iter().copied().fold(0.0, f32::max),
            pixels,
            bounds,
        }
    }

    /// The share of the summed gradient in the tenth of the bounds' pixels with the largest.
    pub fn share_of_top_tenth(&self) -> Option<f32> {
        let [rows, columns] = self.bounds.as_ref()?;
        let count = (rows.len() * columns.len()).div_ceil(10);
        let mut sorted: Vec<f32> = self.pixels.iter().copied().filter(|it| *it > 0.0).collect();
        sorted.sort_by(|one, other| other.total_cmp(one));
        let sum: f32 = sorted.iter().sum();
        Some(sorted.iter().take(count).sum::<f32>() / sum)
    }
}

/// The gradient of a unit with each answer, while there is one.
pub fn gradient(
    lab: Lab,
    picture: Shape,
    unit: impl Fn() -> Option<Unit> + Send + Sync + 'static,
) -> Answered<Arc<Gradient>> {
    lab.keep_querying(
        Pace::Trace,
        move || unit().map(|unit| Command::InputGradient { unit }),
        move |message: Message<Event>| {
            let values = message.values().map_err(|error| error.to_string())?;
            match message.header {
                Event::InputGradient { unit } => Ok(Arc::new(Gradient::of(unit, &values, picture))),
                other => Err(format!("The engine answered something else: {other:?}.")),
            }
        },
    )
}

/// A canvas with the gradient, transparent where it is 0.
#[component]
pub fn Heat(
    picture: Shape,
    #[prop(into)] gradient: Signal<Option<Arc<Gradient>>>,
    testid: &'static str,
) -> impl IntoView {
    let canvas = NodeRef::<Canvas>::new();
    let heat = Table::of(Palette::Positive);
    let work = RefCell::new((Resizing::default(), Vec::new()));
    Effect::new(move |_| {
        let (Some(canvas), Some(gradient)) = (canvas.get(), gradient.get()) else {
            return;
        };
        let (painter, rgba) = &mut *work.borrow_mut();
        if let Ok(painter) = painter.fit(&canvas, picture.width, picture.height) {
            heat.paint_veil(&gradient.pixels, gradient.most, rgba);
            painter.put(rgba);
        }
    });
    view! {
        <canvas
            node_ref=canvas
            class="pixels"
            data-testid=testid
            aria-hidden="true"
            hidden=move || gradient.with(Option::is_none)
        ></canvas>
    }
}

/// The node whose values are the scores: the last one, or the one before its softmax.
fn scores(graph: &Graph) -> NodeId {
    let last = graph.output();
    let node = graph.node(last);
    let shares = node.filter(|node| {
        matches!(
            node.layer,
            Layer::Activation(Activation::Softmax | Activation::LogSoftmax)
        )
    });
    shares
        .and_then(|node| node.inputs.first().copied())
        .unwrap_or(last)
}

/// How much each pixel moves the score of the class that wins.
#[component]
pub fn Saliency(looking: Looking) -> impl IntoView {
    let lab = looking.lab;
    let picture = looking.subject.with_value(|it| it.picture);
    let small = lab
        .document
        .analysis
        .with_untracked(|it| it.total.macs <= UNASKED);
    let asked = RwSignal::new(small);
    let winner = Memo::new(move |_| {
        lab.answer.latest().with(|trace| {
            let trace = trace.as_ref().filter(|trace| !trace.blank)?;
            u32::try_from(best(&trace.answer)?).ok()
        })
    });
    let unit = move || {
        let node = lab.document.running().with(scores);
        let unit = Unit {
            node,
            channel: winner.get()?,
            row: 0,
            column: 0,
        };
        (asked.get() && node != NodeId::INPUT).then_some(unit)
    };
    let answer = gradient(lab, picture, unit);
    let known = Signal::derive(move || {
        let known = answer.with(|answer| answer.as_ref()?.as_ref().ok().cloned());
        known.filter(|it| Some(it.unit.channel) == winner.get())
    });
    let figure = move || {
        let class = winner.get()?;
        let name = lab
            .answer
            .names
            .with(|names| names.of(class as usize).into_owned());
        let ask = (!asked.get()).then(|| {
            view! { <button type="button" on:click=move |_| asked.set(true)>"Show"</button> }
        });
        Some(view! {
            <figure data-testid="saliency">
                <div class="seen" style:aspect-ratio=format!("{} / {}", picture.width, picture.height)>
                    {ask}
                    <Heat picture gradient=known testid="saliency-map" />
                </div>
                <figcaption>"Saliency for " {name}</figcaption>
            </figure>
        })
    };
    view! { {figure} }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gradient_s_bounds_include_every_nonzero_pixel() {
        let mut values = vec![0.0; 2 * 9];
        values[1] = -2.0;
        values[9 + 8] = 1.0;
        let unit = Unit {
            node: NodeId(2),
            channel: 0,
            row: 0,
            column: 0,
        };
        let gradient = Gradient::of(unit, &values, Shape::new(2, 3, 3));
        assert_eq!(gradient.bounds, Some([0..3, 1..3]));
        assert_eq!((gradient.most, gradient.pixels[1]), (2.0, 2.0));
        // A tenth of six pixels is one: that of 2, of 3 in all.
        assert_eq!(gradient.share_of_top_tenth(), Some(2.0 / 3.0));
    }

    #[test]
    fn the_scores_stand_before_the_softmax() {
        let graph = engine::zoo::lenet5().unwrap();
        assert_eq!(scores(&graph), graph.named("output").unwrap().id);
    }
}
