//! Text fields for numbers and names: committed on change or Enter, stepped with the arrows.
//! Rejected text stays as it was typed, with the reason beside it.

use engine::format::number;
use leptos::ev::{Event, KeyboardEvent};
use leptos::html;
use leptos::prelude::*;
use serde_json::{Value, json};
use web_sys::HtmlInputElement;

use crate::platform::keys;
use crate::ui::icon::{Icon, icon};

/// Applies the typed text, or returns why it was rejected.
pub type Take = Callback<String, Result<(), String>>;

/// The kind of a text field. `step` is what an arrow key adds; `None` for a name.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    pub step: Option<f64>,
    /// The minimum that the arrow keys reach.
    pub least: f64,
    /// The setting it belongs to, whose sentence explains it.
    pub field: &'static str,
}

/// What a text field of a form has besides.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extra {
    /// A button on each side steps it.
    pub buttons: bool,
    /// The label of its setting leads to it.
    pub labelled: bool,
    /// Its `data-testid`.
    pub testid: Option<&'static str>,
}

/// Parses a whole number, as a setting's value.
pub fn whole(text: &str) -> Result<Value, String> {
    number::whole(text).map(|number| json!(number))
}

/// Parses a number, as a setting's value.
pub fn real(text: &str) -> Result<Value, String> {
    number::real(text).map(|number| json!(number))
}

/// Formats a number or word of a document.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(0.0) => "0".into(),
            // 1e-5 rather than 0.00001.
            Some(real) if real.abs() < 1e-3 || real.abs() >= 1e6 => format!("{real:e}"),
            Some(real) => real.to_string(),
            None => number.to_string(),
        },
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

/// The text field. `error` is the message shown at the field while its text is rejected.
pub fn text_field(
    label: String,
    value: Signal<String>,
    error: RwSignal<Option<String>>,
    input: Input,
    take: Take,
) -> AnyView {
    form_field(label, value, error, (input, Extra::default()), take)
}

/// A text field of a form.
pub fn form_field(
    label: String,
    value: Signal<String>,
    error: RwSignal<Option<String>>,
    (input, extra): (Input, Extra),
    take: Take,
) -> AnyView {
    // A value changed elsewhere (undo, a repair) replaces rejected text.
    Effect::new(move |_| {
        value.track();
        error.set(None);
    });
    let commit = move |element: &HtmlInputElement| {
        // A field that is removed while focused fires `change` after its form is disposed.
        let Some(now) = value.try_get_untracked() else {
            return;
        };
        if element.value() == now {
            return error.set(None);
        }
        match take.run(element.value()) {
            Ok(()) => {
                error.try_set(None);
                if let Some(now) = value.try_get_untracked() {
                    element.set_value(&now);
                }
            }
            Err(why) => {
                error.try_set(Some(why));
            }
        }
    };
    let change = move |event: Event| commit(&event_target(&event));
    let step = move |element: &HtmlInputElement, by: f64| {
        if let Ok(now) = number::real(&element.value()) {
            element.set_value(&stepped(now, by, input.least));
            commit(element);
        }
    };
    let key = move |event: KeyboardEvent| {
        if keys::composes(&event) {
            return;
        }
        let element: HtmlInputElement = event_target(&event);
        let by = match (event.key().as_str(), input.step) {
            ("Enter", _) => return commit(&element),
            ("Escape", _) => {
                element.set_value(&value.get_untracked());
                return error.set(None);
            }
            ("ArrowUp", Some(step)) => step,
            ("ArrowDown", Some(step)) => -step,
            _ => return,
        };
        event.prevent_default();
        step(&element, if event.shift_key() { by * 10.0 } else { by });
    };
    let place = NodeRef::<html::Input>::new();
    let by = input.step.unwrap_or_default();
    // The arrow keys do the same, so the buttons are no stops of the Tab key.
    let button = move |what: &'static str, picture: Icon, by: f64| {
        view! {
            <button
                type="button"
                tabindex="-1"
                aria-label=what
                on:click=move |_| {
                    if let Some(element) = place.get_untracked() {
                        step(&element, by);
                    }
                }
            >
                {icon(picture)}
            </button>
        }
    };
    let field = view! {
        <input
            node_ref=place
            type="text"
            class="value"
            id=extra.labelled.then(|| format!("setting-{}", input.field))
            data-testid=extra.testid
            inputmode=input.step.map(|_| "decimal")
            autocomplete="off"
            spellcheck="false"
            aria-label=label
            aria-describedby=format!("field-{}", input.field)
            aria-invalid=move || error.with(|error| error.is_some().then_some("true"))
            prop:value=value
            on:change=change
            on:keydown=key
        />
    };
    if !extra.buttons {
        return field.into_any();
    }
    view! {
        <span class="stepper">
            {button("One less", Icon::Minus, -by)} {field} {button("One more", Icon::Plus, by)}
        </span>
    }
    .into_any()
}

/// `now + by` as text with as many decimals as either has: 0.1 + 0.2 is 0.3.
fn stepped(now: f64, by: f64, least: f64) -> String {
    let next = (now + by).max(least);
    let digits = digits(now).max(digits(by));
    if digits == 0 {
        return format!("{next:.0}");
    }
    let next = format!("{next:.digits$}").parse().unwrap_or(next);
    shown(&json!(next))
}

/// The number of decimals of a typed number.
fn digits(number: f64) -> usize {
    let text = number.to_string();
    text.split_once('.').map_or(0, |(_, behind)| behind.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_are_shown_in_scientific_notation() {
        assert_eq!(shown(&json!(1e-5)), "1e-5");
        assert_eq!(shown(&json!(0.75)), "0.75");
        assert_eq!(shown(&json!(0.0)), "0");
        assert_eq!(shown(&json!(64)), "64");
    }

    #[test]
    fn steps_have_no_rounding_errors() {
        let stepped = |now, by| stepped(now, by, -1e9);
        assert_eq!(stepped(0.1, 0.05), "0.15");
        assert_eq!(stepped(0.1, 0.2), "0.3");
        assert_eq!(stepped(1e-5, 1e-5), "2e-5");
        assert_eq!(stepped(1e-5, 1e-4), "1.1e-4");
        assert_eq!(stepped(0.25, -0.5), "-0.25");
        assert_eq!(stepped(2.5, 1.0), "3.5");
    }

    #[test]
    fn whole_steps_give_whole_numbers_down_to_the_minimum() {
        assert_eq!(stepped(3.0, 1.0, 0.0), "4");
        assert_eq!(stepped(0.0, -1.0, 0.0), "0");
        assert_eq!(stepped(0.0, -1.0, -1e9), "-1");
        assert_eq!(stepped(0.5, -10.0, 0.0), "0");
        assert_eq!(stepped(999_999.0, 1.0, 0.0), "1000000");
        assert!(whole(&stepped(4e6, 10.0, 0.0)).is_ok());
    }
}
