//! “Do CPU and WebGPU agree?”

use leptos::prelude::*;

use crate::lab::Lab;
use crate::ui::JobProgress;
use state::engine::AGREED;
use state::engine::DeviceAgreement as State;
use state::engine::worst;

#[component]
pub fn DeviceAgreementView() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let running = move || {
        lab.engine
            .agreement()
            .with(|state| matches!(state, State::Running { .. }))
    };
    let compared = Signal::derive(move || match lab.engine.agreement().get() {
        State::Running { done, of } => Some((done as u64, of as u64)),
        _ => None,
    });
    let outcome =
        move || match lab.engine.agreement().get() {
            State::NotAsked => view! {
                <p class="hint">
                    "Runs this network and this input on both devices and compares every layer."
                </p>
            }
            .into_any(),
            State::Running { .. } => view! {
                <JobProgress job=lab.agreement_job label="Layers compared" done=compared />
            }
            .into_any(),
            State::Failed(why) => view! { <p class="failed">{why}</p> }.into_any(),
            State::Done(layers) => {
                let sentence = worst(&layers).map(|(name, layer)| {
                let agree = layer.relative <= AGREED;
                let verdict = if agree { "They agree" } else { "They do not agree" };
                let relative = layer.relative;
                format!(
                    "{verdict}: the largest difference is {relative:.1e} of the largest value, in \
                     “{name}”. Up to {AGREED:e} is rounding."
                )
            });
                let rows = layers.into_iter().map(|(name, layer)| {
                    view! {
                        <tr>
                            <th scope="row">{name}</th>
                            <td>{format!("{:.1e}", layer.largest)}</td>
                            <td>{format!("{:.1e}", layer.relative)}</td>
                        </tr>
                    }
                });
                view! {
                    <p data-testid="parity-verdict">{sentence}</p>
                    <div class="table-scroll" tabindex="0" role="region" aria-label="Differences">
                        <table class="figures" data-testid="parity-layers">
                            <thead>
                                <tr>
                                    <th scope="col">"Layer"</th>
                                    <th scope="col">"Largest difference"</th>
                                    <th scope="col">"Relative"</th>
                                </tr>
                            </thead>
                            <tbody>{rows.collect_view()}</tbody>
                        </table>
                    </div>
                }
                .into_any()
            }
        };
    view! {
        <button
            type="button"
            data-testid="parity"
            disabled=running
            on:click=move |_| lab.compare_devices()
        >
            "Compare"
        </button>
        <div role="status">{outcome}</div>
    }
}
