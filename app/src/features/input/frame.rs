//! The frame around the picture of a step of the preprocessing.

use leptos::html::Canvas;
use leptos::prelude::*;

use crate::lab::Lab;

/// The canvas of the step with this key, named by `label`. Hidden while the network is refused,
/// because its picture would be outdated.
pub fn frame(canvas: NodeRef<Canvas>, key: &'static str, label: String) -> AnyView {
    let lab = expect_context::<Lab>();
    view! {
        <span class="step-frame">
            <canvas
                node_ref=canvas
                class="pixels"
                data-testid="step"
                data-step=key
                role="img"
                aria-label=label
                hidden=move || lab.engine.is_refused()
                width="1"
                height="1"
            ></canvas>
        </span>
    }
    .into_any()
}
