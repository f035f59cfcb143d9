//! Rows of the settings.

use leptos::prelude::*;
use state::attack::{Attack, Number};

use crate::ui::fields::{Extra, Input, Take, form_field, row};

/// A row with a control.
pub fn frame(
    name: &'static str,
    title: &'static str,
    sentence: &'static str,
    control: AnyView,
    error: Option<RwSignal<Option<String>>>,
) -> AnyView {
    let wrong = move || error.and_then(|error| error.get());
    row(
        name,
        title,
        move || sentence,
        control,
        move || wrong().is_some(),
        wrong,
    )
}

/// The text field of a number.
pub fn input(attack: Attack, number: Number, error: RwSignal<Option<String>>) -> AnyView {
    let order = attack.order();
    let text = Signal::from(Memo::new(move |_| order.with(|order| number.text(order))));
    let taken = Take::new(move |text: String| {
        let changed = order.with_untracked(|order| number.take(order, &text))?;
        attack.edit(|order| *order = changed);
        Ok(())
    });
    let kind = Input {
        step: Some(number.step),
        least: 0.0,
        field: number.name,
    };
    let extra = Extra {
        buttons: false,
        labelled: true,
        testid: Some(number.name),
    };
    form_field(number.title.into(), text, error, (kind, extra), taken)
}

/// The row of a number, while the attack has it.
pub fn number(attack: Attack, number: Number) -> AnyView {
    let there = Memo::new(move |_| attack.order().with(number.there));
    let row = move || {
        let error = RwSignal::new(None);
        let control = input(attack, number, error);
        frame(
            number.name,
            number.title,
            number.sentence,
            control,
            Some(error),
        )
    };
    (move || there.get().then(row)).into_any()
}

/// A list to choose from: the value and the text of each.
pub fn select(
    name: &'static str,
    title: &'static str,
    options: impl Fn() -> Vec<(String, String)> + Send + Sync + 'static,
    now: Signal<String>,
    choose: impl Fn(String) + 'static,
) -> AnyView {
    let options = Memo::new(move |_| options());
    let one = move |(value, text): (String, String)| {
        let this = value.clone();
        view! {
            <option value=value prop:selected=move || now.with(|now| *now == this)>
                {text}
            </option>
        }
    };
    view! {
        <select
            id=format!("setting-{name}")
            aria-label=title
            aria-describedby=format!("field-{name}")
            data-testid=name
            on:change=move |event| choose(event_target_value(&event))
        >
            {move || options.get().into_iter().map(one).collect_view()}
        </select>
    }
    .into_any()
}

/// A check box with its name beside it.
pub fn check(
    testid: &'static str,
    name: impl IntoView + 'static,
    on: impl Fn() -> bool + Send + Sync + Copy + 'static,
    change: impl Fn(bool) + 'static,
) -> AnyView {
    view! {
        <label class="attack-check">
            <input
                type="checkbox"
                data-testid=testid
                prop:checked=on
                on:change=move |event| change(event_target_checked(&event))
            />
            {name}
        </label>
    }
    .into_any()
}
