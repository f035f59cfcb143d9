//! The content of a node's card, in the list and in the graph.

use engine::layer::{Cost, Family};
use engine::{Analysis, Graph, Node, NodeId, Shape};

use crate::ui::format::count;

/// The content of a card, which is rendered again only when this changes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Card {
    pub id: NodeId,
    pub name: String,
    pub title: String,
    /// `None` for the input.
    pub family: Option<Family>,
    pub shape: Option<Shape>,
    pub params: u64,
    pub macs: u64,
    pub costs: String,
    /// Shares of the whole in hundredths of a percent.
    pub params_share: u32,
    pub macs_share: u32,
    pub problem: Option<String>,
}

impl Card {
    /// A node's card.
    pub fn of(node: &Node, analysis: &Analysis) -> Self {
        let facts = analysis.node(node.id);
        let cost = facts.map(|facts| facts.cost).unwrap_or_default();
        let mut problems = analysis.problems.iter();
        let problem = problems.find(|problem| problem.node == node.id);
        Self {
            id: node.id,
            name: node.name.clone(),
            title: node.layer.title(),
            family: Some(node.layer.family()),
            shape: facts.and_then(|facts| facts.shape),
            problem: problem.map(|problem| problem.error.to_string()),
            ..Self::cost(&cost, &analysis.total)
        }
    }

    /// The card of the input.
    pub fn input(graph: &Graph) -> Self {
        Self {
            name: "input".into(),
            title: "picture".into(),
            shape: Some(graph.input()),
            ..Self::cost(&Cost::default(), &Cost::default())
        }
    }

    /// A card with these costs and their shares of the total only.
    pub fn cost(cost: &Cost, total: &Cost) -> Self {
        let [params_share, macs_share] = shares(cost, total);
        Self {
            id: NodeId::INPUT,
            name: String::new(),
            title: String::new(),
            family: None,
            shape: None,
            params: cost.params(),
            macs: cost.macs,
            costs: costs(cost),
            params_share,
            macs_share,
            problem: None,
        }
    }

    /// The name of its colour.
    pub fn family_name(&self) -> &'static str {
        self.family.map_or("input", Family::name)
    }
}

/// A text such as “156 parameters · 117.6 k MACs”; costs of 0 are left out.
fn costs(cost: &Cost) -> String {
    let mut parts = Vec::new();
    if cost.params() > 0 {
        parts.push(format!("{} par", count(cost.params())));
    }
    if cost.macs > 0 {
        parts.push(format!("{} MAC", count(cost.macs)));
    }
    parts.join(" · ")
}

/// Shares of all parameters and of all MACs, in hundredths of a percent.
pub fn shares(cost: &Cost, total: &Cost) -> [u32; 2] {
    let hundredths = |part, whole| (share(part, whole) * 100.0).round() as u32;
    [
        hundredths(cost.params(), total.params()),
        hundredths(cost.macs, total.macs),
    ]
}

/// `part` of `whole` in percent; 0 when `whole` is 0.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64 * 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_of_zero_are_left_out() {
        // C1 of LeNet-5: (5·5·1 + 1)·6 parameters, 5·5·6·28·28 multiply-adds.
        let conv = Cost {
            trainable: 156,
            other: 0,
            macs: 117_600,
            element_flops: 4704,
        };
        assert_eq!(costs(&conv), "156 par · 117.6 k MAC");
        assert_eq!(costs(&Cost::default()), "");
    }

    #[test]
    fn a_share_of_zero_is_zero() {
        assert_eq!(share(0, 0), 0.0);
        assert_eq!(share(1, 4), 25.0);
    }
}
