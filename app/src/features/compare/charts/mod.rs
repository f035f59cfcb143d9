//! What the charts of pinned networks show, as plain data.

mod bubbles;
mod depth;
mod families;
mod scatter;

use engine::layer::Cost;
use leptos::prelude::*;

use super::chart::{Chart, figure};
use super::empty;
use crate::lab::Lab;
use crate::ui::format::count;
use crate::ui::growth::{at, steps};
use bubbles::bubbles;
use depth::along;
use families::families;
pub use scatter::scatter;
use state::compare::Pin;

type Part = fn(&Cost) -> u64;

pub fn view(lab: Lab) -> AnyView {
    let pins = lab.compare.pins();
    let of = move |draw: fn(&[Pin]) -> Chart| Memo::new(move |_| pins.with(|pins| draw(pins)));
    let params: fn(&[Pin]) -> Chart = |pins| families(pins, "parameters", |cost| cost.params());
    let macs: fn(&[Pin]) -> Chart = |pins| families(pins, "MACs", |cost| cost.macs);
    let along_params: fn(&[Pin]) -> Chart = |pins| along(pins, "parameters", |cost| cost.params());
    let along_macs: fn(&[Pin]) -> Chart = |pins| along(pins, "MACs", |cost| cost.macs);
    let machines = lab.compare.machines();
    let timed = Memo::new(move |_| pins.with(|pins| scatter(pins, &machines.get())));
    let unmeasured = Memo::new(move |_| timed.with(|chart| chart.rows.is_empty()));
    let measured = move || {
        if unmeasured.get() {
            empty(
                "Measure the pinned networks under “This machine” to see predicted against measured.",
            )
        } else {
            figure(
                "Predicted against measured, layer by layer",
                "chart-scatter",
                timed,
            )
        }
    };
    // Hundreds of points each: the charts along the depth are drawn in separate tasks.
    let all = move || {
        let step = steps(3);
        let chart = move |due: u32, title, testid, draw: fn(&[Pin]) -> Chart| {
            at(step, due, move || figure(title, testid, of(draw)))
        };
        view! {
            <div class="charts">
                {chart(1, "Parameters against MACs", "chart-bubbles", bubbles)}
                {chart(1, "Share of parameters by family", "chart-families-params", params)}
                {chart(1, "Share of MACs by family", "chart-families-macs", macs)}
                {chart(2, "Parameters along the depth", "chart-depth-params", along_params)}
                {chart(3, "MACs along the depth", "chart-depth-macs", along_macs)}
                {measured}
            </div>
        }
        .into_any()
    };
    let none = Memo::new(move |_| pins.with(Vec::is_empty));
    (move || {
        if none.get() {
            empty("Pin networks to see them beside each other.")
        } else {
            all()
        }
    })
    .into_any()
}

/// A count on an axis: 10 k, 1 M, 50. Fractions of 1 have no label, because rounding would repeat
/// labels.
pub fn tick(value: f64) -> String {
    let whole = value.round();
    if (value - whole).abs() > 1e-6 {
        return String::new();
    }
    let text = count(whole as u64);
    text.replace(".0 ", " ").replace(",000", " k")
}

#[cfg(test)]
mod tests {
    use super::super::chart::Scale;
    use super::*;

    #[test]
    fn every_label_of_a_count_axis_is_unique_and_correct() {
        for most in [0.0, 1.0, 2.0, 3.0, 7.0, 60_000.0, 4.1e9] {
            let ticks = Scale::linear([most].into_iter()).labelled(tick);
            let mut seen = std::collections::HashSet::new();
            for (value, words) in ticks.into_iter().filter(|it| !it.1.is_empty()) {
                assert_eq!(value, value.round(), "{words}");
                assert!(seen.insert(words), "{most}");
            }
            assert!(seen.len() > 1, "{most}");
        }
        assert_eq!([50.0, 20_000.0, 1e6].map(tick), ["50", "20 k", "1 M"]);
    }
}
