//! The page: header, messages, and the panels of the table in [`panels`]. On a phone the columns are
//! tabs.

mod frame_header;
mod header;
mod messages;
mod panels;
mod start;
mod tabs;
mod totals;

use leptos::prelude::*;

use self::frame_header::FrameHeader;
use self::header::Header;
use self::messages::Messages;
use self::panels::{Area, Framed, KEYS, PANELS, Panel};
use self::start::{LAZY, show_edits_first};
use self::tabs::{FIRST_TAB, Tabs};
use crate::features::answer::Live;
use crate::lab::Lab;
use crate::ui::growth::{at, steps};
use crate::ui::root::mark;
use crate::ui::{lock_note, narrow};

#[component]
pub fn App() -> impl IntoView {
    match engine::zoo::lenet5() {
        Ok(graph) => {
            let lab = Lab::new(graph, LAZY, &KEYS);
            show_edits_first(lab);
            provide_context(lab);
            lab.start();
            mark("data-theme", move || Some(lab.screen.theme().get().name()));
            mark("data-view", move || {
                Some(if lab.screen.listed().get() {
                    "list"
                } else {
                    "graph"
                })
            });
            mark("data-framed", move || {
                lab.screen.embed.is_some().then_some("true")
            });
            at(steps(1), 1, || view! { <Screen /> })
        }
        Err(error) => view! {
            <p role="alert" data-testid="error">
                {format!("The lab cannot open its first network: {error}. Please report this.")}
            </p>
        }
        .into_any(),
    }
}

#[component]
fn Screen() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let tab = RwSignal::new(FIRST_TAB);
    let whole = lab.screen.embed.is_none();
    // Header, messages and the answer's line are mounted before the panels, each panel in a new
    // task.
    let before = 2;
    let step = steps(before + PANELS.len() as u32);
    let begun = Memo::new(move |_| step.get() >= 1);
    Effect::new(move |_| {
        if begun.get() {
            untrack(|| lab.open());
        }
    });
    let head = move || {
        if whole {
            view! { <Header /> }.into_any()
        } else {
            view! { <FrameHeader /> }.into_any()
        }
    };
    let panels = |wanted: fn(Area) -> bool| {
        let numbered = (before + 1..).zip(PANELS);
        numbered
            .filter(move |(_, panel)| wanted(panel.area))
            .map(move |(due, panel)| {
                let shown = panel.is_shown(lab) || panel.framed == Framed::Kept;
                shown.then(|| at(step, due, move || shown_in(lab, panel, tab)))
            })
            .collect_view()
    };
    let live = move || {
        let answer = PANELS.into_iter().find(|panel| panel.key == "answer");
        let answer = answer.filter(|panel| panel.is_shown(lab));
        answer.map(|panel| {
            view! {
                <div class="as-it-is" hidden=move || panel.is_hidden(lab)>
                    <Live />
                </div>
            }
            .into_any()
        })
    };
    let footers = before + 1;
    view! {
        <a class="skip" href="#network">"Skip to the network"</a>
        {at(step, 2, head)}
        <Messages />
        {lock_note(lab)}
        // Panels above and below are mounted first, so that nothing visible moves.
        <main
            class="lab"
            data-frame=(!whole).then_some("true")
            hidden=move || step.get() < footers
        >
            {at(step, footers, live)}
            {whole.then(|| view! { <Tabs tab /> })}
            {panels(|area| matches!(area, Area::Column { .. }))}
        </main>
        {panels(|area| matches!(area, Area::Footer))}
        {panels(|area| matches!(area, Area::Drawer { .. }))}
    }
}

/// A panel in its area.
fn shown_in(lab: Lab, panel: Panel, tab: RwSignal<&'static str>) -> AnyView {
    match panel.area {
        Area::Column { tab: own } => {
            // Side by side the panels are regions; behind tabs they are tab panels.
            let tabbed = narrow();
            let role = move || if tabbed.get() { "tabpanel" } else { "region" };
            view! {
                <div class="as-it-is" hidden=move || panel.is_hidden(lab)>
                    <section
                        id=panel.key
                        class=format!("column {}", panel.key)
                        role=role
                        aria-label=panel.title
                        tabindex=panel.tabindex
                        data-shown=move || (tab.get() == own).then_some("true")
                        hidden=!panel.is_shown(lab)
                    >
                        {(panel.view)(lab)}
                    </section>
                </div>
            }
            .into_any()
        }
        Area::Footer => view! {
            <div class="as-it-is" hidden=move || panel.is_hidden(lab)>
                {(panel.view)(lab)}
            </div>
        }
        .into_any(),
        // Another experiment may change the locks; the open drawer stays.
        Area::Drawer { open } => {
            let open = Memo::new(move |_| open(lab) && !panel.is_hidden(lab));
            (move || open.get().then(|| (panel.view)(lab))).into_any()
        }
    }
}
