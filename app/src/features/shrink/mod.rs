//! The area Shrink: the network pruned, quantised or distilled, at the right, and the variants that
//! came of it, below the network.

mod dock;
mod panel;

use leptos::prelude::*;
use leptos::wasm_split::wasm_split;

use crate::lab::Lab;
use crate::ui::lazy::{self, Part};

#[wasm_split(areas, wasm_split_path = leptos::wasm_split, fallible, preload(shrink_code))]
fn shrink_panel() -> Part {
    Ok(view! { <panel::Panel /> }.into_any())
}

/// The panel at the right.
pub fn panel(_lab: Lab) -> AnyView {
    lazy::on_demand("Shrink", shrink_code, shrink_panel)
}

#[wasm_split(areas, wasm_split_path = leptos::wasm_split, fallible, preload(variants_code))]
fn variants_dock() -> Part {
    Ok(view! { <dock::Dock /> }.into_any())
}

/// The dock below the network.
pub fn dock(_lab: Lab) -> AnyView {
    lazy::on_demand("Variants", variants_code, variants_dock)
}
