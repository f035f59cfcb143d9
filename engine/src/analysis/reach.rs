//! Which pixels of the input reach one value, through all windows between them. The receptive field is
//! the window around them; where layers are dilated, not every pixel in it reaches the value.

use std::collections::HashMap;

use crate::layer::Layer;
use crate::{Analysis, Graph, NodeId, Shape};

/// The pixels that reach a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    pub height: u32,
    pub width: u32,
    /// Row by row.
    pub pixels: Vec<bool>,
}

impl Reach {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.pixels.iter().filter(|it| **it).count()
    }

    /// First and end of the rows and columns that hold them all; none where there are none.
    pub fn bounds(&self) -> Option<[[u32; 2]; 2]> {
        let mut bounds: Option<[[u32; 2]; 2]> = None;
        for (place, _) in (0_u32..).zip(&self.pixels).filter(|(_, on)| **on) {
            let at = [place / self.width, place % self.width];
            let around = bounds.unwrap_or(at.map(|it| [it, it]));
            let wider = |axis: usize| {
                let [start, end] = around[axis];
                [start.min(at[axis]), end.max(at[axis] + 1)]
            };
            bounds = Some([wider(0), wider(1)]);
        }
        bounds
    }
}

/// The pixels that reach the value at `[row, column]` of a node's maps. None for a node that does not
/// fit, or a place that it does not have.
pub fn reach(graph: &Graph, node: NodeId, [row, column]: [u32; 2]) -> Option<Reach> {
    let analysis = Analysis::of(graph);
    let shape = |id: NodeId| match id {
        NodeId::INPUT => Some(graph.input()),
        id => analysis.node(id)?.shape,
    };
    let own = shape(node)?;
    if row >= own.height || column >= own.width {
        return None;
    }
    let empty = |of: Shape| vec![false; of.positions() as usize];
    let mut marks: HashMap<NodeId, Vec<bool>> = HashMap::new();
    let first = marks.entry(node).or_insert_with(|| empty(own));
    *first.get_mut((row * own.width + column) as usize)? = true;
    for node in graph.nodes().iter().rev() {
        let Some(behind) = marks.remove(&node.id) else {
            continue;
        };
        let of = shape(node.id)?;
        for &input in &node.inputs {
            let before = shape(input)?;
            let marked = marks.entry(input).or_insert_with(|| empty(before));
            mark(&node.layer, &behind, of, before, marked);
        }
    }
    let input = graph.input();
    let pixels = marks.remove(&NodeId::INPUT).unwrap_or_else(|| empty(input));
    Some(Reach {
        height: input.height,
        width: input.width,
        pixels,
    })
}

/// Marks what the marked values behind a layer are computed from.
fn mark(layer: &Layer, behind: &[bool], of: Shape, before: Shape, marked: &mut [bool]) {
    let places = (0_u32..).zip(behind).filter(|(_, on)| **on);
    let places = places.map(|(place, _)| [place / of.width, place % of.width]);
    if matches!(layer, Layer::Merge(_)) {
        // A side of 1 is repeated.
        for [row, column] in places {
            let at = row.min(before.height - 1) * before.width + column.min(before.width - 1);
            if let Some(mark) = marked.get_mut(at as usize) {
                *mark = true;
            }
        }
        return;
    }
    let Some(window) = layer.rule().window(before) else {
        marked.fill(true);
        return;
    };
    let sides = window.sides(before.size());
    // The rows or columns of a window at one place, clipped to the map.
    let taps = |axis: usize, at: u32| {
        let start = i64::from(at) * i64::from(window.stride[axis]) - i64::from(sides[axis]);
        let dilation = i64::from(window.dilation[axis]);
        let taps = (0..window.kernel[axis]).map(move |tap| start + i64::from(tap) * dilation);
        let within = 0..i64::from(before.size()[axis]);
        taps.filter(move |tap| within.contains(tap))
    };
    for [row, column] in places {
        for y in taps(0, row) {
            for x in taps(1, column) {
                if let Some(mark) = marked.get_mut((y * i64::from(before.width) + x) as usize) {
                    *mark = true;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zoo::{self, dilated};

    fn of_stack(rates: &[u32]) -> Reach {
        let graph = dilated(Shape::new(1, 28, 28), rates).unwrap();
        let last = graph.named("relu3").unwrap().id;
        reach(&graph, last, [14, 14]).unwrap()
    }

    #[test]
    fn equal_rates_leave_a_grid_and_mixed_rates_none() {
        // Offsets are sums of three of −2, 0, 2: every other pixel of 13 × 13.
        let grid = of_stack(&[2, 2, 2]);
        assert_eq!(grid.bounds(), Some([[8, 21], [8, 21]]));
        assert_eq!(grid.count(), 49);
        let on = |row: usize, column: usize| grid.pixels[row * 28 + column];
        assert!(on(8, 8) && on(14, 14) && !on(9, 8) && !on(14, 13));
        // Sums of one of ±1, ±2, ±3 and 0 each are every number from −6 to 6.
        let whole = of_stack(&[1, 2, 3]);
        assert_eq!(whole.bounds(), grid.bounds());
        assert_eq!(whole.count(), 169);
    }

    #[test]
    fn what_reaches_a_value_lies_in_its_receptive_field_and_touches_its_edges() {
        let mut compared = 0;
        for name in ["lenet-5", "alexnet-mini", "vgg-mini", "context-mini"] {
            let graph = zoo::build(name, &zoo::Options::default()).unwrap();
            let analysis = Analysis::of(&graph);
            for facts in &analysis.nodes {
                let (Some(field), Some(shape)) = (facts.receptive_field, facts.shape) else {
                    continue;
                };
                let at = [shape.height / 2, shape.width / 2];
                let window = field.window_of(at);
                let inside = [graph.input().height, graph.input().width];
                let clipped = [0, 1]
                    .map(|axis| window[axis].map(|it| it.clamp(0, i64::from(inside[axis])) as u32));
                // Where the padding has a dilated window's outer taps the clipped edge is empty.
                let whole = window[0][0] >= 0
                    && window[1][0] >= 0
                    && window[0][1] <= i64::from(inside[0])
                    && window[1][1] <= i64::from(inside[1]);
                let bounds = reach(&graph, facts.id, at).unwrap().bounds().unwrap();
                if whole {
                    assert_eq!(bounds, clipped, "{name} {:?}", facts.id);
                    compared += 1;
                }
            }
        }
        assert!(compared > 10, "{compared} were compared");
    }

    #[test]
    fn a_whole_map_is_reached_through_a_linear_layer_and_nothing_where_there_is_no_place() {
        let graph = zoo::lenet5().unwrap();
        let fc = graph.named("F6").unwrap().id;
        let all = reach(&graph, fc, [0, 0]).unwrap();
        assert_eq!(all.count(), all.pixels.len());
        assert_eq!(reach(&graph, fc, [1, 0]), None);
        assert_eq!(reach(&graph, NodeId(999), [0, 0]), None);
    }
}
