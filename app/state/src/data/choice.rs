//! Which set is trained on.

use engine::zoo::Classes;
use reactive_graph::computed::Memo;
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{Get, With};

use super::{DataSets, FASHION, Fitting, MNIST, SetId, SetInfo};
use crate::signals::set_if_changed;

/// What the person chose, else what was chosen for the experiment, else what fits the network.
pub(super) fn chosen(
    sets: RwSignal<Vec<SetInfo>>,
    choice: RwSignal<Option<SetId>>,
    kept: RwSignal<Option<String>>,
    fitting: Memo<Fitting>,
) -> Memo<Option<SetId>> {
    Memo::new(move |_| {
        let there = |id: SetId| sets.with(|sets| sets.iter().any(|it| it.id == id));
        let kept = || {
            let name = kept.get()?;
            let named = |it: &&SetInfo| it.origin.name().as_ref() == Some(&name);
            sets.with(|sets| sets.iter().find(named).map(|it| it.id))
        };
        let chosen = choice.get().filter(|id| there(*id));
        chosen.or_else(kept).or_else(|| {
            let Fitting { colour, classes } = fitting.get();
            match classes {
                Some(Classes::Fashion) => Some(FASHION),
                _ if !colour => Some(MNIST),
                // The first one with photos.
                _ => sets.with(|sets| {
                    let mut sets = sets.iter();
                    sets.find(|it| it.shape.channels == 3).map(|it| it.id)
                }),
            }
        })
    })
}

impl DataSets {
    /// The chosen set; before a choice, one that fits the network. `None` where there is none.
    pub fn chosen(self) -> Option<SetInfo> {
        let id = self.chosen.get()?;
        self.sets
            .with(|sets| sets.iter().find(|it| it.id == id).cloned())
    }

    /// The number of [`Self::chosen`].
    pub fn chosen_id(self) -> Option<SetId> {
        self.chosen.get()
    }

    /// The person chooses a set.
    pub fn choose(self, id: SetId) {
        set_if_changed(self.choice, Some(id));
        set_if_changed(self.kept, self.info(id).and_then(|it| it.origin.name()));
    }

    /// Another experiment is open, for which the set of this name was chosen.
    pub fn choose_kept(self, name: Option<String>) {
        set_if_changed(self.choice, None);
        set_if_changed(self.kept, name);
    }
}
