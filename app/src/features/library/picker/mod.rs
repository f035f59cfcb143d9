//! The picker of networks: those with trained weights first, then the zoo as published, an empty one;
//! then the name and the story of the open network. Its name in the header opens it.

mod about;
mod own;

use std::collections::HashMap;
use std::time::Duration;

use engine::zoo::{self, CATALOGUE, Entry, Options};
use engine::{Analysis, near};
use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;
use state::answer::Standing;
use state::train::Status;

use self::about::about;
use self::own::{empty, rename};
use crate::lab::Lab;
use crate::platform::schedule::soon;
use crate::ui::format::{count, percent};
use crate::ui::icon::{Icon, icon};
use crate::ui::lazy::{self, Part};

/// Parameters and multiply-adds of each network, as far as they are counted.
type Counts = HashMap<&'static str, (u64, u64)>;

/// The open network's name, which opens the picker, and what its weights are.
#[component]
pub fn Networks() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let dialog = NodeRef::<Dialog>::new();
    let opened = RwSignal::new(false);
    let open = move |_| {
        let Some(dialog) = dialog.get_untracked() else {
            return;
        };
        opened.set(true);
        soon(move || {
            // Fails only if it is open already.
            let _open = dialog.show_modal();
        });
    };
    let close = Callback::new(move |()| {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    });
    let shown = Memo::new(move |_| opened.get());
    let name = move || lab.document.graph().with(|graph| graph.name().to_owned());
    let trained = move || {
        if let Some(on) = lab.train.trained_weights(lab.document) {
            let how = if lab.train.status().with(Status::is_busy) {
                "training on"
            } else {
                "trained here on"
            };
            let accuracy = lab
                .train
                .validation()
                .with(|it| it.as_ref().map(|it| it.evaluation.accuracy));
            let accuracy = accuracy.map(|it| format!(", {}", percent(it)));
            return Some(format!("{how} {}{}", on.name, accuracy.unwrap_or_default()));
        }
        let own = lab.document.weights().with(|own| {
            let own = own.as_ref()?;
            Some(format!("weights from {}", own.from))
        });
        match lab.answer.standing.get() {
            Standing::Untrained { random, of, .. } if random == of => Some("untrained".to_owned()),
            Standing::Untrained { .. } => Some("partly trained".to_owned()),
            Standing::Known(_) | Standing::Perhaps(..) | Standing::Foreign(..) => {
                let shipped = lab.document.origin().get().and_then(zoo::pretrained)?;
                Some(shipped.trained())
            }
            Standing::Unknown => own,
            Standing::Last => None,
        }
    };
    view! {
        <button
            type="button"
            class="network-name"
            data-testid="network-name"
            aria-haspopup="dialog"
            title="Other networks, the story of this one, its name"
            on:click=open
        >
            <span class="network-title" translate="no">{name}</span>
            {icon(Icon::Down)}
        </button>
        <span class="trained" data-testid="trained">{trained}</span>
        <dialog class="picker" node_ref=dialog aria-label="Networks" data-testid="presets">
            {move || shown.get().then(|| network_list(close))}
        </dialog>
    }
}

/// Counts one network in a task, then the next in a new one.
fn count_next(counts: RwSignal<Counts>, at: usize) {
    let Some(entry) = CATALOGUE.get(at) else {
        return;
    };
    let one = move || {
        if let Ok(graph) = entry.graph(&Options::default()) {
            let total = Analysis::of(&graph).total;
            counts.update(|counts| {
                counts.insert(entry.name, (total.params(), total.macs));
            });
        }
        count_next(counts, at + 1);
    };
    set_timeout(one, Duration::from_millis(1));
}

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible, preload(preset_code))]
fn preset_list(close: Callback<()>) -> Part {
    Ok(networks(expect_context(), close))
}

fn network_list(close: Callback<()>) -> AnyView {
    lazy::on_demand("The list of networks", preset_code, move || {
        preset_list(close)
    })
}

