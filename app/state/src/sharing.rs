//! Which layers share their weights with the selected one, and which could.

use engine::{Analysis, Graph, NodeId};

/// How a layer has its weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// It uses those of this layer.
    Uses(String),
    /// These layers use its own.
    Lends(Vec<String>),
    /// Alone; it could use those of these layers.
    Alone(Vec<(NodeId, String)>),
}

/// How this layer has its weights.
pub fn sharing(graph: &Graph, analysis: &Analysis, id: NodeId) -> Sharing {
    let name = |id: NodeId| graph.node(id).map(|node| node.name.clone());
    let source = graph.node(id).and_then(|node| name(node.shares?));
    if let Some(source) = source {
        return Sharing::Uses(source);
    }
    let others = graph.uses(id).filter(|node| node.id != id);
    let others: Vec<String> = others.map(|node| node.name.clone()).collect();
    if !others.is_empty() {
        return Sharing::Lends(others);
    }
    let partners = analysis.partners(graph, id).into_iter();
    Sharing::Alone(partners.filter_map(|id| Some((id, name(id)?))).collect())
}

impl Sharing {
    /// The sentence about it; `None` for a layer that shares nothing.
    pub fn sentence(&self) -> Option<String> {
        /// The most names that are listed.
        const MOST: usize = 4;
        match self {
            Self::Uses(source) => Some(format!("Shares its weights with {source}")),
            Self::Lends(others) => {
                let listed = others
                    .iter()
                    .take(MOST)
                    .cloned()
                    .collect::<Vec<_>>()
                    .join(", ");
                Some(match others.len().saturating_sub(MOST) {
                    0 => format!("Shares its weights with {listed}"),
                    more => format!("Shares its weights with {listed} and {more} more"),
                })
            }
            Self::Alone(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::graph::Edit;
    use engine::layer::{Activation, Conv, Padding};
    use engine::{GraphBuilder, Shape};

    use super::*;

    #[test]
    fn a_layer_can_share_with_those_of_equal_weights() {
        let conv = || Conv {
            padding: Padding::Same,
            ..Conv::new(4, 3)
        };
        let mut net = GraphBuilder::new("three", Shape::new(1, 8, 8));
        let first = net.then("first", conv());
        let second = net.then("second", conv());
        let relu = net.then("relu", Activation::Relu);
        let third = net.then("third", conv());
        let graph = net.finish().unwrap();
        let of = |graph: &Graph, id| sharing(graph, &Analysis::of(graph), id);
        // The first has one input channel, the others four.
        assert_eq!(of(&graph, first), Sharing::Alone(Vec::new()));
        assert_eq!(of(&graph, relu), Sharing::Alone(Vec::new()));
        let partners = vec![(third, "third".to_owned())];
        assert_eq!(of(&graph, second), Sharing::Alone(partners));
        let with = Some(second);
        let shared = graph.apply(&Edit::Share { node: third, with }).unwrap();
        assert_eq!(of(&shared, third), Sharing::Uses("second".into()));
        assert_eq!(of(&shared, second), Sharing::Lends(vec!["third".into()]));
        let sentence = of(&shared, third).sentence().unwrap();
        assert_eq!(sentence, "Shares its weights with second");
    }
}
