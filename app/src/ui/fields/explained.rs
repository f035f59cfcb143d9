//! Which field of a form shows its sentence.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget};

/// What the user did to the form.
pub enum Touched {
    Pressed,
    Released,
    Focused(Option<EventTarget>),
}

/// The field whose sentence is shown.
#[derive(Clone, Copy)]
pub struct Explained(RwSignal<Option<String>>);

impl Explained {
    /// The field's `data-explained`.
    pub fn marks(name: &'static str) -> Option<&'static str> {
        let Self(field) = use_context()?;
        let here = move |now: &Option<String>| now.as_deref() == Some(name);
        field.with(here).then_some("true")
    }
}

/// It is the focused field. A press changes it only when it has become a click, because the
/// sentence moves what is below it.
pub fn explained() -> (Explained, Callback<Touched>) {
    let field = RwSignal::new(None::<String>);
    let pressed = StoredValue::new(false);
    let touched = move |what: Touched| match what {
        Touched::Pressed => pressed.set_value(true),
        Touched::Released => pressed.set_value(false),
        Touched::Focused(target) if !pressed.get_value() => {
            let target = target.and_then(|it| it.dyn_into::<Element>().ok());
            let within = target.and_then(|it| it.closest(".field").ok().flatten());
            if let Some(name) = within.and_then(|it| it.get_attribute("data-field")) {
                set_if(field, name);
            }
        }
        Touched::Focused(_) => {}
    };
    (Explained(field), Callback::new(touched))
}

fn set_if(field: RwSignal<Option<String>>, name: String) {
    if field.with_untracked(|now| now.as_ref() != Some(&name)) {
        field.set(Some(name));
    }
}
