//! What the attributes of a layer's element say.

use std::collections::HashMap;

use engine::layer::Family;
use engine::{Analysis, Graph, NodeId, Shape};
use leptos::prelude::*;

use super::{Own, stage};
use crate::lab::Lab;

#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    pub name: String,
    pub title: String,
    pub family: &'static str,
    pub shape: Option<Shape>,
    pub params: u64,
    pub macs: u64,
    pub wrong: bool,
}

/// The facts of a card's layers; of a folded block none, whose layers are not in the page.
pub type AllFacts = Memo<HashMap<NodeId, Facts>>;

pub fn facts(lab: Lab, own: Own) -> AllFacts {
    Memo::new(move |_| {
        lab.document.graph().with(|graph| {
            lab.document.analysis.with(|analysis| {
                stage(own, |stage| {
                    let nodes = stage.nodes().filter(|_| stage.block.is_none());
                    nodes.map(|id| (id, of(graph, analysis, id))).collect()
                })
            })
        })
    })
}

fn of(graph: &Graph, analysis: &Analysis, id: NodeId) -> Facts {
    let node = graph.node(id);
    let cost = analysis.node(id).map(|facts| facts.cost);
    let cost = cost.unwrap_or_default();
    Facts {
        name: node.map_or("input", |node| &node.name).to_owned(),
        title: node.map_or_else(|| "picture".to_owned(), |node| graph.title(node)),
        family: node.map_or("input", |node| Family::name(node.layer.family())),
        shape: state::document::shape_of(graph, analysis, id),
        params: cost.params(),
        macs: cost.macs,
        wrong: analysis.problems.iter().any(|problem| problem.node == id),
    }
}
