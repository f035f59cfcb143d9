//! One step of gradient descent on one weight: before, gradient, after, and what the answer does.

use engine::NodeId;
use engine::checkpoint::{Parameter, Role, parameters};
use engine::explain::{Operation, Stepped, WeightStep};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::walk::Walk;
use crate::lab::Job;
use crate::ui::format::short;

/// The rate that a step begins with.
const RATE: f32 = 0.1;

pub fn step(walk: Walk, node: NodeId) -> AnyView {
    let all: Vec<Parameter> = walk.lab.document.running().with_untracked(|graph| {
        let own = parameters(graph).into_iter();
        own.filter(|it| it.node == node && it.role.trainable())
            .collect()
    });
    let Some(first) = all.first().map(|it| it.role) else {
        return ().into_any();
    };
    let now = move || walk.step.get().filter(|it| it.node == node);
    let usual = WeightStep {
        node,
        role: first,
        place: None,
        rate: RATE,
    };
    let change = move |act: &dyn Fn(&mut WeightStep)| {
        let mut step = untrack(now).unwrap_or(usual);
        act(&mut step);
        walk.step.set(Some(step));
    };
    let counts: Vec<(Role, usize)> = all.iter().map(|it| (it.role, it.count())).collect();
    let most = {
        let counts = counts.clone();
        move || {
            let role = now().map_or(first, |it| it.role);
            let found = counts.iter().find(|it| it.0 == role);
            found.map_or(1, |it| it.1).to_string()
        }
    };
    let roles = counts.iter().map(|&(role, _)| {
        view! {
            <option value=role.name() selected=move || now().is_some_and(|it| it.role == role)>
                {role.name()}
            </option>
        }
    });
    let roles = roles.collect_view();
    let choose_role = move |event: leptos::ev::Event| {
        let name = event_target_value(&event);
        let found = counts.iter().find(|it| it.0.name() == name);
        if let Some(&(role, _)) = found {
            change(&|step| {
                step.role = role;
                step.place = None;
            });
        }
    };
    let choose_place = move |event: leptos::ev::Event| {
        let number = event_target_value(&event).parse::<u32>().ok();
        change(&|step| step.place = number.map(|it| it.saturating_sub(1)));
    };
    let choose_rate = move |event: leptos::ev::Event| {
        if let Ok(rate) = event_target_value(&event).parse::<f32>() {
            change(&|step| step.rate = rate);
        }
    };
    let place = move || {
        let asked = now().and_then(|it| it.place);
        asked.map_or_else(String::new, |it| (it + 1).to_string())
    };
    let rate = move || now().map_or(RATE, |it| it.rate).to_string();
    let stepped = move || {
        let seen = walk.seen()?;
        let step = seen.told.step.clone()?;
        (step.step.node == node).then(|| told(walk, &step, seen.told.label))
    };
    view! {
        <section class="backward-step" data-testid="backward-step">
            <h4>"One step of gradient descent on one weight"</h4>
            <div class="surgery-acts">
                <label>"Parameter" <select data-testid="step-role" on:change=choose_role>{roles}</select></label>
                <label>
                    "Number"
                    <input
                        type="number"
                        min="1"
                        max=most
                        placeholder="largest"
                        title="Empty: the one with the largest gradient"
                        data-testid="step-place"
                        prop:value=place
                        on:change=choose_place
                    />
                </label>
                <label>
                    "Rate"
                    <input type="number" step="any" data-testid="step-rate" prop:value=rate on:change=choose_rate />
                </label>
                <button type="button" data-testid="step-take" on:click=move |_| change(&|_| {})>
                    "See the step"
                </button>
            </div>
            {stepped}
        </section>
    }
    .into_any()
}

fn told(walk: Walk, step: &Stepped, label: u32) -> AnyView {
    let place = index(step.place, &step.dims);
    let [before, after] = step.loss;
    let share = |at: usize| {
        let shares = step.shares.get(at);
        let share = shares.and_then(|it| it.get(label as usize)).copied();
        format!("{:.2} %", share.unwrap_or_default() * 100.0)
    };
    let job = Job::new();
    let failure = RwSignal::new(None::<String>);
    let operation = Operation::Set {
        node: step.step.node,
        role: step.step.role.name().to_owned(),
        index: step.place.into(),
        value: step.after,
    };
    let apply = move |_| {
        let operation = operation.clone();
        spawn_local(async move {
            let done = walk.lab.operate(job, operation).await;
            // `None` if the view was left meanwhile.
            let _gone = failure.try_set(done.err());
        });
    };
    view! {
        <p
            class="calc"
            data-testid="step-weight"
            data-before=step.before.to_string()
            data-gradient=step.gradient.to_string()
            data-after=step.after.to_string()
        >
            <span>
                {format!(
                    "{} {place}: {} − {} × {} =",
                    step.step.role.name(),
                    short(step.before),
                    short(step.step.rate),
                    short(step.gradient),
                )}
            </span>
            <b>{short(step.after)}</b>
        </p>
        <p
            class="calc"
            data-testid="step-loss"
            data-before=before.to_string()
            data-after=after.to_string()
            data-predicted=step.predicted().to_string()
        >
            <span>{format!("loss {} →", short(before as f32))}</span>
            <b>{short(after as f32)}</b>
            <span>
                {format!(
                    "change {}; −rate × gradient² says {}",
                    short(step.change() as f32),
                    short(step.predicted() as f32),
                )}
            </span>
        </p>
        <p class="say">{format!("Share of the right class: {} → {}.", share(0), share(1))}</p>
        <button
            type="button"
            data-testid="step-apply"
            disabled=move || job.under_way().get()
            on:click=apply
        >
            "Keep this step"
        </button>
        {move || failure.get().map(|why| view! { <p class="node-problem" role="alert">{why}</p> })}
    }
    .into_any()
}

/// The place in each axis, counted from 1.
fn index(place: u32, dims: &[u32]) -> String {
    let mut rest = place;
    let mut parts: Vec<String> = dims
        .iter()
        .rev()
        .map(|&side| {
            let at = rest % side.max(1);
            rest /= side.max(1);
            (at + 1).to_string()
        })
        .collect();
    parts.reverse();
    format!("[{}]", parts.join(", "))
}
