//! The inspected node in its graph, and which of its values is inspected.

use engine::analysis::ReceptiveField;
use engine::layer::FlattenOrder;
use engine::{Analysis, Graph, Layer, NodeId, Shape};
use leptos::prelude::*;

use super::grid::Grid;
use super::tiles::Scale;

/// A node with a known shape. Its name is left out, so that renaming does not change it.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    pub id: NodeId,
    /// `None` for the input.
    pub layer: Option<Layer>,
    /// The first node that it reads from, with its shape.
    pub input: Option<(NodeId, Shape)>,
    /// The shape before the flatten that leads to this node, if only layers that keep the order of
    /// values are between.
    pub unflattened: Option<Shape>,
    pub shape: Shape,
    /// `None` for the whole input.
    pub receptive_field: Option<ReceptiveField>,
    /// The shape of the graph's input.
    pub picture: Shape,
    /// The number of its parameters.
    pub params: u64,
}

impl Subject {
    /// The node with this id; `None` if a problem leaves its shape unknown.
    pub fn of(graph: &Graph, analysis: &Analysis, id: NodeId) -> Option<Self> {
        let picture = graph.input();
        let shape = |id: NodeId| match id {
            NodeId::INPUT => Some(picture),
            id => analysis.node(id)?.shape,
        };
        if id == NodeId::INPUT {
            return Some(Self {
                id,
                layer: None,
                input: None,
                unflattened: None,
                shape: picture,
                receptive_field: Some(ReceptiveField::PIXEL),
                picture,
                params: 0,
            });
        }
        let (node, facts) = (graph.node(id)?, analysis.node(id)?);
        let before = node.inputs.first().copied();
        Some(Self {
            id,
            layer: Some(node.layer.clone()),
            input: before.and_then(|before| Some((before, shape(before)?))),
            unflattened: before.and_then(|before| unflattened(graph, before, &shape)),
            shape: facts.shape?,
            receptive_field: facts.receptive_field,
            picture,
            params: facts.cost.params(),
        })
    }

    pub const fn grid(&self) -> Grid {
        Grid::of(self.shape)
    }
}

/// The input shape of a flatten at `id` or before it.
fn unflattened(
    graph: &Graph,
    mut id: NodeId,
    shape: &impl Fn(NodeId) -> Option<Shape>,
) -> Option<Shape> {
    loop {
        let node = graph.node(id)?;
        let before = *node.inputs.first()?;
        match &node.layer {
            Layer::Flatten(flatten) => {
                // Only this order keeps the values of a channel together.
                let channels_first = flatten.order == FlattenOrder::Chw;
                let maps = |shape: &Shape| channels_first && !shape.is_vector();
                return shape(before).filter(maps);
            }
            layer if layer.rule().keeps_places() => id = before,
            _ => return None,
        }
    }
}

/// A cell of a picture: column and row.
pub type Cell = (u32, u32);

/// Which value of the node is inspected, and how it is shown.
#[derive(Clone, Copy)]
pub struct Look {
    pub channel: RwSignal<u32>,
    /// The cell that was chosen, by click or key.
    pub cell: RwSignal<Cell>,
    /// The cell under the pointer.
    pub hovered: RwSignal<Option<Cell>>,
    pub scale: RwSignal<Scale>,
    /// Choices within the node's sections.
    pub chosen: Chosen,
}

/// Choices within a node's sections, kept when an edit of the node rebuilds the sections.
#[derive(Clone, Copy)]
pub struct Chosen {
    /// The effective receptive field, by the gradient.
    pub effective: RwSignal<bool>,
    /// The histogram as a table.
    pub counts: RwSignal<bool>,
    /// The kernel of which input channel, and how it is coloured.
    pub kernel: RwSignal<u32>,
    pub kernel_scale: RwSignal<Scale>,
    /// The kernel as a table.
    pub kernel_table: RwSignal<bool>,
    /// The first partial map that is shown.
    pub partial: RwSignal<usize>,
}

impl Chosen {
    fn new() -> Self {
        Self {
            effective: RwSignal::new(false),
            counts: RwSignal::new(false),
            kernel: RwSignal::new(0),
            kernel_scale: RwSignal::new(Scale::All),
            kernel_table: RwSignal::new(false),
            partial: RwSignal::new(0),
        }
    }

    /// Resets the choices for another node.
    fn reset(self) {
        for switch in [self.effective, self.counts, self.kernel_table] {
            switch.set(false);
        }
        self.kernel.set(0);
        self.kernel_scale.set(Scale::All);
        self.partial.set(0);
    }
}

impl Look {
    pub fn new() -> Self {
        Self {
            channel: RwSignal::new(0),
            cell: RwSignal::new((0, 0)),
            hovered: RwSignal::new(None),
            scale: RwSignal::default(),
            chosen: Chosen::new(),
        }
    }

    /// Selects the middle of the first channel's map, or the first value of a vector.
    pub fn reset(self, grid: Grid) {
        self.channel.set(0);
        self.cell.set(grid.middle());
        self.hovered.set(None);
        self.chosen.reset();
    }

    /// Clamps the position to the grid.
    pub fn clamp(self, grid: Grid) {
        let (column, row) = self.cell.get_untracked();
        let channel = self.channel.get_untracked();
        self.channel
            .set(channel.min(grid.channels.saturating_sub(1)));
        let cell = (column.min(grid.width - 1), row.min(grid.height - 1));
        self.cell.set(if grid.index(0, cell).is_some() {
            cell
        } else {
            (0, 0)
        });
        self.hovered.set(None);
    }

    /// The cell under the pointer, or else the chosen one.
    pub fn current_cell(self) -> Cell {
        self.hovered.get().unwrap_or_else(|| self.cell.get())
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
    fn a_layer_after_a_flatten_has_the_shape_before_it() {
        // LeCun et al. 1998, figure 2: S4 is 16 maps of 5×5, C5 has 120.
        let input = subject("F6").unflattened;
        assert!(input.is_none_or(|shape| shape.channels == 120), "{input:?}");
        assert_eq!(subject("C3").unflattened, None);
        assert_eq!(subject("C3").input.unwrap().1, Shape::new(6, 14, 14));
    }
}
