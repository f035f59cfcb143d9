//! Layers that use the same weights: which, a button that separates them, a choice of others.

use engine::NodeId;
use engine::graph::Edit;
use leptos::prelude::*;
use state::sharing::{Sharing, sharing};

use crate::lab::Lab;

/// What is said and offered of the selected layer's weights; nothing where it has none to share.
pub fn shared_weights(lab: Lab) -> AnyView {
    let node = lab.selection.node();
    let how = Memo::new(move |_| {
        lab.document.graph().with(|graph| {
            lab.document
                .analysis
                .with(|analysis| sharing(graph, analysis, node.get()))
        })
    });
    let separate = move |_| {
        let node = node.get_untracked();
        lab.apply(Edit::Share { node, with: None });
    };
    let share = move |event| {
        let number = event_target_value(&event).parse().ok();
        if let Some(with) = number.map(NodeId) {
            let node = node.get_untracked();
            let with = Some(with);
            lab.apply(Edit::Share { node, with });
        }
    };
    let view = move || match how.get() {
        Sharing::Alone(partners) if partners.is_empty() => ().into_any(),
        Sharing::Alone(partners) => {
            let option = |(id, name): (NodeId, String)| {
                view! { <option value=id.0.to_string()>{name}</option> }
            };
            row(view! {
                <select data-testid="share-weights" aria-label="Share weights with" on:change=share>
                    <option value="">"Its own"</option>
                    {partners.into_iter().map(option).collect_view()}
                </select>
            }
            .into_any())
        }
        shared => row(view! {
            <span data-testid="shared-weights">{shared.sentence()}</span>
            " "
            <button
                type="button"
                class="quiet"
                data-testid="separate-weights"
                on:click=separate
            >
                "Separate"
            </button>
        }
        .into_any()),
    };
    view.into_any()
}

fn row(control: AnyView) -> AnyView {
    view! {
        <div class="field" data-field="shares" role="group" aria-label="Weights">
            <span class="field-title">"Weights"</span>
            <div>{control}</div>
        </div>
    }
    .into_any()
}
