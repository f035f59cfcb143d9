//! The area Deploy: how long a pass takes here, what it costs elsewhere, which limits it keeps,
//! how many machines a load needs, and the training handed over to other engines.

mod budgets;
mod cost;
mod dock;
mod field;
mod handover;
mod latency;
mod machines;
mod reduce;
mod service;
mod versions;

use leptos::prelude::*;
use leptos::wasm_split::wasm_split;

use crate::lab::Lab;
use crate::ui::lazy::{self, Part};
use crate::ui::narrow;

#[wasm_split(areas, wasm_split_path = leptos::wasm_split, fallible, preload(deploy_code))]
fn deploy_panel() -> Part {
    let lab: Lab = expect_context();
    let narrow = narrow();
    Effect::new(move |before: Option<()>| {
        // Another network: what was measured was of the one before.
        lab.document.running().track();
        if before.is_some() {
            lab.deploy.forget();
        }
    });
    let view = view! {
        <div class="deploy-panel">
            <latency::LatencySection />
            // A phone has no room for the dock.
            {move || narrow.get().then(|| dock::details(lab))}
            <cost::CostSection />
            <budgets::BudgetsSection />
            <service::ServiceSection />
            <handover::HandoverSection />
            {move || narrow.get().then(|| machines::machines(lab))}
            {move || narrow.get().then(|| versions::versions(lab))}
        </div>
    };
    Ok(view.into_any())
}

/// The panel at the right.
pub fn panel(_lab: Lab) -> AnyView {
    lazy::on_demand("Deploy", deploy_code, deploy_panel)
}

#[wasm_split(areas, wasm_split_path = leptos::wasm_split, fallible, preload(percentiles_code))]
fn percentiles_dock() -> Part {
    Ok(dock::dock(expect_context()))
}

/// The dock below the network.
pub fn dock(_lab: Lab) -> AnyView {
    lazy::on_demand("Percentiles", percentiles_code, percentiles_dock)
}
