//! The pinned networks as cards, and controls to pin more.

use engine::zoo::CATALOGUE;
use leptos::prelude::*;

use super::choice;
use crate::lab::Lab;
use crate::ui::format::count;
use state::compare::MOST_PINS;
use state::compare::Pin;

/// Pairs of networks with an instructive difference: the label, and their names in the zoo.
pub const PAIRS: [(&str, [&str; 2]); 3] = [
    ("LeNet-5: textbook and 1998", ["lenet-5", "lenet-5-1998"]),
    (
        "AlexNet: published and the article's",
        ["alexnet", "alexnet-article"],
    ),
    ("VGG-16 and VGG-19", ["vgg-16", "vgg-19"]),
];

pub fn cards(lab: Lab) -> AnyView {
    let pins = lab.compare.pins();
    let cards = move || pins.get().iter().map(|pin| card(lab, pin)).collect_view();
    view! { <ul class="pins" aria-label="Pinned networks">{cards}</ul> }.into_any()
}

/// Controls that pin the current network, or one of the zoo.
pub fn tools(lab: Lab) -> AnyView {
    let chosen = RwSignal::new(0_usize);
    let titles = CATALOGUE.iter().map(|entry| entry.title.to_owned());
    let titles: Vec<String> = titles.collect();
    let preset = move |_| pin_preset(lab, CATALOGUE[chosen.get_untracked()].name);
    let current = move || {
        lab.document
            .graph()
            .with(|graph| format!("Pin {}", graph.name()))
    };
    let full = move || {
        let pinned = lab.compare.pins().with(Vec::len);
        format!("{pinned} of {MOST_PINS} pinned")
    };
    view! {
        <div class="pin-tools">
            <button
                type="button"
                data-testid="pin-current"
                title="The network on the screen, as it stands now"
                on:click=move |_| {
                    lab.pin_current();
                }
            >
                {current}
            </button>
            {choice(
                "or",
                "pin-choice",
                Signal::stored(titles),
                chosen.into(),
                Callback::new(move |place| chosen.set(place)),
            )}
            <button type="button" data-testid="pin-preset" on:click=preset>"Pin it"</button>
            <span class="hint" data-testid="pin-count">{full}</span>
        </div>
    }
    .into_any()
}

/// Pins a network of the catalogue, which must have this name.
pub fn pin_preset(lab: Lab, name: &str) {
    if let Err(error) = lab.compare.pin_preset(name) {
        lab.compare.refuse(Some(format!("{error}.")));
    }
}

fn card(lab: Lab, pin: &Pin) -> AnyView {
    let slot = pin.slot;
    let name = pin.row.name.clone();
    let costs = format!(
        "{} par · {} MAC",
        count(pin.row.params),
        count(pin.row.macs)
    );
    let problems = (pin.row.problems > 0).then(
        || view! { <span class="pin-problem">"has problems: its numbers are not whole"</span> },
    );
    view! {
        <li class="pin" data-testid="pin" data-name=name.clone() data-series=slot>
            <span class="pin-letter" aria-hidden="true">{pin.letter()}</span>
            <button
                type="button"
                class="quiet pin-name"
                title="Open it; undo brings the network before back"
                on:click=move |_| lab.open_pin(slot)
            >
                {name.clone()}
            </button>
            <span class="hint pin-costs">{costs} {problems}</span>
            <button
                type="button"
                class="quiet pin-out"
                aria-label=format!("Take {name} out")
                on:click=move |_| lab.compare.unpin(slot)
            >
                "×"
            </button>
        </li>
    }
    .into_any()
}
