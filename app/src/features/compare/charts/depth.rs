//! The cost of each network so far, from its input to its output.

use state::compare::Pin;

use super::super::chart::{Axes, Chart, Mark, Scale};
use super::Part;
use crate::ui::format::{count, exact};

const HEIGHT: f64 = 190.0;

/// The cost up to each node in percent of the total.
pub fn so_far(pins: &[Pin], what: &'static str, part: Part, width: f64) -> Chart {
    let axes = Axes {
        x: Scale::between(0.0, 1.0),
        y: Scale::between(0.0, 100.0),
        size: [width, HEIGHT],
    };
    let along = [(0.0, "input"), (0.5, "half way"), (1.0, "output")];
    let shares = [0.0, 50.0, 100.0].map(|it| (it, format!("{it} %")));
    let along = along.map(|(at, words)| (at, words.to_owned()));
    let mut marks = axes.marks(along.to_vec(), shares.to_vec());
    let mut rows = Vec::new();
    for (index, pin) in pins.iter().enumerate() {
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
            let place = axes.place((at + 1) as f64 / nodes.len() as f64, share);
            line.push(place);
            // Only nodes with a cost are points.
            if own > 0 {
                let label = format!(
                    "{}, {}: {} {what}, {share:.1} % so far",
                    pin.title(),
                    node.name,
                    count(own)
                );
                let point = Mark::circle("dot", place, 3.0).of_series(pin.slot);
                points.push(point.labelled(label));
                let [own, spent] = [own, spent].map(exact);
                let share = format!("{share:.1} %");
                rows.push(vec![pin.title(), node.name.clone(), own, spent, share]);
            }
        }
        marks.push(Mark::line("curve", &line).of_series(pin.slot));
        // The letter left of the line, at another height for each network.
        let [_, level] = axes.place(0.0, 74.0 - 12.0 * index as f64);
        let there = line.windows(2).find(|pair| pair[1][1] <= level);
        if let Some([[left, low], [right, high]]) = there {
            let x = left + (right - left) * (low - level) / (low - high);
            let letter = Mark::words("name", [x - 12.0, level + 4.0], pin.letter());
            marks.push(letter.of_series(pin.slot));
        }
        marks.extend(points);
    }
    let heading = ["network", "node", what, "so far", "share"];
    Chart {
        height: HEIGHT,
        marks,
        heading: heading.map(String::from).to_vec(),
        rows,
        ..Chart::default()
    }
}
