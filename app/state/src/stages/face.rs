//! What a part says: its name, its operation and shape, and which values of it are shown.

use engine::layer::Family;
use engine::{Analysis, Graph, NodeId, Shape};

use super::{Part, words};
use crate::document::shape_of;

/// Which values of a part are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A picture a channel.
    Maps(Shape),
    /// A cell a value.
    Vector(u32),
    /// A cell and a bar a class; of many only the likeliest.
    Classes(u32),
    /// A problem leaves the shape unknown.
    Nothing,
}

/// What the head of a part says.
#[derive(Clone, Debug, PartialEq)]
pub struct Face {
    pub name: String,
    /// The layers beside the head: “tanh”.
    pub tail: Vec<(NodeId, String)>,
    /// “conv 5×5”.
    pub operation: String,
    /// “6×28×28”.
    pub size: String,
    pub shown: Shown,
    /// Pieces of the bar with their weights: families, and branches of a block.
    pub families: Vec<(Family, u32)>,
    /// Of the first layer with one.
    pub problem: Option<String>,
    pub pools: bool,
}

pub fn input(graph: &Graph) -> Part {
    let shape = graph.input();
    let picture = if shape.channels == 3 {
        "photo"
    } else {
        "picture"
    };
    Part {
        nodes: vec![NodeId::INPUT],
        head: NodeId::INPUT,
        face: Face {
            name: "input".to_owned(),
            tail: Vec::new(),
            operation: picture.to_owned(),
            size: size(Some(shape)),
            shown: shown(graph, NodeId::INPUT, Some(shape)),
            families: Vec::new(),
            problem: None,
            pools: false,
        },
    }
}

pub fn block(graph: &Graph, analysis: &Analysis, at: usize) -> Part {
    let block = &graph.blocks()[at];
    let nodes = block.nodes.clone();
    let last = nodes.last().copied().unwrap_or_default();
    let shape = shape_of(graph, analysis, last);
    Part {
        head: last,
        face: Face {
            name: tidy(&block.name).to_owned(),
            tail: Vec::new(),
            operation: words::block(graph, block),
            size: size(shape),
            shown: shown(graph, last, shape),
            families: vec![(words::main_family(graph, analysis, block), 1)],
            problem: problem(graph, analysis, &nodes, true),
            pools: false,
        },
        nodes,
    }
}

pub fn part(graph: &Graph, analysis: &Analysis, nodes: Vec<NodeId>, around: Option<&str>) -> Part {
    // Padding stands before the layer it is for.
    let pad = |id: &&NodeId| {
        let family = graph.node(**id).map(|node| node.layer.kind());
        family != Some("Pad")
    };
    let head = nodes.iter().find(pad).or(nodes.first());
    let head = head.copied().unwrap_or_default();
    let layer = graph.node(head).map(|node| &node.layer);
    let family = layer.map_or(Family::Shape, engine::Layer::family);
    let shape = shape_of(graph, analysis, head);
    let tail: Vec<(NodeId, String)> = { nodes.iter() }
        .filter(|&&id| id != head)
        .filter_map(|&id| Some((id, words::short(&graph.node(id)?.layer))))
        .collect();
    let activation = { nodes.iter() }
        .filter_map(|&id| graph.node(id))
        .any(|node| node.id != head && node.layer.family() == Family::Activation);
    let mut families = vec![(family, 1)];
    if activation {
        families.push((Family::Activation, 0));
    }
    let name = graph.node(head).map_or("", |node| node.name.as_str());
    Part {
        head,
        face: Face {
            name: without(name, around).to_owned(),
            tail,
            operation: layer.map(words::operation).unwrap_or_default(),
            size: size(shape),
            shown: shown(graph, *nodes.last().unwrap_or(&head), shape),
            families,
            problem: problem(graph, analysis, &nodes, nodes.len() > 1),
            pools: family == Family::Pooling,
        },
        nodes,
    }
}

/// The name without that of the block around it, which is on the frame.
fn without<'a>(name: &'a str, around: Option<&str>) -> &'a str {
    let short = around.and_then(|around| name.strip_prefix(around));
    let short = short.map(|name| name.trim_start_matches(['.', '_', '-', '/', ' ']));
    let name = short.filter(|name| !name.is_empty()).unwrap_or(name);
    tidy(name)
}

/// Without the underscores that some frameworks begin names with.
fn tidy(name: &str) -> &str {
    let tidy = name.trim_start_matches('_');
    if tidy.is_empty() { name } else { tidy }
}

fn size(shape: Option<Shape>) -> String {
    shape.map_or_else(String::new, |shape| {
        if shape.is_vector() {
            shape.channels.to_string()
        } else {
            shape.to_string().replace('x', "×")
        }
    })
}

fn shown(graph: &Graph, last: NodeId, shape: Option<Shape>) -> Shown {
    match shape {
        None => Shown::Nothing,
        Some(shape) if !shape.is_vector() => Shown::Maps(shape),
        Some(shape) if last == graph.output() => Shown::Classes(shape.channels),
        Some(shape) => Shown::Vector(shape.channels),
    }
}

fn problem(graph: &Graph, analysis: &Analysis, nodes: &[NodeId], named: bool) -> Option<String> {
    let mut problems = analysis.problems.iter();
    let problem = problems.find(|problem| nodes.contains(&problem.node))?;
    let name = graph.node(problem.node).filter(|_| named);
    Some(match name {
        Some(node) => format!("{}: {}", node.name, problem.error),
        None => problem.error.to_string(),
    })
}
