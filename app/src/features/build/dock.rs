//! The dock of Build: the table of layers, or the network as code.

use leptos::prelude::*;
use state::screen::Area;

use super::code;
use super::table::LayerTable;
use crate::lab::Lab;
use crate::ui::tabs;

/// A part of the dock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tab {
    Totals,
    Code,
}

impl Tab {
    const ALL: [Self; 2] = [Self::Totals, Self::Code];

    const fn title(self) -> &'static str {
        match self {
            Self::Totals => "Totals",
            Self::Code => "Code",
        }
    }

    const fn id(self) -> &'static str {
        match self {
            Self::Totals => "dock-totals",
            Self::Code => "dock-code",
        }
    }
}

#[component]
pub(super) fn Dock() -> impl IntoView {
    let lab: Lab = expect_context();
    let tab = RwSignal::new(Tab::Totals);
    let coded = Memo::new(move |_| !looking(lab) && tab.get() == Tab::Code);
    move || match coded.get() {
        false => view! { <LayerTable tab /> }.into_any(),
        true => code::panel(tab),
    }
}

/// Whether the dock is that of Look, which has tabs of its own.
pub(super) fn looking(lab: Lab) -> bool {
    lab.screen.area().get() == Area::Look
}

/// The dock's tabs.
pub(super) fn tabs(tab: RwSignal<Tab>) -> AnyView {
    let all = Tab::ALL.map(|it| tabs::Tab {
        title: it.title(),
        id: it.id(),
    });
    let chosen = Signal::derive(move || tab.get() as usize);
    let choose = move |place: usize| {
        if let Some(chosen) = Tab::ALL.get(place) {
            tab.set(*chosen);
        }
    };
    tabs::tabs("Below the network", all, chosen, choose)
}
