//! The data sets that can be trained on: shipped ones, the person's own collections and dropped files.
//! The engine knows a set by the same number, and its images by their order here.

mod balance;
mod choice;
pub mod files;
mod images;
pub mod own;
mod shipped;

use std::collections::HashMap;
use std::sync::Arc;

use engine::Shape;
use engine::data::Split;
use engine::zoo::Classes;
use reactive_graph::computed::Memo;
use reactive_graph::owner::{LocalStorage, StoredValue};
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{
    GetUntracked, GetValue, Set, SetValue, Update, UpdateValue, With, WithUntracked, WithValue,
};

pub use self::balance::{Labels, PartCounts, imbalance};
pub use self::images::{Images, Part, Read};
pub use self::shipped::{CHUNKS, Chunk};

use self::own::Editor;
use crate::input::DataSet;
use crate::signals::set_if_changed;

/// The number of a data set, here and in the engine. A set whose images change gets a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetId(pub u32);

/// Where a set comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Mnist,
    Fashion,
    /// A collection that is kept under this key.
    Own(String),
    /// Files that were dropped or opened; they last as long as the page.
    Dropped,
}

/// What a set is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetInfo {
    pub id: SetId,
    pub name: String,
    pub classes: Vec<String>,
    /// Images of each class; none before the labels are known.
    pub counts: Vec<u64>,
    /// All images.
    pub images: u64,
    /// Images that are for the test only.
    pub held_out: u64,
    pub shape: Shape,
    /// Of all images.
    pub bytes: u64,
    pub origin: Origin,
}

/// The loading of a set's images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub set: SetId,
    /// Images that are here, and all.
    pub done: u64,
    pub total: u64,
}

/// A set to add, with its labels in the order of the images' numbers.
#[derive(Clone, Debug)]
pub struct NewSet {
    pub name: String,
    pub classes: Vec<String>,
    pub labels: Labels,
    pub shape: Shape,
    pub origin: Origin,
}

/// What a network is for, as far as it decides which set fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fitting {
    pub colour: bool,
    pub classes: Option<Classes>,
}

#[derive(Default)]
struct Held {
    /// Sets that are on the list no longer, for what still shows them.
    retired: HashMap<SetId, SetInfo>,
    labels: HashMap<SetId, Arc<Labels>>,
    images: HashMap<SetId, Images>,
}

/// See the module.
#[derive(Clone, Copy)]
pub struct DataSets {
    sets: RwSignal<Vec<SetInfo>>,
    choice: RwSignal<Option<SetId>>,
    kept: RwSignal<Option<String>>,
    progress: RwSignal<Option<Progress>>,
    reading: RwSignal<Option<(u64, u64)>>,
    chosen: Memo<Option<SetId>>,
    /// The number of the next set.
    next: StoredValue<u32>,
    held: StoredValue<Held, LocalStorage>,
    /// The collection that is open.
    pub editor: Editor,
}

readable!(DataSets {
    /// All sets: the shipped ones first.
    sets: Vec<SetInfo>,
    /// The loading of images that is under way.
    progress: Option<Progress>,
    /// The name of the set that was chosen for the open experiment, which need not be on the list: own
    /// collections come later. `None` before a choice and for dropped files.
    kept: Option<String>,
    /// The reading of the person's files that is under way: how much is done, and of how much.
    reading: Option<(u64, u64)>,
});

/// The sets that are always there.
const MNIST: SetId = SetId(0);
const FASHION: SetId = SetId(1);

impl DataSets {
    pub(crate) fn new(fitting: Memo<Fitting>) -> Self {
        let shipped = [(MNIST, DataSet::Mnist), (FASHION, DataSet::Fashion)];
        let sets = RwSignal::new(shipped.map(|(id, set)| shipped::info(id, set)).to_vec());
        let choice = RwSignal::new(None::<SetId>);
        let kept = RwSignal::new(None::<String>);
        let chosen = choice::chosen(sets, choice, kept, fitting);
        Self {
            sets,
            choice,
            kept,
            progress: RwSignal::new(None),
            reading: RwSignal::new(None),
            chosen,
            next: StoredValue::new(FASHION.0 + 1),
            held: StoredValue::new_local(Held::default()),
            editor: Editor::new(),
        }
    }

    /// What a set is, also one that is on the list no longer.
    pub fn info(self, id: SetId) -> Option<SetInfo> {
        let of = |sets: &Vec<SetInfo>| sets.iter().find(|it| it.id == id).cloned();
        let retired = || self.held.with_value(|held| held.retired.get(&id).cloned());
        self.sets.with_untracked(of).or_else(retired)
    }

