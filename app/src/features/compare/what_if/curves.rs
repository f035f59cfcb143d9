//! The numbers that a knob changes, each as a curve.

use engine::whatif::Point;

use super::super::chart::{Axes, Chart, Mark, Scale};
use super::super::charts::tick;
use crate::ui::format::{bytes, count, exact};

const HEIGHT: f64 = 190.0;
/// Numbers on the axis of values, at most.
const MOST_LABELS: usize = 6;

/// One number that the curves show.
#[derive(Clone, Copy)]
pub struct Measure {
    pub title: &'static str,
    pub testid: &'static str,
    pub of: fn(&Point) -> Option<u64>,
    pub text: fn(u64) -> String,
}

pub const MEASURES: [Measure; 4] = [
    Measure {
        title: "Parameters",
        testid: "curve-params",
        of: |point| Some(point.params),
        text: count,
    },
    Measure {
        title: "MACs",
        testid: "curve-macs",
        of: |point| Some(point.macs),
        text: count,
    },
    Measure {
        title: "Bytes of weights and maps",
        testid: "curve-bytes",
        of: |point| Some(point.weight_bytes.saturating_add(point.peak_bytes)),
        text: bytes,
    },
    Measure {
        title: "Receptive field, pixels",
        testid: "curve-field",
        of: |point| point.field,
        text: exact,
    },
];

/// The curve of one number over the knob's values: a ring where the network is, a line where the
/// slider is, crosses at the bottom where the network would have problems.
pub fn drawn(
    points: &[Point],
    measure: Measure,
    now: Option<usize>,
    at: usize,
    width: f64,
) -> Chart {
    let last = points.len().saturating_sub(1).max(1) as f64;
    let sound = |point: &Point| point.problem.is_none();
    let value = |point: &Point| {
        (measure.of)(point)
            .filter(|_| sound(point))
            .map(|it| it as f64)
    };
    let axes = Axes {
        x: Scale::between(0.0, last),
        y: Scale::linear(points.iter().filter_map(value)),
        size: [width, HEIGHT],
    };
    let every = points.len().div_ceil(MOST_LABELS).max(1);
    let labels = points.iter().enumerate().step_by(every);
    // The pixels in brackets have no room below an axis.
    let short = |label: &str| label.split(' ').next().unwrap_or_default().to_owned();
    let labels = labels.map(|(place, point)| (place as f64, short(&point.label)));
    let mut marks = axes.marks(labels.collect(), axes.y.labelled(tick));
    let chosen = at as f64;
    marks.push(Mark::line(
        "chosen",
        &[axes.place(chosen, 0.0), axes.place(chosen, f64::MAX)],
    ));
    for run in points
        .iter()
        .enumerate()
        .collect::<Vec<_>>()
        .chunk_by(|a, b| sound(a.1) == sound(b.1))
    {
        let line = run
            .iter()
            .filter_map(|(place, point)| Some(axes.place(*place as f64, value(point)?)));
        marks.push(Mark::line("curve", &line.collect::<Vec<_>>()));
    }
    let mut rows = Vec::new();
    for (place, point) in points.iter().enumerate() {
        let text = (measure.of)(point).map_or_else(|| "–".to_owned(), measure.text);
        let (words, mark) = match (&point.problem, value(point)) {
            (Some(why), _) => {
                let [x, y] = axes.place(place as f64, 0.0);
                let cross = Mark::line("wrong", &[[x - 3.0, y - 9.0], [x + 3.0, y - 3.0]]);
                marks.push(cross);
                let cross = Mark::line("wrong", &[[x - 3.0, y - 3.0], [x + 3.0, y - 9.0]]);
                (why.clone(), cross)
            }
            (None, Some(value)) => (
                text.clone(),
                Mark::circle("dot", axes.place(place as f64, value), 2.6),
            ),
            (None, None) => continue,
        };
        marks.push(mark.labelled(format!("{}: {words}", point.label)));
        rows.push(vec![
            point.label.clone(),
            text,
            point.problem.clone().unwrap_or_default(),
        ]);
    }
    let here = now.and_then(|now| points.get(now).map(|point| (now, point)));
    if let Some((place, value)) = here.and_then(|(at, point)| Some((at as f64, value(point)?))) {
        marks.push(Mark::circle("present", axes.place(place, value), 6.0));
    }
    Chart {
        height: HEIGHT,
        marks,
        heading: ["value", measure.title, "problem"]
            .map(String::from)
            .to_vec(),
        rows,
        ..Chart::default()
    }
}
