//! Who takes part.

use leptos::html;
use leptos::prelude::*;
use state::compare::Pin;
use state::train::race::{Entrant, Epoch, MOST, Measure, ready};
use state::train::runs::Run;
use state::train::settings::brief;

use super::super::table::numbered;
use crate::lab::Lab;
use crate::ui::format::{count, exact};
use crate::ui::icon::{Icon, icon};

const HEADING: [&str; 4] = ["Entrant", "Settings", "Parameters", "Steps"];

pub fn entrants(lab: Lab) -> AnyView {
    let all = lab.train.race.entrants();
    let numbers =
        Memo::new(move |_| all.with(|all| all.iter().map(|it| it.number).collect::<Vec<u64>>()));
    // Dividing a set takes time.
    let examples = Memo::new(move |_| {
        let id = lab.data.chosen_id()?;
        let split = lab.train.task().with(|task| task.split);
        Some(lab.data.divided(id, &split)?.training)
    });
    let table = move || {
        if numbers.with(Vec::is_empty) {
            return view! {
                <p class="hint">
                    "Add 2 to 4 networks or settings. Each trains from new random weights, on the same data."
                </p>
            }
            .into_any();
        }
        numbered(&HEADING, numbers, move |number| row(lab, number, examples))
    };
    let full = move || all.with(|all| all.len() >= MOST);
    view! {
        <div class="training-tools">
            <button
                type="button"
                data-testid="race-add"
                disabled=full
                on:click=move |_| lab.add_open_to_race()
            >
                {icon(Icon::Plus)}
                "Add this network and these settings"
            </button>
            {others(lab)}
        </div>
        {table}
    }
    .into_any()
}

/// Pinned networks and kept trainings, to choose one and add it.
fn others(lab: Lab) -> AnyView {
    let pins = Memo::new(move |_| {
        let of = |pin: &Pin| (format!("pin-{}", pin.slot), pin.title());
        lab.compare
            .pins()
            .with(|pins| pins.iter().map(of).collect::<Vec<_>>())
    });
    let runs = Memo::new(move |_| {
        let of = |run: &Run| (format!("run-{}", run.number()), run.name.clone());
        let runs = lab.train.runs();
        runs.with(|runs| runs.all().iter().map(of).collect::<Vec<_>>())
    });
    let some = Memo::new(move |_| !(pins.with(Vec::is_empty) && runs.with(Vec::is_empty)));
    let list = NodeRef::<html::Select>::new();
    let add = move |_| {
        let Some(list) = list.get_untracked() else {
            return;
        };
        let value = list.value();
        if let Some(slot) = value.strip_prefix("pin-").and_then(|it| it.parse().ok()) {
            lab.add_pin_to_race(slot);
        } else if let Some(number) = value.strip_prefix("run-").and_then(|it| it.parse().ok()) {
            lab.add_run_to_race(number);
        }
    };
    let group = |label: &'static str, all: Vec<(String, String)>| {
        let option = |(value, title)| view! { <option value=value>{title}</option> };
        (!all.is_empty()).then(|| {
            view! { <optgroup label=label>{all.into_iter().map(option).collect_view()}</optgroup> }
        })
    };
    let full = move || lab.train.race.entrants().with(|all| all.len() >= MOST);
    let view = move || {
        some.get().then(|| {
            view! {
                <select aria-label="Another entrant" data-testid="race-other" node_ref=list>
                    {move || group("Pinned in Compare, with these settings", pins.get())}
                    {move || group("Runs, with their settings", runs.get())}
                </select>
                <button type="button" data-testid="race-add-other" disabled=full on:click=add>
                    "Add"
                </button>
            }
        })
    };
    view.into_any()
}

fn row(lab: Lab, number: u64, examples: Memo<Option<u64>>) -> AnyView {
    let all = lab.train.race.entrants();
    let entrant =
        Memo::new(move |_| all.with(|all| all.iter().find(|it| it.number == number).cloned()));
    let place = move || all.with(|all| all.iter().position(|it| it.number == number));
    let name = move || entrant.with(|it| it.as_ref().map(|it| it.name.clone()).unwrap_or_default());
    let fits = Memo::new(move |_| {
        let on = lab.race_images();
        let fits = |it: &Entrant| match &on {
            Some(on) => ready(&it.graph, &it.settings, on),
            None => Err("There are no data to train on. Choose a data set.".to_owned()),
        };
        entrant.with(|it| it.as_ref().map(fits))
    });
    let steps = Memo::new(move |_| {
        let rule = lab.train.race.rule().get();
        let examples = examples.get()?;
        fits.with(|fits| {
            let Some(Ok(ready)) = fits else { return None };
            let batch = (ready.settings.batch as u64).max(1);
            Some(rule.length(Epoch { examples, batch }, ready.macs))
        })
    });
    let told_steps = move || {
        use engine::train::Length;
        if lab
            .train
            .race
            .rule()
            .with(|it| it.measure == Measure::Seconds)
        {
            return "as time allows".to_owned();
        }
        match steps.get() {
            Some(Ok(Length::Steps(steps))) => exact(steps),
            _ => "–".to_owned(),
        }
    };
    let settings = move || entrant.with(|it| it.as_ref().map(|it| brief(&it.settings, None)));
    let parameters = move || {
        fits.with(|fits| match fits {
            Some(Ok(ready)) => count(ready.parameters),
            _ => "–".to_owned(),
        })
    };
    // What is different in the race, or why it cannot take part.
    let notes = move || {
        let (class, notes) = fits.with(|fits| match fits {
            Some(Ok(ready)) => ("hint", ready.notes.clone()),
            Some(Err(why)) => ("train-note", vec![why.clone()]),
            None => ("hint", Vec::new()),
        });
        let rule = steps.get().and_then(Result::err).map(|it| it.to_string());
        let class = if rule.is_some() { "train-note" } else { class };
        let text: Vec<String> = notes.into_iter().chain(rule).collect();
        let text = text.join(" ");
        (!text.is_empty()).then(|| {
            view! {
                <tr class="race-note">
                    <td colspan="5">
                        <p class=class data-testid="race-note">
                            {text}
                        </p>
                    </td>
                </tr>
            }
        })
    };
    view! {
        <tr data-testid="race-entrant" data-name=name data-series=place>
            <th scope="row">
                <i class="swatch" aria-hidden="true"></i>
                <input
                    type="text"
                    data-testid="race-name"
                    aria-label=move || format!("Name of {}", name())
                    prop:value=name
                    on:change=move |event| {
                        lab.train.race.rename(number, &event_target_value(&event));
                    }
                />
            </th>
            <td>{settings}</td>
            <td>{parameters}</td>
            <td data-testid="race-steps">{told_steps}</td>
            <td>
                <button
                    type="button"
                    class="icon"
                    data-testid="race-remove"
                    aria-label=move || format!("Remove {}", name())
                    title="Remove"
                    on:click=move |_| lab.train.race.remove(number)
                >
                    {icon(Icon::Bin)}
                </button>
            </td>
        </tr>
        {notes}
    }
    .into_any()
}
