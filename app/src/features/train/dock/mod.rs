//! What a training has told: curves, confusion, mistakes, earlier runs, races, and the time machine.

mod confusion;
mod curves;
mod example;
mod findings;
mod machine;
mod mistakes;
mod now;
mod plot;
mod race;
mod runs;
mod series;
mod subject;

use engine::data::Part;
use leptos::prelude::*;

use self::series::beat;
use crate::lab::Lab;
use crate::platform::schedule::soon;
use crate::ui::focus_by_id;
use crate::ui::icon::{Icon, icon};

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
    let turn = move |event: leptos::ev::KeyboardEvent| {
        let all = Tab::ALL;
        let now = tab.get_untracked();
        let at = all.iter().position(|it| *it == now).unwrap_or_default();
        let next = match event.key().as_str() {
            "ArrowRight" => (at + 1) % all.len(),
            "ArrowLeft" => (at + all.len() - 1) % all.len(),
            "Home" => 0,
            "End" => all.len() - 1,
            _ => return,
        };
        event.prevent_default();
        tab.set(all[next]);
        focus_by_id(all[next].id());
    };
    let runs = lab.train.runs();
    let count = move |this: Tab| {
        let count = runs.with(|it| it.all().len());
        (this == Tab::Runs && count > 0).then(|| view! { <span class="count">{count}</span> })
    };
    let one = |this: Tab| {
        view! {
            <button
                type="button"
                role="tab"
                id=this.id()
                data-testid=this.id()
                aria-controls="training-part"
                aria-selected=move || (tab.get() == this).to_string()
                tabindex=move || if tab.get() == this { "0" } else { "-1" }
                on:click=move |_| soon(move || tab.set(this))
            >
                {this.title()}
                {move || count(this)}
            </button>
        }
    };
    view! {
        <div class="choices" role="tablist" aria-label="The training" on:keydown=turn>
            {Tab::ALL.map(one).collect_view()}
        </div>
    }
    .into_any()
}
