//! The choice between drawing, galleries and photos, and files that come by paste or drop.

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use state::notices::Place;
use web_sys::{DataTransfer, DragEvent, File};

use crate::lab::{Lab, start_of};
use crate::ui::rove;
use state::input::DataSet;
use state::input::Source;
use state::weights_file::FileKind;

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
                tabindex=move || if lab.input.source().get() == source { "0" } else { "-1" }
                on:click=move |_| lab.choose_source(source)
            >
                {title}
            </button>
        }
    };
    view! {
        <div
            class="choices sources"
            role="group"
            aria-label="Where the input comes from"
            on:keydown=rove
        >
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
                open_file(lab, file);
            }
        }),
    ];
    on_cleanup(move || listeners.into_iter().for_each(|it| it.remove()));
}

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible)]
fn open_by_kind(lab: Lab, file: File, start: Vec<u8>) -> Result<(), SplitLoaderError> {
    let name = file.name();
    match FileKind::of(&name, &file.type_(), &start) {
        FileKind::Experiment => lab.open_file(file),
        FileKind::Weights => lab.open_weights(file),
        FileKind::Foreign(format) => lab.refuse_foreign(&name, format),
        FileKind::Picture => lab.receive_photo(file.into(), name),
    }
    Ok(())
}

/// Opens a file that was dropped on the page, or chosen where a picture was asked for, as what its
/// content says that it is.
pub fn open_file(lab: Lab, file: File) {
    spawn_local(async move {
        let name = file.name();
        let opened = match start_of(&file).await {
            Ok(start) => open_by_kind(lab, file, start)
                .await
                .map_err(|_| "a part of this page did not come. Try again".to_owned()),
            Err(why) => Err(format!("the browser does not read it: {why}")),
        };
        if let Err(why) = opened {
            lab.notices
                .fail(Place::File, format!("{name} cannot be opened: {why}."));
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
