//! Keeping the person's work in the browser: every change is written a moment after it was made,
//! the states of the history each once. What is not written yet when the page goes away is put
//! where writing takes no time, and found by the next visit.

mod find;
mod picture;
mod write;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use js_sys::{Math, Promise};
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::history::History;
use super::photo::Photo as Picture;
use super::record::Unsaved;
use super::store::{Photo, Store, StoreError};
use super::{Lab, Place, link, settings};

/// From a change to its writing; more changes within it are written together.
const PAUSE: Duration = Duration::from_millis(300);

/// Where unsaved work stands in the local storage, followed by the experiment's key.
const UNSAVED: &str = "unsaved/";
/// Which experiment a new page opens.
const OPEN: &str = "open";

/// What the lab knows of the keeping.
#[derive(Default)]
pub struct Keep {
    pub store: Option<Store>,
    /// The open experiment's key, and the revision of it that this page knows.
    pub id: String,
    pub revision: u64,
    /// This page's own word, to know its own writing by.
    page: String,
    /// The number of the state that runs.
    pub running: u64,
    /// The states that are kept, by number.
    pub kept: HashSet<u64>,
    /// States packed and not kept yet.
    packed: HashMap<u64, String>,
    /// The current state's graph as its share text.
    graph: Option<(u64, String)>,
    /// The photo that is kept beside the record.
    pub photo: Option<u64>,
    /// The document and the trail as they were written last.
    written: String,
    /// Sees to it that a change is written.
    soon: Option<fn(Lab)>,
    /// Why nothing is kept, as the person was told.
    told: Option<StoreError>,
    due: bool,
    dirty: bool,
    busy: bool,
    /// The storage is searched for what was open last: what the page began with is not kept before.
    looking: bool,
}

/// A word that no other page has.
pub fn word() -> String {
    let part = || format!("{:08x}", (Math::random() * 4_294_967_296.0) as u64);
    part() + &part()
}

impl Lab {
    /// Opens the link in the page's address, where there is one, and the storage; from it what was
    /// open last, unless a link was. Then every change is kept.
    pub fn keep(self) {
        self.core(|core| {
            core.keep.page = word();
            core.keep.id = word();
        });
        let linked = link::linked();
        let fresh = matches!(linked, Some(Ok(_)));
        match linked {
            None => {}
            Some(Ok(experiment)) => self.put_experiment(&experiment, History::default(), None),
            Some(Err(why)) => {
                self.open_first();
                self.refuse_link(&why, "Your own work is opened instead.");
            }
        }
        self.forget_link();
        self.watch_links();
        if self.embed.is_some() {
            return;
        }
        self.core(|core| core.keep.soon = Some(Self::write_after_pause));
        self.watch_changes();
        spawn_local(async move {
            match Store::open().await {
                Ok(store) => {
                    self.core(|core| {
                        core.keep.store = Some(store.clone());
                        core.keep.looking = true;
                    });
                    let opened = self.find_work(&store, fresh).await;
                    self.core(|core| core.keep.looking = false);
                    if let Err(error) = opened {
                        self.not_kept(&error);
                    }
                    self.touched();
                }
                Err(error) => self.not_kept(&error),
            }
        });
    }

    fn watch_changes(self) {
        Effect::new(move |_| {
            self.graph.track();
            self.origin.track();
            self.history.track();
            self.folding.track();
            self.listed.track();
            self.selected.track();
            self.recipe.track();
            self.preference.track();
            self.source.track();
            self.sample.track();
            self.photo.track();
            self.title.track();
            self.seed.track();
            self.touched();
        });
        let hidden = document_event_listener(move || {
            if document().hidden() {
                self.write_soon(Duration::ZERO);
            }
        });
        debug_assert!(hidden);
        let pagehide = ev::Custom::<web_sys::Event>::new("pagehide");
        let _while_the_page_lives = window_event_listener(pagehide, move |_| self.leave_unsaved());
    }

    /// Something of the experiment has changed. What writes it comes after the page's start.
    pub(super) fn touched(self) {
        let soon = self.core(|core| {
            core.keep.dirty = true;
            core.keep.soon
        });
        if let Some(soon) = soon {
            soon(self);
        }
    }

    fn write_after_pause(self) {
        self.write_soon(PAUSE);
    }

