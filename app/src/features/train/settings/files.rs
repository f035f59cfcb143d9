//! Defaults, and settings as a file.

use engine::train::{Settings, SettingsFile};
use leptos::html;
use leptos::prelude::*;
use state::train::settings::{export, import};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::File;

use super::keep::chose_start;
use crate::lab::Lab;
use crate::platform::download::download;
use crate::platform::fetch::reason;

/// A file of settings is at most this large; ours have about a kilobyte.
const MOST_BYTES: f64 = 1e6;

/// What is told of a file.
type Told = RwSignal<Option<Result<String, String>>>;

pub fn files(lab: Lab) -> AnyView {
    let told: Told = RwSignal::new(None);
    let reset = move |_| {
        told.set(None);
        lab.train.edit(|task| {
            task.settings = Settings::default();
            task.split = engine::data::Split::default();
        });
        chose_start(lab, false);
    };
    let save = move |_| {
        let file = lab.train.task().with_untracked(export);
        told.set(save(&file).err().map(Err));
    };
    let note = move || {
        told.get().map(|told| match told {
            Ok(text) => view! { <p class="train-hint" role="status">{text}</p> }.into_any(),
            Err(why) => view! {
                <p class="train-note" role="alert" data-testid="settings-failure">{why}</p>
            }
            .into_any(),
        })
    };
    view! {
        <div class="train-actions train-files">
            <button type="button" data-testid="train-defaults" on:click=reset>
                "Defaults"
            </button>
            <button
                type="button"
                data-testid="export-settings"
                title="A file for cnnlab train --settings"
                on:click=save
            >
                "Export settings"
            </button>
            {open(lab, told)}
        </div>
        {note}
    }
    .into_any()
}

fn save(file: &SettingsFile) -> Result<(), String> {
    let text = serde_json::to_string_pretty(file)
        .map_err(|error| format!("The settings cannot be written: {error}."))?;
    let refused = |error: JsValue| format!("The browser saved no file: {}.", reason(&error));
    download("settings.json", text.as_bytes()).map_err(refused)
}

fn open(lab: Lab, told: Told) -> AnyView {
    let input = NodeRef::<html::Input>::new();
    let choose = move |_| {
        if let Some(input) = input.get_untracked() {
            input.click();
        }
    };
    let take = move |_| {
        let Some(input) = input.get_untracked() else {
            return;
        };
        let file = input.files().and_then(|files| files.get(0));
        // The same file may be chosen again.
        input.set_value("");
        if let Some(file) = file {
            spawn_local(async move {
                let name = file.name();
                let read = read(lab, &file).await;
                let read = read.map_err(|why| {
                    let end = "The settings are as they were.";
                    format!("“{name}” cannot be used: {why}. {end}")
                });
                // The settings may have been folded meanwhile.
                let _gone = told.try_set(Some(read));
            });
        }
    };
    view! {
        <button type="button" data-testid="import-settings" on:click=choose>
            "Import"
        </button>
        <input
            node_ref=input
            type="file"
            accept=".json,application/json"
            class="visually-hidden"
            tabindex="-1"
            aria-label="A file of settings"
            data-testid="settings-file"
            on:change=take
        />
    }
    .into_any()
}

/// Takes a file's settings; returns what there is to say.
async fn read(lab: Lab, file: &File) -> Result<String, String> {
    if file.size() > MOST_BYTES {
        return Err("it is too large for a file of settings".to_owned());
    }
    let text = JsFuture::from(file.text()).await;
    let text = text.map_err(|error| format!("it could not be read: {}", reason(&error)))?;
    let text = text.as_string().unwrap_or_default();
    let graph = lab.document.graph();
    let (task, left_out) = graph.with_untracked(|graph| {
        let task = lab.train.task();
        task.with_untracked(|task| import(task, text.as_bytes(), graph))
    })?;
    lab.train.edit(|now| *now = task);
    chose_start(lab, true);
    let name = file.name();
    Ok(match left_out {
        0 => format!("Settings of “{name}”."),
        _ => format!(
            "Settings of “{name}”. Its frozen layers are those of another network and were left out."
        ),
    })
}
