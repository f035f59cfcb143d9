//! The problem of a node with the arithmetic, and repairs as buttons.

use std::collections::HashSet;

use engine::analysis::Repair;
use engine::graph::{Edit, Place};
use engine::{Graph, NodeId};
use leptos::prelude::*;

use crate::lab::Lab;
use state::document::changed;

/// The problem of this node or the last refusal here, if any. Repairs are computed when this is
/// shown.
#[component]
pub fn ProblemNote(node: NodeId) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let problem = Memo::new(move |_| {
        lab.document.analysis.with(|analysis| {
            let mut all = analysis.problems.iter();
            all.find(|problem| problem.node == node)
                .map(|problem| problem.error.to_string())
        })
    });
    let refused = move || {
        let refused = lab.document.refusal().get();
        refused
            .filter(|refusal| refusal.node == node)
            .map(|refusal| refusal.text)
    };
    let name = move || {
        let name = |graph: &Graph| graph.node(node).map(|node| node.name.clone());
        lab.document
            .graph()
            .with(name)
            .unwrap_or_else(|| "input".into())
    };
    Effect::new(move |_| {
        if problem.with(Option::is_some)
            && lab.document.repairs().with(|all| !all.contains_key(&node))
        {
            lab.find_repairs(node);
        }
    });
    let repairs = move || {
        problem.get()?;
        Some(
            match lab
                .document
                .repairs()
                .with(|all| all.get(&node).cloned().flatten())
            {
                None => view! { <p class="hint">"Looking for repairs …"</p> }.into_any(),
                Some(repairs) if repairs.is_empty() => {
                    view! { <p class="hint">"No single repair was found."</p> }.into_any()
                }
                Some(repairs) => repairs
                    .into_iter()
                    .map(|it| repair(lab, node, it))
                    .collect_view()
                    .into_any(),
            },
        )
    };
    let dangling = Memo::new(move |_| lab.document.graph().with(|graph| dangles(graph, node)));
    let take_out = move || {
        (problem.with(Option::is_none) && dangling.get()).then(|| {
            let title = "Delete it".to_owned();
            repair(
                lab,
                node,
                Repair {
                    title,
                    edits: vec![Edit::Remove { node }],
                },
            )
        })
    };
    move || {
        let untaken = || {
            dangling.get().then(|| {
                "Nobody takes this output, so it does not reach the answer: make it an input of \
                 another layer, or delete it."
                    .to_owned()
            })
        };
        let text = problem.get().or_else(refused).or_else(untaken)?;
        Some(view! {
            <div class="problem" data-testid="problem" data-node=name role="group" aria-label="Problem">
                <p class="problem-text">{text}</p>
                <div class="repairs">{repairs} {take_out}</div>
            </div>
        })
    }
}

/// The nodes with a [`ProblemNote`]: those with problems, the one where an edit was refused, and
/// those with an unused output.
pub fn noted(lab: Lab) -> Vec<NodeId> {
    let mut noted: Vec<NodeId> = lab.document.analysis.with(|analysis| {
        let nodes = analysis.problems.iter().map(|problem| problem.node);
        nodes.collect()
    });
    noted.extend(
        lab.document
            .refusal()
            .with(|refused| refused.as_ref().map(|it| it.node)),
    );
    lab.document.graph().with(|graph| {
        let taken: HashSet<NodeId> = { graph.nodes().iter() }
            .flat_map(|node| node.inputs.iter().copied())
            .collect();
        let untaken = { graph.nodes().iter() }
            .filter(|node| !taken.contains(&node.id))
            .map(|node| node.id);
        noted.extend(untaken.filter(|&id| dangles(graph, id)));
    });
    let mut known = HashSet::new();
    noted.retain(|&node| known.insert(node));
    noted
}

