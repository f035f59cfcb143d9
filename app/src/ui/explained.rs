//! Numbers as buttons that show their formula with this network's values.

use engine::NodeId;
use engine::analysis::{OptimiserKind, Precision, Quantity, TrainingMemory};
use engine::format::number as typed;
use leptos::ev;
use leptos::ev::{Event, MouseEvent};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::icon::{Icon, icon};
use super::shares::share_table;
use crate::lab::Lab;
use crate::ui::format::{bytes, exact};
use state::screen::Explained as Asked;

/// The most images of a batch that the memory of a training step is computed for.
const MOST_BATCH: u32 = 1_048_576;

/// What belongs to one number on the screen.
pub type Quantities = &'static [(Quantity, &'static str)];

pub const PARAMETERS: Quantities = &[
    (Quantity::Trainable, "Trainable"),
    (Quantity::Other, "Stored, not trained"),
];
pub const MACS: Quantities = &[(Quantity::Macs, "Multiply-adds")];
pub const FLOPS: Quantities = &[(Quantity::Flops, "Floating-point operations")];
pub const MEMORY: Quantities = &[
    (Quantity::WeightBytes(Precision::F32), "Weights"),
    (
        Quantity::InferencePeak(Precision::F32),
        "Feature maps alive at once",
    ),
];
pub const REACH: Quantities = &[
    (Quantity::ReceptiveField, "Receptive field"),
    (Quantity::OutputStride, "Output stride"),
];

/// A number that shows its formula when it is clicked.
pub fn number(
    title: &'static str,
    quantities: Quantities,
    node: impl Fn() -> Option<NodeId> + 'static,
    text: impl Fn() -> String + Send + 'static,
) -> AnyView {
    let lab = expect_context::<Lab>();
    let ask = move |event: MouseEvent| {
        let Some(place) = event
            .current_target()
            .and_then(|it| it.dyn_into::<Element>().ok())
        else {
            return;
        };
        let place = place.get_bounding_client_rect();
        let (node, at) = (node(), [place.left(), place.top(), place.bottom()]);
        lab.screen.explain(Some(Asked {
            node,
            title,
            quantities,
            at,
        }));
    };
    view! {
        <button type="button" class="number" title=format!("{title}: click for the formula") on:click=ask>
            {text}
        </button>
    }
    .into_any()
}

/// Returns the focus to the number when its card is closed.
fn give_back(lab: Lab) {
    let number = StoredValue::new_local(None::<HtmlElement>);
    let active = || document().active_element();
    let within = |place: &Element, selector: &str| matches!(place.closest(selector), Ok(Some(_)));
    Effect::new(move |before: Option<bool>| {
        let open = lab.screen.explained().with(Option::is_some);
        if open {
            let asked = active().filter(|place| within(place, ".number"));
            number.set_value(asked.and_then(|it| it.dyn_into().ok()));
        } else if before == Some(true)
            && active().is_none_or(|it| it.local_name() == "body" || within(&it, ".explained"))
        {
            number.with_value(|number| number.as_ref().map(|it| it.focus().is_ok()));
        }
        open
    });
}

