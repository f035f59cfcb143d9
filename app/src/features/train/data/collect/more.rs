//! The collection as files, files into it, and its end.

use leptos::prelude::*;
use state::data::own::Kind;

use super::super::choice::FilesButton;
use super::of;
use crate::lab::Lab;

#[component]
pub fn More() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let empty = of(lab, |open| open.collection.items().is_empty());
    let photos = of(lab, |open| open.collection.kind() == Kind::Photos);
    let asked = RwSignal::new(false);
    let delete = move |_| {
        if let Some(key) = lab.data.editor.key() {
            lab.delete_collection(key);
        }
    };
    view! {
        <details class="collect-more">
            <summary>"Files"</summary>
            <div class="tools">
                <button
                    type="button"
                    data-testid="export-zip"
                    title="PNG pictures in one folder for each class"
                    disabled=move || empty.get()
                    on:click=move |_| lab.export_zip()
                >
                    "Export zip"
                </button>
                <button
                    type="button"
                    data-testid="export-idx"
                    title=move || {
                        if photos.get() {
                            "IDX files have grey images: export photos as a zip"
                        } else {
                            "A file of images and one of labels, as MNIST’s are"
                        }
                    }
                    disabled=move || empty.get() || photos.get()
                    on:click=move |_| lab.export_idx()
                >
                    "Export IDX"
                </button>
                <FilesButton
                    name="Import a zip of class folders or a pair of IDX files"
                    hint="Import a zip of class folders or a pair of IDX files"
                    testid="import-collection"
                    take=Callback::new(move |files| lab.import_data(files))
                />
                <button
                    type="button"
                    class="quiet"
                    data-testid="delete-collection"
                    hidden=asked
                    on:click=move |_| asked.set(true)
                >
                    "Delete the collection"
                </button>
                <button
                    type="button"
                    class="quiet"
                    data-testid="delete-for-good"
                    hidden=move || !asked.get()
                    on:click=delete
                >
                    "Delete it for good"
                </button>
            </div>
        </details>
    }
}
