//! The cumulative cost along the depth of each network.

use super::super::chart::{Axes, Chart, HEIGHT, Mark, Scale};
use super::Part;
use crate::ui::format::{count, exact};
use state::compare::Pin;

fn share_tick(value: f64) -> String {
    format!("{value:.0} %")
}

/// The cumulative cost up to each node in percent of the total.
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
            // Only nodes with a cost are focusable points.
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
                        .labelled(label),
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
