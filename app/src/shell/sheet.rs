//! On a phone: one sheet has what elsewhere stands at the right of the network and below it.

use leptos::prelude::*;
use leptos::wasm_split::wasm_split;
use state::screen::Area;

use super::panels::{Panel, dock, dock_in};
use super::right_panel;
use crate::lab::Lab;
use crate::ui::lazy::{self, Part};
use crate::ui::narrow;
use crate::ui::tabs::{Tab, tabs};

/// The areas whose panel at the right shows all of the dock itself where there is little room.
const WHOLE: [Area; 2] = [Area::Train, Area::Deploy];

/// See the module.
#[derive(Clone, Copy)]
pub struct Sheet {
    lab: Lab,
    narrow: RwSignal<bool>,
}

impl Sheet {
    pub fn new(lab: Lab) -> Self {
        let narrow = narrow();
        // The sheet of an area begins with the panel at the right, as does that of a chosen map.
        Effect::new(move |before: Option<()>| {
            lab.look.chosen().track();
            lab.screen.area().track();
            if before.is_some() && narrow.get_untracked() {
                lab.screen.open_dock(false);
            }
        });
        Self { lab, narrow }
    }

    /// Whether there is one sheet for both.
    fn is_one(self) -> bool {
        self.narrow.get() && self.lab.screen.embed.is_none()
    }

    /// The dock's panel, where it has a place of its own.
    pub fn dock(self) -> Option<Panel> {
        dock(self.lab).filter(|_| !self.is_one())
    }

    /// The panel at the right, or in the sheet.
    pub fn panel(self) -> Option<Panel> {
        let below = || {
            let area = self.lab.screen.area().get();
            dock(self.lab).filter(|_| !WHOLE.contains(&area))
        };
        let below = self.is_one().then(below).flatten();
        below.or_else(|| right_panel::open(self.lab))
    }

    /// The parts of the sheet, where it has two.
    pub fn tabs(self) -> AnyView {
        let both = Memo::new(move |_| {
            let area = self.lab.screen.area().get();
            let both = self.is_one() && !WHOLE.contains(&area);
            both && right_panel::open(self.lab).is_some() && dock_in(self.lab, area).is_some()
        });
        (move || {
            both.get()
                .then(|| lazy::unnoticed(self.lab, tab_code, tab_part))
        })
        .into_any()
    }
}

#[wasm_split(after_answer, wasm_split_path = leptos::wasm_split, fallible, preload(tab_code))]
fn tab_part() -> Part {
    let lab: Lab = expect_context();
    let titles = Memo::new(move |_| {
        let area = lab.screen.area().get();
        let right = right_panel::open(lab)?.title;
        Some((right, dock_in(lab, area)?.title))
    });
    let chosen = Signal::derive(move || usize::from(lab.screen.dock_open().get()));
    let list = move || {
        let (right, below) = titles.get()?;
        let all = [("sheet-panel", right), ("sheet-dock", below)];
        let all = all.map(|(id, title)| Tab { title, id });
        let choose = move |place| lab.screen.open_dock(place == 1);
        Some(tabs("Parts of this sheet", all, chosen, choose))
    };
    Ok(view! { <div class="sheet-tabs">{list}</div> }.into_any())
}
