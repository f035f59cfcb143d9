//! Exercises from files and links, and back.

use engine::exercise::{Exercise, decode, encode};
use js_sys::Uint8Array;
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::File;

use super::autosave::kept;
use super::link::LONGEST;
use crate::lab::Lab;
use crate::platform::download::download;
use crate::platform::fetch::{fetch, reason};
use crate::platform::{address, language};

/// The ending of exercises as files.
const ENDING: &str = ".cnnlab-exercise.json";
/// The largest file that is read.
const LARGEST: f64 = 4_194_304.0;

impl Lab {
    /// Opens an exercise: its start becomes an experiment of its own, and what was open stays in the
    /// list as it is.
    pub fn open_exercise(self, exercise: Exercise) {
        // What a lesson put aside is what the exercise is opened beside.
        self.leave_lesson();
        let mut start = exercise.start.clone();
        if start.settings.name.is_none() && !exercise.title.is_empty() {
            start.settings.name = Some(exercise.title.clone());
        }
        let state = self.exercise().state;
        // An exercise behind another: the way back is to what was open before the first.
        let before = state
            .before()
            .filter(|_| state.opened().get_untracked().is_some());
        state.open(exercise);
        state.set_before(
            before.or_else(|| kept(|keep| keep.store.is_some().then(|| keep.id.clone()))),
        );
        self.keep_exercise();
        self.open_new(start);
    }

    /// Closes the exercise, and opens what was open before it. The work on the exercise stays in the
    /// list.
    pub fn close_exercise(self) {
        let state = self.exercise().state;
        let before = state.before();
        state.close();
        self.keep_exercise();
        if let Some(before) = before.filter(|id| !self.is_open(id)) {
            self.open_experiment(before);
        }
    }

    /// Opens an exercise from a file.
    pub fn open_exercise_file(self, file: File) {
        let name = file.name();
        spawn_local(async move {
            match read(&file).await {
                Ok(exercise) => self.open_exercise(exercise),
                Err(why) => {
                    let why = format!("{name} cannot be opened: {why}. Your work is as it was.");
                    self.exercise().state.fail(Some(why));
                }
            }
        });
    }

    /// Opens the drawer where the page's address is the link to an exercise, which the panel there opens.
    pub(super) fn show_linked_exercise(self) {
        if address::exercise().is_some() {
            self.learn.show(true);
        }
    }

    /// Opens the exercise of the page's address, if there is one, and those of addresses that are followed
    /// while the calling component lives.
    pub fn follow_exercise_links(self) {
        self.open_linked_exercise();
        let listening = window_event_listener(ev::hashchange, move |_| self.open_linked_exercise());
        on_cleanup(move || listening.remove());
    }

    fn open_linked_exercise(self) {
        let Some(text) = address::exercise() else {
            return;
        };
        spawn_local(async move {
            match linked(&text).await {
                Ok(exercise) => self.open_exercise(exercise),
                Err(why) => {
                    let why = format!("The link cannot be opened: {why}. Your work is as it was.");
                    self.exercise().state.fail(Some(why));
                }
            }
        });
        let location = window().location();
        let path = location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
        if let Ok(history) = window().history() {
            let replaced = history.replace_state_with_url(&JsValue::NULL, "", Some(&path));
            debug_assert!(replaced.is_ok());
        }
    }

    /// The link to an exercise.
    ///
    /// # Errors
    /// When programs that carry links would cut it.
    pub fn exercise_link(self, exercise: &Exercise) -> Result<String, String> {
        let text = encode(exercise).map_err(|error| error.to_string())?;
        let location = window().location();
        let origin = location.origin().unwrap_or_default();
        let path = location.pathname().unwrap_or_default();
        let link = format!(
            "{origin}{path}{}{}{text}",
            language::query(),
            address::EXERCISE
        );
        if link.len() > LONGEST {
            return Err(format!(
                "the link would have {} characters, and programs that carry links often cut those \
                 beyond {LONGEST}: give out the file instead",
                link.len()
            ));
        }
        Ok(link)
    }

    /// Saves an exercise as a file.
    ///
    /// # Errors
    /// Why it cannot be saved.
    pub fn save_exercise(self, exercise: &Exercise) -> Result<(), String> {
        let text = exercise.write().map_err(|error| error.to_string())?;
        let title = exercise.title.to_lowercase();
        let title = title
            .chars()
            .map(|it| if it.is_alphanumeric() { it } else { '-' });
        let title: String = title.take(60).collect();
        let name = format!(
            "{}{ENDING}",
            if title.is_empty() { "exercise" } else { &title }
        );
        download(&name, text.as_bytes()).map_err(|error| reason(&error))
    }
}

/// The exercise of a link's text: the exercise itself, or the name of a sheet that is shipped.
async fn linked(text: &str) -> Result<Exercise, String> {
    let is_name = |it: char| it.is_ascii_lowercase() || it == '-';
    if text.is_empty() || !text.chars().all(is_name) {
        return decode(text).map_err(|error| error.to_string());
    }
    let file = fetch(&format!("exercises/{text}.json")).await;
    let file = file.map_err(|error| error.to_string())?;
    Exercise::read(file).map_err(|error| error.to_string())
}

async fn read(file: &File) -> Result<Exercise, String> {
    if file.size() > LARGEST {
        return Err(format!(
            "it has {:.1} MB, and the largest exercise has 4 MB; this is another kind of file",
            file.size() / 1e6
        ));
    }
    let bytes = JsFuture::from(file.array_buffer()).await;
    let bytes =
        bytes.map_err(|error| format!("the browser does not read it: {}", reason(&error)))?;
    Exercise::read(Uint8Array::new(&bytes).to_vec()).map_err(|error| error.to_string())
}
