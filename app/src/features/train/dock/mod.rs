//! What a training has told: curves, confusion, mistakes, earlier runs, races, and the time machine.

mod confusion;
mod curves;

mod findings;
mod machine;
mod mistakes;
mod now;
mod plot;
mod race;
mod runs;
mod series;
mod subject;
mod table;

use engine::data::Part;
use leptos::prelude::*;

use self::series::beat;
use crate::lab::Lab;
use crate::ui::icon::{Icon, icon};
use crate::ui::tabs;

/// A part of the dock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tab {
    Now,
    Curves,
    Confusion,
    Mistakes,
    Runs,
    Race,
}

impl Tab {
    const ALL: [Self; 6] = [
        Self::Now,
        Self::Curves,
        Self::Confusion,
        Self::Mistakes,
        Self::Runs,
        Self::Race,
    ];

    const fn title(self) -> &'static str {
        match self {
            Self::Now => "Now",
            Self::Curves => "Curves",
            Self::Confusion => "Confusion",
            Self::Mistakes => "Mistakes",
            Self::Runs => "Runs",
            Self::Race => "Race",
        }
    }

    const fn id(self) -> &'static str {
        match self {
            Self::Now => "training-now",
            Self::Curves => "training-curves",
            Self::Confusion => "training-confusion",
            Self::Mistakes => "training-mistakes",
            Self::Runs => "training-runs",
            Self::Race => "training-race",
        }
    }
}

/// What the person has chosen in the dock.
#[derive(Clone, Copy)]
struct Choice {
    tab: RwSignal<Tab>,
    /// The part of the data whose answers are shown.
    part: RwSignal<Part>,
    /// The label and the answer whose images are shown.
    cell: RwSignal<Option<(usize, usize)>>,
    log: RwSignal<bool>,
    /// The weight of the past in the smoothed curves.
    keep: RwSignal<f64>,
    /// The step whose values are shown.
    reading: RwSignal<Option<f64>>,
    /// Why an evaluation has no result.
    failure: RwSignal<Option<String>>,
    /// Changes when the curve has changed, at most ten times a second.
    beat: RwSignal<u64>,
}

const SMOOTHING: f64 = 0.9;

#[component]
pub fn Dock() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let choice = Choice {
        tab: RwSignal::new(Tab::Now),
        part: RwSignal::new(Part::Validation),
        cell: RwSignal::new(None),
        log: RwSignal::new(false),
        keep: RwSignal::new(SMOOTHING),
        reading: RwSignal::new(None),
        failure: RwSignal::new(None),
        beat: beat(lab),
    };
    let body = move || match choice.tab.get() {
        Tab::Now => now::now(lab, choice),
        Tab::Curves => curves::curves(lab, choice),
        Tab::Confusion => confusion::confusion(lab, choice),
        Tab::Mistakes => mistakes::mistakes(lab, choice),
        Tab::Runs => runs::runs(lab, choice),
        Tab::Race => race::race(lab),
    };
    let failed = move || {
        let why = choice.failure.get()?;
        Some(view! { <p class="train-note" role="alert" data-testid="evaluation-failed">{why}</p> })
    };
    view! {
        <div class="training">
            <header class="dock-head">
                {tabs(lab, choice.tab)}
                <span class="spring"></span>
                {subject::evaluate(lab, choice)}
                <button
                    type="button"
                    class="icon"
                    aria-label="Close the training's panel"
                    title="Close"
                    on:click=move |_| lab.screen.open_dock(false)
                >
                    {icon(Icon::Down)}
                </button>
            </header>
            <div
                class="training-body"
                role="tabpanel"
                id="training-part"
                aria-labelledby=move || choice.tab.get().id()
            >
                {failed}
                {body}
            </div>
            {machine::machine(lab)}
        </div>
    }
}

fn tabs(lab: Lab, tab: RwSignal<Tab>) -> AnyView {
    let all = Tab::ALL.map(|it| tabs::Tab {
        title: it.title(),
        id: it.id(),
    });
    let runs = lab.train.runs();
    let count = move |place: usize| {
        let count = runs.with(|it| it.all().len());
        let counts = Tab::ALL.get(place) == Some(&Tab::Runs) && count > 0;
        counts
            .then(|| view! { <span class="count">{count}</span> })
            .into_any()
    };
    let chosen = Signal::derive(move || tab.get() as usize);
    let choose = move |place: usize| {
        if let Some(chosen) = Tab::ALL.get(place) {
            tab.set(*chosen);
        }
    };
    let label = "The training";
    let beside = Some(Callback::new(count));
    tabs::tabs_of(label, "training-part", all, chosen, choose, beside)
}
