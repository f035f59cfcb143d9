//! The lengths of the gradients at the layers with weights, on a scale of powers of ten.

use leptos::prelude::*;
use state::explain::Curve;

use crate::ui::format::short;

/// The drawing's size, in its own units, and the room for the scale.
const WIDTH: f64 = 420.0;
const HEIGHT: f64 = 140.0;
const LEFT: f64 = 40.0;
const EDGE: f64 = 10.0;

pub fn chart(now: &Curve, before: Option<&Curve>) -> AnyView {
    let ends = [Some(now), before].into_iter().flatten();
    let ends = ends.filter_map(Curve::decades);
    let ends = ends.reduce(|[low, high], [a, b]| [low.min(a), high.max(b)]);
    let Some([low, high]) = ends else {
        return view! {
            <p class="say" data-testid="depth-says">
                "The gradient is 0 at every layer: the answer cannot get any better here."
            </p>
        }
        .into_any();
    };
    let (low, high) = (low.floor(), high.ceil().max(low.floor() + 1.0));
    let y = |length: f64| {
        let share = (length.max(1e-45).log10() - low) / (high - low);
        HEIGHT - EDGE - share.clamp(0.0, 1.0) * (HEIGHT - 2.0 * EDGE)
    };
    let line = |curve: &Curve| {
        let last = curve.points.len().saturating_sub(1).max(1) as f64;
        let point = |(at, point): (usize, &state::explain::Point)| {
            let x = LEFT + at as f64 / last * (WIDTH - LEFT - EDGE);
            format!("{x:.1},{:.1}", y(point.length))
        };
        let points: Vec<String> = curve.points.iter().enumerate().map(point).collect();
        points.join(" ")
    };
    let tick = |power: f64| {
        let at = y(10_f64.powf(power));
        view! {
            <line x1=LEFT.to_string() x2=(WIDTH - EDGE).to_string() y1=at.to_string() y2=at.to_string()></line>
            <text x=(LEFT - 4.0).to_string() y=(at + 3.0).to_string()>{format!("1e{power}")}</text>
        }
    };
    let ratio = now.ratio();
    let first = now
        .points
        .first()
        .map(|it| it.name.clone())
        .unwrap_or_default();
    let last = now
        .points
        .last()
        .map(|it| it.name.clone())
        .unwrap_or_default();
    let says = match ratio {
        Some(ratio) if ratio >= 1.0 => format!(
            "The gradient at {first} is {} times smaller than at {last}.",
            short(ratio as f32)
        ),
        Some(ratio) => format!(
            "The gradient at {first} is {} times larger than at {last}.",
            short((1.0 / ratio) as f32)
        ),
        None => format!("No gradient reaches {first}."),
    };
    let label = format!("Length of the gradient from {first} to {last}. {says}");
    view! {
        <svg
            class="depth-chart"
            data-testid="depth-chart"
            data-ratio=ratio.map(|it| it.to_string())
            data-layers=now.points.len().to_string()
            viewBox=format!("0 0 {WIDTH} {HEIGHT}")
            role="img"
            aria-label=label
        >
            {tick(low)}
            {tick(high)}
            {before.map(|before| view! { <polyline class="depth-before" points=line(before)></polyline> })}
            <polyline class="depth-now" points=line(now)></polyline>
        </svg>
        <p class="say" data-testid="depth-says">
            {says}
            {before.map(|before| format!(" Grey: {}, before.", before.name))}
        </p>
    }
    .into_any()
}
