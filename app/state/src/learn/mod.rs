//! Learning: the drawer, the lesson that is open, what of all lessons is done, and what views have
//! seen happen. The lessons themselves are in [`lessons`]; their texts are a file of the site.

pub mod check;
pub mod expression;
pub mod lessons;
pub mod progress;
pub mod question;
pub mod start;
pub mod text;

use std::collections::BTreeSet;

use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{GetUntracked, Set, Update, WithUntracked};

pub use self::progress::Progress;

use crate::signals::set_if_changed;

/// Something that a view sees and no other part of the state keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact {
    /// All products of a value were gone through.
    SteppedThrough,
    /// An attack made the answer another one.
    Flipped,
    /// An attacked picture was answered with a defence.
    Defended,
}

/// See the module.
#[derive(Clone, Copy)]
pub struct Learn {
    shown: RwSignal<bool>,
    lesson: RwSignal<Option<&'static str>>,
    progress: RwSignal<Progress>,
    facts: RwSignal<BTreeSet<Fact>>,
}

readable!(Learn {
    /// The drawer is open.
    shown: bool,
    /// The lesson that is open, by its id. Its network and input are on the screen in the place of
    /// the person's own.
    lesson: Option<&'static str>,
    /// What of all lessons is done.
    progress: Progress,
    /// What has happened since the lesson was opened.
    facts: BTreeSet<Fact>,
});

impl Learn {
    pub(crate) fn new() -> Self {
        Self {
            shown: RwSignal::new(false),
            lesson: RwSignal::new(None),
            progress: RwSignal::default(),
            facts: RwSignal::default(),
        }
    }

    /// Opens or closes the drawer.
    pub fn show(self, shown: bool) {
        set_if_changed(self.shown, shown);
    }

    /// A lesson is opened, or the one that was open is left.
    pub fn enter(self, lesson: Option<&'static str>) {
        self.facts.set(BTreeSet::new());
        set_if_changed(self.lesson, lesson);
    }

    /// Whether the screen shows a lesson's network in the place of the person's own.
    pub fn is_away(self) -> bool {
        self.lesson.with_untracked(Option::is_some)
    }

    /// A view has seen this happen; it counts while a lesson is open.
    pub fn note(self, fact: Fact) {
        if self.is_away() && !self.facts.with_untracked(|facts| facts.contains(&fact)) {
            self.facts.update(|facts| {
                facts.insert(fact);
            });
        }
    }

    /// Takes what was kept of earlier visits.
    pub fn take_progress(self, progress: Progress) {
        set_if_changed(self.progress, progress);
    }

    /// Changes what is done; `true` where that was a change.
    pub fn change_progress(self, change: impl FnOnce(&mut Progress)) -> bool {
        let before = self.progress.get_untracked();
        let mut progress = before.clone();
        change(&mut progress);
        let changed = progress != before;
        if changed {
            self.progress.set(progress);
        }
        changed
    }
}
