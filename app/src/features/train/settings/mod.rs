//! How the next training trains: three settings that are always shown, the others folded away.

mod augment;
mod field;
mod files;
mod finder;
mod freeze;
mod keep;
mod more;
mod rate;
mod schedule;

use engine::train::Method;
use leptos::prelude::*;
use state::train::Status;
use state::train::settings::{Number, choose_method, method_index, summary};

use self::field::{Offer, frame, select, take};
use crate::lab::Lab;
use crate::ui::fields::{Touched, explained};
use crate::ui::icon::{Icon, icon};
use crate::ui::rove;

/// The batches that are offered.
const BATCHES: [&str; 4] = ["16", "32", "64", "128"];

#[component]
pub fn SettingsSection() -> impl IntoView {
    let lab = expect_context::<Lab>();
    keep::keep(lab);
    let train = lab.train;
    // One that is paused goes on with its own.
    let next = Memo::new(move |_| {
        let status = train.status();
        status.with(|it| it.is_busy() || *it == Status::Paused)
    });
    let open = RwSignal::new(false);
    let (marked, explain) = explained();
    provide_context(marked);
    let line = move || (!open.get()).then(|| train.task().with(summary));
    view! {
        <section
            class="train-settings"
            aria-label="Settings"
            data-testid="train-settings"
            on:pointerdown=move |_| explain.run(Touched::Pressed)
            on:keydown=move |_| explain.run(Touched::Released)
            on:focusin=move |event| explain.run(Touched::Focused(event.target()))
            on:click=move |event| {
                explain.run(Touched::Released);
                explain.run(Touched::Focused(event.target()));
            }
        >
            <h2>
                "Settings"
                <small>{move || next.get().then_some("for the next run")}</small>
            </h2>
            {optimiser(lab)}
            {rate::field(lab)}
            {batch(lab)}
            {move || teacher(lab)}
            <button
                type="button"
                class="advanced-fold"
                data-testid="train-more"
                aria-expanded=move || open.get().to_string()
                on:click=move |_| open.update(|open| *open = !*open)
            >
                {icon(Icon::Next)}
                "More"
                <span class="advanced-summary">{line}</span>
            </button>
            {move || open.get().then(|| more::more(lab))}
        </section>
    }
}

fn optimiser(lab: Lab) -> AnyView {
    let task = lab.train.task();
    let method = Memo::new(move |_| task.with(|task| task.settings.method));
    let options = || {
        let offer = |it: Method| Offer {
            name: it.name(),
            title: it.title().to_owned(),
        };
        Method::ALL.map(offer).to_vec()
    };
    let choose = move |name: String| {
        if let Some(chosen) = Method::ALL.into_iter().find(|it| it.name() == name) {
            lab.train.edit(|task| choose_method(task, chosen));
        }
    };
    let now = Signal::derive(move || Method::ALL[method_index(method.get())].name().to_owned());
    let control = select("train-optimiser", "Optimiser", options, now, choose);
    let sentence = move || method.get().sentence();
    frame("train-optimiser", "Optimiser", sentence, control, None)
}

/// Which network the next training learns from.
fn teacher(lab: Lab) -> Option<AnyView> {
    lab.train.task().with(|task| task.settings.teacher)?;
    let name = lab.shrink.read(|held| {
        let variant = held.variants.get(held.teacher?)?;
        Some(variant.name.clone())
    })?;
    let view = view! {
        <p class="hint" data-testid="train-teacher">{format!("Teacher: {name}")}</p>
    };
    Some(view.into_any())
}

fn batch(lab: Lab) -> AnyView {
    let task = lab.train.task();
    let now = Memo::new(move |_| task.with(|task| Number::BATCH.text(task)));
    let error = RwSignal::new(None);
    let one = move |(at, size): (usize, &'static str)| {
        let pressed = move || now.get() == size;
        // The first has the Tab stop where none is pressed.
        let stop = move || pressed() || (at == 0 && !BATCHES.contains(&now.get().as_str()));
        view! {
            <button
                type="button"
                data-value=size
                tabindex=move || if stop() { "0" } else { "-1" }
                aria-pressed=move || pressed().to_string()
                on:click=move |_| error.set(take(lab, &Number::BATCH, size).err())
            >
                {size}
            </button>
        }
    };
    let control = view! {
        <span
            class="choices"
            role="group"
            aria-label="Batch"
            aria-describedby="field-train-batch"
            data-testid="train-batch"
            data-value=now
            on:keydown=rove
        >
            {BATCHES.into_iter().enumerate().map(one).collect_view()}
        </span>
    };
    let sentence = move || "Examples whose gradients are averaged in one step.";
    frame(
        "train-batch",
        "Batch",
        sentence,
        control.into_any(),
        Some(error),
    )
}
