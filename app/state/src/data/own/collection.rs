//! Images in named classes, and the edits of them. The images' pixels are kept elsewhere, by number.

use std::collections::HashSet;

use engine::Shape;
use engine::data::{picture_shape, takes_drawings};

/// What a collection's images are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Grey, 28×28, prepared as drawings are.
    #[default]
    Drawings,
    /// In colour, square, at most [`Kind::LARGEST`] pixels a side.
    Photos,
}

impl Kind {
    /// The side that photos are kept at; smaller ones stay as they are.
    pub const LARGEST: u32 = 224;
    /// The side of drawings.
    pub const FIELD: u32 = 28;

    /// Images of a collection at most: all of them are in memory while it is open.
    pub const fn most(self) -> usize {
        match self {
            Self::Drawings => 5_000,
            Self::Photos => 2_000,
        }
    }

    /// What a network with this input learns from.
    pub fn of(input: Shape) -> Self {
        if takes_drawings(input) {
            Self::Drawings
        } else {
            Self::Photos
        }
    }

    /// The size of the images that a network with this input is given.
    pub fn shape(self, input: Shape) -> Shape {
        let field = Shape::new(1, Self::FIELD, Self::FIELD);
        match self {
            Self::Drawings => field,
            Self::Photos => {
                let wanted = picture_shape(input);
                let side = wanted.height.min(wanted.width).min(Self::LARGEST);
                Shape::new(3, side, side)
            }
        }
    }
}

/// A class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    pub name: String,
}

/// One image: the number under which its pixels are kept, and its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    pub number: u64,
    pub class: u16,
}

/// Classes of a collection at most.
const MOST_CLASSES: usize = 100;
/// Letters of a name at most.
const LONGEST: usize = 60;

/// Why an edit is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CollectionError {
    #[error("A class needs a name: type one.")]
    NoName,
    #[error("There is a class “{0}” already: choose another name.")]
    Taken(String),
    #[error("A network tells at least two classes apart: add another before you delete this one.")]
    TwoClasses,
    #[error("A collection has at most {MOST_CLASSES} classes.")]
    Classes,
    #[error("A collection has at most {0} images: open larger sets as a zip of folders instead.")]
    Images(usize),
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    name: String,
    kind: Kind,
    classes: Vec<Class>,
    items: Vec<Item>,
    /// The number of the next image; none is given twice.
    next: u64,
}

/// Without spaces around it, and not too long.
fn trimmed(name: &str) -> String {
    name.trim()
        .chars()
        .take(LONGEST)
        .collect::<String>()
        .trim()
        .to_owned()
}

impl Collection {
    /// Two empty classes.
    pub fn new(name: &str, kind: Kind) -> Self {
        let class = |number: u32| Class {
            name: format!("Class {number}"),
        };
        Self {
            name: trimmed(name),
            kind,
            classes: vec![class(1), class(2)],
            items: Vec::new(),
            next: 0,
        }
    }

