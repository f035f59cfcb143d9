//! The network as a picture: a row for each step, wires between.

use std::collections::HashMap;

use super::escaped;
use crate::{Analysis, Graph, NodeId};

const WIDTH: usize = 220;
const HEIGHT: usize = 40;
const GAP: usize = 22;
const BESIDE: usize = 24;

/// The picture as SVG.
pub(super) fn picture(graph: &Graph, analysis: &Analysis) -> String {
    // A node's row is one below the lowest of its inputs.
    let mut rows: HashMap<NodeId, usize> = HashMap::from([(NodeId::INPUT, 0)]);
    let mut filled: Vec<usize> = vec![1];
    let mut places: HashMap<NodeId, (usize, usize)> = HashMap::from([(NodeId::INPUT, (0, 0))]);
    for node in graph.nodes() {
        let above = node.inputs.iter().filter_map(|input| rows.get(input)).max();
        let row = above.map_or(1, |row| row + 1);
        rows.insert(node.id, row);
        if filled.len() <= row {
            filled.resize(row + 1, 0);
        }
        places.insert(node.id, (row, filled[row]));
        filled[row] += 1;
    }
    let widest = filled.iter().copied().max().unwrap_or(1);
    let left = |(row, column): (usize, usize)| {
        let own = filled.get(row).copied().unwrap_or(1);
        let free = (widest - own) * (WIDTH + BESIDE) / 2;
        BESIDE / 2 + free + column * (WIDTH + BESIDE)
    };
    let top = |row: usize| GAP / 2 + row * (HEIGHT + GAP);
    let (width, height) = (widest * (WIDTH + BESIDE), filled.len() * (HEIGHT + GAP));
    let mut svg = format!(
        "<svg role=\"img\" aria-label=\"The layers of {}\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\">\n",
        escaped(graph.name())
    );
    for node in graph.nodes() {
        let Some(&to) = places.get(&node.id) else {
            continue;
        };
        for input in &node.inputs {
            let Some(&from) = places.get(input) else {
                continue;
            };
            let (x1, y1) = (left(from) + WIDTH / 2, top(from.0) + HEIGHT);
            let (x2, y2) = (left(to) + WIDTH / 2, top(to.0));
            // A wire over several rows goes around the boxes between.
            let (a, b) = if to.0 - from.0 > 1 {
                let side = x1.max(x2) + WIDTH / 2 + BESIDE / 3;
                (side, side)
            } else {
                (x1, x2)
            };
            let (y1b, y2b) = (y1 + GAP, y2.saturating_sub(GAP));
            svg +=
                &format!("<path class=\"wire\" d=\"M{x1} {y1}C{a} {y1b} {b} {y2b} {x2} {y2}\"/>\n");
        }
    }
    let mut draw = |place: (usize, usize), first: &str, second: &str| {
        let (x, y) = (left(place), top(place.0));
        let [middle, upper, lower] = [x + WIDTH / 2, y + 16, y + 32];
        svg += &format!(
            "<rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"4\"/>\
             <text x=\"{middle}\" y=\"{upper}\" text-anchor=\"middle\">{}</text>\
             <text class=\"faint\" x=\"{middle}\" y=\"{lower}\" text-anchor=\"middle\">{}</text>\n",
            escaped(&short(first)),
            escaped(&short(second)),
        );
    };
    draw((0, 0), "input", &graph.input().to_string());
    for node in graph.nodes() {
        let shape = analysis.node(node.id).and_then(|facts| facts.shape);
        let shape = shape.map_or_else(String::new, |shape| format!(" · {shape}"));
        if let Some(&place) = places.get(&node.id) {
            draw(place, &node.name, &format!("{}{shape}", node.layer.title()));
        }
    }
    svg + "</svg>\n"
}

/// What fits a box.
fn short(text: &str) -> String {
    const MOST: usize = 34;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST - 1).chain(['…']).collect()
}