    /// Whether a set is on the list.
    pub fn is_listed(self, id: SetId) -> bool {
        self.sets
            .with_untracked(|sets| sets.iter().any(|it| it.id == id))
    }

    fn retire(self, id: SetId) {
        if let Some(info) = self.info(id) {
            self.change(|held| drop(held.retired.insert(id, info)));
        }
    }

    /// The numbers of a set's images that are for training, validation and test. `None` before the
    /// labels are known.
    pub fn divided(self, id: SetId, split: &Split) -> Option<PartCounts> {
        self.sets.with(|sets| {
            let info = sets.iter().find(|it| it.id == id)?;
            let classes = info.classes.len();
            Some(self.labels(id)?.divided(classes, split))
        })
    }

    /// The labels of a set, once they are known.
    pub fn labels(self, id: SetId) -> Option<Arc<Labels>> {
        self.held.with_value(|held| held.labels.get(&id).cloned())
    }

    /// The label of one image.
    pub fn label(self, id: SetId, index: usize) -> Option<u16> {
        self.labels(id)?.labels.get(index).copied()
    }

    /// The bytes of one image, row by row from the top, the channels of a pixel beside each other.
    /// `None` while it is not loaded.
    pub fn image(self, id: SetId, index: usize) -> Option<Vec<u8>> {
        self.held
            .with_value(|held| held.images.get(&id)?.get(index))
    }

    /// How many images are loaded, from the first on.
    pub fn loaded(self, id: SetId) -> usize {
        self.held
            .with_value(|held| held.images.get(&id).map_or(0, Images::len))
    }

    /// Sets the labels of a set.
    pub fn put_labels(self, id: SetId, labels: Labels) {
        self.sets.update(|sets| {
            if let Some(info) = sets.iter_mut().find(|it| it.id == id) {
                info.counts = labels.counts(info.classes.len());
            }
            self.change(|held| drop(held.labels.insert(id, Arc::new(labels))));
        });
    }

    /// The next images of a set are loaded.
    pub fn put_images(self, id: SetId, part: Part) {
        self.change(|held| held.images.entry(id).or_default().push(part));
    }

    /// Does nothing once the state was disposed at the page's end.
    fn change(self, change: impl FnOnce(&mut Held)) {
        let _disposed = self.held.try_update_value(change).is_none();
    }

    /// Sets how much of a set is loaded; `None` when nothing is under way.
    pub fn set_progress(self, progress: Option<Progress>) {
        set_if_changed(self.progress, progress);
    }

    /// Sets how much of the person's files is read; `None` when nothing is under way.
    pub fn set_reading(self, reading: Option<(u64, u64)>) {
        set_if_changed(self.reading, reading);
    }

    /// Adds a set. One of the same collection takes the place of that before, also as the choice.
    pub fn add_set(self, set: NewSet) -> SetId {
        let id = SetId(self.next.get_value());
        self.next.set_value(id.0 + 1);
        let images = set.labels.labels.len() as u64;
        let info = SetInfo {
            id,
            name: set.name,
            counts: set.labels.counts(set.classes.len()),
            classes: set.classes,
            images,
            held_out: set.labels.held_out.iter().filter(|it| **it).count() as u64,
            shape: set.shape,
            bytes: images * set.shape.elements(),
            origin: set.origin,
        };
        self.change(|held| drop(held.labels.insert(id, Arc::new(set.labels))));
        let same = |it: &SetInfo| matches!(it.origin, Origin::Own(_)) && it.origin == info.origin;
        let before = self.sets.with_untracked(|sets| sets.iter().position(same));
        let replaced = before.map(|at| self.sets.with_untracked(|sets| sets[at].id));
        if let Some(id) = replaced {
            self.retire(id);
        }
        if replaced.is_some() && self.choice.get_untracked() == replaced {
            self.choice.set(Some(id));
        }
        self.sets.update(|sets| match before {
            Some(at) => sets[at] = info,
            None => sets.push(info),
        });
        id
    }

    /// Renames a set.
    pub fn rename(self, id: SetId, name: String) {
        self.sets.update(|sets| {
            if let Some(info) = sets.iter_mut().find(|it| it.id == id) {
                info.name = name;
            }
        });
    }

    /// Takes a set off the list. Its images stay for what still shows them.
    pub fn remove(self, id: SetId) {
        self.retire(id);
        self.sets.update(|sets| sets.retain(|it| it.id != id));
    }

    /// Forgets the images of a set.
    pub fn forget_images(self, id: SetId) {
        self.change(|held| drop(held.images.remove(&id)));
    }
}
