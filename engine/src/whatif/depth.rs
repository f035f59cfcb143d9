//! Depth: a part of the network that keeps its shape, repeated or taken out.

use std::collections::HashSet;

use super::{Curve, Point, Target};
use crate::graph::{Edit, EditError};
use crate::{Analysis, Graph, Layer, NodeId, Shape};

/// How often a part is repeated at most.
const MOST: usize = 8;

pub(super) fn targets(graph: &Graph) -> Vec<Target> {
    let analysis = Analysis::of(graph);
    let mut taken: HashSet<NodeId> = HashSet::new();
    let mut targets = Vec::new();
    for block in graph.blocks() {
        let nodes = in_order(graph, &block.nodes);
        if keeps_shape(graph, &analysis, &nodes) {
            taken.extend(&nodes);
            targets.push(Target {
                name: block.name.clone(),
                nodes,
            });
        }
    }
    // A convolution outside such blocks, with what belongs to it.
    for node in graph.nodes() {
        if taken.contains(&node.id) || !matches!(node.layer, Layer::Conv(_) | Layer::Linear(_)) {
            continue;
        }
        let nodes = with_followers(graph, node.id);
        if keeps_shape(graph, &analysis, &nodes) {
            targets.push(Target {
                name: format!("{}: {}", node.name, node.layer.title()),
                nodes,
            });
        }
    }
    targets
}

fn in_order(graph: &Graph, nodes: &[NodeId]) -> Vec<NodeId> {
    let mut nodes = nodes.to_vec();
    nodes.sort_by_key(|&id| graph.position(id));
    nodes
}

fn shape(graph: &Graph, analysis: &Analysis, id: NodeId) -> Option<Shape> {
    match graph.position(id) {
        Some(place) => analysis.nodes.get(place)?.shape,
        None => Some(graph.input()),
    }
}

/// Whether what comes out is of the shape that goes in, so that one more behind it fits.
fn keeps_shape(graph: &Graph, analysis: &Analysis, nodes: &[NodeId]) -> bool {
    let (Some(&first), Some(&last)) = (nodes.first(), nodes.last()) else {
        return false;
    };
    let before = graph.node(first).and_then(|node| node.inputs.first());
    let before = before.and_then(|&id| shape(graph, analysis, id));
    // The network's answer is not repeated.
    before.is_some() && last != graph.output() && before == shape(graph, analysis, last)
}

/// The node with the norms and activations that follow it and nobody else.
fn with_followers(graph: &Graph, node: NodeId) -> Vec<NodeId> {
    let mut nodes = vec![node];
    let mut last = node;
    loop {
        let mut consumers = graph.consumers(last);
        let (Some((next, _)), None) = (consumers.next(), consumers.next()) else {
            return nodes;
        };
        let follows = matches!(
            next.layer,
            Layer::BatchNorm(_) | Layer::Lrn(_) | Layer::Activation(_) | Layer::Dropout(_)
        );
        if !follows {
            return nodes;
        }
        nodes.push(next.id);
        last = next.id;
    }
}

pub(super) fn curve(target: &Target, graph: &Graph) -> Curve {
    let (graph, nodes) = (graph.clone(), target.nodes.clone());
    // What does not work out is no point: too many nodes, or a block in the way.
    Box::new((0..=MOST).filter_map(move |times| {
        let graph = repeated(&graph, &nodes, times).ok()?;
        Some(Point::of(times as f64, times.to_string(), graph))
    }))
}

/// The graph with these nodes so many times in a row.
fn repeated(graph: &Graph, nodes: &[NodeId], times: usize) -> Result<Graph, EditError> {
    match times {
        0 => {
            let gone = nodes.iter().rev();
            graph.apply_all(&gone.map(|&node| Edit::Remove { node }).collect::<Vec<_>>())
        }
        1 => Ok(graph.clone()),
        _ => {
            let own = |block: &crate::graph::Block| in_order(graph, &block.nodes) == nodes;
            if let Some(block) = graph.blocks().iter().position(own) {
                return copied(graph.clone(), block, times);
            }
            // Copied as a block that is none before and after.
            let mut name = String::from("repeated");
            let begins = |block: &crate::graph::Block, name: &str| block.name.starts_with(name);
            while graph.blocks().iter().any(|block| begins(block, &name)) {
                name.push('’');
            }
            let around = |graph: &Graph| graph.blocks().iter().position(|it| begins(it, &name));
            let nodes = nodes.to_vec();
            let wrapped = graph.apply(&Edit::Wrap {
                nodes,
                name: name.clone(),
            })?;
            let block = around(&wrapped).ok_or(EditError::EmptyBlock)?;
            let mut graph = copied(wrapped, block, times)?;
            while let Some(block) = around(&graph) {
                graph = graph.apply(&Edit::Unwrap { block })?;
            }
            Ok(graph)
        }
    }
}

fn copied(graph: Graph, block: usize, times: usize) -> Result<Graph, EditError> {
    let copies = vec![Edit::DuplicateBlock { block }; times - 1];
    graph.apply_all(&copies)
}
