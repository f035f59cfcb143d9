//! Autosave: every change is written to the browser's database 300 ms after it was made, each state
//! of the history once. Changes not written when the page is closed are put into local storage,
//! which writes synchronously, and recovered by the next visit.

mod picture;
mod recover;
mod write;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

use futures_channel::oneshot;
use js_sys::Math;
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;

use state::experiment::Beside;
use state::input::Photo as Picture;
use state::library::record::Unsaved;
use state::notices::Place;

use super::link;
use super::store::{Photo, Store, StoreError};
use crate::lab::Lab;
use crate::platform::local_storage;

thread_local! {
    /// The page has one experiment open.
    static KEEP: RefCell<Keep> = RefCell::default();
}

/// Borrows the autosave state for a short change.
pub(super) fn kept<T>(change: impl FnOnce(&mut Keep) -> T) -> T {
    KEEP.with_borrow_mut(change)
}

/// The debounce time of writing.
const PAUSE: Duration = Duration::from_millis(300);

/// Prefix of the local storage key of unsaved work, followed by the experiment's key.
const UNSAVED: &str = "unsaved/";
/// Which experiment a new page opens.
const OPEN: &str = "open";

/// The state of autosave.
#[derive(Default)]
pub struct Keep {
    pub store: Option<Store>,
    /// The open experiment's key, and the revision of it that this page knows.
    pub id: String,
    pub revision: u64,
    /// A random id of this page, to recognise its own writes.
    page: String,
    /// The stored states, by number.
    pub kept: HashSet<u64>,
    /// States packed and not stored yet.
    packed: HashMap<u64, String>,
    /// The current state's graph as its share text.
    graph: Option<(u64, String)>,
    /// The photo stored beside the record.
    pub photo: Option<u64>,
    /// The checkpoints that are kept beside it, by number.
    pub weights: HashSet<u64>,
    /// The last written document and trail.
    written: String,
    /// The reported error of the storage.
    told: Option<StoreError>,
    /// A write is scheduled.
    due: bool,
    /// A write is under way.
    busy: bool,
    /// The last open experiment is being looked up; nothing is written until then.
    looking: bool,
    /// Who waits until neither is under way; dropping a sender resumes its receiver.
    waiting: Vec<oneshot::Sender<()>>,
}

/// A random id that no other page has.
pub fn word() -> String {
    let part = || format!("{:08x}", (Math::random() * 4_294_967_296.0) as u64);
    part() + &part()
}

impl Lab {
    /// Opens the link in the page's address, where there is one, and the storage; from it what was
    /// open last, unless a link was. Then every change is kept.
    pub fn keep(self) {
        kept(|keep| {
            keep.page = word();
            keep.id = word();
        });
        let linked = link::linked();
        let fresh = matches!(linked, Some(Ok(_)));
        match linked {
            None => {}
            Some(Ok(experiment)) => self.put(&experiment, Beside::default()),
            Some(Err(why)) => {
                self.open_first();
                self.refuse_link(&why, "Your own work is opened instead.");
            }
        }
        self.forget_link();
        self.watch_links();
        if self.screen.embed.is_some() {
            return;
        }
        self.when_changed(Self::write_after_pause);
        self.watch_changes();
        spawn_local(async move {
            match Store::open().await {
                Ok(store) => {
                    kept(|keep| {
                        keep.store = Some(store.clone());
                        keep.looking = true;
                    });
                    let opened = self.find_work(&store, fresh).await;
                    kept(Keep::end_looking);
                    if let Err(error) = opened {
                        self.not_kept(&error);
                    }
                    self.touched();
                }
                Err(error) => self.not_kept(&error),
            }
            // Once what was open last is there: the exercise takes its place.
            self.show_linked_exercise();
        });
    }

