//! Versions of models over a reload.

use std::cell::RefCell;
use std::thread::LocalKey;

use leptos::prelude::*;
use state::deploy::versions::{Version, VersionRecord};
use web_sys::Blob;

use super::kept::{Keeping, Kept, Trouble, keep};
use super::store::{Pair, VERSIONS};
use crate::lab::Lab;

thread_local! {
    static KEEPING: RefCell<Keeping<Version>> = RefCell::default();
}

impl Lab {
    /// See [`keep`].
    pub fn keep_versions(self) {
        keep::<Version>(self);
    }
}

impl Kept for Version {
    const STORES: Pair = VERSIONS;

    fn keeping() -> &'static LocalKey<RefCell<Keeping<Self>>> {
        &KEEPING
    }

    fn all(lab: Lab) -> Vec<Self> {
        lab.deploy.versions().with(|all| all.all().to_vec())
    }

    fn number(&self) -> u64 {
        self.number
    }

    fn write(&self) -> Result<String, String> {
        VersionRecord::write(self)
    }

    fn read(text: &str) -> Result<Self, String> {
        VersionRecord::read(text).map_err(|error| error.to_string())
    }

    fn add(self, lab: Lab, file: Option<Blob>) {
        lab.add_version(self, file);
    }

    fn file(&self, lab: Lab) -> Option<Blob> {
        lab.version_file(self.number)
    }

    fn has_new_file(&self, _stored: &Self) -> bool {
        false
    }

    fn say(lab: Lab, trouble: Trouble) {
        lab.deploy.fail_version(match trouble {
            Trouble::Unread(error) => format!(
                "The versions of earlier visits are not there: {error}. Those of this visit last \
                 until the page is closed."
            ),
            Trouble::Damaged(why) => {
                format!("A version of an earlier visit cannot be shown: {why}.")
            }
            Trouble::Unwritten(error) => format!(
                "The versions are not kept over a reload: {error}. They stay in the list until \
                 the page is closed; delete some, and the next change tries again."
            ),
        });
    }
}
