//! An order of the nodes in which each comes after those whose outputs it reads.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use crate::onnx::OnnxError;
use crate::onnx::proto::{Graph, Node};

/// The file's own order where it is one.
pub(super) fn order(graph: &Graph<'_>) -> Result<Vec<usize>, OnnxError> {
    let mut makers: HashMap<&str, usize> = HashMap::new();
    let given = graph.inputs.iter().map(|input| input.name.as_str());
    let given: HashSet<&str> = given
        .chain(graph.initializers.iter().map(|it| it.name))
        .collect();
    for (place, node) in graph.nodes.iter().enumerate() {
        for &output in node.outputs.iter().filter(|name| !name.is_empty()) {
            if given.contains(output) || makers.insert(output, place).is_some() {
                return Err(OnnxError::Repeated(output.to_owned()));
            }
        }
    }
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); graph.nodes.len()];
    let mut missing = vec![0_usize; graph.nodes.len()];
    for (place, node) in graph.nodes.iter().enumerate() {
        for &value in node.inputs.iter().filter(|name| !name.is_empty()) {
            match makers.get(value) {
                Some(&maker) => {
                    readers[maker].push(place);
                    missing[place] += 1;
                }
                None if given.contains(value) => {}
                None => {
                    return Err(OnnxError::Undefined {
                        node: node.label().to_owned(),
                        value: value.to_owned(),
                    });
                }
            }
        }
    }
    let free = (0..graph.nodes.len()).filter(|&place| missing[place] == 0);
    let mut ready: BinaryHeap<Reverse<usize>> = free.map(Reverse).collect();
    let mut order = Vec::with_capacity(graph.nodes.len());
    while let Some(Reverse(place)) = ready.pop() {
        order.push(place);
        for &reader in &readers[place] {
            missing[reader] -= 1;
            if missing[reader] == 0 {
                ready.push(Reverse(reader));
            }
        }
    }
    match missing.iter().position(|&count| count > 0) {
        Some(place) => Err(OnnxError::Cycle(graph.nodes[place].label().to_owned())),
        None => Ok(order),
    }
}

/// The places of this order whose outputs are needed for one of the graph's; all, where a node has graphs of
/// its own, which read what they like.
pub(super) fn needed(graph: &Graph<'_>, order: Vec<usize>) -> Vec<usize> {
    let has_graph = |node: &Node<'_>| node.attributes.iter().any(|it| it.graph.is_some());
    if graph.nodes.iter().any(has_graph) {
        return order;
    }
    let outputs = graph.outputs.iter().map(|output| output.name.as_str());
    let mut read: HashSet<&str> = outputs.collect();
    let mut needed = Vec::with_capacity(order.len());
    for place in order.into_iter().rev() {
        let node = &graph.nodes[place];
        if node.outputs.iter().any(|output| read.contains(output)) {
            read.extend(node.inputs.iter().copied());
            needed.push(place);
        }
    }
    needed.reverse();
    needed
}
