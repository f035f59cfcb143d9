//! How much each layer bears: the accuracy with that layer alone pruned or quantised.

use std::sync::Arc;

use engine::compress::{Curve, LayerReport, Levels, Report, Sensitivity};
use leptos::prelude::*;

use crate::lab::Lab;
use crate::ui::format::{exact, percent};

const SIZE: [f64; 2] = [220.0, 90.0];

pub fn curves(lab: Lab) -> AnyView {
    let found = Memo::new(move |_| lab.shrink.read(|held| held.sensitivity.clone()));
    let none = || {
        let hint = "“Measure each layer” shows the accuracy with one layer at a time pruned, or \
                    with fewer bits.";
        view! { <p class="hint">{hint}</p> }.into_any()
    };
    let body = move || found.get().map_or_else(none, |found| all(&found));
    let report = Memo::new(move |_| lab.shrink.read(|held| held.report.clone()));
    view! {
        {move || report.get().map(|report| layers(&report))}
        <div class="sensitivity" data-testid="sensitivity">{body}</div>
    }
    .into_any()
}

/// What the last step did to each layer.
fn layers(report: &Report) -> AnyView {
    let some = |it: Option<f64>| it.map_or_else(|| "–".to_owned(), percent);
    let one = |layer: &LayerReport| {
        let [before, after] = layer.channels;
        let channels = match before == after {
            true => exact(before),
            false => format!("{} of {}", exact(after), exact(before)),
        };
        view! {
            <tr>
                <th scope="row">{layer.name.clone()}</th>
                <td>{channels}</td>
                <td>{exact(layer.weights)}</td>
                <td>{exact(layer.nonzero)}</td>
                <td>{some(layer.error)}</td>
                <td>{some(layer.map_error)}</td>
            </tr>
        }
    };
    view! {
        <div class="training-table" data-testid="shrink-layer-table">
            <table>
                <caption>{report.shrink.title()}</caption>
                <thead>
                    <tr>
                        <th scope="col">"Layer"</th>
                        <th scope="col">"Channels"</th>
                        <th scope="col">"Weights before"</th>
                        <th scope="col">"Not 0 after"</th>
                        <th scope="col">"Error of the weights"</th>
                        <th scope="col">"Error of the maps"</th>
                    </tr>
                </thead>
                <tbody>{report.layers.iter().map(one).collect_view()}</tbody>
            </table>
            <p class="hint">"Errors: the mean squared change, divided by the mean square."</p>
        </div>
    }
    .into_any()
}

fn all(found: &Arc<Sensitivity>) -> AnyView {
    let heading = format!(
        "Accuracy {} of {} images; each layer alone {}:",
        percent(found.accuracy),
        found.images,
        match found.levels {
            Levels::Shares { .. } => "with a share of its weights pruned",
            Levels::Widths { .. } => "with fewer bits",
        }
    );
    let one = |curve: &Curve| {
        let found = Arc::clone(found);
        let path = path(curve, &found);
        let cells = curve.points.iter().map(|&[level, accuracy]| {
            let level = match found.levels {
                Levels::Shares { .. } => percent(level),
                Levels::Widths { .. } if level == 1.0 => "1 bit".to_owned(),
                Levels::Widths { .. } => format!("{level} bits"),
            };
            view! {
                <tr>
                    <th scope="row">{level}</th>
                    <td>{percent(accuracy)}</td>
                </tr>
            }
        });
        let [width, height] = SIZE;
        view! {
            <figure data-node=curve.node.0.to_string()>
                <figcaption>{curve.name.clone()}</figcaption>
                <svg viewBox=format!("0 0 {width} {height}") aria-hidden="true">
                    <path class="frontier" d=path />
                </svg>
                <details>
                    <summary>"Values"</summary>
                    <table class="figures">
                        <tbody>{cells.collect_view()}</tbody>
                    </table>
                </details>
            </figure>
        }
    };
    view! {
        <p>{heading}</p>
        <div class="sensitivity-curves">{found.curves.iter().map(one).collect_view()}</div>
    }
    .into_any()
}

/// Level by level, from none to all of the accuracy.
fn path(curve: &Curve, found: &Sensitivity) -> String {
    let [width, height] = SIZE;
    let values = std::iter::once(found.accuracy).chain(curve.points.iter().map(|it| it[1]));
    let last = curve.points.len().max(1) as f64;
    let mut path = String::new();
    for (number, value) in values.enumerate() {
        let x = width * number as f64 / last;
        let y = height - value * (height - 4.0) - 2.0;
        let verb = if number == 0 { "M" } else { "L" };
        path += &format!("{verb}{x:.1} {y:.1}");
    }
    path
}