/// The content of the picker.
fn networks(lab: Lab, close: Callback<()>) -> AnyView {
    let counts = RwSignal::new(Counts::new());
    count_next(counts, 0);
    let wanted = RwSignal::new(String::new());
    let group = |title: &'static str, trained: bool| {
        let of = move || {
            let entries = CATALOGUE.iter();
            entries.filter(move |entry| zoo::pretrained(entry.name).is_some() == trained)
        };
        let rows = of().map(|entry| row(lab, counts, wanted, entry, close));
        let rows = rows.collect_view();
        let none = move || wanted.with(|wanted| !of().any(|entry| is_found(wanted, entry)));
        view! {
            <h3 hidden=none>{title}</h3>
            <ul class="picker-list" hidden=none>{rows}</ul>
        }
    };
    let none = move || wanted.with(|wanted| !CATALOGUE.iter().any(|entry| is_found(wanted, entry)));
    let story = move || {
        let origin = lab.document.origin().get()?;
        let entry = CATALOGUE.iter().find(|entry| entry.name == origin)?;
        Some(view! { <div class="picker-story" data-testid="story">{about(entry)}</div> })
    };
    view! {
        <div class="picker-head">
            <h2>"Networks"</h2>
            <input
                type="search"
                placeholder="Search networks, years, authors"
                aria-label="Search networks, years, authors"
                prop:value=wanted
                on:input=move |event| wanted.set(event_target_value(&event))
            />
            <button
                type="button"
                class="icon"
                aria-label="Close"
                title="Close"
                on:click=move |_| close.run(())
            >
                {icon(Icon::Close)}
            </button>
        </div>
        <div class="picker-body">
            {group("With trained weights", true)}
            {group("As published, untrained", false)}
            <p class="picker-none" hidden=move || !none()>"No network has these words."</p>
            <h3>"Your own"</h3>
            {empty(lab, close)}
            <h3>"This network"</h3>
            {rename(lab)}
            {story}
        </div>
    }
    .into_any()
}

fn is_found(wanted: &str, entry: &Entry) -> bool {
    let year = entry.year.to_string();
    let knows = zoo::pretrained(entry.name).map_or("", |it| it.classes.domain());
    let texts = [
        entry.name,
        entry.title,
        entry.paper,
        entry.variant,
        &year,
        knows,
    ];
    near::is_found(wanted, &texts)
}

fn row(
    lab: Lab,
    counts: RwSignal<Counts>,
    wanted: RwSignal<String>,
    entry: &'static Entry,
    close: Callback<()>,
) -> AnyView {
    let expanded = RwSignal::new(false);
    let counted = move || match counts.with(|counts| counts.get(entry.name).copied()) {
        Some((params, macs)) => format!("{} parameters · {} MACs", count(params), count(macs)),
        None => "counting …".to_owned(),
    };
    let trained = zoo::pretrained(entry.name).map(|it| {
        let (knows, trained) = (it.classes.domain(), it.trained());
        view! { <span class="picker-trained" data-testid="preset-trained">{knows} " · " {trained}</span> }
    });
    let open = move |_| {
        close.run(());
        soon(move || {
            if let Err(error) = lab.open_preset(entry.name) {
                lab.document
                    .refuse(engine::NodeId::INPUT, &error.to_string());
            }
        });
    };
    let current = move || (lab.document.origin().get() == Some(entry.name)).then_some("true");
    view! {
        <li hidden=move || wanted.with(|wanted| !is_found(wanted, entry)) data-open=current>
            <button
                type="button"
                class="picker-row"
                data-testid="preset"
                data-preset=entry.name
                aria-current=current
                on:click=open
            >
                <strong>{entry.title}</strong>
                <span class="picker-year">{entry.year}</span>
                {trained}
                <span class="picker-counts">{counted}</span>
            </button>
            <button
                type="button"
                class="quiet"
                aria-expanded=move || expanded.get().to_string()
                aria-label=format!("About {}", entry.title)
                on:click=move |_| expanded.update(|expanded| *expanded = !*expanded)
            >
                "About"
            </button>
            {move || expanded.get().then(|| view! { <div class="picker-story">{about(entry)}</div> })}
        </li>
    }
    .into_any()
}
