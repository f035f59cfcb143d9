//! Keeping the person's work in the browser: every change is written a moment after it was made,
//! the states of the history each once. What is not written yet when the page goes away is put
//! where writing takes no time, and found by the next visit.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use engine::format::json;
use js_sys::{Array, Date, Math, Promise, Uint8Array};
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::history::History;
use super::photo::Photo as Picture;
use super::record::{Record, RecordError, Unsaved};
use super::shelf::{free_name, is_taken, name_of, renamed};
use super::store::{Change, Photo, Saved, Store, StoreError};
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
                    self.core(|core| core.keep.store = Some(store.clone()));
                    let opened = self.find_work(&store, fresh).await;
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
            let due = keep.dirty && !keep.due && !keep.busy && keep.store.is_some();
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

    /// Writes what has changed. Each state is packed in a task of its own.
    async fn write(self) {
        let Some(store) = self.core(|core| core.keep.store.clone()) else {
            return;
        };
        for number in self.unpacked() {
            if let Err(why) = self.pack(number) {
                return self.not_kept(&StoreError::Broken(why));
            }
            next_task().await;
        }
        let change = match self.change() {
            Ok(Some(change)) => change,
            Ok(None) => return,
            Err(why) => return self.not_kept(&StoreError::Broken(why)),
        };
        let (id, photo) = (change.id.clone(), self.own_photo());
        let numbers: Vec<u64> = change.states.iter().map(|state| state.0).collect();
        let written = written(&change.record);
        let saved = store.save(change).await;
        // Another experiment may have been opened meanwhile.
        if self.core(|core| core.keep.id != id) {
            return;
        }
        match saved {
            Ok(Saved::As(revision)) => {
                self.core(|core| {
                    let keep = &mut core.keep;
                    keep.revision = revision;
                    keep.told = None;
                    keep.photo = photo;
                    keep.written = written;
                    keep.packed.retain(|number, _| !numbers.contains(number));
                    keep.kept.extend(numbers);
                });
                settings::forget(&self.unsaved_key(&id));
                settings::remember(OPEN, &id);
                self.dismiss(Place::Storage);
                if self.shelf_open.get_untracked() {
                    self.look_at_shelf();
                }
            }
            Ok(Saved::Overtaken) => self.go_on_as_copy(
                "Another tab has changed or deleted this experiment; what it did stays there.",
            ),
            Ok(Saved::Newer) => self.go_on_as_copy(
                "A newer version of the lab has changed this experiment; it is left untouched.",
            ),
            Err(error) => self.not_kept(&error),
        }
    }

    /// The states that are neither kept nor packed.
    fn unpacked(self) -> Vec<u64> {
        self.history.with_untracked(|history| {
            self.core(|core| {
                let keep = &core.keep;
                let there = |it: u64| keep.kept.contains(&it) || keep.packed.contains_key(&it);
                let mut numbers = history.unkept(there);
                let now = history.now();
                if keep.graph.as_ref().is_none_or(|(number, _)| *number != now) || !there(now) {
                    numbers.push(now);
                }
                numbers
            })
        })
    }

    fn pack(self, number: u64) -> Result<(), String> {
        let now = self
            .history
            .with_untracked(|history| history.now() == number);
        if now {
            let state = self.state();
            let graph = engine::format::share::pack(&state.graph);
            let graph = graph.map_err(|error| error.to_string())?;
            let packed = state.with_packed(&graph)?;
            self.core(|core| {
                core.keep.graph = Some((number, graph));
                if !core.keep.kept.contains(&number) {
                    core.keep.packed.insert(number, packed);
                }
            });
            return Ok(());
        }
        // One that was given up meanwhile need not be kept.
        if let Some(packed) = self.history.with_untracked(|history| history.pack(number)) {
            let packed = packed?;
            self.core(|core| core.keep.packed.insert(number, packed));
        }
        Ok(())
    }

    /// What is to be written; `None` when it is as it was written last.
    fn change(self) -> Result<Option<Change>, String> {
        let (running, graph) = self.core(|core| (core.keep.running, core.keep.graph.clone()));
        let trail = self
            .history
            .with_untracked(|history| history.trail(running));
        let Some((_, graph)) = graph.filter(|(number, _)| *number == trail.now) else {
            // It has changed since it was packed, and comes again.
            return Ok(None);
        };
        let document = json::write_packed(&self.settings(), &graph);
        let own = self.own_photo();
        let record = Record {
            page: self.core(|core| core.keep.page.clone()),
            edited: Date::now(),
            name: self.name(),
            network: self.graph.with_untracked(|graph| graph.name().to_owned()),
            document: document.map_err(|error| error.to_string())?,
            trail,
            photo: own.is_some(),
            revision: 0,
        };
        let picture = self.photo.get_untracked();
        Ok(self.core(|core| {
            let keep = &core.keep;
            let needed = |number: &&u64| {
                let trail = &record.trail;
                let mut steps = trail.before.iter().chain(&trail.after);
                **number == trail.now || steps.any(|step| step.0 == **number)
            };
            let states: Vec<_> = keep
                .packed
                .keys()
                .filter(needed)
                .filter_map(|number| Some((*number, keep.packed.get(number)?.clone())))
                .collect();
            let same = keep.written == written(&record) && keep.photo == own && states.is_empty();
            (!same).then(|| Change {
                id: keep.id.clone(),
                base: keep.revision,
                photo: match (own, picture) {
                    (Some(number), _) if keep.photo == Some(number) => Photo::AsItIs,
                    (Some(_), Some(picture)) => {
                        Photo::Is(kept_picture(&picture, &keep.mark(&picture)))
                    }
                    (Some(_) | None, _) => Photo::None,
                },
                record,
                states,
            })
        }))
    }

    /// The number of the photo, where it is the person's own and the network takes it.
    fn own_photo(self) -> Option<u64> {
        self.photo
            .with_untracked(|photo| Some(photo.as_ref().filter(|it| it.stem.is_none())?.number))
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
        while self.core(|core| core.keep.busy) {
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

    /// Takes up what was unsaved, and opens what was open last unless `fresh`.
    async fn find_work(self, store: &Store, fresh: bool) -> Result<(), StoreError> {
        for key in settings::names(UNSAVED) {
            if let Some(unsaved) = settings::read(&key).as_deref().and_then(Unsaved::read) {
                self.take_up(store, unsaved).await?;
            }
            settings::forget(&key);
        }
        let records = store.records().await?;
        if fresh {
            let name = self.name();
            if is_taken(&records, &name) {
                self.title.set(Some(free_name(&records, &name)));
            }
            return Ok(());
        }
        let newest = || {
            let edited = |it: &(String, String)| Record::read(&it.1).map_or(0.0, |it| it.edited);
            let newest = records
                .iter()
                .max_by(|a, b| edited(a).total_cmp(&edited(b)));
            newest.map(|(id, _)| id.clone())
        };
        let there = |id: &String| records.iter().any(|(other, _)| other == id);
        let last = settings::remembered(OPEN).filter(there).or_else(newest);
        let Some(id) = last else { return Ok(()) };
        // The person was faster than the storage: theirs is a new experiment.
        let begun = self.history.with_untracked(|it| it.undone_next().is_some())
            || self.core(|core| core.sheet.can_undo() && core.sheet.sample().is_none());
        if !begun {
            self.open_kept(store, &id).await?;
        }
        Ok(())
    }

    async fn take_up(self, store: &Store, unsaved: Unsaved) -> Result<(), StoreError> {
        let Unsaved {
            id,
            base,
            record,
            steps,
            photo,
        } = unsaved;
        if let Ok(mut record) = Record::read(&record) {
            let lost = match photo {
                Some((name, mark)) if !keeps_photo(store, &id, &mark).await? => Some(name),
                Some(_) | None => None,
            };
            record.photo &= lost.is_none();
            let change = |id: &str, base: u64, record: Record| Change {
                id: id.to_owned(),
                base,
                record,
                states: steps.clone(),
                photo: if lost.is_some() {
                    Photo::None
                } else {
                    Photo::AsItIs
                },
            };
            let mut told = Vec::new();
            let saved = store.save(change(&id, base, record.clone())).await?;
            if !matches!(saved, Saved::As(_)) {
                let copy = word();
                store.copy(&id, &copy).await?;
                let name = shortened(format!("{} (copy)", record.name));
                let record = renamed(record, &name);
                store.save(change(&copy, 0, record)).await?;
                told.push(format!(
                    "“{name}” is what this page had not kept yet when another one changed the \
                     experiment. It is in the list of experiments."
                ));
            }
            if let Some(photo) = &lost {
                told.push(format!(
                    "Your photo “{photo}” was not kept before the page went away: choose it again."
                ));
            }
            if !told.is_empty() {
                self.tell(told.join(" "));
            }
        }
        Ok(())
    }

    /// Opens a kept experiment in the place of what is on the screen.
    pub(super) async fn open_kept(self, store: &Store, id: &str) -> Result<(), StoreError> {
        let Some(kept) = store.load(id).await? else {
            return Ok(());
        };
        let read = Record::read(&kept.record).and_then(|record| Ok((record.experiment()?, record)));
        let (experiment, record) = match read {
            Ok(read) => read,
            Err(error) => {
                let name = name_of(&kept.record);
                self.refuse_kept(&name, &error);
                return Ok(());
            }
        };
        let numbers = kept.states.iter().map(|state| state.0).collect();
        let history = History::of(&record.trail, kept.states);
        let running = history.state(record.trail.running);
        let photo = kept
            .photo
            .filter(|_| record.photo)
            .and_then(|it| picture(&it));
        self.core(|core| {
            core.keep.become_new();
            core.keep.id = id.to_owned();
            core.keep.revision = record.revision;
            core.keep.running = record.trail.running;
            core.keep.kept = numbers;
            core.keep.written = written(&record);
        });
        if let Some(photo) = photo {
            let number = self.put_picture(photo);
            self.core(|core| core.keep.photo = Some(number));
        }
        self.put_experiment(&experiment, history, running);
        settings::remember(OPEN, id);
        Ok(())
    }

    /// Says why an experiment stays closed.
    fn refuse_kept(self, name: &str, error: &RecordError) {
        self.fail(
            Place::Storage,
            format!("“{name}” cannot be opened: {error}. It stays in the storage as it is."),
        );
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

/// What tells whether a record says anything new.
fn written(record: &Record) -> String {
    let trail = &record.trail;
    format!(
        "{}{:?}",
        record.document,
        (trail.now, trail.running, trail.before.len(), &trail.after)
    )
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

/// Whether this photo is kept beside the experiment: the page's last writing may have been done
/// after the page went away.
async fn keeps_photo(store: &Store, id: &str, mark: &str) -> Result<bool, StoreError> {
    let kept = store.load(id).await?.and_then(|kept| kept.photo);
    let list = kept.as_ref().and_then(JsValue::dyn_ref::<Array>);
    Ok(list.is_some_and(|list| list.get(6).as_string().as_deref() == Some(mark)))
}

/// A photo as the storage keeps it: a list of name, sides, bytes and mark.
fn kept_picture(picture: &Picture, mark: &str) -> JsValue {
    let sides = [
        picture.original.0,
        picture.original.1,
        picture.width,
        picture.height,
    ];
    let list = Array::of1(&picture.name.as_str().into());
    for side in sides {
        list.push(&side.into());
    }
    list.push(&Uint8Array::from(picture.rgba.as_slice()));
    list.push(&mark.into());
    list.into()
}

/// A kept photo, unless it is damaged.
fn picture(kept: &JsValue) -> Option<Picture> {
    let list: &Array = kept.dyn_ref()?;
    let side = |at: u32| Some(list.get(at).as_f64()? as u32);
    let rgba: Uint8Array = list.get(5).dyn_into().ok()?;
    let (width, height) = (side(3)?, side(4)?);
    let complete = u64::from(rgba.length()) == u64::from(width) * u64::from(height) * 4;
    complete.then_some(Picture {
        number: 0,
        name: list.get(0).as_string()?,
        stem: None,
        original: (side(1)?, side(2)?),
        width,
        height,
        rgba: rgba.to_vec(),
    })
}
