//! How the network is made smaller: a method, its settings, what it costs and saves, and Apply.

mod costs;
mod distil;
mod parts;
mod prune;
mod quantise;

use engine::Analysis;
use leptos::prelude::*;
use state::screen::Area;
use state::shrink::Method;

use crate::lab::Lab;
use crate::ui::JobProgress;
use crate::ui::fields::{Touched, explained};
use crate::ui::tabs::{Tab, tabs};

/// In the order of [`Method::ALL`].
const TABS: [Tab; 3] = [
    Tab {
        title: Method::Prune.title(),
        id: "shrink-prune",
    },
    Tab {
        title: Method::Quantise.title(),
        id: "shrink-quantise",
    },
    Tab {
        title: Method::Distil.title(),
        id: "shrink-distil",
    },
];

#[component]
pub fn Panel() -> impl IntoView {
    let lab = expect_context::<Lab>();
    lab.keep_variants();
    let method = Memo::new(move |_| lab.shrink.read(|held| held.method));
    let chosen = Memo::new(move |_| {
        let now = method.get();
        Method::ALL
            .iter()
            .position(|it| *it == now)
            .unwrap_or_default()
    });
    let choose = move |place: usize| {
        let next = Method::ALL.get(place).copied().unwrap_or_default();
        lab.shrink.edit(|held| held.method = next);
    };
    let (marked, explain) = explained();
    provide_context(marked);
    let body = move || match method.get() {
        Method::Prune => prune::prune(lab),
        Method::Quantise => quantise::quantise(lab),
        Method::Distil => distil::distil(lab),
    };
    view! {
        <div
            class="shrink-panel"
            on:pointerdown=move |_| explain.run(Touched::Pressed)
            on:keydown=move |_| explain.run(Touched::Released)
            on:focusin=move |event| explain.run(Touched::Focused(event.target()))
            on:click=move |event| {
                explain.run(Touched::Released);
                explain.run(Touched::Focused(event.target()));
            }
        >
            {tabs("Method", TABS, chosen.into(), choose)}
            {move || missing(lab)}
            <div
                role="tabpanel"
                data-testid=move || method.get().name()
                aria-labelledby=move || TABS[chosen.get()].id
            >
                {body}
            </div>
            {move || running(lab)}
            {move || failure(lab)}
        </div>
    }
}

/// What is missing before anything can be made smaller, with the button that gets there.
fn missing(lab: Lab) -> Option<AnyView> {
    if !lab.document.analysis.with(Analysis::is_valid) {
        return Some(note(
            lab,
            "The network has a problem; repair it first.",
            Area::Build,
            "Go to Build",
        ));
    }
    let weights = lab.engine.weights().get();
    if weights.is_some_and(|it| it.weighted > 0 && it.trained == 0) {
        return Some(note(
            lab,
            "The weights are random, so there is no accuracy to keep. Train the network first.",
            Area::Train,
            "Go to Train",
        ));
    }
    if lab.data.chosen().is_none() {
        return Some(note(
            lab,
            "No data set is chosen, and the accuracy is measured on its test images.",
            Area::Train,
            "Choose data in Train",
        ));
    }
    None
}

fn note(lab: Lab, text: &'static str, area: Area, button: &'static str) -> AnyView {
    view! {
        <div class="shrink-note" role="status" data-testid="shrink-missing">
            <p>{text}</p>
            <button type="button" on:click=move |_| lab.screen.show_area(area)>
                {button}
            </button>
        </div>
    }
    .into_any()
}

fn running(lab: Lab) -> Option<AnyView> {
    let job = lab.shrink_job;
    let under_way = job.under_way().get();
    under_way.then(|| {
        let done = Signal::derive(move || job.progress().get());
        view! { <JobProgress job label="Making the network smaller" done /> }.into_any()
    })
}

fn failure(lab: Lab) -> Option<AnyView> {
    let why = lab.shrink.read(|held| held.failure.clone())?;
    let view = view! {
        <p class="shrink-note" role="alert" data-testid="shrink-failure">{why}</p>
    };
    Some(view.into_any())
}