    /// From what was kept; `None` where it contradicts itself.
    pub fn restored(
        name: &str,
        kind: Kind,
        classes: Vec<Class>,
        items: Vec<Item>,
        next: u64,
    ) -> Option<Self> {
        let mut numbers = HashSet::new();
        let fits = |item: &Item| {
            usize::from(item.class) < classes.len()
                && item.number < next
                && numbers.insert(item.number)
        };
        let fine = classes.len() >= 2 && items.iter().all(fits);
        fine.then(|| Self {
            name: trimmed(name),
            kind,
            classes,
            items,
            next,
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub const fn kind(&self) -> Kind {
        self.kind
    }

    pub fn classes(&self) -> &[Class] {
        &self.classes
    }

    pub fn items(&self) -> &[Item] {
        &self.items
    }

    pub const fn next(&self) -> u64 {
        self.next
    }

    /// The images of one class, in the order in which they came.
    pub fn of_class(&self, class: u16) -> impl Iterator<Item = u64> {
        let items = self.items.iter().filter(move |item| item.class == class);
        items.map(|item| item.number)
    }

    /// The images of each class.
    pub fn counts(&self) -> Vec<u64> {
        let mut counts = vec![0; self.classes.len()];
        for item in &self.items {
            counts[usize::from(item.class)] += 1;
        }
        counts
    }

    /// Sets the name; nothing but spaces changes nothing.
    pub fn rename(&mut self, name: &str) {
        let name = trimmed(name);
        if !name.is_empty() {
            self.name = name;
        }
    }

    /// What the images are; only while there are none.
    pub const fn set_kind(&mut self, kind: Kind) {
        if self.items.is_empty() {
            self.kind = kind;
        }
    }

    fn free_name(&self, name: &str, but: Option<u16>) -> Result<String, CollectionError> {
        let name = trimmed(name);
        if name.is_empty() {
            return Err(CollectionError::NoName);
        }
        let other = |(place, class): (usize, &Class)| {
            but != Some(place as u16) && class.name.eq_ignore_ascii_case(&name)
        };
        if self.classes.iter().enumerate().any(other) {
            return Err(CollectionError::Taken(name));
        }
        Ok(name)
    }

    /// Adds a class of this name, or of the first “Class n” that is free; gives its place.
    ///
    /// # Errors
    /// When the name is taken or there are too many classes.
    pub fn add_class(&mut self, name: Option<&str>) -> Result<u16, CollectionError> {
        if self.classes.len() >= MOST_CLASSES {
            return Err(CollectionError::Classes);
        }
        let name = match name {
            Some(name) => self.free_name(name, None)?,
            None => {
                let names = (1..).map(|number| format!("Class {number}"));
                let mut free = names.filter(|name| self.free_name(name, None).is_ok());
                free.next().ok_or(CollectionError::Classes)?
            }
        };
        self.classes.push(Class { name });
        Ok((self.classes.len() - 1) as u16)
    }

    /// The places of classes with these names, which are added where they are not there.
    pub(super) fn places_of(&mut self, names: &[String]) -> Result<Vec<u16>, CollectionError> {
        let place = |name: &String| {
            let short = trimmed(name);
            let same = |class: &Class| class.name.eq_ignore_ascii_case(&short);
            match self.classes.iter().position(same) {
                Some(place) => Ok(place as u16),
                None => self.add_class(Some(name)),
            }
        };
        names.iter().map(place).collect()
    }

    /// Takes out classes that are empty and have the names that they were given here, while two are left.
    pub(super) fn drop_unnamed(&mut self) {
        for class in (0..self.classes.len() as u16).rev() {
            let number = self.classes[usize::from(class)].name.strip_prefix("Class ");
            let unnamed = number.is_some_and(|number| number.parse::<u32>().is_ok());
            if unnamed && self.of_class(class).next().is_none() {
                // Refused for the last two.
                let _refused = self.delete_class(class).is_err();
            }
        }
    }

    /// Renames a class.
    ///
    /// # Errors
    /// When there is no name, or another class has it.
    pub fn rename_class(&mut self, class: u16, name: &str) -> Result<(), CollectionError> {
        let name = self.free_name(name, Some(class))?;
        if let Some(class) = self.classes.get_mut(usize::from(class)) {
            class.name = name;
        }
        Ok(())
    }

    /// Deletes a class with its images.
    ///
    /// # Errors
    /// When only one would be left.
    pub fn delete_class(&mut self, class: u16) -> Result<(), CollectionError> {
        if self.classes.len() <= 2 {
            return Err(CollectionError::TwoClasses);
        }
        if usize::from(class) < self.classes.len() {
            self.classes.remove(usize::from(class));
            self.items.retain(|item| item.class != class);
            for item in &mut self.items {
                item.class -= u16::from(item.class > class);
            }
        }
        Ok(())
    }

    /// Adds an image to a class; gives the number to keep its pixels under.
    ///
    /// # Errors
    /// When there are too many.
    pub fn add(&mut self, class: u16) -> Result<u64, CollectionError> {
        let most = self.kind.most();
        if self.items.len() >= most {
            return Err(CollectionError::Images(most));
        }
        let class = class.min((self.classes.len() - 1) as u16);
        let number = self.next;
        self.next += 1;
        self.items.push(Item { number, class });
        Ok(number)
    }

    /// Numbers below this one are given to no image any longer.
    pub(super) fn reserve(&mut self, next: u64) {
        self.next = self.next.max(next);
    }

    /// Moves images to a class.
    pub fn relabel(&mut self, numbers: &[u64], class: u16) {
        if usize::from(class) < self.classes.len() {
            let chosen = self.items.iter_mut();
            for item in chosen.filter(|item| numbers.contains(&item.number)) {
                item.class = class;
            }
        }
    }

    /// Deletes images.
    pub fn delete(&mut self, numbers: &[u64]) {
        self.items.retain(|item| !numbers.contains(&item.number));
    }
}
