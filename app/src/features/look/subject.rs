//! The layer that is looked at: what it is, what it reads, and what follows it.

use engine::analysis::ReceptiveField;
use engine::layer::{Activation, Family, FlattenOrder};
use engine::{Analysis, Graph, Layer, NodeId, Shape};
use state::document::shape_of;
use state::look::Pixel;

/// A node that the layer reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    pub id: NodeId,
    pub name: String,
    pub shape: Shape,
}

/// A node with a known shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    pub id: NodeId,
    pub name: String,
    /// `None` for the network's input.
    pub layer: Option<Layer>,
    pub family: &'static str,
    pub shape: Shape,
    pub inputs: Vec<Input>,
    /// What the flatten that leads to this node has before it, if only layers that keep the order of
    /// values are between.
    pub unflattened: Option<Input>,
    /// The number of its parameters.
    pub params: u64,
    /// The layer and what is done to its values one by one behind it (norm, activation), with what
    /// each is called; this node is one of them.
    pub run: Vec<(NodeId, String)>,
    /// The activation right behind it.
    pub after: Option<(NodeId, &'static str)>,
    /// `None` for the whole input.
    pub field: Option<ReceptiveField>,
    /// The shape of the network's input.
    pub picture: Shape,
    /// Its values are the network's scores, one a class.
    pub scores: bool,
}

impl Subject {
    /// The node with this id; `None` if a problem leaves its shape unknown.
    pub fn of(graph: &Graph, analysis: &Analysis, id: NodeId) -> Option<Self> {
        let node = graph.node(id);
        let input = |&id: &NodeId| {
            let name = name_of(graph, id);
            let shape = shape_of(graph, analysis, id)?;
            Some(Input { id, name, shape })
        };
        let facts = analysis.node(id);
        let before = node.and_then(|node| node.inputs.first().copied());
        let unflattened = before.and_then(|before| unflattened(graph, analysis, before));
        let run = run(graph, id);
        let at = run.iter().position(|(node, _)| *node == id).unwrap_or(0);
        let after = run.get(at + 1).and_then(|(id, _)| {
            let layer = &graph.node(*id)?.layer;
            match layer {
                Layer::Activation(function) => Some((*id, Activation::title(*function))),
                _ => None,
            }
        });
        let behind = run.last().map_or(id, |(id, _)| *id);
        Some(Self {
            id,
            name: name_of(graph, id),
            layer: node.map(|node| node.layer.clone()),
            family: node.map_or("input", |node| Family::name(node.layer.family())),
            shape: shape_of(graph, analysis, id)?,
            inputs: node.map_or_else(Vec::new, |node| {
                node.inputs.iter().filter_map(input).collect()
            }),
            unflattened,
            params: facts.map_or(0, |facts| facts.cost.params()),
            after,
            run,
            field: facts.map_or(Some(ReceptiveField::PIXEL), |facts| facts.receptive_field),
            picture: graph.input(),
            scores: behind == graph.output() && !matches!(before, None | Some(NodeId::INPUT)),
        })
    }

    pub const fn grid(&self) -> Grid {
        Grid::of(self.shape)
    }

    /// “Map 1 of 6”, “Value 8 of 84”.
    pub fn place(&self, channel: u32) -> String {
        let what = if self.shape.is_vector() {
            "Value"
        } else {
            "Map"
        };
        format!("{what} {} of {}", channel + 1, self.shape.channels)
    }
}

pub fn name_of(graph: &Graph, id: NodeId) -> String {
    graph.node(id).map_or_else(
        || engine::graph::INPUT_NAME.to_owned(),
        |node| node.name.clone(),
    )
}

/// The input of a flatten at `id` or before it.
fn unflattened(graph: &Graph, analysis: &Analysis, mut id: NodeId) -> Option<Input> {
    loop {
        let node = graph.node(id)?;
        let before = *node.inputs.first()?;
        match &node.layer {
            Layer::Flatten(flatten) => {
                // Only this order keeps the values of a channel together.
                let channels_first = flatten.order == FlattenOrder::Chw;
                let maps = |shape: &Shape| channels_first && !shape.is_vector();
                let shape = shape_of(graph, analysis, before).filter(maps)?;
                let name = name_of(graph, before);
                let id = before;
                return Some(Input { id, name, shape });
            }
            layer if layer.rule().keeps_places() => id = before,
            _ => return None,
        }
    }
}

/// See [`Subject::run`].
fn run(graph: &Graph, id: NodeId) -> Vec<(NodeId, String)> {
    let alone = |id: NodeId| {
        let mut consumers = graph.consumers(id);
        let (first, _) = consumers.next()?;
        consumers.next().is_none().then_some(first)
    };
    let step = |layer: &Layer| matches!(layer, Layer::BatchNorm(_) | Layer::Activation(_));
    let mut head = id;
    while let Some(node) = graph.node(head).filter(|node| step(&node.layer))
        && let Some(&before) = node.inputs.first()
        && before != NodeId::INPUT
        && alone(before).is_some()
    {
        head = before;
    }
    let mut run = vec![(head, name_of(graph, head))];
    let mut last = head;
    while let Some(next) = alone(last).filter(|node| step(&node.layer)) {
        run.push((next.id, next.layer.title()));
        last = next.id;
    }
    run
}

