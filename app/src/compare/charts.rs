//! What the charts of pinned networks show, as plain data.

use engine::analysis::{Machine, Work};
use engine::compare::by_family;
use engine::layer::{Cost, Family};
use leptos::prelude::*;

use super::chart::{Axes, Chart, HEIGHT, Mark, Scale, WIDTH, figure};
use super::empty;
use crate::format::{bytes, count, exact, milliseconds};
use crate::lab::{Lab, Pin};

type Part = fn(&Cost) -> u64;

pub fn view(lab: Lab) -> AnyView {
    let pins = lab.compare.pins;
    let of = move |draw: fn(&[Pin]) -> Chart| Memo::new(move |_| pins.with(|pins| draw(pins)));
    let params: fn(&[Pin]) -> Chart = |pins| families(pins, "parameters", |cost| cost.params());
    let macs: fn(&[Pin]) -> Chart = |pins| families(pins, "MACs", |cost| cost.macs);
    let along_params: fn(&[Pin]) -> Chart = |pins| along(pins, "parameters", |cost| cost.params());
    let along_macs: fn(&[Pin]) -> Chart = |pins| along(pins, "MACs", |cost| cost.macs);
    let machines = lab.compare.machines;
    let timed = Memo::new(move |_| pins.with(|pins| scatter(pins, &machines.get())));
    let all = move || {
        let last = if timed.with(|chart| chart.rows.is_empty()) {
            empty(
                "Measure the pinned networks under “This machine” to see predicted against measured.",
            )
        } else {
            figure(
                "Predicted against measured, layer by layer",
                "chart-scatter",
                timed,
            )
        };
        view! {
            <div class="charts">
                {figure("Parameters against MACs", "chart-bubbles", of(bubbles))}
                {figure("Share of parameters by family", "chart-families-params", of(params))}
                {figure("Share of MACs by family", "chart-families-macs", of(macs))}
                {figure("Parameters along the depth", "chart-depth-params", of(along_params))}
                {figure("MACs along the depth", "chart-depth-macs", of(along_macs))}
                {last}
            </div>
        }
        .into_any()
    };
    view! {
        {move || {
            if pins.with(Vec::is_empty) {
                empty("Pin networks to see them beside each other.")
            } else {
                all()
            }
        }}
    }
    .into_any()
}

/// A count on an axis: 10 k, 1 M, 50.
pub fn tick(value: f64) -> String {
    let text = count(value.round() as u64);
    text.replace(".0 ", " ").replace(",000", " k")
}

fn share_tick(value: f64) -> String {
    format!("{value:.0} %")
}

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
                .saying(label),
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
            // A hairline of the ground parts neighbours, whatever their colours.
            let bar = Mark::rect("bar", [left, top + 16.0], [(width - 1.0).max(0.8), BAR]);
            marks.push(bar.of_family(family.name()).saying(label));
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

