//! The shares of layer families in the cost of each network, a bar each.

use engine::compare::by_family;
use engine::layer::Family;

use super::super::chart::{Chart, Mark, WIDTH};
use super::Part;
use crate::ui::format::{count, exact};
use state::compare::Pin;

/// Heights of a bar and its name.
const ROW: f64 = 38.0;
const BAR: f64 = 15.0;

/// Each network's bar, cut into the families' shares.
pub fn families(pins: &[Pin], what: &'static str, part: Part) -> Chart {
    /// A share that has room for its percentage.
    const WIDE: f64 = 34.0;
    let mut marks = Vec::new();
    let mut rows = Vec::new();
    let mut met: Vec<Family> = Vec::new();
    for (at, pin) in pins.iter().enumerate() {
        let top = 4.0 + at as f64 * ROW;
        marks.push(Mark::words("name", [0.0, top + 11.0], pin.title()));
        let shares = by_family(&pin.graph, &pin.analysis);
        let whole = shares
            .iter()
            .map(|(_, cost)| part(cost))
            .fold(0, u64::saturating_add);
        if whole == 0 {
            marks.push(Mark::words("tick", [0.0, top + 28.0], format!("no {what}")));
        }
        let mut left = 0.0;
        for (family, cost) in &shares {
            let own = part(cost);
            if own == 0 {
                continue;
            }
            let share = own as f64 / whole as f64;
            let width = share * WIDTH;
            let percent = format!("{:.1} %", share * 100.0);
            let label = format!(
                "{}: {} {percent} of {what}, {}",
                pin.title(),
                family.name(),
                count(own)
            );
            // A thin line of the background separates neighbours, whatever their colours.
            let bar = Mark::rect("bar", [left, top + 16.0], [(width - 1.0).max(0.8), BAR]);
            marks.push(bar.of_family(family.name()).labelled(label));
            if width >= WIDE {
                let words = format!("{:.0} %", share * 100.0);
                marks.push(Mark::words("in-bar", [left + 4.0, top + 27.5], words));
            }
            rows.push(vec![
                pin.title(),
                family.name().to_owned(),
                exact(own),
                percent,
            ]);
            left += width;
            if !met.contains(family) {
                met.push(*family);
            }
        }
    }
    met.sort();
    // The legend, two rows of four.
    let below = 10.0 + pins.len() as f64 * ROW;
    for (at, family) in met.iter().enumerate() {
        let [x, y] = [
            (at % 4) as f64 * WIDTH / 4.0,
            below + (at / 4) as f64 * 18.0,
        ];
        marks.push(Mark::rect("bar", [x, y], [9.0, 9.0]).of_family(family.name()));
        marks.push(Mark::words("tick", [x + 13.0, y + 9.0], family.name()));
    }
    Chart {
        height: below + 18.0 * met.len().div_ceil(4) as f64 + 4.0,
        marks,
        heading: ["network", "family", what, "share"]
            .map(String::from)
            .to_vec(),
        rows,
    }
}
