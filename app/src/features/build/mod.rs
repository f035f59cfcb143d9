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

use std::cmp::Ordering;

use engine::format::Control;
use leptos::html::Div;
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;

use crate::lab::Lab;
use crate::platform::schedule::after_frames;
use crate::ui::lazy::{self, Part};
use crate::ui::{into_view, is_narrow, lockable};

#[wasm_split(after_answer, wasm_split_path = leptos::wasm_split, fallible, preload(build_code))]
fn build_panel() -> Part {
    let lab: Lab = expect_context();
    let add = view! { <add::Add /> }.into_any();
    let panel = NodeRef::<Div>::new();
    follow(lab, panel);
    let view = view! {
        <div class="build-panel" node_ref=panel>
            {lockable(lab, Control::Palette, add)}
            <selected::Selected />
            <problems::Problems />
        </div>
    };
    Ok(view.into_any())
}

/// The settings come into view when a layer is selected, and a problem when there is one more, where
/// the list of all layers or a low sheet leaves them below.
fn follow(lab: Lab, panel: NodeRef<Div>) {
    let problems = Memo::new(move |_| lab.document.noted().len());
    Effect::new(move |before: Option<usize>| {
        // Said also where the selected layer is selected again.
        lab.selection.node().track();
        let now = problems.get();
        let part = match before.map(|before| now.cmp(&before)) {
            Some(Ordering::Greater) => ".problem",
            Some(Ordering::Equal) => ".selected",
            Some(Ordering::Less) | None => return now,
        };
        if !lab.screen.palette_open().get_untracked() && !is_narrow() {
            return now;
        }
        // With its content; the panel may be gone then.
        after_frames(move || {
            let panel = panel.try_get_untracked().flatten();
            let part = panel.and_then(|it| it.query_selector(part).ok().flatten());
            if let Some(part) = part {
                into_view(&part);
            }
        });
        now
    });
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
