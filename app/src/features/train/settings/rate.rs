//! The learning rate: a logarithmic slider with a number field beside it.

use leptos::ev::Event;
use leptos::prelude::*;
use state::train::settings::{Number, PLACES, place, rate_at, shown};
use web_sys::HtmlInputElement;

use super::field::{frame, input, take};
use crate::lab::Lab;

pub fn field(lab: Lab) -> AnyView {
    let task = lab.train.task();
    let rate = Memo::new(move |_| task.with(|task| task.settings.schedule.rate));
    let error = RwSignal::new(None);
    let slide = move |event: Event| {
        let slider: HtmlInputElement = event_target(&event);
        let Ok(at) = slider.value().parse::<u32>() else {
            return;
        };
        error.set(take(lab, &Number::RATE, &shown(rate_at(at))).err());
        // A refused rate leaves the slider where it was.
        slider.set_value(&place(rate.get_untracked()).to_string());
    };
    let control = view! {
        <span class="train-rate-field">
            <input
                type="range"
                min="0"
                max=PLACES.to_string()
                aria-label="Learning rate"
                aria-valuetext=move || shown(rate.get())
                aria-describedby="field-train-learning-rate"
                data-testid="train-learning-rate-slider"
                prop:value=move || place(rate.get()).to_string()
                on:input=slide
            />
            {input(lab, |_| Number::RATE, error)}
        </span>
    };
    frame(
        Number::RATE.name,
        Number::RATE.title,
        || Number::RATE.sentence,
        control.into_any(),
        Some(error),
    )
}
