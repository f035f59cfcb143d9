//! Augmentation, with eight variants of one image.

use engine::data::Augmentation;
use engine::train::Task;
use leptos::html;
use leptos::prelude::*;
use state::input::IMAGE_SIDE;
use state::train::settings::{Image, Number};
use wasm_bindgen::Clamped;
use web_sys::{HtmlCanvasElement, ImageData};

use super::field::{number, toggle};
use crate::lab::Lab;
use crate::platform::canvas;

/// Variants in the preview, and in one of its rows.
const VARIANTS: u32 = 8;
const ACROSS: u32 = 4;
/// Pixels between two.
const GAP: u32 = 1;
/// The side of a photo in the preview.
const SIDE: u32 = 64;

pub fn augment(lab: Lab) -> AnyView {
    let task = lab.train.task();
    let on = Memo::new(move |_| task.with(|task| task.settings.augmentation.is_some()));
    let photos = Memo::new(move |_| lab.document.takes_colour());
    // Those of a network for photos are not hidden from one for drawings.
    let lit = Memo::new(move |_| photos.get() || task.with(changes_light));
    let switch = move |task: &mut Task, on: bool| {
        let usual = if photos.get_untracked() {
            Augmentation::of_photos
        } else {
            Augmentation::of_drawings
        };
        task.settings.augmentation = on.then(usual);
    };
    let changes = move || {
        on.get().then(|| {
            view! {
                {preview(lab)}
                {Number::AUGMENTATION.map(|it| number(lab, it)).collect_view()}
                {move || lit.get().then(|| of_photos(lab))}
            }
        })
    };
    view! {
        {toggle(
            lab,
            (
                "train-augment",
                "Augment",
                "Changes each image at random in every epoch, within these bounds.",
            ),
            |task| task.settings.augmentation.is_some(),
            switch,
        )}
        {changes}
    }
    .into_any()
}

/// Whether it mirrors images or changes their light.
fn changes_light(task: &Task) -> bool {
    task.settings
        .augmentation
        .is_some_and(|it| it.flip || [it.brightness, it.contrast, it.saturation] != [0.0; 3])
}

fn of_photos(lab: Lab) -> AnyView {
    view! {
        {toggle(
            lab,
            (
                "train-flip",
                "Flip",
                "Mirrors every second image left to right.",
            ),
            |task| task.settings.augmentation.is_some_and(|it| it.flip),
            |task, on| {
                if let Some(augmentation) = &mut task.settings.augmentation {
                    augmentation.flip = on;
                }
            },
        )}
        {Number::LIGHT.map(|it| number(lab, it)).collect_view()}
    }
    .into_any()
}

/// The image of the preview: the sample on the pad or the photo, else the set's first.
fn image(lab: Lab) -> Option<Image> {
    let side = IMAGE_SIDE;
    if lab.document.takes_colour() {
        let photo = lab.input.photo().get();
        let of_photo = photo.and_then(|it| Image::of_photo(&it.rgba, [it.width, it.height], SIDE));
        return of_photo.or_else(|| of_set(lab));
    }
    let sample = lab.input.sample().get();
    let of_sample = sample.and_then(|sample| {
        let galleries = lab.input.galleries();
        let pixels = galleries.with(|all| all.image(sample).map(<[u8]>::to_vec))?;
        Image::new(engine::Shape::new(1, side, side), pixels)
    });
    of_sample.or_else(|| of_set(lab))
}

fn of_set(lab: Lab) -> Option<Image> {
    // The image may be loaded yet.
    lab.data.progress().track();
    let set = lab.data.chosen()?;
    Image::new(set.shape, lab.data.image(set.id, 0)?)
}

fn preview(lab: Lab) -> AnyView {
    let task = lab.train.task();
    let place = NodeRef::<html::Canvas>::new();
    let image = Memo::new(move |_| image(lab));
    let how =
        Memo::new(move |_| task.with(|task| (task.settings.augmentation, task.settings.seed)));
    let failed = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        let (Some(canvas), Some(image)) = (place.get(), image.get()) else {
            return;
        };
        let (augmentation, seed) = how.get();
        let Some(augmentation) = augmentation else {
            return;
        };
        let painted = paint(&canvas, &image, &augmentation, seed);
        failed.set(painted.err());
    });
    let note = move || {
        let none = image.with(Option::is_none).then(|| {
            "The preview takes the sample on the pad, or the first image of the loaded data."
                .to_owned()
        });
        none.or_else(|| failed.get())
            .map(|text| view! { <p class="train-hint">{text}</p> })
    };
    view! {
        <canvas
            node_ref=place
            class="train-preview"
            data-testid="augment-preview"
            role="img"
            aria-label="Eight variants of one image, as the network would get them"
            hidden=move || image.with(Option::is_none)
        ></canvas>
        {note}
    }
    .into_any()
}

fn paint(
    canvas: &HtmlCanvasElement,
    image: &Image,
    augmentation: &Augmentation,
    seed: u64,
) -> Result<(), String> {
    let (width, height) = (image.shape.width, image.shape.height);
    canvas.set_width(ACROSS * (width + GAP) - GAP);
    canvas.set_height(VARIANTS / ACROSS * (height + GAP) - GAP);
    let context = canvas::context(canvas).map_err(|error| format!("{error}."))?;
    for at in 0..VARIANTS {
        let pixels = image.variant(augmentation, seed, at.into()).rgba();
        let picture = ImageData::new_with_u8_clamped_array_and_sh(Clamped(&pixels), width, height);
        let refused = |_| format!("The browser refused a picture of {width}×{height} pixels.");
        let picture = picture.map_err(refused)?;
        let (x, y) = (at % ACROSS * (width + GAP), at / ACROSS * (height + GAP));
        let put = context.put_image_data(&picture, x.into(), y.into());
        put.map_err(refused)?;
    }
    Ok(())
}
