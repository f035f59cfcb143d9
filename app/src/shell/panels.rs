//! Every panel of the page. Areas, frames in other pages, locks and lazy loading read this table.

use engine::format::Control;
use leptos::prelude::*;
use state::screen::{Area, LookTab, PanelKey, View};

use super::totals::totals;
use crate::features::{
    answer, attack, build, compare, deploy, explain, input, look, network, shrink, train,
};
use crate::lab::Lab;

/// Where a panel stands.
#[derive(Clone, Copy)]
pub enum Place {
    /// In the left column, from top to bottom. It stays in every area.
    Left,
    /// In the middle. It stays in every area but those with a page.
    Centre,
    /// Beside the network in this area, while `open` returns `true`.
    Right { area: Area, open: fn(Lab) -> bool },
    /// Below the network in these areas, while the dock is open.
    Dock(&'static [Area]),
    /// In place of the network in this area.
    Page(Area),
    /// The line at the bottom.
    Line,
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
    pub place: Place,
    pub framed: Framed,
    /// The lock that can hide all of it.
    pub control: Option<Control>,
    /// Creates the view when the panel is first shown; may load its code lazily.
    pub view: fn(Lab) -> AnyView,
}

/// All panels, in the order in which they are mounted.
pub const PANELS: [Panel; 17] = [
    Panel {
        key: "input",
        title: "Input",
        place: Place::Left,
        // Its pad is the network's input.
        framed: Framed::Kept,
        control: None,
        view: |_| view! { <input::Input /> }.into_any(),
    },
    Panel {
        key: "answer",
        title: "Answer",
        place: Place::Left,
        framed: Framed::Usual,
        control: Some(Control::Answer),
        view: |_| view! { <answer::Answer /> }.into_any(),
    },
    Panel {
        key: "pictures",
        title: "Other pictures",
        place: Place::Left,
        framed: Framed::Named,
        control: None,
        view: input::pictures,
    },
    Panel {
        key: "totals",
        title: "Totals",
        place: Place::Line,
        framed: Framed::Named,
        control: Some(Control::Totals),
        view: totals,
    },
    Panel {
        key: "network",
        title: "Network",
        place: Place::Centre,
        framed: Framed::Usual,
        control: None,
        view: network::panel,
    },
    Panel {
        key: "inspector",
        title: "Selected map",
        place: Place::Right {
            area: Area::Look,
            open: |lab| lab.look.chosen().get().is_some(),
        },
        framed: Framed::Named,
        control: Some(Control::Inspector),
        view: look::panel,
    },
    Panel {
        key: "build",
        title: "Build",
        place: Place::Right {
            area: Area::Build,
            open: |_| true,
        },
        framed: Framed::Never,
        control: Some(Control::Network),
        view: build::panel,
    },
    Panel {
        key: "layers",
        title: "Totals",
        place: Place::Dock(&[Area::Look, Area::Build]),
        framed: Framed::Never,
        control: Some(Control::Totals),
        view: under_network,
    },
    beside("train", "Train", Area::Train, train::panel),
    below("training", "Training", &[Area::Train], train::dock),
    beside("shrink", "Shrink", Area::Shrink, shrink::panel),
    below("variants", "Variants", &[Area::Shrink], shrink::dock),
    beside("attack", "Attack", Area::Attack, attack::panel),
    below("robustness", "Robustness", &[Area::Attack], attack::dock),
    beside("deploy", "Deploy", Area::Deploy, deploy::panel),
    below("percentiles", "Latency", &[Area::Deploy], deploy::dock),
    Panel {
        key: "compare",
        title: "Compare",
        place: Place::Page(Area::Compare),
        framed: Framed::Never,
        control: Some(Control::Compare),
        view: compare::panel,
    },
];

/// The dock of Look and Build: what is looked for, or the table of layers.
fn under_network(lab: Lab) -> AnyView {
    let totals = Memo::new(move |_| {
        lab.screen.area().get() != Area::Look || lab.screen.look_tab().get() == LookTab::Totals
    });
    (move || match totals.get() {
        true => build::dock(lab),
        false => explain::dock(lab),
    })
    .into_any()
}

/// A panel at the right of an area, always open there.
const fn beside(
    key: &'static str,
    title: &'static str,
    area: Area,
    view: fn(Lab) -> AnyView,
) -> Panel {
    Panel {
        key,
        title,
        place: Place::Right {
            area,
            open: |_| true,
        },
        framed: Framed::Never,
        control: None,
        view,
    }
}

/// A panel in the dock of areas.
const fn below(
    key: &'static str,
    title: &'static str,
    areas: &'static [Area],
    view: fn(Lab) -> AnyView,
) -> Panel {
    Panel {
        key,
        title,
        place: Place::Dock(areas),
        framed: Framed::Never,
        control: None,
        view,
    }
}

/// The title of the panel in the dock of this area.
pub fn below_in(area: Area) -> Option<&'static str> {
    below_of(area).map(|it| it.title)
}

