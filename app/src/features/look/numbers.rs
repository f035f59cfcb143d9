//! The layer in numbers, each with its formula on a click.

use engine::analysis::{Precision, Quantity};
use leptos::prelude::*;

use super::looking::Looking;
use crate::ui::explained::{Quantities, number};
use crate::ui::format::{short, value};
use crate::ui::maps::Range;

/// Those that every layer shows, and those that are folded.
const FIRST: [(&str, Quantities); 4] = [
    (
        "Parameters",
        &[
            (Quantity::Trainable, "Trainable"),
            (Quantity::Other, "Stored, not trained"),
        ],
    ),
    ("MACs", &[(Quantity::Macs, "Multiply-adds")]),
    (
        "Output",
        &[(Quantity::ActivationBytes(Precision::F32), "Output")],
    ),
    ("FLOPs", &[(Quantity::Flops, "Floating-point operations")]),
];
const MORE: [(&str, Quantities); 5] = [
    ("Shape", &[(Quantity::Shape, "Shape")]),
    (
        "Weights",
        &[(Quantity::WeightBytes(Precision::F32), "Weights")],
    ),
    (
        "Receptive field",
        &[(Quantity::ReceptiveField, "Receptive field")],
    ),
    (
        "Output stride",
        &[(Quantity::OutputStride, "Output stride")],
    ),
    (
        "Arithmetic intensity",
        &[(Quantity::Intensity(Precision::F32), "Arithmetic intensity")],
    ),
];

/// A number with its formula behind it; nothing where it is not known.
fn fact(looking: Looking, name: &'static str, quantities: Quantities) -> AnyView {
    let lab = looking.lab;
    let id = looking.subject.with_value(|it| it.id);
    let text = Memo::new(move |_| {
        lab.document.graph().with(|graph| {
            lab.document.analysis.with(|analysis| {
                let one = |(quantity, _): &(Quantity, &str)| {
                    analysis.explain(graph, id, *quantity).map(|it| it.result)
                };
                let mut all: Vec<String> = quantities.iter().filter_map(one).collect();
                // Values that are not trained are named beside the trained ones, where there are any.
                all.retain(|it| it != "0" || quantities.len() == 1);
                match all.len() {
                    0 => (quantities.len() > 1).then(|| "0".to_owned()),
                    _ => Some(all.join(" + ")),
                }
            })
        })
    });
    (move || {
        text.with(Option::is_some).then(|| {
            let shown = move || text.get().unwrap_or_default();
            view! {
                <div data-testid="fact" data-fact=name>
                    <dt>{name}</dt>
                    <dd>{number(name, quantities, move || Some(id), shown)}</dd>
                </div>
            }
        })
    })
    .into_any()
}

#[component]
pub fn Numbers(looking: Looking) -> impl IntoView {
    let range = move || {
        let trace = looking.trace()?;
        let own = looking.own.get();
        let Range { min, max } = Range::of(own.values(&trace)?)?;
        Some(format!("{} to {}", short(min), short(max)))
    };
    let whole = move || {
        let own = looking.own.get();
        own.wanted.channels.is_none()
    };
    let after = looking
        .subject
        .with_value(|it| it.after.map(|(_, title)| title));
    let after = after.map(|title| {
        let made = move || looking.after(looking.shown.get()).map(|it| it.1);
        view! {
            <div>
                <dt>"After " {title}</dt>
                <dd data-testid="after-value" data-value=move || made().map(|it| it.to_string())>
                    {move || made().map(value)}
                </dd>
            </div>
        }
    });
    view! {
        <dl class="look-facts">
            {FIRST.map(|(name, quantities)| fact(looking, name, quantities)).collect_view()}
            <div>
                <dt>{move || if whole() { "Range of the layer" } else { "Range of this map" }}</dt>
                <dd data-testid="map-extent">{range}</dd>
            </div>
            {after}
        </dl>
    }
}

/// The numbers that are folded.
pub fn more(looking: Looking) -> AnyView {
    let shapes = looking.subject.with_value(|subject| {
        let size = |shape: engine::Shape| {
            if shape.is_vector() {
                shape.channels.to_string()
            } else {
                shape.to_string().replace('x', "×")
            }
        };
        let inputs: Vec<String> = subject.inputs.iter().map(|it| size(it.shape)).collect();
        let output = size(subject.shape);
        if inputs.is_empty() {
            output
        } else {
            format!("{} → {output}", inputs.join(" + "))
        }
    });
    view! {
        <p class="calc"><span>"Channels × height × width"</span><span data-testid="fact-shape">{shapes}</span></p>
        <dl class="look-facts">
            {MORE.map(|(name, quantities)| fact(looking, name, quantities)).collect_view()}
        </dl>
    }
    .into_any()
}
