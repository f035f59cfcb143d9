//! Lists that are kept over a reload: read when an area first shows them, and written after each change.

use std::cell::RefCell;
use std::collections::HashMap;
use std::thread::LocalKey;
use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use super::collections::store;
use super::store::{Pair, PairChange, StoreError};
use crate::lab::Lab;

/// The debounce time of writing.
const PAUSE: Duration = Duration::from_millis(300);

/// What is known of the stored list.
pub struct Keeping<T> {
    /// The items as they are in the storage, by number.
    known: HashMap<u64, T>,
    begun: bool,
    /// The list is read, so that writing begins.
    read: bool,
    due: bool,
    busy: bool,
}

impl<T> Default for Keeping<T> {
    fn default() -> Self {
        Self {
            known: HashMap::new(),
            begun: false,
            read: false,
            due: false,
            busy: false,
        }
    }
}

/// What went wrong.
pub enum Trouble {
    Unread(StoreError),
    /// An item cannot be shown; why, as a part of a sentence. It stays in the storage for the version
    /// of the lab that can read it.
    Damaged(String),
    Unwritten(StoreError),
}

/// An item of such a list.
pub trait Kept: Clone + PartialEq + 'static {
    const STORES: Pair;

    fn keeping() -> &'static LocalKey<RefCell<Keeping<Self>>>;
    /// The page's list; tracked where the caller is.
    fn all(lab: Lab) -> Vec<Self>;
    fn number(&self) -> u64;
    /// # Errors
    /// Why it cannot be written.
    fn write(&self) -> Result<String, String>;
    /// # Errors
    /// Why it cannot be read, as a part of a sentence.
    fn read(text: &str) -> Result<Self, String>;
    /// Puts it into the page's list.
    fn add(self, lab: Lab, file: Option<Blob>);
    /// Its weights.
    fn file(&self, lab: Lab) -> Option<Blob>;
    /// Whether its weights are written again, where the storage has this.
    fn has_new_file(&self, stored: &Self) -> bool;
    /// Says it to the person.
    fn say(lab: Lab, trouble: Trouble);
}

fn keeping<T: Kept, R>(change: impl FnOnce(&mut Keeping<T>) -> R) -> R {
    T::keeping().with_borrow_mut(change)
}

/// Keys are the numbers, with leading zeros.
fn key(number: u64) -> String {
    format!("{number:020}")
}

/// Lists the items of earlier visits, and keeps those of this one for the life of the page.
pub fn keep<T: Kept>(lab: Lab) {
    // A frame keeps nothing.
    if lab.screen.embed.is_some() || keeping::<T, _>(|it| std::mem::replace(&mut it.begun, true)) {
        return;
    }
    lab.for_life(|| {
        Effect::new(move |_| {
            drop(T::all(lab));
            write_soon::<T>(lab);
        });
    });
    spawn_local(async move {
        match read::<T>(lab).await {
            Ok(()) => {
                keeping::<T, _>(|it| it.read = true);
                write_soon::<T>(lab);
            }
            // Which autosave says, once for all.
            Err(StoreError::Forbidden) => {}
            Err(error) => T::say(lab, Trouble::Unread(error)),
        }
    });
}

async fn read<T: Kept>(lab: Lab) -> Result<(), StoreError> {
    for (record, file) in store().await?.pairs(T::STORES).await? {
        match T::read(&record) {
            Ok(item) => {
                keeping::<T, _>(|it| it.known.insert(item.number(), item.clone()));
                item.add(lab, file);
            }
            Err(why) => T::say(lab, Trouble::Damaged(why)),
        }
    }
    Ok(())
}

fn write_soon<T: Kept>(lab: Lab) {
    if keeping::<T, _>(|it| !it.read || std::mem::replace(&mut it.due, true)) {
        return;
    }
    let write_now = move || {
        let free = keeping::<T, _>(|it| {
            it.due = false;
            !std::mem::replace(&mut it.busy, true)
        });
        if !free {
            return;
        }
        spawn_local(async move {
            let written = write::<T>(lab).await;
            keeping::<T, _>(|it| it.busy = false);
            match written {
                // What has changed meanwhile.
                Ok(true) => write_soon::<T>(lab),
                Ok(false) => {}
                Err(error) => T::say(lab, Trouble::Unwritten(error)),
            }
        });
    };
    set_timeout(write_now, PAUSE);
}

/// Writes what differs from the storage; whether anything did.
async fn write<T: Kept>(lab: Lab) -> Result<bool, StoreError> {
    let all = untrack(|| T::all(lab));
    let mut changes = Vec::new();
    let mut changed = Vec::new();
    for item in &all {
        let stored = keeping::<T, _>(|it| it.known.get(&item.number()).cloned());
        if stored.as_ref() == Some(item) {
            continue;
        }
        let new_file = stored.is_none_or(|stored| item.has_new_file(&stored));
        changes.push(PairChange {
            key: key(item.number()),
            record: item.write().map_err(StoreError::Broken)?,
            file: if new_file { item.file(lab) } else { None },
        });
        changed.push(item.clone());
    }
    let there = |number: &u64| all.iter().any(|it| it.number() == *number);
    let gone: Vec<u64> = keeping::<T, _>(|it| {
        let known = it.known.keys().copied();
        known.filter(|number| !there(number)).collect()
    });
    if changes.is_empty() && gone.is_empty() {
        return Ok(false);
    }
    let deleted: Vec<String> = gone.iter().map(|it| key(*it)).collect();
    let store = store().await?;
    store.save_pairs(T::STORES, &changes, &deleted).await?;
    keeping::<T, _>(|it| {
        for number in &gone {
            it.known.remove(number);
        }
        let written = changed.into_iter();
        it.known.extend(written.map(|it| (it.number(), it)));
    });
    Ok(true)
}