fn below_of(area: Area) -> Option<Panel> {
    let mut panels = PANELS.into_iter();
    panels.find(|it| matches!(it.place, Place::Dock(areas) if areas.contains(&area)))
}

/// The panel of the dock of this area, open or not, unless a lock hides it.
pub fn dock_in(lab: Lab, area: Area) -> Option<Panel> {
    below_of(area).filter(|it| it.is_part(lab) && !it.is_hidden(lab))
}

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
    /// Whether the page, embedded or not, can show this panel.
    pub fn is_part(&self, lab: Lab) -> bool {
        let embed = lab.screen.embed;
        embed.is_none_or(|embed| embed.shows(self.key))
    }

    /// Whether a lock hides this panel.
    pub fn is_hidden(&self, lab: Lab) -> bool {
        self.control.is_some_and(|it| lab.document.hides(it))
    }

    /// Whether the panel is shown in the present area. A frame shows what its address names.
    pub fn is_open(&self, lab: Lab) -> bool {
        let here = |area| lab.screen.area().get() == area;
        let framed = lab.screen.embed.is_some();
        !self.is_hidden(lab)
            && match self.place {
                Place::Left | Place::Line => true,
                Place::Centre => paged(lab).is_none(),
                Place::Right { area, open } => framed || (here(area) && open(lab)),
                Place::Dock(areas) => {
                    let open = lab.screen.dock_open().get();
                    framed || (open && areas.iter().any(|area| here(*area)))
                }
                Place::Page(area) => here(area),
            }
    }

    /// The area that exists because of this panel.
    const fn area(&self) -> Option<Area> {
        match self.place {
            Place::Right { area, .. } | Place::Page(area) => Some(area),
            Place::Left | Place::Centre | Place::Dock(_) | Place::Line => None,
        }
    }
}

/// The areas with a panel that no lock hides. Look, where the network itself is the content, always
/// is one.
pub fn areas(lab: Lab) -> Vec<Area> {
    let shown = |area: Area| {
        let mut panels = PANELS.iter();
        area == Area::Look
            || panels.any(|it| it.area() == Some(area) && it.is_part(lab) && !it.is_hidden(lab))
    };
    Area::ALL.into_iter().filter(|it| shown(*it)).collect()
}

/// The page of this area, if it has one.
fn page(area: Area) -> Option<Panel> {
    let mut panels = PANELS.into_iter();
    panels.find(|it| matches!(it.place, Place::Page(of) if of == area))
}

/// Whether a lock closes this area.
pub fn is_locked(lab: Lab, area: Area) -> bool {
    let control = page(area).and_then(|panel| panel.control);
    control.is_some_and(|it| !lab.document.allows(it))
}

/// Shows an area unless it is locked, which is said.
pub fn show(lab: Lab, area: Area, view: View) {
    let control = page(area).and_then(|panel| panel.control);
    if control.is_none_or(|it| lab.permits(it)) {
        lab.screen.show_view(view);
        lab.screen.show_area(area);
    }
}

/// The panel that is shown in place of the network.
pub fn paged(lab: Lab) -> Option<Panel> {
    page(lab.screen.area().get()).filter(|it| !it.is_hidden(lab))
}

/// The dock that is open.
pub fn dock(lab: Lab) -> Option<Panel> {
    let mut panels = PANELS.into_iter();
    panels.find(|it| matches!(it.place, Place::Dock(_)) && it.is_part(lab) && it.is_open(lab))
}
