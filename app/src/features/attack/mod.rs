//! The area Attack: small changes of the picture that change the answer, and defences.

mod certified;
mod chart;
mod corruptions;
mod curve;
mod defences;
mod dock;
mod field;
mod pictures;
mod settings;
mod transfer;
mod universal;

use leptos::prelude::*;
use leptos::wasm_split::wasm_split;
use state::answer::Standing;
use state::attack::obstacle;

use crate::lab::Lab;
use crate::ui::lazy::{self, Part};

#[wasm_split(areas, wasm_split_path = leptos::wasm_split, fallible, preload(attack_code))]
fn attack_panel() -> Part {
    let lab: Lab = expect_context();
    let part = lab.attack();
    let stopped = Memo::new(move |_| stopped(lab));
    let answered = lab.keep_attacking(move || stopped.with(Option::is_none));
    let untrained = move || {
        let standing = lab.answer.standing.get();
        let network = lab.document.running().with(|graph| graph.name().to_owned());
        matches!(standing, Standing::Untrained { .. }).then(|| {
            view! { <p class="attack-note" role="status">{standing.sentence(&network)}</p> }
        })
    };
    let body = move || match stopped.get() {
        Some(why) => {
            view! { <p class="attack-note" role="status" data-testid="attack-obstacle">{why}</p> }
                .into_any()
        }
        None => view! {
            {settings::settings(lab, part.attack)}
            {pictures::pictures(lab, part.attack, answered)}
            {defences::defences(lab, part.attack, answered)}
        }
        .into_any(),
    };
    let view = view! {
        <div class="attack-panel" data-testid="attack-panel">
            {untrained}
            {body}
        </div>
    };
    Ok(view.into_any())
}

/// Why the network on the screen cannot be attacked.
fn stopped(lab: Lab) -> Option<String> {
    let valid = lab.document.analysis.with(engine::Analysis::is_valid);
    if !valid {
        return Some("The network has a problem; repair it in Build first.".to_owned());
    }
    lab.document.graph().with(|graph| {
        let output = lab.document.analysis.with(|it| {
            let facts = it.node(graph.output());
            facts.and_then(|facts| facts.shape)
        });
        obstacle(graph, output)
    })
}

/// The panel at the right.
pub fn panel(_lab: Lab) -> AnyView {
    lazy::on_demand("Attack", attack_code, attack_panel)
}

#[wasm_split(areas, wasm_split_path = leptos::wasm_split, fallible, preload(robustness_code))]
fn robustness_dock() -> Part {
    Ok(view! { <dock::Dock /> }.into_any())
}

/// The dock below the network.
pub fn dock(_lab: Lab) -> AnyView {
    lazy::on_demand("Robustness", robustness_code, robustness_dock)
}
