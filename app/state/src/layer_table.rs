//! The table of layers: a row for each, and their total.

use engine::analysis::Precision;
use engine::layer::Family;
use engine::{Analysis, Graph, NodeId, Shape};

/// One layer in the table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Row {
    pub node: NodeId,
    pub name: String,
    pub family: Family,
    pub title: String,
    /// The output; `None` where a problem leaves it unknown.
    pub shape: Option<Shape>,
    pub params: u64,
    pub macs: u64,
    pub flops: u64,
    /// Bytes of its parameters and its output.
    pub memory: u64,
    pub sees: Sees,
}

/// What one value of a layer sees of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sees {
    /// A problem leaves it unknown.
    Unknown,
    All,
    /// Rows and columns of pixels.
    Window([u64; 2]),
}

impl Sees {
    /// “5 px”, “5×7 px”, “all”.
    pub fn text(self) -> String {
        match self {
            Self::Unknown => "?".into(),
            Self::All => "all".into(),
            Self::Window([height, width]) if height == width => format!("{height} px"),
            Self::Window([height, width]) => format!("{height}×{width} px"),
        }
    }
}

/// The rows in the graph's order.
pub fn rows(graph: &Graph, analysis: &Analysis) -> Vec<Row> {
    let facts = graph.nodes().iter().zip(&analysis.nodes);
    let row = |(node, facts): (&engine::Node, &engine::analysis::NodeFacts)| {
        let f32 = Precision::F32;
        let memory = facts.weight_bytes(f32) + facts.activation_bytes(f32);
        Row {
            node: node.id,
            name: node.name.clone(),
            family: node.layer.family(),
            title: graph.title(node),
            shape: facts.shape,
            params: facts.cost.params(),
            macs: facts.cost.macs,
            flops: facts.cost.flops(),
            memory,
            sees: match (facts.shape, facts.receptive_field) {
                (None, _) => Sees::Unknown,
                (Some(_), None) => Sees::All,
                (Some(_), Some(field)) => Sees::Window(field.size),
            },
        }
    };
    facts.map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_lenet_5_have_the_numbers_of_its_paper() {
        let graph = engine::zoo::lenet5().unwrap();
        let rows = rows(&graph, &Analysis::of(&graph));
        let row = |name: &str| rows.iter().find(|row| row.name == name).unwrap();
        // LeCun et al. 1998: C1 has 156 parameters and 6 maps of 28×28; a unit sees 5×5 pixels.
        let c1 = row("C1");
        assert_eq!((c1.params, c1.macs), (156, 25 * 6 * 28 * 28));
        assert_eq!(c1.memory, 4 * (156 + 6 * 28 * 28));
        assert_eq!(c1.sees.text(), "5 px");
        // A unit of S4 sees 16×16 pixels: 1 + 4 + 1 + 4 · 2 + 2.
        assert_eq!(row("S4").sees.text(), "16 px");
        assert_eq!(row("F6").sees, Sees::All);
        assert_eq!(rows.iter().map(|row| row.params).sum::<u64>(), 61_706);
    }
}
