//! The rows of the settings: a label, a control, one sentence, and what is wrong.

use engine::train::Task;
use leptos::ev::Event;
use leptos::prelude::*;
use state::train::settings::{self, Choice, Number};

use crate::lab::Lab;
use crate::ui::fields::{Extra, Input, Take, form_field, row};

/// One of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub name: &'static str,
    pub title: String,
}

impl Offer {
    pub fn of(Choice { name, title }: Choice) -> Self {
        let title = title.to_owned();
        Self { name, title }
    }
}

/// Takes a typed number, or returns why it cannot be.
pub fn take(lab: Lab, number: &Number, text: &str) -> Result<(), String> {
    let graph = lab.document.graph();
    let changed = graph.with_untracked(|graph| {
        let task = lab.train.task();
        task.with_untracked(|task| settings::take(task, number, text, graph))
    })?;
    lab.train.edit(|task| *task = changed);
    Ok(())
}

/// A row.
pub fn frame(
    name: &'static str,
    title: &'static str,
    sentence: impl Fn() -> &'static str + Send + 'static,
    control: AnyView,
    error: Option<RwSignal<Option<String>>>,
) -> AnyView {
    let wrong = move || error.and_then(|error| error.get());
    row(
        name,
        title,
        sentence,
        control,
        move || wrong().is_some(),
        wrong,
    )
}

/// The text field of a number.
pub fn input(
    lab: Lab,
    of: impl Fn(&Task) -> Number + Copy + Send + Sync + 'static,
    error: RwSignal<Option<String>>,
) -> AnyView {
    let task = lab.train.task();
    let number = task.with_untracked(of);
    let text = Signal::from(Memo::new(move |_| task.with(|task| of(task).text(task))));
    let taken = Take::new(move |text: String| {
        let number = task.with_untracked(of);
        take(lab, &number, &text)
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

/// The row of a number, where the task has it.
pub fn number(lab: Lab, number: Number) -> AnyView {
    let task = lab.train.task();
    let there = Memo::new(move |_| task.with(|task| number.value(task).is_some()));
    let row = move || {
        let error = RwSignal::new(None);
        let control = input(lab, move |_| number, error);
        frame(
            number.name,
            number.title,
            move || number.sentence,
            control,
            Some(error),
        )
    };
    (move || there.get().then(row)).into_any()
}

/// A list to choose from.
pub fn select(
    name: &'static str,
    title: &'static str,
    options: impl Fn() -> Vec<Offer> + Send + Sync + 'static,
    now: Signal<String>,
    choose: impl Fn(String) + 'static,
) -> AnyView {
    // Rendered again only where another one is offered.
    let options = Memo::new(move |_| options());
    let one = move |Offer { name, title }: Offer| {
        view! {
            <option value=name prop:selected=move || now.with(|now| now == name)>
                {title}
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

/// The row of a setting that is on or off.
pub fn toggle(
    lab: Lab,
    (name, title, sentence): (&'static str, &'static str, &'static str),
    get: fn(&Task) -> bool,
    set: impl Fn(&mut Task, bool) + 'static,
) -> AnyView {
    let task = lab.train.task();
    let checked = Memo::new(move |_| task.with(get));
    let change = move |event: Event| {
        let on = event_target_checked(&event);
        lab.train.edit(|task| set(task, on));
    };
    let control = view! {
        <input
            type="checkbox"
            id=format!("setting-{name}")
            aria-label=title
            aria-describedby=format!("field-{name}")
            data-testid=name
            prop:checked=checked
            on:change=change
        />
    };
    frame(name, title, move || sentence, control.into_any(), None)
}
