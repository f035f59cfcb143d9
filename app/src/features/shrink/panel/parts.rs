//! Rows of the panel.

use engine::Layer;
use leptos::prelude::*;

use crate::lab::Lab;
use crate::ui::fields::row;

/// A list to choose from: names and titles.
pub fn select(
    name: &'static str,
    title: &'static str,
    options: &[(&'static str, &'static str)],
    now: Signal<&'static str>,
    sentence: impl Fn() -> &'static str + Send + 'static,
    choose: impl Fn(String) + 'static,
) -> AnyView {
    let one = |&(name, title): &(&'static str, &'static str)| {
        view! {
            <option value=name prop:selected=move || now.get() == name>
                {title}
            </option>
        }
    };
    let options = options.iter().map(one).collect_view();
    let control = view! {
        <select
            id=format!("setting-{name}")
            aria-describedby=format!("field-{name}")
            data-testid=name
            on:change=move |event| choose(event_target_value(&event))
        >
            {options}
        </select>
    };
    row(name, title, sentence, control.into_any(), || false, || None)
}

/// A slider with its value beside it.
#[derive(Clone, Copy)]
pub struct Slider {
    pub name: &'static str,
    pub title: &'static str,
    pub sentence: &'static str,
    pub least: f64,
    pub most: f64,
    pub step: f64,
    pub shown: fn(f64) -> String,
}

pub fn slider(slider: Slider, now: Memo<f64>, set: impl Fn(f64) + 'static) -> AnyView {
    let Slider {
        name,
        title,
        sentence,
        least,
        most,
        step,
        shown,
    } = slider;
    let slide = move |event| {
        if let Ok(value) = event_target_value(&event).parse() {
            set(value);
        }
    };
    let control = view! {
        <span class="shrink-slider">
            <input
                type="range"
                id=format!("setting-{name}")
                min=least.to_string()
                max=most.to_string()
                step=step.to_string()
                aria-describedby=format!("field-{name}")
                aria-valuetext=move || shown(now.get())
                data-testid=name
                prop:value=move || now.get().to_string()
                on:input=slide
            />
            <output class="figures">{move || shown(now.get())}</output>
        </span>
    };
    row(
        name,
        title,
        move || sentence,
        control.into_any(),
        || false,
        || None,
    )
}

/// A setting that is on or off.
pub fn toggle(
    name: &'static str,
    title: &'static str,
    sentence: &'static str,
    now: Memo<bool>,
    set: impl Fn(bool) + 'static,
) -> AnyView {
    let control = view! {
        <input
            type="checkbox"
            id=format!("setting-{name}")
            aria-describedby=format!("field-{name}")
            data-testid=name
            prop:checked=now
            on:change=move |event| set(event_target_checked(&event))
        />
    };
    row(
        name,
        title,
        move || sentence,
        control.into_any(),
        || false,
        || None,
    )
}

/// The button that makes the step.
pub fn apply(lab: Lab, act: impl Fn() + 'static) -> AnyView {
    let shut = move || {
        let valid = lab.document.analysis.with(engine::Analysis::is_valid);
        lab.shrink_job.under_way().get() || !valid || lab.data.chosen().is_none()
    };
    view! {
        <button
            type="button"
            class="primary shrink-apply"
            data-testid="shrink-apply"
            disabled=shut
            on:click=move |_| {
                lab.screen.open_dock(true);
                act();
            }
        >
            "Apply"
        </button>
    }
    .into_any()
}

/// The layers with weights, by name.
pub fn has_weights(layer: &Layer) -> bool {
    matches!(
        layer,
        Layer::Conv(_) | Layer::TableConv(_) | Layer::Linear(_)
    )
}
