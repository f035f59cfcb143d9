//! The section “Cost”: bytes and energy by precision.

use engine::analysis::Precision;
use engine::deploy::Energy;
use leptos::prelude::*;

use crate::lab::Lab;
use crate::ui::format::bytes;

/// Energy with a fitting unit.
fn joules(microjoules: f64) -> String {
    if microjoules >= 1e3 {
        format!("{:.2} mJ", microjoules / 1e3)
    } else {
        format!("{microjoules:.2} µJ")
    }
}

#[component]
pub fn CostSection() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let rows = move || {
        lab.document.analysis.with(|analysis| {
            let row = |precision: Precision| {
                let energy = Energy::of(analysis, precision);
                let parts = format!(
                    "arithmetic {}, weights {}, feature maps {}",
                    joules(energy.arithmetic_uj),
                    joules(energy.parameters_uj),
                    joules(energy.maps_uj)
                );
                view! {
                    <tr>
                        <th scope="row">{precision.name()}</th>
                        <td>{bytes(analysis.weight_bytes(precision))}</td>
                        <td>{bytes(analysis.inference.bytes(precision))}</td>
                        <td title=parts>{joules(energy.total_uj())}</td>
                    </tr>
                }
            };
            Precision::ALL.map(row).collect_view()
        })
    };
    view! {
        <section aria-label="Cost">
            <h2>"Cost of a picture"</h2>
            <table class="deploy-table" data-testid="deploy-cost">
                <thead>
                    <tr>
                        <td></td>
                        <th scope="col">"Weights"</th>
                        <th scope="col">"Maps"</th>
                        <th scope="col">"Energy"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            <p class="train-hint">
                "Energy by Horowitz 2014 (45 nm): 4.6 pJ a 32-bit multiply-add, 1.5 in 16 bits, 0.3 in 8; \
                 162.5 pJ a byte from DRAM, 12.5 from 1 MB of SRAM."
            </p>
        </section>
    }
}
