//! The control of each kind of setting.

use engine::layer::{Padding, Sides, Window};
use engine::{Graph, NodeId};
use leptos::ev::Event;
use leptos::prelude::*;
use serde_json::{Value, json};

use super::Setting;
use super::number::{self, Input, real, shown, text_field, whole};
use super::schema::Control;
use super::table::table;

/// How a control shows a list: one number for all, or one for each.
const AXES: [&str; 2] = ["height", "width"];
const BORDERS: [&str; 4] = ["top", "left", "bottom", "right"];

pub fn control(setting: Setting) -> AnyView {
    match setting.field.control {
        Control::Whole { .. } => alone(setting, 1.0, whole),
        Control::Real { step, .. } => alone(setting, step, real),
        Control::Pair => list(setting, &AXES, Signal::from(setting.value), |_, list| list),
        Control::Sides => list(setting, &BORDERS, Signal::from(setting.value), |_, list| {
            list
        }),
        Control::Padding => padding(setting),
        Control::Toggle => toggle(setting),
        Control::Choice(words) => choice(
            setting,
            words,
            Signal::derive(move || shown(&setting.value.get())),
            move |word| json!(word),
        ),
        Control::Table => table(setting),
    }
}

const fn described(setting: Setting, step: f64) -> Input {
    let least = match setting.field.control {
        Control::Real { min, .. } => min,
        _ => 0.0,
    };
    Input {
        step: Some(step),
        least,
        field: setting.field.name,
    }
}

fn alone(setting: Setting, step: f64, parse: fn(&str) -> Result<Value, String>) -> AnyView {
    let value = Signal::derive(move || shown(&setting.value.get()));
    let take = setting.take(parse, |_, value| value);
    let label = setting.field.title.to_owned();
    text_field(label, value, setting.error, described(setting, step), take)
}

/// A list of numbers that are linked or separate.
fn list(
    setting: Setting,
    parts: &'static [&'static str],
    value: Signal<Value>,
    put: fn(&Value, Value) -> Value,
) -> AnyView {
    let alike = move || {
        value.with(
            |value| match value.as_array().and_then(|list| list.split_first()) {
                Some((first, others)) => others.iter().all(|other| other == first),
                None => true,
            },
        )
    };
    // Not reactive: the form would be rebuilt with each edit and link numbers that the user has
    // unlinked.
    let linked = RwSignal::new(untrack(alike));
    let input = described(setting, 1.0);
    let part = move |at: Option<usize>| {
        let value = Signal::derive(move || shown(&value.get()[at.unwrap_or(0)]));
        let title = setting.field.title;
        let label = match at {
            Some(at) => format!("{title}, {}", parts[at]),
            None => title.to_owned(),
        };
        let take = number::Take::new(move |text: String| {
            let number = whole(&text)?;
            let before = setting.value.get_untracked();
            let list: Vec<Value> = (0..parts.len())
                .map(|other| match at {
                    Some(at) if at != other => value_at(&before, other),
                    Some(_) | None => number.clone(),
                })
                .collect();
            setting.set(put(&before, Value::Array(list)))
        });
        text_field(label, value, setting.error, input, take)
    };
    let one = Memo::new(move |_| linked.get() && alike());
    let body = move || {
        if one.get() {
            part(None)
        } else {
            let parts = parts.iter().enumerate().map(|(at, name)| {
                view! { <span class="part">{part(Some(at))} <small>{*name}</small></span> }
            });
            parts.collect_view().into_any()
        }
    };
    let relink = move |event: leptos::ev::MouseEvent| {
        // Inside a label, the click must not go on to the first number.
        event.prevent_default();
        let link = !one.get_untracked();
        linked.set(link);
        if link {
            let before = setting.value.get_untracked();
            let first = value_at(&before, 0);
            let list = vec![first; parts.len()];
            if let Err(why) = setting.set(put(&before, Value::Array(list))) {
                setting.error.set(Some(why));
            }
        }
    };
    view! {
        <span class="parts">
            {body}
            <button
                type="button"
                class="link"
                aria-pressed=move || one.get().to_string()
                aria-label=format!("{}: one number for all", setting.field.title)
                title="One number for all, or one for each"
                on:click=relink
            >
                "="
            </button>
        </span>
    }
    .into_any()
}

/// The number at this index of a list, which a padding wraps in an object.
fn value_at(value: &Value, at: usize) -> Value {
    let list = value.get("sides").unwrap_or(value);
    list.get(at).cloned().unwrap_or(json!(0))
}

/// Valid, same, or pixels on each side.
fn padding(setting: Setting) -> AnyView {
    let word = Signal::derive(move || {
        setting.value.with(|value| match value.as_str() {
            Some(word) => word.to_owned(),
            None => "sides".to_owned(),
        })
    });
    let words = &[
        ("sides", "explicit"),
        ("same", "same"),
        ("valid", "valid (none)"),
    ];
    let chosen = move |word: &str| match word {
        // The current padding in pixels, so that the choice alone changes nothing.
        "sides" => {
            let graph = setting.lab.document.graph();
            json!({ "sides": graph.with_untracked(|graph| sides(graph, setting)) })
        }
        word => json!(word),
    };
    let choice = choice(setting, words, word, chosen);
    let explicit = Memo::new(move |_| word.get() == "sides");
    let sides = Signal::derive(move || setting.value.with(|value| value["sides"].clone()));
    let borders = move || {
        explicit
            .get()
            .then(|| list(setting, &BORDERS, sides, |_, list| json!({ "sides": list })))
    };
    view! {
        {choice}
        {borders}
    }
    .into_any()
}

/// The padding in pixels.
fn sides(graph: &Graph, setting: Setting) -> Sides {
    let analysis = setting.lab.document.analysis.get_untracked();
    let Some(node) = graph.node(setting.node) else {
        return [0; 4];
    };
    let input = match node.inputs.first() {
        Some(&NodeId::INPUT) | None => Some(graph.input()),
        Some(&id) => analysis.node(id).and_then(|facts| facts.shape),
    };
    let Some(input) = input else { return [0; 4] };
    let window = node.layer.rule().window(input);
    window
        .filter(|window: &Window| window.padding != Padding::Valid)
        .map_or([0; 4], |window| window.sides(input.size()))
}

fn toggle(setting: Setting) -> AnyView {
    let checked = move || setting.value.with(|value| value.as_bool() == Some(true));
    let change = move |event: Event| {
        let set = setting.set(json!(event_target_checked(&event)));
        setting.error.set(set.err());
    };
    view! {
        <input
            type="checkbox"
            aria-label=setting.field.title
            aria-describedby=format!("field-{}", setting.field.name)
            prop:checked=checked
            on:change=change
        />
    }
    .into_any()
}

fn choice(
    setting: Setting,
    words: &'static [(&'static str, &'static str)],
    word: Signal<String>,
    chosen: impl Fn(&str) -> Value + 'static,
) -> AnyView {
    let change = move |event: Event| {
        let set = setting.set(chosen(&event_target_value(&event)));
        setting.error.set(set.err());
    };
    view! {
        <select aria-label=setting.field.title aria-describedby=format!("field-{}", setting.field.name) on:change=change>
            {words
                .iter()
                .map(|&(key, title)| {
                    let selected = move || word.get() == key;
                    view! { <option value=key prop:selected=selected>{title}</option> }
                })
                .collect_view()}
        </select>
    }
    .into_any()
}
