//! The page: header, messages, and the panels of the table in [`panels`]. Input, network and answer
//! stay in every area; an area decides what is beside and below them. A narrow page shows one view
//! at a time.

mod device;
mod dock;
mod drawer;
mod first_steps;
mod frame_footer;
mod header;
mod menu;
mod messages;
mod navigation;
mod offline;
mod panels;
mod right_panel;
mod sheet;
mod shortcuts;
mod start;
mod totals;

use leptos::prelude::*;

use self::dock::Dock;
use self::drawer::drawer;
use self::first_steps::first_steps;
use self::frame_footer::FrameFooter;
use self::header::Header;
use self::messages::Messages;
use self::navigation::Navigation;
use self::panels::{Framed, KEYS, PANELS, Panel, Place};
use self::right_panel::RightPanel;
use self::sheet::Sheet;
use self::shortcuts::shortcuts;
use self::start::LAZY;
use crate::lab::Lab;
use crate::ui::growth::{at, steps};
use crate::ui::lock_note;
use crate::ui::maps::follow_theme;
use crate::ui::root::mark;

#[component]
pub fn App() -> impl IntoView {
    match engine::zoo::lenet5() {
        Ok(graph) => {
            let lab = Lab::new(graph, LAZY, &KEYS);
            provide_context(lab);
            lab.start();
            follow_theme(lab);
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
            // The typeface is fetched after the first answer (styles/tokens.css).
            let answered = Memo::new(move |before| {
                before == Some(&true) || lab.answer.latest().with(Option::is_some)
            });
            mark("data-answered", move || answered.get().then_some("true"));
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
    let whole = lab.screen.embed.is_none();
    // The header is mounted first, then each panel in a task of its own.
    let step = steps(2 + PANELS.len() as u32);
    let begun = Memo::new(move |_| step.get() >= 1);
    Effect::new(move |_| {
        if begun.get() {
            untrack(|| lab.open());
        }
    });
    let panels = |wanted: fn(Place) -> bool| {
        let numbered = (2..).zip(PANELS);
        numbered
            .filter(move |(_, panel)| wanted(panel.place))
            .map(move |(due, panel)| {
                let mounted = panel.is_part(lab) || panel.framed == Framed::Kept;
                mounted.then(|| at(step, due, move || standing(lab, panel)))
            })
            .collect_view()
    };
    let left = move || {
        let mut panels = PANELS.iter();
        !panels.any(|it| matches!(it.place, Place::Left) && it.is_part(lab) && !it.is_hidden(lab))
    };
    let no_line = move || {
        let mut lines = PANELS.iter().filter(|it| matches!(it.place, Place::Line));
        !whole && lines.all(|it| !it.is_part(lab) || it.is_hidden(lab))
    };
    let page = move || {
        let open = Memo::new(move |_| panels::paged(lab).map(|panel| panel.key));
        move || {
            let panel = PANELS.into_iter().find(|it| Some(it.key) == open.get())?;
            Some(view! {
                <section id=panel.key class="page-panel" role="region" aria-label=panel.title tabindex="-1">
                    {(panel.view)(lab)}
                </section>
            })
        }
    };
    let sheet = Sheet::new(lab);
    view! {
        <a class="skip" href="#network">"Skip to the network"</a>
        <div class="room">
            <div class="page">
            <div
                class="lab"
                data-frame=(!whole).then_some("true")
                data-area=move || lab.screen.area().get().name()
                data-screen=move || lab.screen.view().get().name()
                data-panel=move || sheet.panel().is_some().then_some("open")
                data-dock=move || sheet.dock().is_some().then_some("open")
            >
                {whole.then(|| view! { <Header /> })}
                {lock_note(lab)}
                <main>
                    <div class="left" hidden=left>
                        {panels(|place| matches!(place, Place::Left))}
                    </div>
                    {panels(|place| matches!(place, Place::Centre))}
                    {page()}
                    <RightPanel sheet />
                    <Dock sheet />
                    {whole.then(|| first_steps(lab))}
                </main>
                <div class="line" role="region" aria-label="Costs and device" hidden=no_line>
                    {panels(|place| matches!(place, Place::Line))}
                    {whole.then(|| device::badge(lab))}
                </div>
                {if whole {
                    view! { <Navigation /> }.into_any()
                } else {
                    view! { <FrameFooter /> }.into_any()
                }}
                <Messages />
            </div>
            </div>
            {whole.then(|| drawer(lab))}
        </div>
        {whole.then(|| shortcuts(lab))}
    }
}

/// A panel that stays in every area.
fn standing(lab: Lab, panel: Panel) -> AnyView {
    let hidden = move || !panel.is_part(lab) || !panel.is_open(lab);
    match panel.place {
        Place::Line => {
            view! { <div class="line-part" hidden=hidden>{(panel.view)(lab)}</div> }.into_any()
        }
        // The skip link leads to the network.
        Place::Centre => view! {
            <section
                id=panel.key
                class=format!("centre {}", panel.key)
                role="region"
                aria-label=panel.title
                tabindex="-1"
                hidden=hidden
            >
                {(panel.view)(lab)}
            </section>
        }
        .into_any(),
        Place::Left | Place::Right { .. } | Place::Dock(_) | Place::Page(_) => view! {
            <section
                id=panel.key
                class=panel.key
                role="region"
                aria-label=panel.title
                hidden=hidden
            >
                {(panel.view)(lab)}
            </section>
        }
        .into_any(),
    }
}
