//! Depth: repeats or removes a part of the network whose output has the shape of its input.

use std::collections::HashSet;

use super::{Curve, Point, Target};
use crate::graph::{Edit, EditError};
use crate::{Analysis, Graph, Layer, NodeId, Shape};

/// The most repetitions of a part.
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

/// Whether the output has the shape of the input, so that a copy fits behind it.
fn keeps_shape(graph: &Graph, analysis: &Analysis, nodes: &[NodeId]) -> bool {
    let (Some(&first), Some(&last)) = (nodes.first(), nodes.last()) else {
        return false;
    };
    let before = graph.node(first).and_then(|node| node.inputs.first());
    let before = before.and_then(|&id| shape(graph, analysis, id));
    // The output layer of the network is not repeated.
    before.is_some() && last != graph.output() && before == shape(graph, analysis, last)
}

/// The node with the normalisations and activations that follow it as only consumers.
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
            Layer::BatchNorm(_)
                | Layer::GroupNorm(_)
                | Layer::LayerNorm(_)
                | Layer::InstanceNorm(_)
                | Layer::Lrn(_)
                | Layer::Activation(_)
                | Layer::PRelu(_)
                | Layer::Dropout(_)
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
    // An edit that is refused gives no point: too many nodes, or blocks that cross.
    Box::new((0..=MOST).filter_map(move |times| {
        let graph = repeated(&graph, &nodes, times).ok()?;
        Some(Point::of(times as f64, times.to_string(), graph))
    }))
}

/// The graph with these nodes this many times in a row.
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
            // Wrapped as a block to be copied, then unwrapped.
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
