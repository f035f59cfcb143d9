//! The footer of the embedded page.

use leptos::prelude::*;

use crate::lab::Lab;

/// The network's name and the way to the whole lab.
#[component]
pub fn FrameFooter() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let name = move || {
        let network = lab.document.graph().with(|graph| graph.name().to_owned());
        lab.document.title().get().unwrap_or(network)
    };
    view! {
        <footer class="frame-foot">
            <strong data-testid="frame-name">{name}</strong>
            <a data-testid="open-in-lab" href=lab.whole_lab() target="_blank" rel="noopener">
                "Open in CNN lab"
            </a>
        </footer>
    }
}
