//! The area Build: layers to add, the settings of the selected one, problems with their repairs,
//! and the table of all layers below the network.

mod add;
mod code;
mod dock;
mod item;
mod menu;
mod problems;
mod selected;
mod sharing;
mod table;

use engine::format::Control;
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;

use crate::lab::Lab;
use crate::ui::lazy::{self, Part};
use crate::ui::lockable;

#[wasm_split(after_answer, wasm_split_path = leptos::wasm_split, fallible, preload(build_code))]
fn build_panel() -> Part {
    let lab: Lab = expect_context();
    let add = view! { <add::Add /> }.into_any();
    let view = view! {
        <div class="build-panel">
            {lockable(lab, Control::Palette, add)}
            <selected::Selected />
            <problems::Problems />
        </div>
    };
    Ok(view.into_any())
}

/// The panel at the right.
pub fn panel(lab: Lab) -> AnyView {
    lazy::after_answer(lab, "Build", build_code, build_panel, || ())
}

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible, preload(table_code))]
fn table_of_layers() -> Part {
    Ok(view! { <dock::Dock /> }.into_any())
}

/// The table of layers in the dock.
pub fn dock(_lab: Lab) -> AnyView {
    lazy::on_demand("The table of layers", table_code, table_of_layers)
}
