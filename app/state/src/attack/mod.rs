//! The area Attack: what is asked, and what came out. Nothing of it is a part of [`crate::State`]: the
//! page makes it when the area is first shown.

mod field;
mod picture;
mod plot;
mod studies;
mod table;

use engine::attack::{Method, PictureOrder, Settings};
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::GetUntracked;

pub use self::field::{Number, PLACES, epsilon_at, place_of, strongest};
pub use self::picture::{Attacked, Pictures, amplification, obstacle};
pub use self::plot::{Label, Line, Plot, axis, name, plot, plot_points, short};
pub use self::studies::{
    Certified, Choice, Measured, Named, SAMPLES, SIGMAS, Studies, Universal, corruptions, named,
};
pub use self::table::{certified_csv, corruptions_csv, curve_csv, transfer_csv};

use crate::ReadOnly;
use crate::signals::set_if_changed;

/// What is asked of the picture on the screen.
#[derive(Clone, Copy)]
pub struct Attack {
    order: RwSignal<PictureOrder>,
    /// What has been measured on data sets.
    pub studies: Studies,
}

impl Attack {
    #[allow(clippy::new_without_default, reason = "it makes signals")]
    pub fn new() -> Self {
        Self {
            order: RwSignal::new(PictureOrder {
                settings: Settings::of(Method::Pgd),
                smallest: true,
                ..PictureOrder::default()
            }),
            studies: Studies::new(),
        }
    }

    /// What is asked of the picture; see [`Self::edit`]. How the picture became the input is filled in
    /// when it is sent.
    pub fn order(self) -> ReadOnly<PictureOrder> {
        self.order.into()
    }

    /// Changes what is asked.
    pub fn edit(self, change: impl FnOnce(&mut PictureOrder)) {
        let mut order = self.order.get_untracked();
        change(&mut order);
        set_if_changed(self.order, order);
    }

    /// Another method, with its usual steps and a norm that it has; ε stays where both have one.
    pub fn choose(self, method: Method) {
        self.edit(|order| {
            let settings = &mut order.settings;
            settings.method = method;
            settings.steps = method.usual_steps();
            settings.alpha = None;
            if !method.norms().contains(&settings.norm) {
                settings.norm = method.norms().first().copied().unwrap_or_default();
            }
        });
    }

    /// The settings of now, for a study.
    pub fn settings(self) -> Settings {
        self.order.get_untracked().settings
    }
}
