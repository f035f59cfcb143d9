//! Parameters against MACs, a bubble each.

use super::super::chart::{Axes, Chart, HEIGHT, Mark, Scale, WIDTH};
use super::tick;
use crate::ui::format::{bytes, count, exact};
use state::compare::Pin;

/// The radius of the largest bubble, in the drawing's units.
const BUBBLE: f64 = 30.0;

/// Parameters against MACs; the area is the memory of weights and feature maps.
pub fn bubbles(pins: &[Pin]) -> Chart {
    let memory = |pin: &Pin| pin.row.weight_bytes.saturating_add(pin.row.peak_bytes);
    let most = pins.iter().map(memory).max().unwrap_or(1).max(1) as f64;
    let axes = Axes {
        x: Scale::log(pins.iter().map(|pin| pin.row.macs as f64)),
        y: Scale::log(pins.iter().map(|pin| pin.row.params as f64)),
    };
    let titles = ["MACs", "parameters; the area is memory"];
    let mut marks = axes.marks(titles, axes.x.labelled(tick), axes.y.labelled(tick));
    // The large ones first, so that no bubble hides another.
    let mut by_size: Vec<&Pin> = pins.iter().collect();
    by_size.sort_by_key(|pin| std::cmp::Reverse(memory(pin)));
    for pin in &by_size {
        let at = axes.place(pin.row.macs as f64, pin.row.params as f64);
        let radius = (BUBBLE * (memory(pin) as f64 / most).sqrt()).max(4.0);
        let label = format!(
            "{}: {} parameters, {} MACs, {} of memory",
            pin.title(),
            count(pin.row.params),
            count(pin.row.macs),
            bytes(memory(pin))
        );
        marks.push(
            Mark::circle("bubble", at, radius)
                .of_series(pin.slot)
                .labelled(label),
        );
    }
    marks.extend(names(by_size.iter().map(|pin| {
        let at = axes.place(pin.row.macs as f64, pin.row.params as f64);
        let radius = (BUBBLE * (memory(pin) as f64 / most).sqrt()).max(4.0);
        (at, radius, pin)
    })));
    let rows = pins.iter().map(|pin| {
        vec![
            pin.title(),
            exact(pin.row.params),
            exact(pin.row.macs),
            exact(memory(pin)),
        ]
    });
    Chart {
        height: HEIGHT,
        marks,
        heading: ["network", "parameters", "MACs", "bytes of memory"]
            .map(String::from)
            .to_vec(),
        rows: rows.collect(),
    }
}

/// Each bubble's name on the side where there is room; names that would lie on each other are
/// moved down.
fn names<'a>(bubbles: impl Iterator<Item = ([f64; 2], f64, &'a &'a Pin)>) -> Vec<Mark> {
    const APART: f64 = 13.0;
    let mut bubbles: Vec<_> = bubbles.collect();
    bubbles.sort_by(|a, b| a.0[1].total_cmp(&b.0[1]));
    // The height of the last name on either side.
    let mut lowest = [f64::NEG_INFINITY; 2];
    let name = |([x, y], radius, pin): ([f64; 2], f64, &&Pin)| {
        let left = x > WIDTH * 0.55;
        let y = (y + 4.0).max(lowest[usize::from(left)] + APART);
        lowest[usize::from(left)] = y;
        let (class, x) = if left {
            ("name tick-y", x - radius - 5.0)
        } else {
            ("name", x + radius + 5.0)
        };
        Mark::words(class, [x, y], pin.title()).of_series(pin.slot)
    };
    bubbles.into_iter().map(name).collect()
}
