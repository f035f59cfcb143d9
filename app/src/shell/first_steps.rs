//! The strip of the first visit: three things to do, each ticked when it is done.

use leptos::prelude::*;
use leptos::wasm_split::wasm_split;
use state::answer::best;
use state::input::Source;
use state::screen::{Area, View};

use crate::lab::Lab;
use crate::platform::local_storage;
use crate::ui::icon::{Icon, icon};
use crate::ui::lazy::{self, Part};

/// The setting that says that the strip was dismissed or completed.
const SEEN: &str = "first-steps";
/// The digit of the first step, and its class.
const THREE: usize = 3;
/// The network fails when it reads something else than a three, or is less sure than this.
const SURE: f32 = 0.6;

/// Which steps are done.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Done {
    drawn: bool,
    chosen: bool,
    failed: bool,
}

impl Done {
    const fn all(self) -> bool {
        self.drawn && self.chosen && self.failed
    }
}

#[wasm_split(after_answer, wasm_split_path = leptos::wasm_split, fallible, preload(steps_code))]
fn steps_part() -> Part {
    Ok(view! { <FirstSteps /> }.into_any())
}

/// See the module.
pub fn first_steps(lab: Lab) -> AnyView {
    lazy::unnoticed(lab, steps_code, steps_part)
}

#[component]
fn FirstSteps() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let closed = RwSignal::new(local_storage::read(SEEN).is_some());
    let done = Memo::new(move |before: Option<&Done>| {
        let mut done = before.copied().unwrap_or_default();
        done.chosen |= lab.look.chosen().with(Option::is_some);
        let drawing = lab.input.source().get() == Source::Draw && lab.input.is_drawn();
        let read = lab.answer.latest().with(|trace| {
            let trace = trace.as_ref().filter(|trace| !trace.blank && drawing)?;
            let class = best(&trace.answer)?;
            Some((class, trace.answer.get(class).copied()?))
        });
        if let Some((class, share)) = read {
            done.failed |= done.drawn && (class != THREE || share < SURE);
            done.drawn |= class == THREE;
        }
        done
    });
    Effect::new(move |_| {
        if done.get().all() {
            local_storage::write(SEEN, "done");
        }
    });
    let close = move |_| {
        local_storage::write(SEEN, "closed");
        closed.set(true);
    };
    // A network for photos reads no drawn three.
    let draws = Memo::new(move |_| {
        let running = lab.document.running();
        running.with(|graph| engine::data::takes_drawings(graph.input()))
    });
    let shown = move || {
        !closed.get()
            && draws.get()
            && lab.screen.area().get() == Area::Look
            && lab.look.chosen().get().is_none()
            // Lessons and exercises say what to do.
            && !lab.learn.shown().get()
    };
    let step = move |number: &'static str, name: &'static str, is_done: fn(Done) -> bool| {
        let ticked = Memo::new(move |_| is_done(done.get()));
        view! {
            <li data-done=move || ticked.get().to_string()>
                <b aria-hidden="true">{move || if ticked.get() { "✓" } else { number }}</b>
                {name}
                <span class="visually-hidden">{move || ticked.get().then_some(" (done)")}</span>
            </li>
        }
    };
    view! {
        <div
            class="first-steps"
            data-testid="first-steps"
            data-screen=View::Draw.name()
            role="group"
            aria-label="First steps"
            hidden=move || !shown()
        >
            <ol>
                {step("1", "Draw a 3", |done| done.drawn)}
                {step("2", "Click any map", |done| done.chosen)}
                {step("3", "Make it fail", |done| done.failed)}
            </ol>
            <button type="button" class="icon" aria-label="Close the first steps" on:click=close>
                {icon(Icon::Close)}
            </button>
        </div>
    }
}
