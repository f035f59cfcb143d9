//! The site kept on this machine by its service worker (`sw.js`), and newer versions of it.

use std::collections::HashMap;
use std::time::Duration;

use js_sys::{Array, Object, Reflect};
use leptos::prelude::*;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    MessageEvent, ServiceWorker, ServiceWorkerContainer, ServiceWorkerRegistration,
    ServiceWorkerState,
};

use state::notices::Place;
use state::site::{Newer, Offline};

use super::Lab;
use crate::platform::fetch::reason;

/// How often a page that stays open asks for a newer version.
const EVERY: Duration = Duration::from_secs(3600);

impl Lab {
    /// Registers the service worker; after the first answer, so that the first load is not slowed.
    pub(super) fn keep_offline(self) {
        let container = container();
        // Missing on pages that came without https, and in some private windows.
        if !AsRef::<JsValue>::as_ref(&container).is_object() {
            let why = "the browser keeps only pages that came by https or from this machine itself";
            return self.site.set_offline(Offline::Unable(why.into()));
        }
        self.listen(&container);
        spawn_local(async move {
            match JsFuture::from(container.register("sw.js")).await {
                Ok(made) => self.watch(&made.unchecked_into()),
                Err(error) => self.site.set_offline(Offline::Unable(reason(&error))),
            }
        });
    }

    /// Listens to the service worker, and for another in its place.
    fn listen(self, container: &ServiceWorkerContainer) {
        let told = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            self.told_of_kept(&event.data());
        });
        container.set_onmessage(Some(told.into_js_value().unchecked_ref()));
        let mut controlled = container.controller().is_some();
        let changed = Closure::<dyn FnMut()>::new(move || {
            // The first one is of the same version as the page.
            if std::mem::replace(&mut controlled, true) {
                self.taken_over();
            }
            self.ask_kept();
        });
        container.set_oncontrollerchange(Some(changed.into_js_value().unchecked_ref()));
        self.ask_kept();
    }

    /// Watches for newer versions, now and as long as the page is open.
    fn watch(self, registration: &ServiceWorkerRegistration) {
        let first = container().controller().is_none();
        if registration.waiting().is_some() && !first {
            self.site.set_newer(Newer::Waiting);
        }
        if let Some(worker) = registration.installing() {
            self.follow(worker, first);
        }
        let found = registration.clone();
        let found = Closure::<dyn Fn()>::new(move || {
            if let Some(worker) = found.installing() {
                self.follow(worker, container().controller().is_none());
            }
        });
        registration.set_onupdatefound(Some(found.into_js_value().unchecked_ref()));
        let registration = registration.clone();
        let ask = move || {
            if let Ok(asked) = registration.update() {
                // Without a network it is asked again in an hour.
                spawn_local(async move { drop(JsFuture::from(asked).await) });
            }
        };
        set_interval(ask, EVERY);
    }

    /// Announces a version once all that its first screen needs is on this machine.
    fn follow(self, worker: ServiceWorker, first: bool) {
        let state = worker.clone();
        let changed = Closure::<dyn Fn()>::new(move || match state.state() {
            ServiceWorkerState::Installed if !first => self.site.set_newer(Newer::Waiting),
            ServiceWorkerState::Redundant if first => {
                let why = "not all of its files could be stored, which is tried again with the \
                           next visit";
                self.site.set_offline(Offline::Unable(why.into()));
            }
            _ => {}
        });
        worker.set_onstatechange(Some(changed.into_js_value().unchecked_ref()));
    }

    /// The person wants the newer version now.
    pub fn take_newer(self) {
        if self.site.newer().get_untracked() == Newer::Active {
            return reload();
        }
        self.site.set_newer(Newer::Wanted);
        spawn_local(async move {
            let made = JsFuture::from(container().get_registration()).await;
            let made = made.ok().and_then(|it| it.dyn_into().ok());
            match made.and_then(|it: ServiceWorkerRegistration| it.waiting()) {
                Some(worker) => post(&worker, "take-over"),
                // Another tab was faster.
                None => reload(),
            }
        });
    }

    /// Another version answers this page's requests from now on.
    fn taken_over(self) {
        if self.site.newer().get_untracked() == Newer::Wanted {
            reload();
        } else {
            self.site.set_newer(Newer::Active);
        }
    }

    /// The person wants all of the site on this machine, for times without a network.
    pub fn keep_all(self) {
        self.site.set_keeping(true);
        self.say_to_keeper("keep-all");
    }

    /// The person wants the files of this folder on this machine.
    pub fn keep_folder(self, folder: &str) {
        self.site.set_keeping(true);
        self.say_to_keeper(&format!("keep {folder}"));
    }

    /// Queries the state of the offline copy again.
    pub fn ask_kept(self) {
        self.say_to_keeper("state");
    }

    fn say_to_keeper(self, word: &str) {
        let container = container();
        if AsRef::<JsValue>::as_ref(&container).is_object()
            && let Some(worker) = container.controller()
        {
            post(&worker, word);
        }
    }

    fn told_of_kept(self, told: &JsValue) {
        let get = |key: &str| Reflect::get(told, &key.into()).ok();
        if let Some(why) = get("failed").and_then(|it| it.as_string()) {
            self.site.set_keeping(false);
            return self.notices.fail(
                Place::Offline,
                format!("Not all of the lab is kept on this machine: {why}. Try again later."),
            );
        }
        let bytes = |key: &str| get(key)?.as_f64().map(|it| it as u64);
        if let Some(folders) = get("folders").filter(JsValue::is_object) {
            self.site.set_folders(folders_of(&folders.unchecked_into()));
        }
        if get("done").is_some_and(|it| it.is_truthy()) {
            self.site.set_keeping(false);
        }
        let version = get("version").and_then(|it| it.as_string());
        if let (Some(version), Some(kept), Some(all)) = (version, bytes("kept"), bytes("all")) {
            if kept == all {
                self.site.set_keeping(false);
            }
            self.site.set_offline(Offline::Kept { version, kept, all });
        }
    }
}

/// Bytes kept of each folder, and all of them.
fn folders_of(folders: &Object) -> HashMap<String, (u64, u64)> {
    let entries = Object::entries(folders);
    let sizes = entries.iter().filter_map(|entry| {
        let entry: Array = entry.unchecked_into();
        let sizes: Array = entry.get(1).unchecked_into();
        let bytes = |at: u32| sizes.get(at).as_f64().map(|it| it as u64);
        Some((entry.get(0).as_string()?, (bytes(0)?, bytes(1)?)))
    });
    sizes.collect()
}

/// Not an object where the browser has none.
fn container() -> ServiceWorkerContainer {
    window().navigator().service_worker()
}

fn post(worker: &ServiceWorker, word: &str) {
    // A string can always be sent.
    let sent = worker.post_message(&word.into());
    debug_assert!(sent.is_ok());
}

fn reload() {
    let reloaded = window().location().reload();
    debug_assert!(reloaded.is_ok());
}
