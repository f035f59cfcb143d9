//! What the comparison starts with, and the controls that pin more networks.

use engine::near::is_found;
use engine::zoo::{self, CATALOGUE, Entry};
use leptos::ev;
use leptos::html::Input;
use leptos::prelude::*;
use state::compare::{MOST_PINS, Pin, letter};

use crate::lab::Lab;
use crate::platform::keys;
use crate::platform::schedule::soon;
use crate::ui::icon::{Icon, icon};
use crate::ui::menu::named_menu;

/// Networks whose comparison teaches something.
struct Starter {
    title: &'static str,
    about: &'static str,
    /// Their names in the zoo.
    names: &'static [&'static str],
}

const STARTERS: [Starter; 5] = [
    Starter {
        title: "LeNet-5 then and now",
        about: "As published in 1998, and as textbooks draw it",
        names: &["lenet-5-1998", "lenet-5"],
    },
    Starter {
        title: "AlexNet and VGG-16",
        about: "A few large filters, or many small ones",
        names: &["alexnet", "vgg-16"],
    },
    Starter {
        title: "MobileNet and ResNet-50",
        about: "Made for phones, made for accuracy",
        names: &["mobilenet", "resnet-50"],
    },
    Starter {
        title: "Bigger or deeper?",
        about: "AlexNet, VGG-16, ResNet-50, MobileNet V2",
        names: &["alexnet", "vgg-16", "resnet-50", "mobilenet-v2"],
    },
    Starter {
        title: "Made for phones",
        about: "SqueezeNet, MobileNet V2 and V3, EfficientNet-Lite0",
        names: &[
            "squeezenet-1.1",
            "mobilenet-v2",
            "mobilenet-v3-large",
            "efficientnet-lite0",
        ],
    },
];

/// Starter sets; with what they show where fewer than two are pinned.
pub fn starters(lab: Lab) -> AnyView {
    let few = Memo::new(move |_| lab.compare.pins().with(Vec::len) < 2);
    let one = |starter: Starter| {
        let Starter {
            title,
            about,
            names,
        } = starter;
        let start = move |_| said(lab, lab.compare.start_with(names));
        view! {
            <button
                type="button"
                class="chip"
                data-testid="starter"
                data-starter=names.join(" ")
                aria-pressed=move || lab.compare.is_started_with(names).to_string()
                on:click=start
            >
                <span>{title}</span>
                <small>{about}</small>
            </button>
        }
    };
    view! {
        <div class="starters" role="group" aria-label="Start with" data-few=move || few.get().then_some("true")>
            <span>"Start with"</span>
            {STARTERS.map(one).collect_view()}
        </div>
    }
    .into_any()
}

/// Says what went wrong with a network of the catalogue.
pub fn said<T>(lab: Lab, done: Result<T, zoo::ZooError>) {
    if let Err(error) = done {
        lab.compare.refuse(Some(format!("{error}.")));
    }
}

/// The pinned networks, where the table does not show them.
pub fn pins(lab: Lab) -> AnyView {
    let all = move || {
        let one = |pin: Pin| {
            view! {
                <li data-testid="pin" data-name=pin.row.name.clone() data-series=pin.slot>
                    {name(lab, &pin)}
                    {remove(lab, &pin)}
                </li>
            }
        };
        lab.compare.pins().get().into_iter().map(one).collect_view()
    };
    view! { <ul class="pins" aria-label="Pinned networks">{all}</ul> }.into_any()
}

/// A pin's letter, and its name, which opens it.
pub fn name(lab: Lab, pin: &Pin) -> AnyView {
    let slot = pin.slot;
    view! {
        <span class="letter" aria-hidden="true">{letter(slot)}</span>
        <button
            type="button"
            class="pin-name"
            title="Open it; undo brings the network before back"
            on:click=move |_| lab.open_pin(slot)
        >
            {pin.row.name.clone()}
        </button>
    }
    .into_any()
}

/// The button that takes a pin out.
pub fn remove(lab: Lab, pin: &Pin) -> AnyView {
    let slot = pin.slot;
    let name = format!("Take {} out", pin.row.name);
    view! {
        <button
            type="button"
            class="icon"
            aria-label=name.clone()
            title=name
            on:click=move |_| lab.compare.unpin(slot)
        >
            {icon(Icon::Close)}
        </button>
    }
    .into_any()
}

