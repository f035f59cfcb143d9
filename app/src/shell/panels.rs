//! Every panel of the page. Tabs, frames in other pages, locks and lazy loading read this table.

use engine::format::Control;
use leptos::prelude::*;
use state::screen::PanelKey;

use super::totals::Totals;
use crate::features::{answer, compare, input, inspector, network};
use crate::lab::Lab;

/// The area of a panel.
#[derive(Clone, Copy)]
pub enum Area {
    /// A column; on a narrow screen the content of this tab.
    Column { tab: &'static str },
    /// Below the panels of the columns.
    Footer,
    /// Over the columns while this returns `true`.
    Drawer { open: fn(Lab) -> bool },
}

/// When an embedded page shows a panel.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Framed {
    /// When its address names this panel, or none.
    Usual,
    /// When its address names this panel.
    Named,
    /// Mounted always, because other panels need it; hidden unless the address names this panel or
    /// none.
    Kept,
    Never,
}

/// One panel.
#[derive(Clone, Copy)]
pub struct Panel {
    /// The id and class of its element, and its name in the address of an embedded page.
    pub key: &'static str,
    pub title: &'static str,
    pub area: Area,
    pub framed: Framed,
    /// The lock that can hide all of it.
    pub control: Option<Control>,
    /// The element's `tabindex`.
    pub tabindex: Option<&'static str>,
    /// Creates the view when the panel is first shown; may load its code lazily.
    pub view: fn(Lab) -> AnyView,
}

/// All panels, in the order in which they are mounted.
pub const PANELS: [Panel; 6] = [
    Panel {
        key: "totals",
        title: "Totals",
        area: Area::Footer,
        framed: Framed::Named,
        control: Some(Control::Totals),
        tabindex: None,
        view: |_| view! { <Totals /> }.into_any(),
    },
    Panel {
        key: "input",
        title: "Input",
        area: Area::Column { tab: "input" },
        // Its pad is the network's input.
        framed: Framed::Kept,
        control: None,
        tabindex: None,
        view: |_| view! { <input::Input /> }.into_any(),
    },
    Panel {
        key: "answer",
        title: "Answer",
        area: Area::Column { tab: "input" },
        framed: Framed::Usual,
        control: Some(Control::Answer),
        // It scrolls where the comparison or a low window leaves little room, and has no focusable
        // element to scroll it by keyboard.
        tabindex: Some("0"),
        view: |_| view! { <answer::Answer /> }.into_any(),
    },
    Panel {
        key: "network",
        title: "Network",
        area: Area::Column { tab: "network" },
        framed: Framed::Usual,
        control: None,
        tabindex: Some("-1"),
        view: network::panel,
    },
    Panel {
        key: "inspector",
        title: "Inspector",
        area: Area::Column { tab: "inspector" },
        framed: Framed::Named,
        control: Some(Control::Inspector),
        tabindex: None,
        view: inspector::panel,
    },
    Panel {
        key: "compare",
        title: "Compare",
        area: Area::Drawer {
            open: |lab| lab.compare.open().get(),
        },
        framed: Framed::Never,
        control: Some(Control::Compare),
        tabindex: None,
        view: compare::panel,
    },
];

/// The panels that the address of an embedded page can name.
pub static KEYS: [PanelKey; count()] = keys();

const fn count() -> usize {
    let mut count = 0;
    let mut at = 0;
    while at < PANELS.len() {
        if !matches!(PANELS[at].framed, Framed::Never) {
            count += 1;
        }
        at += 1;
    }
    count
}

const fn keys() -> [PanelKey; count()] {
    let none = PanelKey {
        key: "",
        usual: false,
    };
    let mut keys = [none; count()];
    let (mut at, mut next) = (0, 0);
    while at < PANELS.len() {
        let panel = &PANELS[at];
        if !matches!(panel.framed, Framed::Never) {
            keys[next] = PanelKey {
                key: panel.key,
                usual: matches!(panel.framed, Framed::Usual | Framed::Kept),
            };
            next += 1;
        }
        at += 1;
    }
    keys
}

impl Panel {
    /// Whether the page, embedded or not, shows this panel.
    pub fn is_shown(&self, lab: Lab) -> bool {
        let embed = lab.screen.embed;
        embed.is_none_or(|embed| embed.shows(self.key))
    }

    /// Whether a lock hides this panel.
    pub fn is_hidden(&self, lab: Lab) -> bool {
        self.control.is_some_and(|it| lab.document.hides(it))
    }

    /// The tab that shows this panel on a narrow screen.
    pub const fn tab(&self) -> Option<&'static str> {
        match self.area {
            Area::Column { tab } => Some(tab),
            Area::Footer | Area::Drawer { .. } => None,
        }
    }
}
