//! Descriptions of edits.

use engine::graph::{Edit, Piece};
use engine::{Graph, NodeId};

/// Describes these edits of this graph, to follow “Undo: ”.
pub fn description(graph: &Graph, edits: &[Edit]) -> String {
    let name = |id: NodeId| graph.node(id).map_or("input", |node| node.name.as_str());
    let block = |at: usize| {
        graph
            .blocks()
            .get(at)
            .map_or("", |block| block.name.as_str())
    };
    let Some(first) = edits.first() else {
        return String::new();
    };
    let mut words = match first {
        Edit::Insert { piece, .. } => match piece {
            Piece::Layer(layer) => format!("insert {}", layer.title()),
            Piece::Block(block) => format!("insert {}", block.title()),
        },
        Edit::Remove { node } => format!("delete {}", name(*node)),
        Edit::RemoveBlock { block: at } => format!("delete {}", block(*at)),
        Edit::Connect { from, to, .. } => format!("connect {} to {}", name(*from), name(*to)),
        Edit::Disconnect { to, .. } => format!("disconnect an input of {}", name(*to)),
        Edit::SetLayer { node, .. } => format!("change {}", name(*node)),
        Edit::Share {
            node,
            with: Some(with),
        } => format!("share the weights of {} with {}", name(*with), name(*node)),
        Edit::Share { node, with: None } => format!("give {} weights of its own", name(*node)),
        Edit::Replace { node, .. } => format!("replace {}", name(*node)),
        Edit::Rename { node, .. } => format!("rename {}", name(*node)),
        Edit::RenameGraph { .. } => "rename the network".into(),
        Edit::RenameBlock { block: at, .. } => format!("rename {}", block(*at)),
        Edit::Duplicate { node } => format!("duplicate {}", name(*node)),
        Edit::DuplicateBlock { block: at } => format!("duplicate {}", block(*at)),
        Edit::DuplicateNodes { nodes } => match &nodes[..] {
            [] => "duplicate".into(),
            [node] => format!("duplicate {}", name(*node)),
            [node, others @ ..] => {
                format!("duplicate {} and {} more", name(*node), others.len())
            }
        },
        Edit::Paste { .. } => "paste".into(),
        Edit::Move { node, .. } => format!("move {}", name(*node)),
        Edit::Wrap { name, .. } => format!("wrap as {name}"),
        Edit::Unwrap { block: at } => format!("unwrap {}", block(*at)),
        Edit::SetInput { .. } => "change the input".into(),
    };
    if edits.len() > 1 {
        words += &format!(" and {} more", edits.len() - 1);
    }
    words
}
