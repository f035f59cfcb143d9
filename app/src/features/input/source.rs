//! The choice between drawing, galleries and photos, and files that come by paste or drop.

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use state::notices::Place;
use web_sys::{DataTransfer, DragEvent, File};

use crate::lab::Lab;
use state::input::DataSet;
use state::input::Source;
use state::weights_file::{FileKind, Foreign};

/// A source's key for tests, and its title.
const fn words(source: Source) -> (&'static str, &'static str) {
    match source {
        Source::Draw => ("draw", "Draw"),
        Source::Gallery(DataSet::Mnist) => ("digits", "Digits"),
        Source::Gallery(DataSet::Fashion) => ("fashion", "Fashion"),
        Source::Photo => ("photo", "Photo"),
    }
}

#[component]
pub fn Sources() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let over = RwSignal::new(false);
    receive(lab, over);
    let one = move |source: Source| {
        let (key, title) = words(source);
        view! {
            <button
                type="button"
                data-testid="source"
                data-source=key
                aria-pressed=move || (lab.input.source().get() == source).to_string()
                on:click=move |_| lab.choose_source(source)
            >
                {title}
            </button>
        }
    };
    view! {
        <div class="segments" role="group" aria-label="Where the input comes from">
            {Source::ALL.map(one)}
        </div>
        <p class="drop-here" aria-hidden="true" hidden=move || !over.get()>
            "Drop the picture, the experiment or the weights anywhere."
        </p>
    }
}

/// A file may be pasted or dropped anywhere on the page: beside the column a browser would
/// leave the page and show the file.
fn receive(lab: Lab, over: RwSignal<bool>) {
    let listeners = [
        window_event_listener(ev::paste, move |event| {
            let Some(data) = event.clipboard_data() else {
                return;
            };
            // Text is pasted where the focus is.
            if let Some(file) = picture(&data) {
                event.prevent_default();
                lab.receive_photo(file.into(), "The pasted picture".to_owned());
            }
        }),
        window_event_listener(ev::dragover, move |event| {
            if has_files(&event) {
                event.prevent_default();
                if !over.get_untracked() {
                    over.set(true);
                }
            }
        }),
        window_event_listener(ev::dragleave, move |event| {
            // Only when it leaves the window, not when it moves between elements.
            if event.related_target().is_none() {
                over.set(false);
            }
        }),
        window_event_listener(ev::drop, move |event| {
            if !has_files(&event) {
                return;
            }
            event.prevent_default();
            over.set(false);
            let files = event.data_transfer().and_then(|data| data.files());
            if let Some(file) = files.and_then(|files| files.get(0)) {
                let name = file.name();
                match FileKind::of(&name, &file.type_()) {
                    FileKind::Experiment => open_file(lab, Dropped::Experiment(file)),
                    FileKind::Weights => open_file(lab, Dropped::Weights(file)),
                    FileKind::Foreign(kind) => open_file(lab, Dropped::Foreign(name, kind)),
                    FileKind::Other => lab.receive_photo(file.into(), name),
                }
            }
        }),
    ];
    on_cleanup(move || listeners.into_iter().for_each(|it| it.remove()));
}

/// A file that was dropped on the page and is no picture.
enum Dropped {
    Experiment(File),
    Weights(File),
    Foreign(String, Foreign),
}

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible)]
fn open_dropped(lab: Lab, dropped: Dropped) -> Result<(), SplitLoaderError> {
    match dropped {
        Dropped::Experiment(file) => lab.open_file(file),
        Dropped::Weights(file) => lab.open_weights(file),
        Dropped::Foreign(name, kind) => lab.refuse_foreign(&name, kind),
    }
    Ok(())
}

/// Opens a file that was dropped on the page.
fn open_file(lab: Lab, dropped: Dropped) {
    spawn_local(async move {
        if open_dropped(lab, dropped).await.is_err() {
            lab.notices.fail(
                Place::File,
                "The file cannot be opened: a part of this page did not come. Try again.",
            );
        }
    });
}

/// The first pasted item with the type of a picture.
fn picture(data: &DataTransfer) -> Option<File> {
    let files = data.files()?;
    let mut files = (0..files.length()).filter_map(|place| files.get(place));
    files.find(|file| file.type_().starts_with("image/"))
}

fn has_files(event: &DragEvent) -> bool {
    event
        .data_transfer()
        .is_some_and(|data| data.types().includes(&"Files".into(), 0))
}
