//! The selected layer in numbers: input and output shape, costs and receptive field, each with its
//! formula.

use engine::analysis::{Explanation, Precision, Quantity};
use engine::layer::Family;
use engine::{Analysis, Graph, NodeId, Shape};
use leptos::prelude::*;

use crate::lab::Lab;
use crate::ui::growth::{Turn, late};

/// The numbers of a node that have a formula.
const QUANTITIES: [(Quantity, &str); 9] = [
    (Quantity::Trainable, "Parameters"),
    (Quantity::Other, "Other values"),
    (Quantity::Macs, "MACs"),
    (Quantity::Flops, "FLOPs"),
    (Quantity::WeightBytes(Precision::F32), "Weights"),
    (Quantity::ActivationBytes(Precision::F32), "Output"),
    (Quantity::ReceptiveField, "Receptive field"),
    (Quantity::OutputStride, "Output stride"),
    (Quantity::Intensity(Precision::F32), "Arithmetic intensity"),
];

/// The content of the panel for a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    id: NodeId,
    name: String,
    title: String,
    family: &'static str,
    inputs: Vec<Shape>,
    output: Option<Shape>,
    numbers: Vec<(&'static str, Explanation)>,
    problem: Option<String>,
}

impl Facts {
    fn of(graph: &Graph, analysis: &Analysis, id: NodeId) -> Self {
        let shape = |id: NodeId| match id {
            NodeId::INPUT => Some(graph.input()),
            id => analysis.node(id).and_then(|facts| facts.shape),
        };
        let output = shape(id);
        let problem = analysis.problems.iter().find(|problem| problem.node == id);
        let problem = problem.map(|problem| problem.error.to_string());
        let explain = |(quantity, name)| Some((name, analysis.explain(graph, id, quantity)?));
        let numbers: Vec<_> = QUANTITIES
            .into_iter()
            .filter_map(explain)
            .filter(|(_, explanation)| explanation.result != "0")
            .collect();
        match graph.node(id) {
            Some(node) => Self {
                id,
                name: node.name.clone(),
                title: node.layer.title(),
                family: Family::name(node.layer.family()),
                inputs: node
                    .inputs
                    .iter()
                    .filter_map(|input| shape(*input))
                    .collect(),
                output,
                numbers,
                problem,
            },
            None => Self {
                id: NodeId::INPUT,
                name: "input".into(),
                title: "prepared picture".into(),
                family: "input",
                inputs: Vec::new(),
                output: Some(graph.input()),
                numbers,
                problem,
            },
        }
    }

    fn shapes(&self) -> String {
        let size = |shape: &Shape| {
            if shape.is_vector() {
                shape.channels.to_string()
            } else {
                shape.to_string().replace('x', "×")
            }
        };
        let output = self.output.as_ref().map_or_else(|| "?".into(), size);
        if self.inputs.is_empty() {
            return output;
        }
        let inputs: Vec<String> = self.inputs.iter().map(size).collect();
        format!("{} → {output}", inputs.join(" + "))
    }
}

/// Those of the selected node.
pub fn facts(lab: Lab) -> Memo<Facts> {
    Memo::new(move |_| {
        lab.document.graph().with(|graph| {
            lab.document
                .analysis
                .with(|analysis| Facts::of(graph, analysis, lab.selection.node().get()))
        })
    })
}

/// Which node it is.
#[component]
pub fn Title(facts: Memo<Facts>) -> impl IntoView {
    move || {
        let facts = facts.get();
        let same = facts.title == facts.name;
        view! {
            <h2 class="panel-title" data-family=facts.family>
                <span class="node-name">{facts.name}</span>
                " "
                <span class="node-title">{(!same).then_some(facts.title)}</span>
            </h2>
        }
    }
}

/// Its numbers.
#[component]
pub fn FactsView(facts: Memo<Facts>) -> impl IntoView {
    let facts = late(facts, facts.get_untracked(), Turn::First);
    let number = |explanation: Explanation, name: &'static str| {
        let Explanation {
            formula,
            with_values,
            result,
        } = explanation;
        // A number without a formula has no details.
        if with_values == result && formula == result {
            return view! { <p class="fact"><span>{name}</span><span>{result}</span></p> }
                .into_any();
        }
        let values = (with_values != result).then(|| format!("= {with_values}"));
        view! {
            <details data-testid="fact" data-fact=name>
                <summary class="fact"><span>{name}</span><span>{result}</span></summary>
                <p class="formula">{formula}</p>
                <p class="formula">{values}</p>
            </details>
        }
        .into_any()
    };
    let names = move || facts.with(|facts| facts.numbers.iter().map(|it| it.0).collect::<Vec<_>>());
    // Keyed by its name, so that an open formula stays with its number.
    let one = move |name: &'static str| {
        let explanation = Memo::new(move |before: Option<&Option<Explanation>>| {
            let now = facts.with(|facts| {
                let mut numbers = facts.numbers.iter();
                numbers.find(|it| it.0 == name).map(|it| it.1.clone())
            });
            // Until it is removed.
            now.or_else(|| before.cloned().flatten())
        });
        move || {
            explanation
                .get()
                .map(|explanation| number(explanation, name))
        }
    };
    view! {
        <div class="facts">
            <p class="fact">
                <span>"Shape (C×H×W)"</span>
                <span data-testid="fact-shape">{move || facts.with(Facts::shapes)}</span>
            </p>
            <For each=names key=|name| *name let:name>
                {one(name)}
            </For>
        </div>
        {move || {
            let problem = facts.with(|facts| facts.problem.clone());
            problem.map(|problem| view! { <p class="node-problem">{problem}</p> })
        }}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_read_from_input_to_output() {
        let graph = engine::zoo::lenet5().unwrap();
        let analysis = Analysis::of(&graph);
        let of = |name: &str| Facts::of(&graph, &analysis, graph.named(name).unwrap().id).shapes();
        // LeCun et al. 1998, figure 2.
        assert_eq!(of("C1"), "1×32×32 → 6×28×28");
        assert_eq!(of("F6"), "120 → 84");
        assert_eq!(
            Facts::of(&graph, &analysis, NodeId::INPUT).shapes(),
            "1×32×32"
        );
    }
}
