//! Buttons for actions on the selected nodes; their titles name the keys.

use leptos::html;
use leptos::prelude::*;
use state::weights_file::ENDING;

use crate::lab::Lab;

#[component]
pub fn Tools() -> impl IntoView {
    let lab = expect_context::<Lab>();
    view! {
        <button
            type="button"
            data-testid="save-maps"
            title="The input and every map of this drawing as one safetensors file"
            on:click=move |_| lab.save_maps()
        >
            "Save maps"
        </button>
    }
}

/// Weights from a file, and as one; beside the words that say whose they are.
pub fn weight_tools(lab: Lab) -> AnyView {
    view! {
        <span class="weight-tools" role="group" aria-label="Weights">
            {open_weights(lab)}
            <button
                type="button"
                data-testid="save-weights"
                title="The network's weights as they are now, as one safetensors file"
                on:click=move |_| lab.save_weights()
            >
                "Save weights"
            </button>
        </span>
    }
    .into_any()
}

/// Chooses a file of weights for the network.
fn open_weights(lab: Lab) -> AnyView {
    let input = NodeRef::<html::Input>::new();
    let take = move |_| {
        let Some(input) = input.get_untracked() else {
            return;
        };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            lab.open_weights(file);
        }
        // The same file may be chosen again.
        input.set_value("");
    };
    view! {
        <label
            class="file-button"
            title="A safetensors file with weights for this network; dropping one on the page does the same"
        >
            "Open weights"
            <input
                node_ref=input
                type="file"
                accept=ENDING
                class="visually-hidden"
                data-testid="open-weights"
                on:change=take
            />
        </label>
    }
    .into_any()
}
