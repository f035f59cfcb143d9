//! The input column: pad, gallery, and what happens to a drawing before the network sees it.

mod cursor;
mod gallery;
mod pad;
mod recipe;

use leptos::prelude::*;

use self::gallery::GalleryView;
use self::pad::Pad;
use self::recipe::RecipeView;

#[component]
pub fn Input() -> impl IntoView {
    view! {
        <Pad />
        <GalleryView />
        <RecipeView />
    }
}
