//! Photos: the user's own, the camera's, and the samples.

use std::borrow::Cow;

use engine::zoo::Kind;
use leptos::html;
use leptos::prelude::*;

use super::live::Live;
use super::source::open_file;
use crate::lab::Lab;
use crate::ui::CameraView;
use crate::ui::format::exact;
use crate::ui::icon::{Icon, icon};
use crate::ui::maps::Resizing;
use crate::ui::rove;
use state::input::{SAMPLES, SamplePhoto};

#[component]
pub fn PhotoView() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let canvas = NodeRef::<html::Canvas>::new();
    let painter = StoredValue::new_local(Resizing::default());
    Effect::new(move |_| {
        let (Some(canvas), Some(photo)) = (canvas.get(), lab.input.photo().get()) else {
            return;
        };
        painter.update_value(|painter| {
            if let Ok(painter) = painter.fit(&canvas, photo.width, photo.height) {
                painter.put(&on_white(&photo.rgba));
            }
        });
    });
    let camera = RwSignal::new(false);
    let video = NodeRef::<html::Video>::new();
    // Above this number a photo closes the camera.
    let before = RwSignal::new(0);
    let live = Live::new(lab, camera, video, before);
    let opener = NodeRef::<html::Button>::new();
    let caption = move || {
        if lab.input.reading().get() {
            return "The picture is being read.".to_owned();
        }
        lab.input.photo().with(|photo| {
            let Some(photo) = photo else {
                return "No picture yet.".to_owned();
            };
            let size = |(width, height): (u32, u32)| {
                format!("{}×{}", exact(width.into()), exact(height.into()))
            };
            let now = (photo.width, photo.height);
            let mut caption = format!("{}, {} pixels", photo.name, size(photo.original));
            if photo.turned {
                caption += ", turned upright as its file says";
            }
            if photo.original != now {
                caption += &format!(", reduced to {} by the browser", size(now));
            }
            caption + "."
        })
    };
    let note = move || {
        // The answer says that no digit is to be expected.
        if lab.input.kind() == Kind::Photo {
            return None;
        }
        let latest = lab.answer.latest().get();
        latest.and_then(|trace| trace.note).map(|note| {
            let sentence = note.to_string();
            let (first, rest) = sentence.split_at(1);
            format!("{}{rest}.", first.to_uppercase())
        })
    };
    view! {
        <div class="pad-row">
            <div class="pad-frame">
                <canvas
                    node_ref=canvas
                    class="photo"
                    data-testid="photo-picture"
                    role="img"
                    aria-label="The photo"
                    hidden=camera
                    width="1"
                    height="1"
                ></canvas>
                {move || {
                    camera.get().then(|| {
                        // A photo requested before the camera was opened may be decoded late; it does
                        // not close the camera.
                        before.set(lab.input.photos());
                        let number = move || {
                            let photo = lab.input.photo();
                            photo.with(|photo| photo.as_ref().map(|it| it.number))
                        };
                        let done = Signal::derive(move || number() > Some(before.get()));
                        let take = Callback::new(move |video| lab.take_frame(&video));
                        let refuse = Callback::new(move |why: String| lab.refuse_photo(&why));
                        view! { <CameraView open=camera opener take refuse done video /> }
                    })
                }}
            </div>
            <div class="pad-tools">
                <FileButton />
                <button
                    node_ref=opener
                    type="button"
                    class="icon"
                    data-testid="camera"
                    aria-label="Camera"
                    title="Camera"
                    aria-pressed=move || camera.get().to_string()
                    on:click=move |_| camera.update(|open| *open = !*open)
                >
                    {icon(Icon::Camera)}
                </button>
            </div>
        </div>
        {live.row()}
        <p class="pad-note photo-caption" role="status" data-testid="photo-caption">{caption}</p>
        <p class="pad-note photo-caption" role="status" data-testid="photo-note">{note}</p>
    }
}

/// The sample photos in a row.
#[component]
pub fn Samples() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let one = |(place, sample): (usize, SamplePhoto)| {
        let shown = move || {
            lab.input.photo().with(|photo| {
                photo
                    .as_ref()
                    .is_some_and(|photo| photo.stem == Some(sample.stem))
            })
        };
        view! {
            <button
                type="button"
                class="thumb"
                data-testid="photo"
                data-photo=sample.stem
                aria-label=sample.title
                title=sample.title
                aria-pressed=move || shown().to_string()
                tabindex=(place > 0).then_some("-1")
                on:click=move |_| lab.take_sample_photo(sample)
            >
                <img src=sample.file alt="" loading="lazy" fetchpriority="low" />
            </button>
        }
    };
    view! {
        <section class="strip" aria-label="Sample photos">
            <div class="strip-head"><h2>"Photos"</h2></div>
            <div class="thumbs" role="group" aria-label="Sample photos" on:keydown=rove>
                {SAMPLES.into_iter().enumerate().map(one).collect_view()}
            </div>
        </section>
    }
}

#[component]
fn FileButton() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let input = NodeRef::<html::Input>::new();
    let take = move |_| {
        let Some(input) = input.get_untracked() else {
            return;
        };
        if let Some(file) = input.files().and_then(|files| files.get(0)) {
            open_file(lab, file);
        }
        // The same file may be chosen again.
        input.set_value("");
    };
    view! {
        <label
            class="icon-file"
            title="Your own photo: choose a file, paste it, or drop it anywhere. It stays on this machine."
        >
            {icon(Icon::Picture)}
            <input
                node_ref=input
                type="file"
                accept="image/*"
                class="visually-hidden"
                aria-label="Choose a file"
                data-testid="photo-file"
                on:change=take
            />
        </label>
    }
}

/// The pixels with transparent ones on white, for the screen.
fn on_white(rgba: &[u8]) -> Cow<'_, [u8]> {
    let pixels = rgba.as_chunks::<4>().0;
    if pixels.iter().all(|pixel| pixel[3] == 255) {
        return rgba.into();
    }
    let over = |&[red, green, blue, alpha]: &[u8; 4]| {
        let alpha = u32::from(alpha);
        let over = |level: u8| ((u32::from(level) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        [over(red), over(green), over(blue), 255]
    };
    pixels.iter().flat_map(over).collect::<Vec<u8>>().into()
}
