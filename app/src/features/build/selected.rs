//! The selected layers: which they are, what is done with them, and the settings of one.

use engine::format::Control;
use engine::{Graph, NodeId};
use leptos::prelude::*;

use super::menu::actions;
use super::sharing::shared_weights;
use crate::lab::Lab;
use crate::ui::fields::Fields;
use crate::ui::format::count;
use crate::ui::icon::{Icon, icon};
use crate::ui::lockable;

/// What is selected.
#[derive(Clone, Debug, PartialEq)]
enum Chosen {
    Nothing,
    One {
        name: String,
        title: String,
        family: &'static str,
    },
    Many {
        names: Vec<String>,
        params: u64,
    },
}

/// The most names that are listed.
const MOST_NAMES: usize = 6;

fn chosen(lab: Lab) -> Chosen {
    let nodes = lab.selection.nodes().get();
    lab.document.graph().with(|graph| match &*nodes {
        [] => Chosen::Nothing,
        [id] => one(graph, *id),
        all => {
            let known = |id: &NodeId| graph.node(*id);
            let params = lab.document.analysis.with(|analysis| {
                let nodes = all.iter().filter_map(|id| analysis.node(*id));
                nodes.map(|node| node.cost.params()).sum()
            });
            let names = all.iter().filter_map(known);
            Chosen::Many {
                names: names.map(|node| node.name.clone()).collect(),
                params,
            }
        }
    })
}

fn one(graph: &Graph, id: NodeId) -> Chosen {
    match graph.node(id) {
        Some(node) => Chosen::One {
            name: node.name.clone(),
            title: graph.title(node),
            family: node.layer.family().name(),
        },
        None => Chosen::One {
            name: "input".into(),
            title: "picture".into(),
            family: "input",
        },
    }
}

#[component]
pub fn Selected() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let chosen = Memo::new(move |_| chosen(lab));
    let layers = Memo::new(move |_| {
        let nodes = lab.selection.nodes();
        nodes.with(|all| all.iter().any(|&id| id != NodeId::INPUT))
    });
    let one = Memo::new(move |_| chosen.with(|it| matches!(it, Chosen::One { .. })));
    // All sentences, not the focused field's only.
    let all = RwSignal::new(false);
    let head = move || match chosen.get() {
        Chosen::Nothing => view! { <h2>"No layer is selected"</h2> }.into_any(),
        Chosen::One {
            name,
            title,
            family,
        } => {
            let title = (title != name).then_some(title);
            view! {
                <h2 data-family=family>
                    <i class="family-dot" aria-hidden="true"></i>
                    <span class="node-name" translate="no">{name}</span>
                    " "
                    <span class="node-title">{title}</span>
                </h2>
            }
            .into_any()
        }
        Chosen::Many { names, .. } => {
            view! { <h2>{format!("{} layers", names.len())}</h2> }.into_any()
        }
    };
    let help = move || {
        one.get().then(|| {
            view! {
                <button
                    type="button"
                    class="icon"
                    aria-label="Explain the settings"
                    title="Explain the settings"
                    aria-pressed=move || all.get().to_string()
                    on:click=move |_| all.update(|all| *all = !*all)
                >
                    {icon(Icon::Help)}
                </button>
            }
        })
    };
    let body = move || {
        if one.get() {
            let shared = shared_weights(lab);
            let fields = view! {
                <Fields />
                {shared}
            }
            .into_any();
            return lockable(lab, Control::Fields, fields);
        }
        let words = move || match chosen.get() {
            Chosen::Many { names, params } => {
                let rest = names.len().saturating_sub(MOST_NAMES);
                let listed: Vec<&str> = names.iter().take(MOST_NAMES).map(|it| &**it).collect();
                let rest = (rest > 0).then(|| format!(" and {rest} more"));
                let (listed, rest) = (listed.join(", "), rest.unwrap_or_default());
                format!("{listed}{rest}. Parameters: {}.", count(params))
            }
            Chosen::Nothing => "Select one in the network to see its settings.".to_owned(),
            Chosen::One { .. } => String::new(),
        };
        view! { <p class="note">{words}</p> }.into_any()
    };
    view! {
        <section
            class="selected"
            data-testid="selected-layer"
            aria-label="Selected layer"
            data-explained=move || all.get().then_some("all")
        >
            <div class="selected-head">
                {head}
                {help}
                {lockable(lab, Control::Network, actions(lab, layers))}
            </div>
            {body}
        </section>
    }
}
