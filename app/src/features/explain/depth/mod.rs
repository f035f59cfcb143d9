//! What depth does to the gradient, with and without skip connections, and what dilation does to what a
//! value sees.

mod chart;
mod grid;

use std::sync::Arc;

use engine::explain::{Ask, BackwardAsk, Told};
use engine::zoo::{GRID_STORY, STACK_STORY, Stack, dilated};
use leptos::prelude::*;
use state::explain::{Curve, added_skips, all_cut, curve, skips};

use crate::client::QueryError;
use crate::lab::explain::{command, told};
use crate::lab::{Lab, Pace};
use crate::platform::schedule::soon;
use crate::ui::rove;

/// Networks of up to this many multiply-adds are drawn unasked.
const QUICK: u64 = 300_000_000;

#[component]
pub fn Depth() -> impl IntoView {
    let lab = expect_context::<Lab>();
    view! {
        <div class="depth" data-testid="depth">
            {gradients(lab)}
            {grids(lab)}
        </div>
    }
}

/// Stacks to open, the edits of all skips, and the gradient along the depth.
fn gradients(lab: Lab) -> AnyView {
    let running = lab.document.running();
    let small = lab
        .document
        .analysis
        .with_untracked(|it| it.total.macs <= QUICK);
    let asked = RwSignal::new(small);
    let ask = move || {
        asked
            .get()
            .then(|| command(&Ask::Backward(BackwardAsk::default())))
    };
    let answer = lab.keep_querying(Pace::Trace, ask, move |message| match told(message)? {
        (Told::Backward(told), _) => {
            let curve = running.with_untracked(|graph| curve(graph, &told.nodes));
            Ok(Arc::new(curve))
        }
        _ => Err(QueryError::Unexpected.sentence()),
    });
    let now = Memo::new(move |_| answer.with(|it| it.as_ref()?.as_ref().ok().cloned()));
    // The last network's curve stays in grey.
    let before = RwSignal::new(None::<Arc<Curve>>);
    Effect::new(move |last: Option<Option<Arc<Curve>>>| {
        let now = now.get();
        let last = last.flatten();
        if let (Some(last), Some(now)) = (&last, &now)
            && (last.name != now.name
                || last.points.len() != now.points.len()
                || cut_or_added(last, now))
        {
            before.set(Some(Arc::clone(last)));
        }
        now.or(last)
    });
    let failure = move || {
        let why = answer.with(|it| it.as_ref()?.as_ref().err().cloned())?;
        Some(view! { <p class="node-problem" role="alert">{why}</p> })
    };
    let open = move |layers: u32, residual: bool| {
        soon(move || {
            if let Ok(graph) = Stack::small(layers, residual).graph() {
                lab.open_as(graph, None);
            }
        });
    };
    let stack = move |(at, (layers, residual)): (usize, (u32, bool))| {
        let kind = if residual { "Residual" } else { "Plain" };
        view! {
            <button
                type="button"
                data-testid="open-stack"
                data-layers=layers.to_string()
                data-residual=residual.to_string()
                tabindex=if at == 0 { "0" } else { "-1" }
                title="Opens it in place of this network; undo brings this one back"
                on:click=move |_| open(layers, residual)
            >
                {format!("{kind}, {layers} layers")}
            </button>
        }
    };
    let stacks = [(20, false), (20, true), (56, false), (56, true)];
    let stacks: Vec<_> = stacks.into_iter().enumerate().map(stack).collect();
    let graph = lab.document.graph();
    let count = Memo::new(move |_| graph.with(|graph| skips(graph).len()));
    let can_add = Memo::new(move |_| graph.with(|graph| !added_skips(graph).is_empty()));
    let cut = move |_| {
        let edits = graph.with_untracked(all_cut);
        lab.apply_all(&edits);
    };
    let add = move |_| {
        let edits = graph.with_untracked(added_skips);
        lab.apply_all(&edits);
    };
    let cut_words = move || match count.get() {
        1 => "Cut the skip connection".to_owned(),
        many => format!("Cut all {many} skip connections"),
    };
    let compute = move || {
        (!asked.get()).then(|| {
            view! {
                <button type="button" data-testid="depth-compute" on:click=move |_| asked.set(true)>
                    "Compute the gradients"
                </button>
            }
        })
    };
    view! {
        <section class="depth-part">
            <h3>"The gradient along the depth"</h3>
            <p class="say">{STACK_STORY}</p>
            <div class="surgery-acts" role="toolbar" aria-label="Stacks" on:keydown=rove>
                {stacks}
            </div>
            <div class="surgery-acts">
                <button
                    type="button"
                    data-testid="cut-skips"
                    disabled=move || count.get() == 0
                    on:click=cut
                >
                    {cut_words}
                </button>
                <button
                    type="button"
                    data-testid="add-skips"
                    title="Around every two 3×3 convolutions in a row"
                    disabled=move || !can_add.get()
                    on:click=add
                >
                    "Add skip connections"
                </button>
                {compute}
            </div>
            {failure}
            {move || now.get().map(|now| chart::chart(&now, before.get().as_deref()))}
        </section>
    }
    .into_any()
}

/// Whether these are two networks of one name: a skip more or less moves the lengths far.
fn cut_or_added(last: &Curve, now: &Curve) -> bool {
    let far = |(one, other): (&state::explain::Point, &state::explain::Point)| {
        let ratio = one.length / other.length.max(f64::MIN_POSITIVE);
        !(0.1..=10.0).contains(&ratio)
    };
    last.points.iter().zip(&now.points).any(far)
}

/// What reaches a value through dilated layers.
fn grids(lab: Lab) -> AnyView {
    let open = move |rates: &'static [u32]| {
        soon(move || {
            let input = engine::Shape::new(1, 28, 28);
            if let Ok(graph) = dilated(input, rates) {
                lab.open_as(graph, None);
            }
        });
    };
    let stack = move |rates: &'static [u32]| {
        let name: Vec<String> = rates.iter().map(ToString::to_string).collect();
        let name = name.join("-");
        view! {
            <figure data-testid="gridding" data-rates=name.clone()>
                {grid::of_stack(rates)}
                <figcaption>
                    {format!("Rates {name}")}
                    <button type="button" class="quiet" on:click=move |_| open(rates)>"Open"</button>
                </figcaption>
            </figure>
        }
    };
    view! {
        <section class="depth-part">
            <h3>"Which pixels reach a value"</h3>
            <p class="say">{GRID_STORY}</p>
            <div class="depth-grids">
                {stack(&[2, 2, 2])}
                {stack(&[1, 2, 3])}
                {grid::of_chosen(lab)}
            </div>
        </section>
    }
    .into_any()
}
