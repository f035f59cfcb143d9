//! The area Train: a training's start and state, its data and its settings at the right, and what it
//! has told below the network.

mod data;
mod dock;
mod notes;
mod run;
mod settings;
mod workers;

use leptos::prelude::*;
use leptos::wasm_split::wasm_split;

use crate::lab::Lab;
use crate::ui::lazy::{self, Part};
use crate::ui::narrow;

#[wasm_split(train, wasm_split_path = leptos::wasm_split, fallible, preload(train_code))]
fn train_panel() -> Part {
    let lab: Lab = expect_context();
    lab.open_training();
    lab.keep_runs();
    lab.find_training();
    let narrow = narrow();
    // What is shown in the sheet is not made a second time for the dock.
    Effect::new(move |_| {
        if narrow.get() {
            lab.screen.open_dock(false);
        }
    });
    let split = Memo::new(move |_| lab.train.task().with(|task| task.split));
    let view = view! {
        <div class="train-panel">
            <run::Run narrow />
            // A phone has no room for the dock.
            {move || narrow.get().then(|| view! { <section class="train-told"><dock::Dock /></section> })}
            <data::DataSection split />
            <settings::SettingsSection />
            <workers::WorkersSection />
        </div>
    };
    Ok(view.into_any())
}

/// The panel at the right.
pub fn panel(_lab: Lab) -> AnyView {
    lazy::on_demand("Train", train_code, train_panel)
}

#[wasm_split(train, wasm_split_path = leptos::wasm_split, fallible, preload(curves_code))]
fn training_dock() -> Part {
    Ok(view! { <dock::Dock /> }.into_any())
}

/// What a training has told, in the dock.
pub fn dock(_lab: Lab) -> AnyView {
    lazy::on_demand("The training", curves_code, training_dock)
}
