//! Adding images to the chosen class.

use leptos::html;
use leptos::prelude::*;

use super::super::choice::FilesButton;
use crate::lab::Lab;
use crate::ui::CameraView;
use crate::ui::icon::{Icon, icon};

#[component]
pub fn Add() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let editor = lab.data.editor;
    let photo = Memo::new(move |_| lab.input.source().get().is_photo());
    let camera = RwSignal::new(false);
    let opener = NodeRef::<html::Button>::new();
    let take = Callback::new(move |video| lab.collect_frame(&video));
    let refuse = Callback::new(move |why: String| editor.set_error(Some(why)));
    view! {
        <div class="collect-add">
            <button
                type="button"
                class="primary"
                data-testid="add-image"
                on:click=move |_| lab.collect_input()
            >
                {move || if photo.get() { "Add this photo" } else { "Add this drawing" }}
            </button>
            <FilesButton
                name="Add picture files"
                hint="Picture files; or paste or drop them anywhere."
                testid="add-files"
                accept="image/*"
                take=Callback::new(move |files| lab.collect_files(files))
            />
            <button
                node_ref=opener
                type="button"
                class="icon"
                aria-label="Camera"
                title="Camera"
                data-testid="collect-camera"
                aria-pressed=move || camera.get().to_string()
                on:click=move |_| camera.update(|open| *open = !*open)
            >
                {icon(Icon::Camera)}
            </button>
        </div>
        {move || {
            camera
                .get()
                .then(|| {
                    view! {
                        <div class="collect-camera">
                            <CameraView open=camera opener take refuse stays=true />
                        </div>
                    }
                })
        }}
    }
}
