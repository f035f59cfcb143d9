//! The input column: the source of the picture, and its preprocessing.

mod camera;
mod cursor;
mod frame;
mod gallery;
mod pad;
mod photo;
mod recipe;
mod source;
mod steps;

use crate::ui::lazy::{self, Part};
use engine::format::Control;
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;

use self::gallery::GalleryView;
use self::pad::Pad;
use self::photo::PhotoView;
use self::recipe::RecipeView;
use self::source::Sources;
use self::steps::PhotoSteps;
use crate::lab::Lab;
use crate::ui::growth::{at, steps};
use crate::ui::lockable;
use state::input::{DataSet, Source};

#[component]
pub fn Input() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let photo = Memo::new(move |_| lab.input.source().get().is_photo());
    let drawing = takes_drawings(lab);
    let input = view! {
        <Sources />
        // Stays mounted, because its canvas is the drawing.
        <div hidden=photo>
            <Pad />
        </div>
        {move || match lab.input.source().get() {
            Source::Draw => ().into_any(),
            Source::Gallery(set) => lazy::on_demand("The gallery", gallery_code, move || gallery(set)),
            // Loads its code in a new task, because the choice is often part of opening a network.
            Source::Photo => at(steps(1), 1, photo_input),
        }}
    }
    .into_any();
    view! {
        {lockable(lab, Control::Input, input)}
        {move || {
            let photo = photo.get();
            if photo && !drawing.get() {
                ().into_any()
            } else {
                lockable(lab, Control::Recipe, view! { <RecipeView photo /> }.into_any())
            }
        }}
    }
}

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible, preload(gallery_code))]
fn gallery(set: DataSet) -> Part {
    Ok(view! { <GalleryView set /> }.into_any())
}

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible, preload(photo_code))]
fn photo_part() -> Part {
    Ok(photos())
}

/// Photos as the input.
fn photo_input() -> AnyView {
    lazy::on_demand("Photos", photo_code, photo_part)
}

/// Photos as the input, and their preprocessing. A network that takes drawings has that of `RecipeView`.
fn photos() -> AnyView {
    let drawing = takes_drawings(expect_context::<Lab>());
    view! {
        <PhotoView />
        {move || (!drawing.get()).then(|| view! { <PhotoSteps /> })}
    }
    .into_any()
}

/// Whether the running network gets a digit out of a photo.
fn takes_drawings(lab: Lab) -> Memo<bool> {
    let running = lab.document.running();
    Memo::new(move |_| running.with(|graph| engine::data::takes_drawings(graph.input())))
}