/// What has been spent by each node on the way through, in per cent of the whole.
pub fn along(pins: &[Pin], what: &'static str, part: Part) -> Chart {
    let axes = Axes {
        x: Scale::linear([100.0].into_iter()),
        y: Scale::linear([100.0].into_iter()),
    };
    let mut marks = axes.marks(
        ["share of the way through the nodes", "spent so far"],
        axes.x.labelled(share_tick),
        axes.y.labelled(share_tick),
    );
    let mut rows = Vec::new();
    for pin in pins {
        let whole = part(&pin.analysis.total);
        let nodes = pin.graph.nodes();
        if whole == 0 || nodes.is_empty() {
            continue;
        }
        let (mut spent, mut line) = (0_u64, vec![axes.place(0.0, 0.0)]);
        let mut points = Vec::new();
        for (at, (node, facts)) in nodes.iter().zip(&pin.analysis.nodes).enumerate() {
            let own = part(&facts.cost);
            spent = spent.saturating_add(own);
            let share = 100.0 * spent as f64 / whole as f64;
            let place = axes.place(100.0 * (at + 1) as f64 / nodes.len() as f64, share);
            line.push(place);
            // Only a node that costs something is a point to come to.
            if own > 0 {
                let label = format!(
                    "{}, {}: {} {what}, {share:.1} % spent",
                    pin.title(),
                    node.name,
                    count(own)
                );
                points.push(
                    Mark::circle("dot", place, 2.2)
                        .of_series(pin.slot)
                        .saying(label),
                );
                let [own, spent] = [own, spent].map(exact);
                rows.push(vec![
                    pin.title(),
                    node.name.clone(),
                    own,
                    spent,
                    format!("{share:.1} %"),
                ]);
            }
        }
        marks.push(Mark::line("curve", &line).of_series(pin.slot));
        // The letter where the line is half-way up, beside it.
        let half = line.windows(2).find(|pair| {
            let middle = axes.place(0.0, 50.0)[1];
            pair[1][1] <= middle
        });
        if let Some([_, [x, y]]) = half {
            let place = [(x - 12.0).max(0.0), y - 2.0];
            marks.push(Mark::words("name", place, pin.letter()).of_series(pin.slot));
        }
        marks.extend(points);
    }
    Chart {
        height: HEIGHT,
        marks,
        heading: ["network", "node", what, "so far", "share"]
            .map(String::from)
            .to_vec(),
        rows,
    }
}

/// Each layer's milliseconds, measured and as the roofline predicts them; both axes logarithmic, the
/// diagonal where they agree.
pub fn scatter(pins: &[Pin], machines: &[Option<Machine>; 2]) -> Chart {
    let mut points = Vec::new();
    for pin in pins {
        for (passes, machine) in pin.passes.iter().zip(machines) {
            let (Some(passes), Some(machine)) = (passes, machine) else {
                continue;
            };
            let works = Work::of_all(&pin.graph, &pin.analysis);
            let timed = pin.graph.nodes().iter().zip(&works).zip(&passes.layers_ms);
            for ((node, work), &measured) in timed {
                // A layer below the clock's resolution has no place on a logarithmic axis.
                if measured > 0.0 {
                    let predicted = machine.pass_secs(&[*work]) * 1e3;
                    points.push((pin, node, *work, *machine, predicted, measured));
                }
            }
        }
    }
    if points.is_empty() {
        return Chart {
            height: HEIGHT,
            ..Chart::default()
        };
    }
    let both = points.iter().flat_map(|it| [it.4, it.5]);
    let scale = Scale::log(both);
    let axes = Axes { x: scale, y: scale };
    let ticks = scale.labelled(|ms| {
        if ms < 1.0 {
            format!("{} µs", (ms * 1e3).round())
        } else {
            format!("{ms} ms")
        }
    });
    let mut marks = axes.marks(["predicted", "measured"], ticks.clone(), ticks);
    marks.push(Mark::line(
        "diagonal",
        &[axes.place(0.0, 0.0), axes.place(f64::MAX, f64::MAX)],
    ));
    let mut rows = Vec::new();
    for (pin, node, work, machine, predicted, measured) in points {
        let bound = if machine.bound_by_memory(&work) {
            "memory"
        } else {
            "arithmetic"
        };
        let [p, m] = [predicted, measured].map(milliseconds);
        let label = format!(
            "{}, {}: {m} measured, {p} predicted, bound by {bound}",
            pin.title(),
            node.name
        );
        let place = axes.place(predicted, measured);
        marks.push(Mark::marker(pin.slot, place, 4.5).saying(label));
        rows.push(vec![
            pin.title(),
            node.name.clone(),
            node.layer.title(),
            format!("{measured:.3}"),
            format!("{predicted:.3}"),
            bound.to_owned(),
        ]);
    }
    let heading = [
        "network",
        "layer",
        "kind",
        "measured ms",
        "predicted ms",
        "bound by",
    ];
    Chart {
        height: HEIGHT,
        marks,
        heading: heading.map(String::from).to_vec(),
        rows,
    }
}
