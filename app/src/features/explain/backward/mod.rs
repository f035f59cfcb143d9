//! The backward pass, step by step: the loss, the logits, each layer's gradients beside its activations,
//! the chain rule at one value, and a step of gradient descent on one weight.

mod chain;
mod loss;
mod maps;
mod step;
mod walk;

use engine::{Graph, NodeId};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use state::explain::Stop;
use wasm_bindgen::JsCast;

use self::walk::Walk;
use super::why::capital;
use crate::lab::Lab;
use crate::ui::Steps;
use crate::ui::format::short;

#[component]
pub fn BackwardTab() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let refused = Memo::new(move |_| {
        let scope = lab.document.running().with(engine::explain::Scope::of);
        scope.err().map(|error| error.to_string())
    });
    move || match refused.get() {
        Some(why) => {
            let why = format!("{}.", capital(&why));
            view! { <p class="say" role="alert" data-testid="cannot-go-back">{why}</p> }.into_any()
        }
        None => view! { <Going /> }.into_any(),
    }
}

#[component]
fn Going() -> impl IntoView {
    let walk = Walk::new(expect_context::<Lab>());
    // The arrow keys walk, where nothing in the panel has them for itself.
    let keys = move |event: KeyboardEvent| {
        let to = event
            .target()
            .and_then(|it| it.dyn_into::<web_sys::Element>().ok());
        let own = to.is_some_and(|it| {
            it.matches("input, select, [role='toolbar'] *")
                .unwrap_or(false)
        });
        let by = match event.key().as_str() {
            "ArrowRight" => 1,
            "ArrowLeft" => -1,
            _ => return,
        };
        if !own {
            event.prevent_default();
            walk.go(by);
        }
    };
    let failure = move || {
        let why = walk.failure()?;
        Some(view! { <p class="node-problem" role="alert">{why}</p> })
    };
    let body = move || match walk.stop.get() {
        Stop::Loss => loss::loss(walk),
        Stop::Logits => loss::logits(walk),
        Stop::Node(node) => of_node(walk, node),
    };
    view! {
        <div
            class="backward"
            data-testid="backward"
            role="group"
            aria-label="Backward pass; the arrow keys go to the next and the previous layer"
            tabindex="0"
            data-stop=move || walk.name()
            on:keydown=keys
        >
            <div class="why-tools">
                {loss::label(walk)}
                <Steps
                    step=walk.at
                    count=walk.count
                    set=Callback::new(move |to| walk.go_to(to))
                    what="layer"
                />
                {overlay(walk.lab)}
                {walk.large()}
            </div>
            <div class="backward-body">
                <h3 data-testid="backward-stop">{move || title(walk)}</h3>
                {failure}
                {body}
            </div>
        </div>
    }
}

/// Activations or gradients on the cards.
fn overlay(lab: Lab) -> AnyView {
    let gradients = lab.look.gradients();
    let one = move |on: bool, name: &'static str| {
        view! {
            <button
                type="button"
                aria-pressed=move || (gradients.get() == on).to_string()
                on:click=move |_| lab.look.show_gradients(on)
            >
                {name}
            </button>
        }
    };
    view! {
        <span class="choices" role="group" aria-label="On the cards" data-testid="overlay">
            {one(false, "Activations")}
            {one(true, "Gradients")}
        </span>
    }
    .into_any()
}

fn title(walk: Walk) -> String {
    match walk.stop.get() {
        Stop::Loss => "The loss".to_owned(),
        Stop::Logits => format!("The loss → {}", walk.name()),
        Stop::Node(_) => format!("← {}", walk.name()),
    }
}

fn of_node(walk: Walk, node: NodeId) -> AnyView {
    let says = move || {
        let seen = walk.seen()?;
        let slope = seen.told.nodes.iter().find(|it| it.node == node)?;
        let weights = slope.weights.map_or_else(String::new, |it| {
            format!(" With respect to its weights: {}.", short(it as f32))
        });
        Some(format!(
            "Length of the gradient with respect to its values: {}.{weights}",
            short(slope.length as f32)
        ))
    };
    let has_weights = walk.lab.document.running().with_untracked(|graph: &Graph| {
        let all = engine::checkpoint::parameters(graph);
        all.iter().any(|it| it.node == node && it.role.trainable())
    });
    view! {
        <p class="say" data-testid="backward-says">{says}</p>
        {maps::maps(walk, node)}
        {chain::chain(walk, node)}
        {has_weights.then(|| step::step(walk, node))}
    }
    .into_any()
}
