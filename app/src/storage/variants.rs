//! Variants of the area Shrink over a reload.

use std::cell::RefCell;
use std::thread::LocalKey;

use state::shrink::{Variant, VariantRecord};
use web_sys::Blob;

use super::kept::{Keeping, Kept, Trouble, keep};
use super::store::{Pair, StoreError, VARIANTS};
use crate::lab::Lab;

thread_local! {
    static KEEPING: RefCell<Keeping<Variant>> = RefCell::default();
}

impl Lab {
    /// See [`keep`].
    pub fn keep_variants(self) {
        keep::<Variant>(self);
    }
}

impl Kept for Variant {
    const STORES: Pair = VARIANTS;

    fn keeping() -> &'static LocalKey<RefCell<Keeping<Self>>> {
        &KEEPING
    }

    fn all(lab: Lab) -> Vec<Self> {
        lab.shrink.read(|held| held.variants.all().to_vec())
    }

    fn number(&self) -> u64 {
        self.id.0
    }

    fn write(&self) -> Result<String, String> {
        VariantRecord::write(self)
    }

    fn read(text: &str) -> Result<Self, String> {
        VariantRecord::read(text).map_err(|error| error.to_string())
    }

    fn add(self, lab: Lab, file: Option<Blob>) {
        lab.add_variant(self, file);
    }

    fn file(&self, lab: Lab) -> Option<Blob> {
        lab.variant_file(self)
    }

    /// A variant of shipped weights gets a file when it is kept as a teacher.
    fn has_new_file(&self, stored: &Self) -> bool {
        self.bytes != stored.bytes
    }

    fn say(lab: Lab, trouble: Trouble) {
        lab.shrink.fail(match trouble {
            Trouble::Unread(error) => format!(
                "The variants of earlier visits are not there: {error}. Those of this visit last \
                 until the page is closed."
            ),
            Trouble::Damaged(why) => {
                format!("A variant of an earlier visit cannot be shown: {why}.")
            }
            Trouble::Unwritten(StoreError::Full) => "The variants are not kept over a reload: the \
                 browser's storage for this page is full. They stay in the list until the page is \
                 closed. Remove some that you do not need, or experiments in the Library; the next \
                 change tries again."
                .to_owned(),
            Trouble::Unwritten(error) => format!(
                "The variants are not kept over a reload: {error}. They stay in the list until \
                 the page is closed; remove some, and the next change tries again."
            ),
        });
    }
}