/// The card of the requested formula, if any.
pub fn formulas(lab: Lab) -> AnyView {
    let away = window_event_listener(ev::pointerdown, move |event| {
        let place = event.target().and_then(|it| it.dyn_into::<Element>().ok());
        let inside = |place: Element| matches!(place.closest(".explained, .number"), Ok(Some(_)));
        if lab.screen.explained().with_untracked(Option::is_some) && !place.is_some_and(inside) {
            lab.screen.explain(None);
        }
    });
    on_cleanup(move || away.remove());
    give_back(lab);
    // Kept when the card is closed.
    let training_choice = (RwSignal::new(OptimiserKind::Sgd), RwSignal::new(64));
    let body = move |asked: Asked| {
        let Asked {
            node,
            title,
            quantities,
            at: [left, top, bottom],
        } = asked;
        let all = move || {
            lab.document.graph().with(|graph| {
                lab.document.analysis.with(|analysis| {
                    let one = |&(quantity, name): &(Quantity, &'static str)| {
                        let explanation = match node {
                            Some(node) => analysis.explain(graph, node, quantity),
                            None => analysis.explain_total(graph, quantity),
                        }?;
                        (explanation.result != "0" || quantities.len() == 1)
                            .then_some((name, explanation))
                    };
                    quantities.iter().filter_map(one).collect::<Vec<_>>()
                })
            })
        };
        let lines = move || {
            let all = all();
            if all.is_empty() {
                return view! { <p>"Nothing is known of it yet."</p> }.into_any();
            }
            let line = |(name, it): (&'static str, engine::analysis::Explanation)| {
                let plain = it.with_values == it.result;
                let values =
                    (!plain).then(|| view! { <p class="formula">"= " {it.with_values}</p> });
                view! {
                    <div class="explained-line">
                        <p>{name} <strong>{it.result}</strong></p>
                        <p class="formula">{it.formula}</p>
                        {values}
                    </div>
                }
            };
            all.into_iter().map(line).collect_view().into_any()
        };
        // Beside the number, on the side where there is more room.
        let height = window()
            .inner_height()
            .ok()
            .and_then(|it| it.as_f64())
            .unwrap_or(0.0);
        let above = top > height / 2.0;
        let (from_top, from_bottom) = if above {
            ("auto".to_owned(), format!("{}px", height - top + 4.0))
        } else {
            (format!("{}px", bottom + 4.0), "auto".to_owned())
        };
        view! {
            <div
                class="explained-card"
                style:left=format!("max(8px, min({left}px, 100vw - 368px))")
                style:top=from_top
                style:bottom=from_bottom
            >
                <div class="explained-head">
                    <h3>{title}</h3>
                    <button
                        type="button"
                        class="icon"
                        aria-label="Close"
                        on:click=move |_| lab.screen.explain(None)
                    >
                        {icon(Icon::Close)}
                    </button>
                </div>
                {lines}
                {node.is_none().then(|| share_table(lab, title))}
                {(node.is_none() && title == "Memory").then(|| training(lab, training_choice))}
            </div>
        }
    };
    (move || lab.screen.explained().get().map(body)).into_any()
}

/// The optimiser and the images of a batch.
type TrainingChoice = (RwSignal<OptimiserKind>, RwSignal<u64>);

/// The memory of a training step: its parts for a chosen optimiser and batch.
fn training(lab: Lab, (optimiser, batch): TrainingChoice) -> AnyView {
    let analysis = lab.document.analysis;
    let f32 = Precision::F32;
    let memory = move || analysis.with(|it| it.training_memory(optimiser.get(), batch.get(), f32));
    let explained =
        move || analysis.with(|it| it.explain_training(optimiser.get(), batch.get(), f32));
    let choice = |kind: OptimiserKind| {
        view! {
            <button
                type="button"
                data-value=kind.name()
                aria-pressed=move || (optimiser.get() == kind).to_string()
                on:click=move |_| optimiser.set(kind)
            >
                {kind.name()}
            </button>
        }
    };
    let error = RwSignal::new(None::<String>);
    let take = move |event: Event| {
        let text = event_target_value(&event);
        match typed::whole(&text) {
            Ok(images) if (1..=MOST_BATCH).contains(&images) => {
                error.set(None);
                batch.set(images.into());
            }
            Ok(_) => error.set(Some(format!("1 to {}", exact(MOST_BATCH.into())))),
            Err(why) => error.set(Some(why)),
        }
    };
    let part = |name: &'static str, testid: &'static str, of: fn(&TrainingMemory) -> u64| {
        let value = move || of(&memory());
        view! {
            <p>
                <span>{name}</span>
                <span data-testid=testid data-value=move || value().to_string()>
                    {move || bytes(value())}
                </span>
            </p>
        }
    };
    view! {
        <div class="in-training" data-testid="training-memory">
            <h3>"In training"</h3>
            <div class="train-choice">
                <span class="choices" role="group" aria-label="Optimiser">
                    {OptimiserKind::ALL.map(choice)}
                </span>
                <label>
                    "Batch"
                    <input
                        type="text"
                        inputmode="numeric"
                        data-testid="training-batch"
                        prop:value=move || batch.get().to_string()
                        aria-invalid=move || error.with(|it| it.is_some().then_some("true"))
                        on:change=take
                    />
                </label>
            </div>
            {move || error.get().map(|why| view! { <p class="field-wrong" role="alert">{why}</p> })}
            {part("Weights", "training-weights", |it| it.weights)}
            {part("Gradients", "training-gradients", |it| it.gradients)}
            {part("Optimiser state", "training-optimiser", |it| it.optimiser)}
            {part("Maps and their gradients", "training-activations", |it| it.activations)}
            <p class="train-total">
                <span>"Together"</span>
                <strong data-testid="training-total" data-value=move || memory().total().to_string()>
                    {move || bytes(memory().total())}
                </strong>
            </p>
            <p class="formula">{move || explained().formula}</p>
            <p class="formula">"= " {move || explained().with_values}</p>
        </div>
    }
    .into_any()
}
