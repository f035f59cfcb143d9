//! One node: what it is, what it costs, and its maps.

use engine::layer::{Cost, Family};
use engine::{Analysis, Graph, NodeId, Shape};
use leptos::prelude::*;

use super::facts::{costs, share};
use super::maps::Maps;
use crate::lab::Lab;

/// What a card says of a node; it is drawn anew only when this changes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Card {
    id: NodeId,
    name: String,
    title: String,
    /// `None` for the input.
    family: Option<Family>,
    shape: Option<Shape>,
    params: u64,
    macs: u64,
    costs: String,
    /// Shares of the whole in hundredths of a percent.
    params_share: u32,
    macs_share: u32,
    /// The inputs' names, when they are not simply the node before.
    from: Option<String>,
    problem: Option<String>,
}

impl Card {
    /// The cards of a graph: the input and every node in order.
    pub fn all(graph: &Graph, analysis: &Analysis) -> Vec<Self> {
        let mut cards = vec![Self::input(graph)];
        let mut before = NodeId::INPUT;
        for node in graph.nodes() {
            let facts = analysis.node(node.id);
            let cost = facts.map(|facts| facts.cost).unwrap_or_default();
            let name = |id: &NodeId| graph.node(*id).map_or("input", |node| node.name.as_str());
            let from = (node.inputs != [before])
                .then(|| node.inputs.iter().map(name).collect::<Vec<_>>().join(", "));
            let problem = analysis
                .problems
                .iter()
                .find(|problem| problem.node == node.id);
            cards.push(Self {
                id: node.id,
                name: node.name.clone(),
                title: node.layer.title(),
                family: Some(node.layer.family()),
                shape: facts.and_then(|facts| facts.shape),
                problem: problem.map(|problem| problem.error.to_string()),
                from,
                ..Self::cost(&cost, &analysis.total)
            });
            before = node.id;
        }
        cards
    }

    fn input(graph: &Graph) -> Self {
        Self {
            name: "input".into(),
            title: "drawing".into(),
            shape: Some(graph.input()),
            ..Self::cost(&Cost::default(), &Cost::default())
        }
    }

    fn cost(cost: &Cost, total: &Cost) -> Self {
        let hundredths = |part, whole| (share(part, whole) * 100.0).round() as u32;
        Self {
            id: NodeId::INPUT,
            name: String::new(),
            title: String::new(),
            family: None,
            shape: None,
            params: cost.params(),
            macs: cost.macs,
            costs: costs(cost),
            params_share: hundredths(cost.params(), total.params()),
            macs_share: hundredths(cost.macs, total.macs),
            from: None,
            problem: None,
        }
    }
}

#[component]
pub fn CardView(card: Card) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let id = card.id;
    let pressed = move || (lab.selected.get() == id).to_string();
    let family = card.family.map_or("input", Family::name);
    let shape = card
        .shape
        .map(|shape| shape.to_string())
        .unwrap_or_default();
    // “flatten flatten” says nothing twice.
    let title = (card.title != card.name).then(|| {
        let title = card.title.clone();
        view! { <span class="node-title">{title}</span> }
    });
    // A vector's shape is its length; a map's is channels × height × width.
    let size = card.shape.map(|shape| {
        if shape.is_vector() {
            shape.channels.to_string()
        } else {
            shape.to_string().replace('x', "×")
        }
    });
    let bar = |name: &'static str, hundredths: u32| {
        let percent = f64::from(hundredths) / 100.0;
        (hundredths > 0).then(|| {
            view! {
                <span
                    class="share"
                    role="img"
                    aria-label=format!("{percent:.1} % of the network's {name}")
                    title=format!("{percent:.1} % of the network's {name}")
                >
                    <span style:width=format!("{percent}%")></span>
                </span>
            }
        })
    };
    view! {
        <li
            class="node"
            data-testid="node"
            data-family=family
            data-name=card.name.clone()
            data-shape=shape
            data-params=card.params.to_string()
            data-macs=card.macs.to_string()
            data-selected=pressed
        >
            <button
                type="button"
                class="node-head"
                aria-pressed=pressed
                on:click=move |_| lab.select(id)
            >
                <span class="node-name">{card.name.clone()}</span>
                {title}
                <span class="node-shape">{size}</span>
                <span class="node-costs">{card.costs.clone()}</span>
                {card.from.clone().map(|from| view! { <span class="node-from">"from " {from}</span> })}
            </button>
            <div class="node-shares">
                {[bar("parameters", card.params_share), bar("MACs", card.macs_share)]}
            </div>
            {match (card.problem, card.shape) {
                (Some(problem), _) => view! { <p class="node-problem">{problem}</p> }.into_any(),
                (None, Some(shape)) => view! { <Maps id shape name=card.name.clone() /> }.into_any(),
                (None, None) => view! { <p class="hint">"Waits for the nodes before it."</p> }.into_any(),
            }}
        </li>
    }
}
