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

/// Levels of 0 to 255, red, green and blue of one pixel after the other, as a canvas has them.
pub fn opaque(levels: &[f32], rgba: &mut Vec<u8>) {
    rgba.clear();
    for [red, green, blue] in levels.as_chunks().0 {
        rgba.extend_from_slice(&[*red as u8, *green as u8, *blue as u8, 255]);
    }
}
