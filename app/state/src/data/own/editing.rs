//! The collection that is open, with the steps that undo takes back.

use std::collections::HashMap;
use std::sync::Arc;

use reactive_graph::owner::{LocalStorage, StoredValue};
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{
    GetUntracked, Set, Update, UpdateValue, With, WithUntracked, WithValue,
};

use super::{Collection, CollectionError, Image};
use crate::signals::set_if_changed;

/// Steps that can be taken back.
const STEPS: usize = 50;

/// An open collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Editing {
    /// Where it is kept.
    pub key: String,
    pub collection: Collection,
    /// The class that images are added to.
    pub class: u16,
    /// The chosen images, by number.
    pub chosen: Vec<u64>,
    /// The collection before each of the last steps, the latest last.
    before: Vec<Collection>,
}

impl Editing {
    /// Whether there is a step to take back.
    pub const fn can_undo(&self) -> bool {
        !self.before.is_empty()
    }

    fn leave(&mut self) {
        self.before.push(self.collection.clone());
        if self.before.len() > STEPS {
            self.before.remove(0);
        }
    }

    /// Chosen are only images and a class that are there.
    fn tidy(&mut self) {
        let items = self.collection.items();
        self.chosen
            .retain(|number| items.iter().any(|item| item.number == *number));
        let last = self.collection.classes().len() as u16 - 1;
        self.class = self.class.min(last);
    }
}

/// See the module.
#[derive(Clone, Copy)]
pub struct Editor {
    open: RwSignal<Option<Editing>>,
    error: RwSignal<Option<String>>,
    /// The pixels of its images and of those that undo brings back.
    images: StoredValue<HashMap<u64, Arc<Image>>, LocalStorage>,
}

readable!(Editor {
    /// The open collection.
    open: Option<Editing>,
    /// Why the last edit was refused.
    error: Option<String>,
});

impl Editor {
    pub(crate) fn new() -> Self {
        Self {
            open: RwSignal::new(None),
            error: RwSignal::new(None),
            images: StoredValue::new_local(HashMap::new()),
        }
    }

    /// Opens a collection with its images.
    pub fn open_collection(
        self,
        key: String,
        collection: Collection,
        images: HashMap<u64, Arc<Image>>,
    ) {
        let _disposed = self.images.try_update_value(|it| *it = images).is_none();
        self.error.set(None);
        self.open.set(Some(Editing {
            key,
            collection,
            class: 0,
            chosen: Vec::new(),
            before: Vec::new(),
        }));
    }

    /// Closes it; its images are forgotten here.
    pub fn close(self) {
        self.open.set(None);
        self.error.set(None);
        let _disposed = self.images.try_update_value(HashMap::clear).is_none();
    }

    /// The key of the open collection.
    pub fn key(self) -> Option<String> {
        self.open
            .with_untracked(|open| open.as_ref().map(|it| it.key.clone()))
    }

    /// It is kept under another key from now on.
    pub fn move_to(self, key: String) {
        self.open.update(|open| {
            if let Some(open) = open {
                open.key = key;
            }
        });
    }

    /// The pixels of an image.
    pub fn image(self, number: u64) -> Option<Arc<Image>> {
        self.images
            .with_value(|images| images.get(&number).cloned())
    }

    /// Why the last edit was refused, or nothing.
    pub fn set_error(self, error: Option<String>) {
        set_if_changed(self.error, error);
    }

    /// Chooses the class that images are added to.
    pub fn choose_class(self, class: u16) {
        self.look(|open| {
            open.class = class;
            open.chosen.clear();
        });
    }

    /// Chooses an image, or with `more` adds it to the chosen ones or takes it out.
    pub fn choose(self, number: u64, more: bool) {
        self.look(|open| {
            let there = open.chosen.iter().position(|it| *it == number);
            match there {
                Some(_) if !more && open.chosen.len() == 1 => open.chosen.clear(),
                Some(at) if more => drop(open.chosen.remove(at)),
                _ if more => open.chosen.push(number),
                _ => open.chosen = vec![number],
            }
        });
    }

    fn look(self, change: impl FnOnce(&mut Editing)) {
        if self.open.with_untracked(Option::is_none) {
            return;
        }
        self.open.update(|open| {
            if let Some(open) = open {
                change(open);
                open.tidy();
            }
        });
    }

    /// Does an edit, which can be undone; says whether it was done.
    pub fn edit(self, edit: impl FnOnce(&mut Collection) -> Result<(), CollectionError>) -> bool {
        let Some(mut open) = self.open.get_untracked() else {
            return false;
        };
        let before = open.collection.clone();
        match edit(&mut open.collection) {
            Ok(()) if open.collection == before => true,
            Ok(()) => {
                let now = std::mem::replace(&mut open.collection, before);
                open.leave();
                open.collection = now;
                open.tidy();
                self.error.set(None);
                self.open.set(Some(open));
                true
            }
            Err(error) => {
                self.error.set(Some(error.to_string()));
                false
            }
        }
    }

    /// Adds images to the chosen class as one step.
    pub fn add_images(self, images: Vec<Image>) -> bool {
        let class = self
            .open
            .with_untracked(|open| open.as_ref().map_or(0, |it| it.class));
        let labelled = images.into_iter().map(|image| (image, class));
        self.add_labelled(labelled.collect())
    }

    /// Adds images of these classes as one step; a class that the collection has not is added, and empty
    /// ones that nobody has named are taken out.
    pub fn import(self, classes: &[String], images: Vec<(Image, u16)>) -> bool {
        let labels: Vec<u16> = images.iter().map(|(_, class)| *class).collect();
        self.add_with(images.into_iter().map(|(image, _)| image), |collection| {
            let places = collection.places_of(classes)?;
            for label in labels {
                let place = places.get(usize::from(label));
                collection.add(place.copied().unwrap_or_default())?;
            }
            collection.drop_unnamed();
            Ok(())
        })
    }

    /// Adds images with their classes as one step.
    fn add_labelled(self, images: Vec<(Image, u16)>) -> bool {
        let classes: Vec<u16> = images.iter().map(|(_, class)| *class).collect();
        self.add_with(images.into_iter().map(|(image, _)| image), |collection| {
            let mut classes = classes.iter();
            classes.try_for_each(|class| collection.add(*class).map(drop))
        })
    }

    /// Does an edit that adds these images in their order.
    fn add_with(
        self,
        images: impl Iterator<Item = Image>,
        edit: impl FnOnce(&mut Collection) -> Result<(), CollectionError>,
    ) -> bool {
        let next = |open: &Option<Editing>| open.as_ref().map_or(0, |it| it.collection.next());
        let next = self.open.with_untracked(next);
        // Before the edit, because what it makes appear is drawn at once.
        let kept = (next..).zip(images.map(Arc::new));
        let _disposed = self.images.try_update_value(|it| it.extend(kept)).is_none();
        self.edit(edit)
    }

    /// Takes back the last step.
    pub fn undo(self) {
        self.look(|open| {
            if let Some(mut before) = open.before.pop() {
                // No number is given twice, also not after undo.
                before.reserve(open.collection.next());
                open.collection = before;
            }
        });
        self.error.set(None);
    }

    /// Runs with the open collection; tracks it.
    pub fn with<T>(self, read: impl FnOnce(&Editing) -> T) -> Option<T> {
        self.open.with(|open| open.as_ref().map(read))
    }
}