/// Buttons that pin a network of the zoo, and the network that is open.
pub fn tools(lab: Lab) -> AnyView {
    let name = move || lab.document.graph().with(|graph| graph.name().to_owned());
    let pinned = Memo::new(move |_| {
        lab.document.graph().with(|graph| {
            lab.compare
                .pins()
                .with(|pins| pins.iter().any(|pin| pin.graph == *graph))
        })
    });
    view! {
        <div class="compare-tools">
            {named_menu("Add a network", "pin-add", Icon::Plus, move |_| list(lab))}
            <button
                type="button"
                class="pin-current"
                data-testid="pin-current"
                title=move || if pinned.get() { "It is among them" } else { "The open network as it is now" }
                disabled=pinned
                on:click=move |_| {
                    lab.pin_current();
                }
            >
                {icon(Icon::Plus)}
                <span translate="no">{name}</span>
                ", this one"
            </button>
        </div>
    }
    .into_any()
}

/// The networks of the zoo whose name or year has what is searched for.
fn found(search: &str) -> impl Iterator<Item = &'static Entry> {
    let fits = move |entry: &&Entry| is_found(search, &[entry.title, &entry.year.to_string()]);
    CATALOGUE.iter().filter(fits)
}

fn list(lab: Lab) -> AnyView {
    let search = RwSignal::new(String::new());
    let chosen = RwSignal::new(None::<&'static str>);
    let found = Memo::new(move |_| {
        search.with(|search| {
            found(search)
                .map(|it| (it.name, it.title))
                .collect::<Vec<_>>()
        })
    });
    // The one chosen, or the first that fits.
    let name = move || {
        found.with(|found| {
            let wanted = chosen.get();
            let there = found.iter().find(|it| Some(it.0) == wanted);
            there.or(found.first()).map(|it| it.0)
        })
    };
    let add = move || {
        if let Some(name) = untrack(name) {
            said(lab, lab.compare.pin_preset(name));
        }
    };
    let field = NodeRef::<Input>::new();
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            soon(move || {
                let focused = field.focus();
                debug_assert!(focused.is_ok());
            });
        }
    });
    let enter = move |event: ev::KeyboardEvent| {
        if event.key() == "Enter" && !keys::composes(&event) {
            event.prevent_default();
            add();
        }
    };
    let option = move |(key, title): (&'static str, &'static str)| {
        view! { <option value=key prop:selected=move || name() == Some(key)>{title}</option> }
    };
    let choose = move |event| {
        let value = event_target_value(&event);
        chosen.set(found.with_untracked(|found| {
            let it = found.iter().find(|it| it.0 == value)?;
            Some(it.0)
        }));
    };
    let count = move || {
        let pinned = lab.compare.pins().with(Vec::len);
        format!("{pinned} of {MOST_PINS}")
    };
    view! {
            <input
                type="search"
                node_ref=field
                placeholder="Search"
                aria-label="Search networks"
                data-testid="pin-search"
                on:input=move |event| search.set(event_target_value(&event))
                on:keydown=enter
            />
            <select
                size="10"
                aria-label="Networks"
                data-testid="pin-choice"
                on:change=choose
                on:keydown=enter
                on:dblclick=move |_| add()
            >
                {move || found.get().into_iter().map(option).collect_view()}
            </select>
            <div class="add-foot">
                <span data-testid="pin-count">{count}</span>
                <button
                    type="button"
                    class="primary"
                    data-testid="pin-preset"
                    disabled=move || name().is_none()
                    on:click=move |_| add()
                >
                    "Add"
                </button>
            </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_starter_is_in_the_zoo() {
        for Starter { title, names, .. } in STARTERS {
            for name in names {
                assert!(zoo::entry(name).is_ok(), "{title}: {name}");
            }
            assert!((2..=MOST_PINS).contains(&names.len()), "{title}");
        }
    }

    #[test]
    fn a_search_finds_names_in_any_spelling_and_years() {
        let titles = |search| -> Vec<_> { found(search).map(|it| it.title).collect() };
        assert_eq!(titles("vgg16")[0], "VGG-16");
        assert!(titles("1998").contains(&"LeNet-5"));
        assert_eq!(titles("").len(), CATALOGUE.len());
        assert!(titles("no such network").is_empty());
    }
}
