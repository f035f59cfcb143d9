//! All that is known of a graph without running it: shapes, costs, problems.

use std::collections::HashMap;

use crate::layer::{Cost, LayerError};
use crate::{Graph, NodeId, Shape};

/// What is known of one node.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeFacts {
    pub id: NodeId,
    /// The shape of its output; `None` behind a problem.
    pub shape: Option<Shape>,
    /// What it stores and computes; zero behind a problem.
    pub cost: Cost,
}

/// A node that cannot stand where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    pub node: NodeId,
    pub error: LayerError,
}

/// All that is known of a graph without running it, by node in the graph's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    pub nodes: Vec<NodeFacts>,
    /// The sum over all nodes.
    pub total: Cost,
    pub problems: Vec<Problem>,
}

impl Analysis {
    /// One pass over the graph that goes on after a problem.
    pub fn of(graph: &Graph) -> Self {
        let mut shapes = HashMap::from([(NodeId::INPUT, graph.input())]);
        let mut analysis = Self {
            nodes: Vec::new(),
            total: Cost::default(),
            problems: Vec::new(),
        };
        for node in graph.nodes() {
            let inputs: Option<Vec<Shape>> = node
                .inputs
                .iter()
                .map(|input| shapes.get(input).copied())
                .collect();
            let mut facts = NodeFacts {
                id: node.id,
                shape: None,
                cost: Cost::default(),
            };
            if let Some(inputs) = inputs {
                let rule = node.layer.rule();
                match rule.output(&inputs) {
                    Ok(shape) => {
                        facts.shape = Some(shape);
                        facts.cost = rule.cost(&inputs, shape);
                        shapes.insert(node.id, shape);
                    }
                    Err(error) => analysis.problems.push(Problem {
                        node: node.id,
                        error,
                    }),
                }
            }
            analysis.total.add(facts.cost);
            analysis.nodes.push(facts);
        }
        analysis
    }

    /// What is known of this node.
    pub fn node(&self, id: NodeId) -> Option<&NodeFacts> {
        self.nodes.iter().find(|facts| facts.id == id)
    }
}
