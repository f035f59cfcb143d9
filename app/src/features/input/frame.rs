//! The frame around the picture of a step of the preprocessing.

use leptos::html::Canvas;
use leptos::prelude::*;

use crate::lab::Lab;

/// The canvas of the step of this key; `label` says what it shows. Where the network is refused
/// nothing is prepared for it, so what was before is not shown.
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
