//! What the race is equal in, its start, and how far it is.

use leptos::prelude::*;
use state::train::race::{FEWEST, MOST_SEEDS, Measure};

use crate::lab::Lab;
use crate::ui::icon::{Icon, icon};

pub fn rule(lab: Lab) -> AnyView {
    let race = lab.train.race;
    let rule = race.rule();
    let wrong = RwSignal::new(None::<String>);
    let option = move |measure: Measure| {
        let chosen = move || rule.with(|it| it.measure == measure);
        view! {
            <option value=measure.name() prop:selected=chosen>
                {measure.title()}
            </option>
        }
    };
    let choose = move |event| {
        let name = event_target_value(&event);
        if let Some(measure) = Measure::ALL.into_iter().find(|it| it.name() == name) {
            wrong.set(None);
            race.set_measure(measure);
        }
    };
    let macs = move || {
        rule.with(|it| it.measure == Measure::Macs).then(|| {
            view! {
                <p class="hint">"MACs of training are counted as 3 × those of a forward pass × examples."</p>
            }
        })
    };
    let seed = move |seeds: u32| {
        let chosen = move || race.seeds().get() == seeds;
        view! { <option value=seeds.to_string() prop:selected=chosen>{seeds}</option> }
    };
    let refused = move || {
        let why = wrong.get()?;
        Some(
            view! { <p class="train-note" role="alert" id="race-amount-wrong" data-testid="race-amount-wrong">{why}</p> },
        )
    };
    view! {
        <div class="training-tools">
            <label class="range">
                "Equal"
                <select data-testid="race-measure" on:change=choose>
                    {Measure::ALL.map(option).collect_view()}
                </select>
            </label>
            <input
                type="text"
                inputmode="decimal"
                class="race-amount"
                data-testid="race-amount"
                aria-label=move || rule.with(|it| it.measure.title())
                aria-invalid=move || wrong.with(Option::is_some).to_string()
                aria-describedby=move || wrong.with(Option::is_some).then_some("race-amount-wrong")
                prop:value=move || rule.with(|it| it.amount.to_string())
                on:change=move |event| wrong.set(race.set_amount(&event_target_value(&event)).err())
            />
            <label class="range">
                "Seeds"
                <select
                    data-testid="race-seeds"
                    on:change=move |event| {
                        if let Ok(seeds) = event_target_value(&event).parse() {
                            race.set_seeds(seeds);
                        }
                    }
                >
                    {(1..=MOST_SEEDS).map(seed).collect_view()}
                </select>
            </label>
            {start(lab, wrong)}
        </div>
        {refused}
        {macs}
    }
    .into_any()
}

fn start(lab: Lab, wrong: RwSignal<Option<String>>) -> AnyView {
    let race = lab.train.race;
    let busy = Memo::new(move |_| race.under_way().with(Option::is_some));
    let few = move || race.entrants().with(|all| all.len() < FEWEST);
    let what = move || {
        race.under_way()
            .with(|it| it.as_ref().map(|it| it.what.clone()))
    };
    let of = move || {
        race.under_way()
            .with(|it| it.as_ref().map(|it| it.of.to_string()))
    };
    let done = move || {
        race.under_way().with(|it| {
            it.as_ref()
                .map(|it| format!("{:.3}", it.done as f64 + it.share))
        })
    };
    let figures = move || {
        race.under_way().with(|it| {
            let it = it.as_ref()?;
            Some(format!("{} of {} trainings", it.done, it.of))
        })
    };
    let button = move || {
        if busy.get() {
            return view! {
                <p class="job-progress" data-testid="race-progress">
                    <progress value=done max=of aria-label="The race"></progress>
                    <span class="figures">{figures}</span>
                    <span role="status">{what}</span>
                    <button type="button" data-testid="race-cancel" on:click=move |_| lab.cancel_race()>
                        "Cancel"
                    </button>
                </p>
            }
            .into_any();
        }
        view! {
            <button
                type="button"
                class="primary"
                data-testid="race-start"
                disabled=move || few() || wrong.with(Option::is_some)
                on:click=move |_| lab.start_race()
            >
                {icon(Icon::Play)}
                "Start the race"
            </button>
        }
        .into_any()
    };
    button.into_any()
}
