//! The frame around the picture of a step of the preprocessing.

use leptos::html::Canvas;
use leptos::prelude::*;

/// The canvas of the step of this key; `label` says what it shows.
pub fn frame(canvas: NodeRef<Canvas>, key: &'static str, label: String) -> AnyView {
    view! {
        <span class="step-frame">
            <canvas
                node_ref=canvas
                class="pixels"
                data-testid="step"
                data-step=key
                role="img"
                aria-label=label
                width="1"
                height="1"
            ></canvas>
        </span>
    }
    .into_any()
}
