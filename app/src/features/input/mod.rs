//! The left column but for the answer: where the picture comes from and the picture itself; below the
//! answer other pictures, and what the network gets of this one.

mod cursor;
mod gallery;
mod live;
mod pad;
mod photo;
mod preparation;
mod source;

use engine::format::Control;
use engine::zoo::Classes;
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;
use state::input::{DataSet, Source};

use self::gallery::GalleryView;
use self::pad::Pad;
use self::photo::{PhotoView, Samples};
use self::preparation::Preparation;
use self::source::Sources;
use crate::lab::Lab;
use crate::ui::growth::{at, steps};
use crate::ui::lazy::{self, Part};
use crate::ui::lockable;

#[component]
pub fn Input() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let photo = Memo::new(move |_| lab.input.source().get().is_photo());
    let input = view! {
        <Sources />
        // Stays mounted, because its canvas is the drawing.
        <div hidden=photo>
            <Pad />
        </div>
        // Loads its code in a new task, because the choice is often part of opening a network.
        {move || photo.get().then(|| at(steps(1), 1, photo_input))}
    }
    .into_any();
    lockable(lab, Control::Input, input)
}

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible, preload(photo_code))]
fn photo_part() -> Part {
    Ok(view! { <PhotoView /> }.into_any())
}

fn photo_input() -> AnyView {
    lazy::on_demand("Photos", photo_code, photo_part)
}

/// Other pictures, and what the network gets of this one.
pub fn pictures(lab: Lab) -> AnyView {
    lazy::after_answer(lab, "The pictures", pictures_code, pictures_part, || {})
}

#[wasm_split(after_answer, wasm_split_path = leptos::wasm_split, fallible, preload(pictures_code))]
fn pictures_part() -> Part {
    let lab = expect_context::<Lab>();
    let source = lab.input.source();
    let photo = Memo::new(move |_| source.get().is_photo());
    let running = lab.document.running();
    let drawing =
        Memo::new(move |_| running.with(|graph| engine::data::takes_drawings(graph.input())));
    let others = move || match source.get() {
        Source::Draw => {
            let clothes = lab.answer.classes.get() == Some(Classes::Fashion);
            let set = if clothes {
                DataSet::Fashion
            } else {
                DataSet::Mnist
            };
            view! { <GalleryView set /> }.into_any()
        }
        Source::Gallery(set) => view! { <GalleryView set /> }.into_any(),
        Source::Photo => view! { <Samples /> }.into_any(),
    };
    let others = view! { {others} }.into_any();
    Ok(view! {
        {lockable(lab, Control::Input, others)}
        {move || {
            let photo = photo.get();
            let drawing = !photo || drawing.get();
            view! { <Preparation photo drawing /> }
        }}
    }
    .into_any())
}