/// Whether this node's output is unused although it is neither the network's output nor an
/// auxiliary one, as in GoogLeNet.
fn dangles(graph: &Graph, node: NodeId) -> bool {
    let Some(node) = graph.node(node) else {
        return false;
    };
    let answers = node.layer.rule().is_classifier();
    !answers && graph.output() != node.id && graph.consumers(node.id).next().is_none()
}

fn repair(lab: Lab, node: NodeId, Repair { title, edits }: Repair) -> AnyView {
    let more = lab
        .document
        .graph()
        .with_untracked(|graph| necessary(graph, node, &edits));
    view! {
        <button
            type="button"
            data-testid="repair"
            on:click=move |_| {
                lab.apply_all(&edits);
            }
        >
            {title}
            {more}
        </button>
    }
    .into_any()
}

/// The changes of a repair to other nodes, to follow the repair's title.
fn necessary(graph: &Graph, node: NodeId, edits: &[Edit]) -> Option<String> {
    let about = |edit: &Edit| match edit {
        Edit::Insert { place, .. } => match place {
            Place::After { node, .. } | Place::On { to: node, .. } => Some(*node),
            Place::Branch { .. } => None,
        },
        _ => changed(edit),
    };
    let mut known = HashSet::from([node]);
    // A node inserted by an earlier edit of the repair is not in the graph yet and is not listed.
    let others = edits.iter().skip(1).filter_map(about);
    let others = others.filter_map(|id| graph.node(id));
    let others = others.filter(|other| known.insert(other.id));
    let names: Vec<&str> = others.map(|other| other.name.as_str()).collect();
    let named = match names.as_slice() {
        [] => return None,
        [one] => format!("“{one}”"),
        [one, two] => format!("“{one}” and “{two}”"),
        [one, two, rest @ ..] => format!("“{one}”, “{two}” and {} more", rest.len()),
    };
    Some(format!("; that makes it necessary to change {named}"))
}

#[cfg(test)]
mod tests {
    use engine::zoo::{CATALOGUE, Options};

    use super::*;

    #[test]
    fn no_network_of_the_zoo_has_an_unused_output() {
        for entry in CATALOGUE {
            let graph = entry.graph(&Options::default()).unwrap();
            let mut nodes = graph.nodes().iter();
            let dangling = nodes.find(|node| dangles(&graph, node.id));
            assert_eq!(dangling.map(|node| &node.name), None, "{}", entry.name);
        }
    }

    #[test]
    fn a_repair_names_the_layers_that_it_changes_as_well() {
        let graph = engine::zoo::lenet5().unwrap();
        let id = |name: &str| graph.named(name).unwrap().id;
        let set = |name: &str| {
            let node = graph.named(name).unwrap();
            let (node, layer) = (node.id, node.layer.clone());
            Edit::SetLayer { node, layer }
        };
        let described = |names: &[&str]| {
            let edits: Vec<Edit> = names.iter().map(|name| set(name)).collect();
            necessary(&graph, id("C1"), &edits)
        };
        assert_eq!(described(&["C1"]), None);
        assert_eq!(described(&["C1", "C1"]), None);
        let named = |named: &str| Some(format!("; that makes it necessary to change {named}"));
        assert_eq!(described(&["C1", "C3"]), named("“C3”"));
        assert_eq!(described(&["C1", "C3", "F5", "C3"]), named("“C3” and “F5”"));
        assert_eq!(
            described(&["C1", "C3", "F5", "F6"]),
            named("“C3”, “F5” and 1 more")
        );
    }

    #[test]
    fn a_bypassed_layer_is_reported_as_unused() {
        let graph = engine::zoo::lenet5().unwrap();
        let id = |name: &str| graph.named(name).unwrap().id;
        let (from, to, slot) = (id("S2"), id("S4"), 0);
        let passed = graph.apply(&Edit::Connect { from, to, slot }).unwrap();
        assert!(dangles(&passed, id("tanh3")));
        assert!(!dangles(&graph, id("tanh3")));
    }
}
