//! The shares of layer families in the cost of each network, a bar each.

use engine::compare::by_family;
use engine::layer::Family;
use state::compare::Pin;

use super::super::chart::{Chart, Mark};
use super::Part;
use crate::ui::format::{count, exact};

/// Heights of a row and its bar, and where the bars begin.
const ROW: f64 = 24.0;
const BAR: f64 = 16.0;
const LEFT: f64 = 26.0;
/// A share that has room for its percentage.
const WIDE: f64 = 40.0;

/// Each network's bar, cut into the families' shares.
pub fn shares(pins: &[Pin], what: &'static str, part: Part, width: f64) -> Chart {
    let mut marks = Vec::new();
    let mut rows = Vec::new();
    let mut met: Vec<Family> = Vec::new();
    for (at, pin) in pins.iter().enumerate() {
        let top = at as f64 * ROW + (ROW - BAR) / 2.0;
        let badge = Mark::rect("badge", [1.5, top + 0.5], [15.0, 15.0]);
        marks.push(badge.of_series(pin.slot));
        marks.push(Mark::words(
            "in-bar tick-x",
            [9.0, top + 12.0],
            pin.letter(),
        ));
        let shares = by_family(&pin.graph, &pin.analysis);
        let parts = shares.iter().map(|(family, cost)| (*family, part(cost)));
        let parts: Vec<_> = parts.filter(|(_, own)| *own > 0).collect();
        let whole = parts.iter().fold(0_u64, |sum, it| sum.saturating_add(it.1));
        if whole == 0 {
            marks.push(Mark::words(
                "tick",
                [LEFT, top + 12.0],
                format!("no {what}"),
            ));
        }
        let mut left = LEFT;
        for (family, own) in parts {
            let share = own as f64 / whole as f64;
            let wide = share * (width - LEFT);
            let percent = format!("{:.1} %", share * 100.0);
            let label = format!(
                "{}: {} {percent} of {what}, {}",
                pin.title(),
                family.name(),
                count(own)
            );
            // A thin line of the background separates neighbours, whatever their colours.
            let bar = Mark::rect("bar", [left, top], [(wide - 1.0).max(0.8), BAR]);
            marks.push(bar.of_family(family.name()).labelled(label));
            if wide >= WIDE {
                let words = format!("{:.0} %", share * 100.0);
                marks.push(Mark::words("in-bar", [left + 6.0, top + 12.0], words));
            }
            let name = family.name().to_owned();
            rows.push(vec![pin.title(), name, exact(own), percent]);
            left += wide;
            if !met.contains(&family) {
                met.push(family);
            }
        }
    }
    met.sort();
    let heading = ["network", "family", what, "share"];
    Chart {
        height: pins.len() as f64 * ROW,
        marks,
        legend: met.into_iter().map(Family::name).collect(),
        heading: heading.map(String::from).to_vec(),
        rows,
        ..Chart::default()
    }
}
