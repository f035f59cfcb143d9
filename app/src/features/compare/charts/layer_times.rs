//! The roofline's milliseconds against the measured ones, a marker a layer.

use engine::analysis::{Machine, Work};
use state::compare::Pin;

use super::super::chart::{Axes, Chart, Mark, Scale};
use crate::ui::format::milliseconds;

const HEIGHT: f64 = 340.0;

/// Each layer's milliseconds, measured and as the roofline predicts them; both axes logarithmic, the
/// diagonal where they agree.
pub fn layer_times(pins: &[Pin], machines: &[Option<Machine>; 2], width: f64) -> Chart {
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
        return Chart::default();
    }
    let both = points.iter().flat_map(|it| [it.4, it.5]);
    let scale = Scale::log(both);
    let axes = Axes {
        x: scale,
        y: scale,
        size: [width, HEIGHT],
    };
    let ticks = scale.labelled(|ms| {
        if ms < 1.0 {
            format!("{} µs", (ms * 1e3).round())
        } else {
            format!("{ms} ms")
        }
    });
    let mut marks = axes.marks(ticks.clone(), ticks);
    marks.push(axes.title("predicted"));
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
        marks.push(Mark::marker(pin.slot, place, 4.5).labelled(label));
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
        ..Chart::default()
    }
}
