//! The header of the embedded page.

use leptos::prelude::*;

use crate::lab::Lab;

/// The network's name and the way to the whole lab.
#[component]
pub fn FrameHeader() -> impl IntoView {
    let lab = expect_context::<Lab>();
    view! {
        <header class="top frame-head">
            <h1>
                <span class="lab-name">"CNN lab"</span>
                <span data-testid="frame-name">
                    {move || {
                        let network = lab.document.graph().with(|graph| graph.name().to_owned());
                        lab.document.title().get().unwrap_or(network)
                    }}
                </span>
            </h1>
            <a
                class="frame-link"
                data-testid="open-in-lab"
                href=lab.whole_lab()
                target="_blank"
                rel="noopener"
            >
                "Open in the lab"
            </a>
        </header>
    }
}
