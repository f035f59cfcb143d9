//! How the page is shown: list or graph, open palette, theme, embedding.

mod embed;
mod look_tab;
mod palettes;

use engine::NodeId;
use engine::analysis::Quantity;
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{Set, WithUntracked};

pub use self::embed::{Embed, PanelKey};
pub use self::look_tab::LookTab;
pub use self::palettes::{Palette, palettes};

use crate::signals::set_if_changed;

/// An area of the page: what is beside the network and below it. Input, network and answer stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Area {
    /// Maps, and how a value is made.
    #[default]
    Look,
    /// Layers and their settings.
    Build,
    Train,
    Shrink,
    Attack,
    Deploy,
    /// Networks beside each other, in place of the network.
    Compare,
    Learn,
}

impl Area {
    pub const ALL: [Self; 8] = [
        Self::Look,
        Self::Build,
        Self::Train,
        Self::Shrink,
        Self::Attack,
        Self::Deploy,
        Self::Compare,
        Self::Learn,
    ];

    /// The name in `data-area`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Look => "look",
            Self::Build => "build",
            Self::Train => "train",
            Self::Shrink => "shrink",
            Self::Attack => "attack",
            Self::Deploy => "deploy",
            Self::Compare => "compare",
            Self::Learn => "learn",
        }
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::Look => "Look",
            Self::Build => "Build",
            Self::Train => "Train",
            Self::Shrink => "Shrink",
            Self::Attack => "Attack",
            Self::Deploy => "Deploy",
            Self::Compare => "Compare",
            Self::Learn => "Learn",
        }
    }
}

/// What a phone shows of the area Look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// Input and answer.
    #[default]
    Draw,
    Network,
}

impl View {
    /// The name in `data-screen`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draw => "draw",
            Self::Network => "network",
        }
    }
}

/// The page's colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// The system's theme.
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }
}

/// A number whose formula is shown, and its position on the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// `None` for a number of the whole network.
    pub node: Option<NodeId>,
    pub title: &'static str,
    pub quantities: &'static [(Quantity, &'static str)],
    /// The number's left edge, top and bottom in pixels of the window.
    pub at: [f64; 3],
}

/// Settings of the screen from earlier visits and from the page's address.
#[derive(Clone, Debug, Default)]
pub struct Preferences {
    /// The panels that the address of an embedded page can name.
    pub panels: &'static [PanelKey],
    /// The panels shown when the lab is embedded in another page; `None` for the whole lab.
    pub embed: Option<Embed>,
    pub listed: bool,
    pub palette_open: bool,
    pub theme: Option<Theme>,
    pub thickness: Option<f64>,
}

/// See the module.
#[derive(Clone, Copy)]
pub struct Screen {
    /// What is shown when embedded in another page; `None` for the whole lab.
    pub embed: Option<Embed>,
    /// The panels that the address of an embedded page can name.
    pub panels: &'static [PanelKey],
    listed: RwSignal<bool>,
    growing: RwSignal<bool>,
    palette_open: RwSignal<bool>,
    explained: RwSignal<Option<Explained>>,
    theme: RwSignal<Theme>,
    dark: RwSignal<bool>,
    area: RwSignal<Area>,
    view: RwSignal<View>,
    dock_open: RwSignal<bool>,
    look_tab: RwSignal<LookTab>,
    shortcuts: RwSignal<bool>,
}

readable!(Screen {
    /// The network is shown as a list, not as a graph.
    listed: bool,
    /// Some of the network's boxes or rows are not mounted yet.
    growing: bool,
    /// The palette shows all layers, not the common ones only.
    palette_open: bool,
    /// The number whose formula is shown.
    explained: Option<Explained>,
    /// The page's colours.
    theme: Theme,
    /// Whether they are dark, by the choice or by the system.
    dark: bool,
    /// The area that is shown.
    area: Area,
    /// The dock below the network is open.
    dock_open: bool,
    /// What the dock of the area Look shows.
    look_tab: LookTab,
    /// What a phone shows.
    view: View,
    /// The list of keyboard shortcuts is open.
    shortcuts: bool,
});

impl Screen {
    pub(crate) fn new(preferences: Preferences) -> Self {
        let Preferences {
            panels,
            embed,
            listed,
            palette_open,
            theme,
            thickness: _,
        } = preferences;
        Self {
            embed,
            panels,
            listed: RwSignal::new(listed),
            growing: RwSignal::new(false),
            palette_open: RwSignal::new(palette_open),
            explained: RwSignal::new(None),
            theme: RwSignal::new(theme.unwrap_or_default()),
            dark: RwSignal::new(false),
            area: RwSignal::new(Area::default()),
            view: RwSignal::new(View::default()),
            dock_open: RwSignal::new(false),
            look_tab: RwSignal::new(LookTab::default()),
            shortcuts: RwSignal::new(false),
        }
    }

    /// Shows the network as a list, or as a graph.
    pub fn show_list(self, list: bool) {
        self.listed.set(list);
    }

    /// Sets whether some boxes or rows are not mounted yet. Does nothing once the state was
    /// disposed.
    pub fn set_growing(self, growing: bool) {
        if self.growing.try_with_untracked(|now| *now != growing) == Some(true) {
            self.growing.set(growing);
        }
    }

    /// Shows all layers of the palette, or the common ones.
    pub fn open_palette(self, open: bool) {
        set_if_changed(self.palette_open, open);
    }

    /// Toggles the formula of a number.
    pub fn explain(self, number: Option<Explained>) {
        let same = self.explained.with_untracked(|before| *before == number);
        if !same {
            self.explained.set(number);
        } else if number.is_some() {
            self.explained.set(None);
        }
    }

    /// Sets the page's colours.
    pub fn set_theme(self, theme: Theme) {
        self.theme.set(theme);
    }

    /// Sets whether the page's colours are dark.
    pub fn set_dark(self, dark: bool) {
        set_if_changed(self.dark, dark);
    }

    /// Shows an area.
    pub fn show_area(self, area: Area) {
        set_if_changed(self.area, area);
    }

    /// Opens or closes the dock.
    pub fn open_dock(self, open: bool) {
        set_if_changed(self.dock_open, open);
    }

    /// Chooses what the dock of the area Look shows.
    pub fn show_look_tab(self, tab: LookTab) {
        set_if_changed(self.look_tab, tab);
    }

    /// Chooses what a phone shows.
    pub fn show_view(self, view: View) {
        set_if_changed(self.view, view);
    }

    /// Opens or closes the list of keyboard shortcuts.
    pub fn show_shortcuts(self, open: bool) {
        set_if_changed(self.shortcuts, open);
    }
}
