//! Lessons: the list of them, or the one that is open. Their texts are fetched when the drawer is
//! first opened.

mod lesson;
mod list;
mod question;
mod step;

use leptos::prelude::*;
use leptos::task::spawn_local;
use state::learn::Progress;
use state::learn::lessons;
use state::learn::text::Texts;

use crate::lab::Lab;
use crate::platform::fetch::fetch;
use crate::platform::language;
use crate::platform::local_storage;

/// The language of the texts that every lesson has.
const FIRST: &str = "en";
/// The setting that says what is done.
const PROGRESS: &str = "lessons";

/// The tab of lessons. Its code comes with the drawer.
pub fn panel(lab: Lab) -> AnyView {
    let texts = RwSignal::new(None::<Result<Texts, String>>);
    let language = language::followed();
    let load = move || {
        let language = language.get_untracked();
        texts.set(None);
        spawn_local(async move {
            let mut read = texts_in(&language).await;
            if read.is_err() && language != FIRST {
                read = texts_in(FIRST).await;
            }
            let _gone = texts.try_set(Some(read));
        });
    };
    Effect::new(move |_| {
        language.track();
        load();
    });
    keep_progress(lab);
    let body = move || match texts.get() {
        None => view! { <p class="hint" role="status">"The lessons are loading …"</p> }.into_any(),
        Some(Err(why)) => view! {
            <div role="alert" data-testid="error">
                <p>{format!("The texts of the lessons cannot be shown: {why}.")}</p>
                <button type="button" on:click=move |_| load()>"Try again"</button>
            </div>
        }
        .into_any(),
        Some(Ok(texts)) => shown(lab, texts),
    };
    view! { <div class="lessons">{body}</div> }.into_any()
}

/// The texts of all lessons in a language.
async fn texts_in(language: &str) -> Result<Texts, String> {
    // The pseudo-locale has none of its own.
    let known = language::ALL.iter().any(|(key, _)| *key == language);
    let language = if known { language } else { FIRST };
    let bytes = fetch(&format!("lessons/{language}.json")).await;
    let bytes = bytes.map_err(|error| error.to_string())?;
    Texts::read(&String::from_utf8_lossy(&bytes))
}

fn shown(lab: Lab, texts: Texts) -> AnyView {
    let open = lab.learn.lesson();
    let texts = StoredValue::new(texts);
    (move || match open.get().and_then(lessons::lesson) {
        Some(lesson) => texts.with_value(|texts| lesson::view(lab, lesson, texts)),
        None => texts.with_value(|texts| list::view(lab, texts)),
    })
    .into_any()
}

/// Reads what earlier visits have done, and keeps what is done now.
fn keep_progress(lab: Lab) {
    if lab.learn.progress().with_untracked(Progress::is_empty)
        && let Some(text) = local_storage::read(PROGRESS)
    {
        lab.learn.take_progress(Progress::read(&text));
    }
    Effect::new(move |before: Option<()>| {
        let progress = lab.learn.progress().get();
        match before {
            Some(()) if progress.is_empty() => local_storage::forget(PROGRESS),
            Some(()) => local_storage::write(PROGRESS, &progress.write()),
            None => {}
        }
    });
}
