//! The control of each kind of setting.

use engine::layer::{Padding, Sides, Window};
use engine::{Graph, NodeId};
use leptos::ev::Event;
use leptos::prelude::*;
use serde_json::{Value, json};

use super::Setting;
use super::number::{Extra, Input, Take, form_field, real, shown, whole};
use super::schema::Control;
use super::table::table;
use crate::ui::icon::{Icon, icon};

/// What the numbers of a list stand for.
const AXES: [&str; 2] = ["height", "width"];
const BORDERS: [&str; 4] = ["top", "left", "bottom", "right"];

pub fn control(setting: Setting) -> AnyView {
    let value = Signal::from(setting.value);
    match setting.field.control {
        Control::Whole { .. } => alone(setting, 1.0, whole),
        Control::Real { step, .. } => alone(setting, step, real),
        Control::Pair => list(setting, &AXES, value, |list| list),
        Control::Sides => list(setting, &BORDERS, value, |list| list),
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
    let field = setting.field;
    Input {
        step: Some(step),
        least: match field.control {
            Control::Real { min, .. } => min,
            _ => 0.0,
        },
        field: field.name,
    }
}

fn alone(setting: Setting, step: f64, parse: fn(&str) -> Result<Value, String>) -> AnyView {
    let value = Signal::derive(move || shown(&setting.value.get()));
    let take = setting.take(parse, |_, value| value);
    let label = setting.field.title.to_owned();
    let extra = Extra {
        buttons: matches!(setting.field.control, Control::Whole { .. }),
        labelled: true,
        testid: None,
    };
    let input = (described(setting, step), extra);
    form_field(label, value, setting.error, input, take)
}

/// A list of numbers that are linked or separate. A linked pair shows both numbers, linked sides
/// one for all.
fn list(
    setting: Setting,
    parts: &'static [&'static str],
    value: Signal<Value>,
    put: fn(Value) -> Value,
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
    let one = Memo::new(move |_| linked.get() && alike());
    let pair = parts.len() == 2;
    let part = move |at: usize, name: Option<&'static str>| {
        let value = Signal::derive(move || shown(&value.get()[at]));
        let title = setting.field.title;
        let label = match name {
            Some(name) => format!("{title}, {name}"),
            None => title.to_owned(),
        };
        let take = Take::new(move |text: String| {
            let number = whole(&text)?;
            let before = setting.value.get_untracked();
            let all = one.get_untracked();
            let list: Vec<Value> = (0..parts.len())
                .map(|other| match all || other == at {
                    true => number.clone(),
                    false => value_at(&before, other),
                })
                .collect();
            setting.set(put(Value::Array(list)))
        });
        let extra = Extra {
            buttons: false,
            labelled: at == 0,
            testid: None,
        };
        let input = (described(setting, 1.0), extra);
        form_field(label, value, setting.error, input, take)
    };
    let body = move || {
        if pair {
            let [height, width] = AXES;
            view! { {part(0, Some(height))} <span aria-hidden="true">"×"</span> {part(1, Some(width))} }
                .into_any()
        } else if one.get() {
            part(0, None)
        } else {
            let parts = parts.iter().enumerate();
            let parts = parts.map(|(at, name)| {
                view! { <span class="side">{part(at, Some(name))} <small>{*name}</small></span> }
            });
            view! { <span class="sides">{parts.collect_view()}</span> }.into_any()
        }
    };
    let relink = move |_| {
        let link = !one.get_untracked();
        linked.set(link);
        if link {
            let first = value_at(&setting.value.get_untracked(), 0);
            let set = setting.set(put(Value::Array(vec![first; parts.len()])));
            setting.error.set(set.err());
        }
    };
    // A pair is not rebuilt when it is linked, so that the focus stays.
    let body = if pair { untrack(body) } else { body.into_any() };
    view! {
        <span class="numbers">
            {body}
            <button
                type="button"
                class="icon alike"
                aria-pressed=move || one.get().to_string()
                aria-label=format!("{}: one number for all", setting.field.title)
                title="One number for all"
                on:click=relink
            >
                {icon(Icon::Link)}
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
    let words = &[("valid", "none"), ("same", "same"), ("sides", "own")];
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
            .then(|| list(setting, &BORDERS, sides, |list| json!({ "sides": list })))
    };
    view! { <div class="padding-field">{choice} {borders}</div> }.into_any()
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
            id=format!("setting-{}", setting.field.name)
            aria-label=setting.field.title
            aria-describedby=format!("field-{}", setting.field.name)
            prop:checked=checked
            on:change=change
        />
    }
    .into_any()
}

/// The most choices that stand beside each other.
const FEW: usize = 4;

fn choice(
    setting: Setting,
    words: &'static [(&'static str, &'static str)],
    word: Signal<String>,
    chosen: impl Fn(&str) -> Value + Copy + 'static,
) -> AnyView {
    let title = setting.field.title;
    let describes = format!("field-{}", setting.field.name);
    let set = move |word: &str| {
        let set = setting.set(chosen(word));
        setting.error.set(set.err());
    };
    if words.len() <= FEW {
        let one = |&(key, title): &(&'static str, &'static str)| {
            view! {
                <button
                    type="button"
                    data-value=key
                    aria-pressed=move || (word.get() == key).to_string()
                    on:click=move |_| set(key)
                >
                    {title}
                </button>
            }
        };
        return view! {
            <span class="choices" role="group" aria-label=title aria-describedby=describes>
                {words.iter().map(one).collect_view()}
            </span>
        }
        .into_any();
    }
    let one = |&(key, title): &(&'static str, &'static str)| {
        view! { <option value=key prop:selected=move || word.get() == key>{title}</option> }
    };
    view! {
        <select
            id=format!("setting-{}", setting.field.name)
            aria-label=title
            aria-describedby=describes
            on:change=move |event| set(&event_target_value(&event))
        >
            {words.iter().map(one).collect_view()}
        </select>
    }
    .into_any()
}