/// The minimum number of values in a row of a vector.
const ROW: u32 = 12;

/// Width and height of a vector of this many values in rows; a long one becomes a square.
pub const fn fold(values: u32) -> (u32, u32) {
    let side = values.isqrt();
    let row = if side > ROW { side } else { ROW };
    let width = if values < row { values } else { row };
    // No layer has an empty output, but the division must not fail.
    let width = if width == 0 { 1 } else { width };
    (width, values.div_ceil(width))
}

/// Column and row of a picture.
pub type Cell = (u32, u32);

/// How a node's values are arranged in one picture: a map as it is, a vector in rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    pub width: u32,
    pub height: u32,
    /// The count of a vector's values.
    vector: Option<u32>,
}

impl Grid {
    pub const fn of(shape: Shape) -> Self {
        if shape.is_vector() {
            let (width, height) = fold(shape.channels);
            let vector = Some(shape.channels);
            return Self {
                width,
                height,
                vector,
            };
        }
        Self {
            width: shape.width,
            height: shape.height,
            vector: None,
        }
    }

    /// Whether all channels are in one picture.
    pub const fn is_vector(self) -> bool {
        self.vector.is_some()
    }

    /// Where a pixel is.
    pub const fn cell(self, pixel: Pixel) -> Cell {
        match self.vector {
            Some(_) => (pixel.channel % self.width, pixel.channel / self.width),
            None => (pixel.column, pixel.row),
        }
    }

    /// The pixel at a cell of the picture that `near` is in; `None` behind a vector's last value.
    pub fn pixel(self, near: Pixel, (column, row): Cell) -> Option<Pixel> {
        match self.vector {
            Some(values) => {
                let channel = row * self.width + column;
                (channel < values).then_some(Pixel { channel, ..near })
            }
            None => Some(Pixel {
                row,
                column,
                ..near
            }),
        }
    }

    /// The pixel that a key leads to; `None` for another key, and at the edge.
    pub fn moved(self, from: Pixel, key: &str) -> Option<Pixel> {
        let (column, row) = self.cell(from);
        let to = match key {
            "ArrowLeft" => (column.checked_sub(1)?, row),
            "ArrowRight" => (column + 1, row),
            "ArrowUp" => (column, row.checked_sub(1)?),
            "ArrowDown" => (column, row + 1),
            "Home" => (0, row),
            "End" => (self.width - 1, row),
            _ => return None,
        };
        (to.0 < self.width && to.1 < self.height).then_some(())?;
        self.pixel(from, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(name: &str) -> Subject {
        let graph = engine::zoo::lenet5().unwrap();
        let id = graph.named(name).unwrap().id;
        Subject::of(&graph, &Analysis::of(&graph), id).unwrap()
    }

    #[test]
    fn a_layer_and_its_activation_are_one_run() {
        let [c1, tanh] = ["C1", "tanh1"].map(subject);
        assert_eq!(c1.run, tanh.run);
        assert_eq!(c1.run[0], (c1.id, "C1".to_owned()));
        assert_eq!(c1.run[1], (tanh.id, "tanh".to_owned()));
        assert_eq!((c1.after, tanh.after), (Some((tanh.id, "tanh")), None));
        assert_eq!(subject("S2").run.len(), 1);
        assert!(subject("output").scores && subject("softmax").scores && !c1.scores);
    }

    #[test]
    fn a_layer_behind_a_flatten_knows_the_maps() {
        // LeCun et al. 1998, figure 2: S4 is 16 maps of 5×5.
        let maps = subject("F5").unflattened.unwrap();
        assert_eq!(
            (maps.name.as_str(), maps.shape),
            ("S4", Shape::new(16, 5, 5))
        );
        assert_eq!(subject("C3").unflattened, None);
        assert_eq!(subject("C3").place(0), "Map 1 of 16");
        assert_eq!(subject("F6").place(7), "Value 8 of 84");
    }

    #[test]
    fn arrows_stop_at_the_edge_and_at_the_last_value() {
        let node = NodeId(1);
        let at = |channel, row, column| Pixel {
            node,
            channel,
            row,
            column,
        };
        let map = Grid::of(Shape::new(6, 28, 20));
        assert_eq!(map.moved(at(2, 4, 18), "ArrowRight"), Some(at(2, 4, 19)));
        assert_eq!(map.moved(at(2, 4, 19), "ArrowRight"), None);
        assert_eq!(map.moved(at(2, 0, 0), "ArrowUp"), None);
        assert_eq!(map.moved(at(2, 0, 0), "Enter"), None);
        // 30 values in rows of 12.
        let vector = Grid::of(Shape::vector(30));
        assert_eq!((vector.width, vector.height), (12, 3));
        assert_eq!(vector.cell(at(29, 0, 0)), (5, 2));
        assert_eq!(vector.moved(at(29, 0, 0), "ArrowRight"), None);
        assert_eq!(vector.moved(at(29, 0, 0), "ArrowUp"), Some(at(17, 0, 0)));
    }

    #[test]
    fn a_long_vector_becomes_a_square() {
        assert_eq!(fold(4096), (64, 64));
        // ⌊√1000⌋ = 31; 33 rows hold 1,023.
        assert_eq!(fold(1000), (31, 33));
        assert_eq!(fold(84), (12, 7));
        assert_eq!(fold(5), (5, 1));
    }
}
