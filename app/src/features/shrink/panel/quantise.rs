//! Quantisation: bits, grids, and the ranges of activations.

use engine::compress::quantise::{Granularity, Method, Scheme, Width};
use engine::compress::{Levels, Quantise, Shrink};
use leptos::prelude::*;
use state::shrink::{Forecast, Step, forecast, sentence};

use super::costs::costs;
use super::parts::{Slider, apply, select, slider, toggle};
use super::prune::result;
use crate::lab::Lab;

const WIDTHS: [(&str, &str); 5] = [
    ("f16", "16-bit floats"),
    ("8", "8 bits"),
    ("4", "4 bits"),
    ("2", "2 bits"),
    ("binary", "Binary"),
];

const RANGES: [(&str, &str); 4] = [
    ("min-max", "8 bits, least to greatest value"),
    ("percentile", "8 bits, percentile 99.9"),
    ("squared-error", "8 bits, least squared error"),
    ("none", "Floats"),
];

const PERCENTILE: f64 = 99.9;

pub fn quantise(lab: Lab) -> AnyView {
    let settings = Memo::new(move |_| lab.shrink.read(|held| held.quantise.clone()));
    let edit =
        move |change: &dyn Fn(&mut Quantise)| lab.shrink.edit(|held| change(&mut held.quantise));
    let width = Memo::new(move |_| settings.with(|it| it.width));
    let choose_width = move |name: String| {
        if let Some(width) = Width::ALL.into_iter().find(|it| it.name() == name) {
            edit(&move |it| it.width = width);
        }
    };
    let each = Memo::new(move |_| settings.with(|it| it.granularity == Granularity::Channel));
    let affine = Memo::new(move |_| settings.with(|it| it.scheme == Scheme::Affine));
    let range = move || match settings.with(|it| it.activations) {
        None => "none",
        Some(Method::MinMax) => "min-max",
        Some(Method::Percentile { .. }) => "percentile",
        Some(Method::SquaredError) => "squared-error",
    };
    let choose_range = move |name: String| {
        let method = match name.as_str() {
            "min-max" => Some(Method::MinMax),
            "percentile" => Some(Method::Percentile {
                percentile: PERCENTILE,
            }),
            "squared-error" => Some(Method::SquaredError),
            _ => None,
        };
        edit(&move |it| it.activations = method);
    };
    let images = Memo::new(move |_| settings.with(|it| f64::from(it.images)));
    let of_images = move || {
        let slide = Slider {
            name: "quantise-images",
            title: "Images",
            sentence: "Training images whose activations give the ranges.",
            least: 100.0,
            most: 1000.0,
            step: 50.0,
            shown: |it| format!("{it}"),
        };
        let set = move |value: f64| edit(&move |it| it.images = value as u32);
        (range() != "none").then(|| slider(slide, images, set))
    };
    let graph = lab.document.running();
    let now = Memo::new(move |_| graph.with(|graph| Forecast::of(graph, lab.stored())));
    let then = Memo::new(move |_| {
        let settings = settings.get();
        graph.with(|graph| forecast(graph, lab.stored(), &Step::Quantise(&settings)))
    });
    let act = move || lab.make_smaller(Shrink::Quantise(settings.get_untracked()));
    let aware = Memo::new(move |_| lab.train.task().with(|it| it.settings.quantised.is_some()));
    let set_aware = move |on: bool| {
        let width = width.get_untracked();
        lab.train
            .edit(|task| task.settings.quantised = on.then_some(width));
    };
    view! {
        {select(
            "quantise-bits",
            "Weights",
            &WIDTHS,
            Signal::derive(move || width.get().name()),
            move || sentence(width.get()),
            choose_width,
        )}
        {toggle(
            "quantise-per-channel",
            "One scale per channel",
            "Each output channel has a scale of its own; otherwise a layer has one.",
            each,
            move |on| edit(&move |it| {
                it.granularity = if on { Granularity::Channel } else { Granularity::Tensor };
            }),
        )}
        {toggle(
            "quantise-affine",
            "Affine",
            "The grid reaches from the least to the greatest weight; otherwise it is symmetric around 0.",
            affine,
            move |on| edit(&move |it| {
                it.scheme = if on { Scheme::Affine } else { Scheme::Symmetric };
            }),
        )}
        {select(
            "quantise-activations",
            "Activations",
            &RANGES,
            Signal::derive(range),
            || "What goes into convolutions and linear layers, and the logits.",
            choose_range,
        )}
        {of_images}
        {costs(now, then)}
        {apply(lab, act)}
        {move || result(lab)}
        {toggle(
            "quantised-training",
            "Quantisation-aware training",
            "The steps of a training run with the weights on their grids; the gradient goes to the \
             weights themselves (straight-through).",
            aware,
            set_aware,
        )}
        <div class="shrink-more">
            <button
                type="button"
                data-testid="save-shrink"
                on:click=move |_| lab.save_shrink(&Shrink::Quantise(settings.get_untracked()))
            >
                "Save settings"
            </button>
            <button
                type="button"
                data-testid="fold"
                disabled=move || lab.shrink_job.under_way().get()
                on:click=move |_| lab.make_smaller(Shrink::Fold)
            >
                "Fold batch norms"
            </button>
            <button
                type="button"
                data-testid="quantise-sensitivity"
                disabled=move || lab.shrink_job.under_way().get()
                on:click=move |_| {
                    lab.screen.open_dock(true);
                    lab.measure_sensitivity(Levels::widths());
                }
            >
                "Measure each layer"
            </button>
        </div>
    }
    .into_any()
}
