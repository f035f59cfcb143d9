//! Networks as bubbles: accuracy against work, or parameters against work.

use engine::compare::{Row, accuracy_for_work, comparable, parameters_for_work};
use state::compare::Pin;

use super::super::chart::{Axes, Chart, Mark, Scale};
use super::tick;
use crate::ui::format::{bytes, count, exact};

/// The radius of the largest and of the smallest bubble.
const RADII: [f64; 2] = [42.0, 3.0];
const HEIGHT: f64 = 400.0;

/// One network's place, area and words.
struct Bubble<'a> {
    pin: &'a Pin,
    y: f64,
    area: u64,
    label: String,
}

/// Published accuracy against MACs, of the networks that were measured on the same images; the area
/// is the parameters.
pub fn accuracy(pins: &[Pin], width: f64) -> Chart {
    let rows: Vec<_> = pins.iter().map(|pin| pin.row.clone()).collect();
    let finding = accuracy_for_work(&rows).unwrap_or_default();
    let finding = format!("{finding} Area: parameters. {}", left_out(&rows));
    let set = comparable(&rows)
        .first()
        .and_then(|row| row.accuracy)
        .map(|it| it.on);
    let mut bubbles = Vec::new();
    for pin in pins {
        let row = &pin.row;
        let Some(accuracy) = row.accuracy.filter(|it| Some(it.on) == set) else {
            continue;
        };
        let label = format!(
            "{}: {} %, {} MACs, {} parameters",
            pin.title(),
            accuracy.top1,
            count(row.macs),
            count(row.params)
        );
        bubbles.push(Bubble {
            pin,
            y: accuracy.top1,
            area: row.params,
            label,
        });
    }
    let y = Scale::around(bubbles.iter().map(|it| it.y), 2.0).at_most(100.0);
    let ticks = y.labelled(|value| format!("{value} %"));
    let rows = bubbles.iter().map(|it| {
        let row = &it.pin.row;
        vec![
            it.pin.title(),
            it.y.to_string(),
            exact(row.macs),
            exact(row.params),
        ]
    });
    let heading = ["network", "top-1 %", "MACs", "parameters"];
    let rows = rows.collect();
    Chart {
        finding,
        ..drawn(&bubbles, y, ticks, width, heading, rows)
    }
}

/// Parameters against MACs; the area is the memory of weights and feature maps.
pub fn parameters(pins: &[Pin], width: f64) -> Chart {
    let memory = |pin: &Pin| pin.row.weight_bytes.saturating_add(pin.row.peak_bytes);
    let mut bubbles = Vec::new();
    for pin in pins {
        let row = &pin.row;
        let label = format!(
            "{}: {} parameters, {} MACs, {} of memory",
            pin.title(),
            count(row.params),
            count(row.macs),
            bytes(memory(pin))
        );
        bubbles.push(Bubble {
            pin,
            y: row.params as f64,
            area: memory(pin),
            label,
        });
    }
    let y = Scale::log(bubbles.iter().map(|it| it.y));
    let rows = pins.iter().map(|pin| {
        let cells = [pin.row.params, pin.row.macs, memory(pin)].map(exact);
        std::iter::once(pin.title()).chain(cells).collect()
    });
    let heading = ["network", "parameters", "MACs", "bytes of memory"];
    let rows = rows.collect();
    let known: Vec<_> = pins.iter().map(|pin| pin.row.clone()).collect();
    let finding = parameters_for_work(&known).unwrap_or_default();
    Chart {
        finding: format!("{finding} Area: memory."),
        ..drawn(&bubbles, y, y.labelled(tick), width, heading, rows)
    }
}

fn drawn(
    bubbles: &[Bubble],
    y: Scale,
    ticks: Vec<(f64, String)>,
    width: f64,
    heading: [&str; 4],
    rows: Vec<Vec<String>>,
) -> Chart {
    let axes = Axes {
        x: Scale::log(bubbles.iter().map(|it| it.pin.row.macs as f64)),
        y,
        size: [width, HEIGHT],
    };
    let mut marks = axes.marks(axes.x.labelled(tick), ticks);
    marks.push(axes.title("MACs for one picture"));
    marks.push(axes.y_title(heading[1]));
    let most = bubbles.iter().map(|it| it.area).max().unwrap_or(1).max(1) as f64;
    let radius = |it: &Bubble| (RADII[0] * (it.area as f64 / most).sqrt()).max(RADII[1]);
    let place = |it: &Bubble| axes.place(it.pin.row.macs as f64, it.y);
    // The large ones first, so that no bubble hides another.
    let mut by_size: Vec<&Bubble> = bubbles.iter().collect();
    by_size.sort_by_key(|it| std::cmp::Reverse(it.area));
    for &it in &by_size {
        let bubble = Mark::circle("bubble", place(it), radius(it));
        let bubble = bubble.of_series(it.pin.slot);
        marks.push(bubble.labelled(it.label.as_str()));
        marks.push(Mark::circle("centre-dot", place(it), 1.8).of_series(it.pin.slot));
    }
    let named = by_size.iter().map(|it| (place(it), radius(it), it.pin));
    marks.extend(names(named.collect(), width));
    Chart {
        height: HEIGHT,
        marks,
        heading: heading.map(String::from).to_vec(),
        rows,
        ..Chart::default()
    }
}

/// As much of a name as has room in so many pixels.
fn short(name: &str, room: f64) -> String {
    // Widths of the label's 12 px letters, rounded up.
    let width = |letter: char| if letter.is_uppercase() { 11.0 } else { 8.0 };
    let mut used = 0.0;
    let fits = name.chars().take_while(|&letter| {
        used += width(letter);
        used <= room
    });
    let kept: String = fits.collect();
    if kept.len() == name.len() {
        kept
    } else {
        format!("{kept}…")
    }
}

/// Each bubble's name on the side where there is room; names that would lie on each other are
/// moved down.
fn names(mut bubbles: Vec<([f64; 2], f64, &Pin)>, width: f64) -> Vec<Mark> {
    const APART: f64 = 14.0;
    bubbles.sort_by(|a, b| a.0[1].total_cmp(&b.0[1]));
    // The height of the last name on either side.
    let mut lowest = [f64::NEG_INFINITY; 2];
    let name = |([x, y], radius, pin): ([f64; 2], f64, &Pin)| {
        let left = x > width * 0.6;
        let y = (y + 4.0).max(lowest[usize::from(left)] + APART);
        lowest[usize::from(left)] = y;
        let (class, x, room) = if left {
            let x = x - radius - 6.0;
            ("name tick-y", x, x)
        } else {
            let x = x + radius + 6.0;
            ("name", x, width - x)
        };
        // The three dots need room, too.
        Mark::words(class, [x, y], short(&pin.row.name, room - 12.0)).of_series(pin.slot)
    };
    bubbles.into_iter().map(name).collect()
}

/// Which rows have no place among the compared accuracies, and why.
fn left_out(rows: &[Row]) -> String {
    let among = comparable(rows);
    let Some(set) = among.first().and_then(|row| row.accuracy).map(|it| it.on) else {
        return String::new();
    };
    let why = |row: &Row| match row.accuracy {
        None => Some(format!("{} has no published accuracy.", row.name)),
        Some(accuracy) if accuracy.on != set => Some(format!(
            "{} was measured on other images ({}).",
            row.name, accuracy.on
        )),
        Some(_) => None,
    };
    rows.iter().filter_map(why).collect::<Vec<_>>().join(" ")
}
