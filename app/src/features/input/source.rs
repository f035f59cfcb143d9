//! The choice between drawing, galleries and photos, and files that come by paste or drop.

use engine::data::picture_kind;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use state::data::files::dropped_is_data;
use state::notices::Place;
use web_sys::{DataTransfer, DragEvent, File, FileList};

use crate::lab::{Lab, start_of};
use crate::ui::rove;
use state::input::DataSet;
use state::input::Source;
use state::screen::Area;
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
                if trains(lab) && lab.is_collecting() {
                    open_files(lab, vec![file]);
                } else {
                    lab.receive_photo(file.into(), "The pasted picture".to_owned());
                }
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
            let mut files: Vec<File> = files.as_ref().map(all_of).unwrap_or_default();
            if trains(lab) {
                open_files(lab, files);
            } else if !files.is_empty() {
                // Its weights may lie in files beside it.
                let is_model = |file: &File| {
                    let name = file.name();
                    name.ends_with(".onnx") || name.ends_with(".keras")
                };
                let place = files.iter().position(is_model).unwrap_or(0);
                let file = files.swap_remove(place);
                open_with(lab, file, files);
            }
        }),
    ];
    on_cleanup(move || listeners.into_iter().for_each(|it| it.remove()));
}

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible)]
fn open_by_kind(
    lab: Lab,
    file: File,
    beside: Vec<File>,
    start: Vec<u8>,
) -> Result<(), SplitLoaderError> {
    let name = file.name();
    match FileKind::of(&name, &file.type_(), &start) {
        FileKind::Experiment => lab.open_file(file),
        FileKind::Weights => lab.open_weights(file),
        FileKind::Model => {
            let mut files = vec![file];
            files.extend(beside);
            lab.open_onnx(files);
        }
        FileKind::Foreign(format) => lab.refuse_foreign(&name, format),
        FileKind::Picture => lab.receive_photo(file.into(), name),
    }
    Ok(())
}

/// Where files are data to train on, if they can be.
fn trains(lab: Lab) -> bool {
    lab.screen.area().get_untracked() == Area::Train
}

fn all_of(files: &FileList) -> Vec<File> {
    let places = 0..files.length();
    places.filter_map(|place| files.get(place)).collect()
}

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible)]
fn open_as_data(
    lab: Lab,
    mut files: Vec<File>,
    starts: Vec<Vec<u8>>,
) -> Result<(), SplitLoaderError> {
    let kinds = files.iter().zip(&starts);
    let is_data = |(file, start): (&File, &Vec<u8>)| dropped_is_data(&file.name(), start);
    let is_picture = |start: &Vec<u8>| picture_kind(start).is_some();
    let collecting = lab.is_collecting();
    if kinds.clone().all(is_data) {
        if collecting {
            lab.import_data(files);
        } else {
            lab.open_data(files);
        }
    } else if collecting && starts.iter().any(is_picture) {
        lab.collect_files(files);
    } else if kinds.clone().any(is_data) {
        // Says which file is none.
        lab.open_data(files);
    } else {
        open_file(lab, files.swap_remove(0));
    }
    Ok(())
}

/// Opens files that were dropped in the area Train: as data, as images of the open collection, or as
/// anywhere else.
fn open_files(lab: Lab, files: Vec<File>) {
    spawn_local(async move {
        let mut starts = Vec::new();
        for file in &files {
            match start_of(file).await {
                Ok(start) => starts.push(start),
                Err(why) => {
                    let text = format!("{} cannot be opened: {why}.", file.name());
                    return lab.notices.fail(Place::File, text);
                }
            }
        }
        if !files.is_empty() && open_as_data(lab, files, starts).await.is_err() {
            let text = "A part of this page did not come. Drop the files again.";
            lab.notices.fail(Place::File, text);
        }
    });
}

/// Opens a file that was dropped on the page, or chosen where a picture was asked for, as what its
/// content says that it is.
pub fn open_file(lab: Lab, file: File) {
    open_with(lab, file, Vec::new());
}

/// As [`open_file`], with files that were dropped together with it.
fn open_with(lab: Lab, file: File, beside: Vec<File>) {
    spawn_local(async move {
        let name = file.name();
        let opened = match start_of(&file).await {
            Ok(start) => open_by_kind(lab, file, beside, start)
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
