//! The inputs of the selected node, each a choice among the other nodes.

use engine::graph::Edit;
use engine::{Layer, NodeId};
use leptos::ev::Event;
use leptos::prelude::*;

use super::explained::Explained;
use crate::lab::Lab;

/// The maximum number of nodes offered at once.
const FEW_NAMES: usize = 100;

fn option(id: NodeId, name: String, from: NodeId) -> AnyView {
    let chosen = id == from;
    view! { <option value=id.0.to_string() selected=chosen>{name}</option> }.into_any()
}

/// The inputs of this node.
pub fn inputs(lab: Lab, node: NodeId) -> AnyView {
    let inputs = Memo::new(move |_| {
        let inputs = |node: &engine::graph::Node| node.inputs.clone();
        lab.document
            .graph()
            .with(|graph| graph.node(node).map(inputs).unwrap_or_default())
    });
    let merges = Memo::new(move |_| {
        let merges = |node: &engine::graph::Node| matches!(node.layer, Layer::Merge(_));
        lab.document
            .graph()
            .with(|graph| graph.node(node).is_some_and(merges))
    });
    // The choices depend on names, not on settings.
    let names = Memo::new(move |_| {
        lab.document.graph().with(|graph| {
            let others = graph.nodes().iter().filter(|other| other.id != node);
            let others = others.map(|other| (other.id, other.name.clone()));
            [(NodeId::INPUT, "input".to_owned())]
                .into_iter()
                .chain(others)
                .collect::<Vec<_>>()
        })
    });
    let slot = move |slot: usize, from: NodeId, of: usize| {
        let change = move |event: Event| {
            if let Ok(id) = event_target_value(&event).parse() {
                let from = NodeId(id);
                let made = lab.apply(Edit::Connect {
                    from,
                    to: node,
                    slot,
                });
                if !made {
                    // A refused choice is reset to the current input.
                    let select: web_sys::HtmlSelectElement = event_target(&event);
                    select.set_value(&inputs.with_untracked(|all| all[slot].0.to_string()));
                }
            }
        };
        let remove = (of > 1).then(|| {
            view! {
                <button
                    type="button"
                    class="quiet"
                    aria-label=format!("Remove input {}", slot + 1)
                    on:click=move |_| {
                        lab.apply(Edit::Disconnect { to: node, slot });
                    }
                >
                    "Remove"
                </button>
            }
        });
        // A choice among hundreds is built only when it is about to be used. The form may stay when
        // another network is opened.
        let asked = RwSignal::new(None::<u64>);
        let offered = Memo::new(move |_| {
            let few = names.with(Vec::len) <= FEW_NAMES;
            few || asked.get() == Some(lab.document.opening().get())
        });
        let options = move || {
            if offered.get() {
                return names.get();
            }
            names.with(|names| {
                let current = names.iter().filter(|(id, _)| *id == from);
                current.cloned().collect()
            })
        };
        let offer = move || {
            if !offered.get_untracked() {
                asked.set(Some(lab.document.opening().get_untracked()));
            }
        };
        view! {
            <span class="numbers">
                <select
                    data-testid="input-slot"
                    data-slot=slot.to_string()
                    aria-label=format!("Input {}", slot + 1)
                    on:focus=move |_| offer()
                    on:pointerenter=move |_| offer()
                    on:change=change
                >
                    <For each=options key=|name| name.clone() let:name>
                        {option(name.0, name.1, from)}
                    </For>
                </select>
                {remove}
            </span>
        }
    };
    let slots = move || {
        let all = inputs.get();
        let of = all.len();
        let slots = all
            .into_iter()
            .enumerate()
            .map(|(at, from)| slot(at, from, of));
        slots.collect_view()
    };
    let add = move |_| {
        let slot = inputs.with_untracked(Vec::len);
        let from = inputs
            .with_untracked(|all| all.last().copied())
            .unwrap_or(NodeId::INPUT);
        lab.apply(Edit::Connect {
            from,
            to: node,
            slot,
        });
    };
    let more = move || {
        merges.get().then(|| {
            view! {
                <button type="button" data-testid="add-input" on:click=add>"Add an input"</button>
            }
        })
    };
    view! {
        <div
            class="field"
            data-testid="field"
            data-field="inputs"
            data-explained=move || Explained::marks("inputs")
            role="group"
            aria-label="Inputs"
        >
            <span class="field-title">{move || if merges.get() { "Inputs" } else { "Input" }}</span>
            <div class="slots">{slots} {more}</div>
            <span class="field-sentence">"The layers whose outputs it takes, in order."</span>
        </div>
    }
    .into_any()
}
