//! The tabs of the dock of the area Look.

use leptos::prelude::*;
use state::screen::LookTab;

use super::tabs::{Tab, tabs};
use crate::lab::Lab;

/// The tabs.
pub fn look_tabs(lab: Lab) -> AnyView {
    let all = LookTab::ALL.map(|it| Tab {
        title: it.title(),
        id: it.id(),
    });
    let tab = lab.screen.look_tab();
    let chosen = Signal::derive(move || tab.get() as usize);
    let choose = move |place: usize| {
        if let Some(chosen) = LookTab::ALL.get(place) {
            lab.screen.show_look_tab(*chosen);
        }
    };
    tabs("Below the network", all, chosen, choose)
}
