//! The drawer Learn, beside any area: a column at the right, on a small screen a sheet below. It takes
//! room from the page and lies over nothing, so that what a step asks for can be done beside it.

use leptos::ev::{self, KeyboardEvent};
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;
use state::learn::lessons;

use crate::features::{exercise, learn};
use crate::lab::Lab;
use crate::platform::address;
use crate::platform::schedule::soon;
use crate::ui::focus_by_id;
use crate::ui::icon::{Icon, icon};
use crate::ui::lazy::{self, Part};
use crate::ui::tabs::{Tab, tabs};

/// The ids of the drawer and of the button that opens it.
const DRAWER: &str = "learn";
const BUTTON: &str = "learn-button";

/// The button of the header.
pub fn learn_button(lab: Lab) -> AnyView {
    let shown = lab.learn.shown();
    // What is on the screen is then not the person's own work.
    let away = Memo::new(move |_| lab.learn.lesson().with(Option::is_some));
    view! {
        <button
            type="button"
            id=BUTTON
            data-testid="learn-button"
            data-open=move || away.get().then_some("")
            title=move || away.get().then_some("A lesson is open: your work comes back when you leave it")
            aria-expanded=move || shown.get().to_string()
            aria-controls=DRAWER
            on:click=move |_| lab.learn.show(!shown.get_untracked())
        >
            {icon(Icon::Learn)}
            <span>{move || if away.get() { "Lesson" } else { "Learn" }}</span>
        </button>
    }
    .into_any()
}

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible, preload(drawer_code))]
fn drawer_part() -> Part {
    Ok(content(expect_context()))
}

/// See the module.
pub fn drawer(lab: Lab) -> AnyView {
    let shown = lab.learn.shown();
    // Its steps go on being checked while it is closed.
    let mounted = Memo::new(move |before| before == Some(&true) || shown.get());
    view! {
        <aside id=DRAWER class="learn" aria-label="Learn" tabindex="-1" hidden=move || !shown.get()>
            {move || mounted.get().then(|| lazy::on_demand("Learn", drawer_code, drawer_part))}
        </aside>
    }
    .into_any()
}

const TABS: [Tab; 2] = [
    Tab {
        title: "Lessons",
        id: "lessons-tab",
    },
    Tab {
        title: "Exercises",
        id: "exercises-tab",
    },
];
const LESSONS: usize = 0;
const EXERCISES: usize = 1;

fn content(lab: Lab) -> AnyView {
    let shown = lab.learn.shown();
    let linked = || address::exercise().is_some();
    let tab = RwSignal::new(if linked() { EXERCISES } else { LESSONS });
    let followed = window_event_listener(ev::hashchange, move |_| {
        if linked() {
            tab.set(EXERCISES);
        }
    });
    on_cleanup(move || followed.remove());
    // Only the present step is shown, where there is little room: from the first step that is done to
    // the question, unless the person unfolds it.
    let small = RwSignal::new(false);
    let midway = Memo::new(move |_| {
        let id = lab.learn.lesson().get()?;
        let lesson = lessons::ALL.iter().find(|it| it.id == id)?;
        let done = lab.learn.progress().with(|it| it.of(id)).steps;
        Some((1..lesson.steps.len()).contains(&done).then_some(done))
    });
    Effect::new(move |_| small.set(midway.get().flatten().is_some()));
    let close = move || {
        lab.learn.show(false);
        focus_by_id(BUTTON);
    };
    Effect::new(move |_| {
        if shown.get() {
            soon(|| focus_by_id(DRAWER));
        }
    });
    let keys = move |event: KeyboardEvent| {
        if event.key() == "Escape" && !event.default_prevented() {
            event.prevent_default();
            event.stop_propagation();
            close();
        }
    };
    let body = move || match tab.get() {
        EXERCISES => exercise::panel(lab),
        _ => learn::panel(lab),
    };
    view! {
        <div
            class="learn-drawer"
            data-testid="learn-drawer"
            data-small=move || small.get().then_some("true")
            on:keydown=keys
        >
            <header class="learn-head">
                {icon(Icon::Learn)}
                <h2 class="visually-hidden">"Learn"</h2>
                {tabs("Learn", TABS, tab.into(), move |place| tab.set(place))}
                <span class="spring"></span>
                <button
                    type="button"
                    class="icon learn-fold"
                    aria-expanded=move || (!small.get()).to_string()
                    aria-label="All of the lesson"
                    title="All of the lesson, or only the present step"
                    on:click=move |_| small.update(|small| *small = !*small)
                >
                    {move || icon(if small.get() { Icon::Up } else { Icon::Down })}
                </button>
                <button
                    type="button"
                    class="icon"
                    data-testid="close-learn"
                    aria-label="Close Learn"
                    title="Close"
                    on:click=move |_| close()
                >
                    {icon(Icon::Close)}
                </button>
            </header>
            <div
                class="learn-body"
                role="tabpanel"
                aria-labelledby=move || TABS[tab.get()].id
            >
                {body}
            </div>
        </div>
    }
    .into_any()
}