    fn write_soon(self, pause: Duration) {
        let due = self.core(|core| {
            let keep = &mut core.keep;
            let due =
                keep.dirty && !keep.due && !keep.busy && !keep.looking && keep.store.is_some();
            keep.due |= due;
            due
        });
        if !due {
            return;
        }
        let write = move || {
            let free = self.core(|core| {
                core.keep.due = false;
                !std::mem::replace(&mut core.keep.busy, true)
            });
            // One writing at a time; the one that is under way takes up what has changed.
            if !free {
                return;
            }
            spawn_local(async move {
                self.core(|core| core.keep.dirty = false);
                self.write().await;
                self.core(|core| core.keep.busy = false);
                // What has changed meanwhile waits its turn: a stroke is not written at every point.
                self.write_soon(PAUSE);
            });
        };
        set_timeout(write, pause);
    }

    /// The page goes away: what is not written yet is put into the local storage, which takes it
    /// at once.
    fn leave_unsaved(self) {
        let pending = self.core(|core| core.keep.dirty || core.keep.due || core.keep.busy);
        if !pending || self.core(|core| core.keep.store.is_none()) {
            return;
        }
        let packed = self.unpacked().into_iter().try_for_each(|it| self.pack(it));
        let Ok(Some(change)) = packed.and_then(|()| self.change()) else {
            return;
        };
        let photo = match change.photo {
            Photo::Is(_) => self.photo.with_untracked(|photo| {
                let photo = photo.as_ref()?;
                Some((photo.name.clone(), self.core(|core| core.keep.mark(photo))))
            }),
            Photo::AsItIs | Photo::None => None,
        };
        let unsaved = Unsaved {
            id: change.id,
            base: change.base,
            record: change.record.write(),
            steps: change.states,
            photo,
        };
        settings::write(&self.unsaved_key(&unsaved.id), &unsaved.write());
        settings::remember(OPEN, &unsaved.id);
    }

    fn unsaved_key(self, id: &str) -> String {
        self.core(|core| format!("{UNSAVED}{id}/{}", core.keep.page))
    }

    /// Writes what has changed, at once.
    pub(super) async fn write_all(self) {
        // A writing that is under way takes up what has changed meanwhile.
        while self.core(|core| core.keep.busy || core.keep.looking) {
            next_task().await;
        }
        self.core(|core| core.keep.busy = true);
        while self.core(|core| std::mem::take(&mut core.keep.dirty)) {
            self.write().await;
        }
        self.core(|core| core.keep.busy = false);
    }

    /// This page's work gets a key and a name of its own; nothing of it is lost.
    fn go_on_as_copy(self, why: &str) {
        let name = format!("{} (copy)", self.name());
        self.core(|core| core.keep.become_new());
        self.title.set(Some(shortened(name.clone())));
        self.tell(format!("{why} Your own work goes on as “{name}”."));
        self.touched();
    }

    /// Says once that nothing is kept, until it is again.
    fn not_kept(self, error: &StoreError) {
        let again = self.core(|core| core.keep.told.replace(error.clone()));
        if again.as_ref() == Some(error) {
            return;
        }
        let text = format!(
            "Your work is not being kept: {error}. Everything else works; to keep it, save it as \
             a file under “Experiments”."
        );
        self.fail(Place::Storage, text);
    }
}

impl Keep {
    /// Tells a photo of this page from every other.
    fn mark(&self, photo: &Picture) -> String {
        format!("{}/{}", self.page, photo.number)
    }

    /// What is on the screen is an experiment that is not kept yet.
    pub fn become_new(&mut self) {
        self.id = word();
        self.revision = 0;
        self.photo = None;
        self.written.clear();
        self.kept.clear();
        self.packed.clear();
        self.graph = None;
    }
}

/// At most as long as a name may be.
pub fn shortened(name: String) -> String {
    let most = engine::graph::MAX_NAME;
    let end = (0..=most.min(name.len()))
        .rev()
        .find(|&at| name.is_char_boundary(at));
    name[..end.unwrap_or(0)].to_owned()
}

/// The rest of this work goes on in another task, so that the page answers in between.
pub async fn next_task() {
    let next = Promise::new(&mut |resolve, _| {
        let planned = window().set_timeout_with_callback(&resolve);
        debug_assert!(planned.is_ok());
    });
    let waited = JsFuture::from(next).await;
    debug_assert!(waited.is_ok());
}

fn document_event_listener(hear: impl Fn() + 'static) -> bool {
    let hear = wasm_bindgen::closure::Closure::<dyn Fn()>::new(hear).into_js_value();
    let hear = hear.unchecked_ref();
    let listening = document().add_event_listener_with_callback("visibilitychange", hear);
    listening.is_ok()
}