    fn watch_changes(self) {
        // Frames of a live picture have one number.
        let photo = Memo::new(move |_| {
            let photo = self.input.photo();
            photo.with(|photo| photo.as_ref().map(|it| it.number))
        });
        Effect::new(move |_| {
            self.document.graph().track();
            self.document.origin().track();
            self.document.weights().track();
            self.document.history().track();
            self.selection.folding().track();
            self.screen.listed().track();
            self.selection.node().track();
            self.input.recipe().track();
            self.data.kept().track();
            self.engine.preference().track();
            self.input.source().track();
            self.input.sample().track();
            // Read, because a memo that nobody reads follows nothing.
            photo.with(|_| ());
            self.document.title().track();
            self.document.seed().track();
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

    fn write_after_pause(self) {
        self.write_soon(PAUSE);
    }

    fn write_soon(self, pause: Duration) {
        // A lesson's network is not the person's work.
        let dirty = self.is_unsaved() && !self.learn.is_away();
        let due = kept(|keep| {
            let due = dirty && !keep.due && !keep.busy && !keep.looking && keep.store.is_some();
            keep.due |= due;
            due
        });
        if !due {
            return;
        }
        let write = move || {
            let free = kept(|keep| {
                keep.due = false;
                !std::mem::replace(&mut keep.busy, true)
            });
            // One write at a time; the one under way also writes newer changes.
            if !free {
                return;
            }
            spawn_local(async move {
                self.take_unsaved();
                self.write().await;
                kept(Keep::end_writing);
                // Changes made meanwhile are debounced again: a stroke is not written at every
                // point.
                self.write_soon(PAUSE);
            });
        };
        set_timeout(write, pause);
    }

    /// The page is closed: puts unwritten changes into local storage, which writes synchronously.
    fn leave_unsaved(self) {
        let pending = self.is_unsaved() || kept(|keep| keep.due || keep.busy);
        if !pending || self.learn.is_away() || kept(|keep| keep.store.is_none()) {
            return;
        }
        let packed = self.unpacked().into_iter().try_for_each(|it| self.pack(it));
        let Ok(Some(change)) = packed.and_then(|()| self.change()) else {
            return;
        };
        let photo = match change.photo {
            Photo::Is(_) => self.input.photo().with_untracked(|photo| {
                let photo = photo.as_ref()?;
                Some((photo.name.clone(), kept(|keep| keep.mark(photo))))
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
        local_storage::write(&self.unsaved_key(&unsaved.id), &unsaved.write());
        local_storage::remember(OPEN, &unsaved.id);
    }

    fn unsaved_key(self, id: &str) -> String {
        kept(|keep| format!("{UNSAVED}{id}/{}", keep.page))
    }

    /// Writes changes without delay.
    pub(in crate::storage) async fn write_all(self) {
        // A write under way also writes newer changes.
        while let Some(end) = kept(Keep::end_of_work) {
            let _sender_dropped = end.await;
        }
        kept(|keep| keep.busy = true);
        while self.take_unsaved() {
            self.write().await;
        }
        kept(Keep::end_writing);
    }

    /// Stores this page's work under a new key and name, so that nothing is lost.
    fn go_on_as_copy(self, why: &str) {
        let name = format!("{} (copy)", self.document.name());
        kept(|keep| keep.become_new());
        self.document.set_title(Some(shortened(name.clone())));
        self.notices
            .tell(format!("{why} Your own work goes on as “{name}”."));
        self.touched();
    }

    /// Reports a failure of the storage once, until it works again.
    fn not_kept(self, error: &StoreError) {
        let again = kept(|keep| keep.told.replace(error.clone()));
        if again.as_ref() == Some(error) {
            return;
        }
        let text = format!(
            "Your work is not being kept: {error}. Everything else works; to keep it, save it as \
             a file under “Experiments”."
        );
        self.notices.fail(Place::Storage, text);
    }
}

impl Keep {
    /// A key that identifies a photo of this page.
    fn mark(&self, photo: &Picture) -> String {
        format!("{}/{}", self.page, photo.number)
    }

    /// What resumes at the end of the writing or searching under way; `None` where nothing is.
    fn end_of_work(&mut self) -> Option<oneshot::Receiver<()>> {
        (self.busy || self.looking).then(|| {
            let (sender, receiver) = oneshot::channel();
            self.waiting.push(sender);
            receiver
        })
    }

    fn end_writing(&mut self) {
        self.busy = false;
        self.waiting.clear();
    }

    fn end_looking(&mut self) {
        self.looking = false;
        self.waiting.clear();
    }

    /// The current experiment is new and not stored yet.
    pub fn become_new(&mut self) {
        self.id = word();
        self.revision = 0;
        self.photo = None;
        self.weights.clear();
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

fn document_event_listener(hear: impl Fn() + 'static) -> bool {
    let hear = wasm_bindgen::closure::Closure::<dyn Fn()>::new(hear).into_js_value();
    let hear = hear.unchecked_ref();
    let listening = document().add_event_listener_with_callback("visibilitychange", hear);
    listening.is_ok()
}
