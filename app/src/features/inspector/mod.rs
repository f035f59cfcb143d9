//! The inspector: details of the selected node.

mod device_agreement;
mod extent;
mod facts;
mod grid;
mod histogram;
mod kernels;
mod large;
mod map_grid;
mod maps;
mod partials;
mod receptive_field;
mod section;
mod subject;
mod tiles;
mod times;
mod weights;

use crate::ui::lazy::{self, Part};
use engine::NodeId;
use engine::format::Control;
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;

use self::device_agreement::DeviceAgreementView;
use self::facts::{FactsView, Title, facts};
use self::maps::MapsView;
use self::partials::PartialsView;
use self::receptive_field::ReceptiveFieldView;
use self::section::Section;
use self::subject::{Look, Subject};
use self::times::{Measurement, TimesView};
use self::weights::{ParamsOf, WeightsView};
use crate::lab::Lab;
use crate::ui::fields::Fields;
use crate::ui::growth::{Turn, at, late, steps};
use crate::ui::lockable;

/// Which sections are open; kept when other nodes are selected.
#[derive(Clone, Copy)]
struct Unfolded {
    maps: RwSignal<bool>,
    weights: RwSignal<bool>,
    partials: RwSignal<bool>,
    receptive_field: RwSignal<bool>,
    times: RwSignal<bool>,
    device_agreement: RwSignal<bool>,
}

#[wasm_split(after_answer, wasm_split_path = leptos::wasm_split, fallible, preload(inspector_code))]
fn inspector_column() -> Part {
    Ok(view! { <Inspector /> }.into_any())
}

/// The details of the selected node.
pub fn panel(lab: Lab) -> AnyView {
    lazy::after_answer(
        lab,
        "The inspector",
        inspector_code,
        inspector_column,
        || (),
    )
}

#[component]
pub fn Inspector() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let unfolded = Unfolded {
        maps: RwSignal::new(true),
        weights: RwSignal::new(true),
        partials: RwSignal::new(false),
        receptive_field: RwSignal::new(true),
        times: RwSignal::new(false),
        device_agreement: RwSignal::new(false),
    };
    let subject = Memo::new(move |_| {
        let id = lab.selection.node().get();
        lab.document.graph().with(|graph| {
            lab.document
                .analysis
                .with(|analysis| Subject::of(graph, analysis, id))
        })
    });
    let look = Look::new();
    let measurement = Measurement::new(lab);
    let looked_at = StoredValue::new(None::<NodeId>);
    let shown = late(subject, None, Turn::Third);
    let node = move || {
        let subject = shown.get()?;
        let grid = subject.grid();
        if looked_at.get_value() == Some(subject.id) {
            look.clamp(grid);
        } else {
            look.reset(grid);
            looked_at.set_value(Some(subject.id));
        }
        Some(view! { <NodeView subject look unfolded /> }.into_any())
    };
    let of_all = move || {
        view! {
            <Section title="Measured here" testid="section-times" open=unfolded.times>
                <TimesView measurement />
            </Section>
            <Section title="Do CPU and WebGPU agree?" testid="section-parity" open=unfolded.device_agreement>
                <DeviceAgreementView />
            </Section>
        }
    };
    let fields = move || lockable(lab, Control::Fields, view! { <Fields /> }.into_any());
    let step = steps(2);
    let facts = facts(lab);
    // After the node's sections are mounted, which would move these under the pointer.
    let last = Memo::new(move |before| {
        let node = shown.with(Option::is_some) || subject.with(Option::is_none);
        before == Some(&true) || (step.get() >= 2 && node)
    });
    view! {
        <div class="panel" data-testid="layer-panel" aria-label="Selected layer" role="group">
            <Title facts />
            {at(step, 1, fields)}
            {at(step, 2, move || view! { <FactsView facts /> })}
            {node}
        </div>
        {move || last.get().then(|| at(steps(3), 3, of_all))}
    }
}

#[component]
fn NodeView(subject: Subject, look: Look, unfolded: Unfolded) -> impl IntoView {
    let lab = expect_context::<Lab>();
    let params = ParamsOf::new(lab, &subject);
    let layer = subject.layer.as_ref();
    let sums = layer.is_some_and(|layer| layer.rule().sums_channels());
    let (id, weighted) = (subject.id, subject.params > 0);
    let runs = Memo::new(move |_| lab.runs(id));
    let kept = StoredValue::new(subject);
    let maps = move || {
        if runs.get() {
            view! { <MapsView subject=kept.get_value() look /> }.into_any()
        } else {
            view! {
                <p class="hint" data-testid="not-running">
                    "Does not run as it stands here: its maps and weights come when the \
                     problems elsewhere are solved, or when the network is small enough again."
                </p>
            }
            .into_any()
        }
    };
    let weights = move || {
        (weighted && runs.get()).then(|| {
            view! {
                <Section title="Weights" testid="section-weights" open=unfolded.weights>
                    <WeightsView subject=kept.get_value() look params />
                </Section>
            }
        })
    };
    let partials = move || {
        (sums && runs.get()).then(|| view! {
            <Section title="Partial maps before the sum" testid="section-partials" open=unfolded.partials>
                <PartialsView subject=kept.get_value() look params />
            </Section>
        })
    };
    let step = steps(2);
    view! {
        <Section title="Maps" testid="section-maps" open=unfolded.maps>
            {maps}
        </Section>
        <Section title="What this value sees" testid="section-reach" open=unfolded.receptive_field>
            <ReceptiveFieldView subject=kept.get_value() look />
        </Section>
        {at(step, 1, weights)}
        {at(step, 2, partials)}
    }
}
