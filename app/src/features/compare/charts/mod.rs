//! What the charts of pinned networks show, as plain data.

mod bubbles;
mod depth;
mod families;
mod layer_times;

use engine::compare::comparable;
use engine::layer::Cost;
use leptos::prelude::*;
use state::compare::Pin;

use super::chart::{Chart, figure};
use crate::lab::Lab;
use crate::ui::format::count;
pub use layer_times::layer_times;

type Part = fn(&Cost) -> u64;

/// All charts of the overview.
pub fn view(lab: Lab) -> AnyView {
    let pins = lab.compare.pins();
    let chart = move |title, testid, draw: fn(&[Pin], f64) -> Chart| {
        figure(title, testid, move |width| {
            pins.with(|pins| draw(pins, width))
        })
    };
    let compared = Memo::new(move |_| {
        pins.with(|pins| {
            let rows: Vec<_> = pins.iter().map(|it| it.row.clone()).collect();
            !comparable(&rows).is_empty()
        })
    });
    let bubbles = move || {
        let (title, draw): (_, fn(&[Pin], f64) -> Chart) = if compared.get() {
            ("Does more work buy accuracy?", bubbles::accuracy)
        } else {
            ("Parameters and work", bubbles::parameters)
        };
        chart(title, "chart-bubbles", draw)
    };
    view! {
        <div class="compare-charts">
            {bubbles}
            <div>
                {chart("Where the parameters are", "chart-families-params", |pins, width| {
                    families::shares(pins, "parameters", |cost| cost.params(), width)
                })}
                {chart("Where the work is", "chart-families-macs", |pins, width| {
                    families::shares(pins, "MACs", |cost| cost.macs, width)
                })}
                <div class="compare-two">
                    {chart("Parameters so far", "chart-depth-params", |pins, width| {
                        depth::so_far(pins, "parameters", |cost| cost.params(), width)
                    })}
                    {chart("MACs so far", "chart-depth-macs", |pins, width| {
                        depth::so_far(pins, "MACs", |cost| cost.macs, width)
                    })}
                </div>
            </div>
        </div>
    }
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
