//! The live picture: frame after frame is the input, as fast as the network answers. The frames are
//! those of the camera while it is open, else of the sample photos, through which a window moves.

use std::collections::VecDeque;

use leptos::prelude::*;
use leptos::{ev, html};
use state::input::{SAMPLES, SamplePhoto};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement};

use crate::lab::Lab;
use crate::platform::canvas::{context, pixels};
use crate::platform::clock::now;

/// The longer side of a frame: no network here takes more than it gives.
const SIDE: f64 = 320.0;
/// Answers whose rate is shown.
const ANSWERS: usize = 16;
/// After so many milliseconds without an answer the next frame is sent all the same: an answer may have
/// been cancelled.
const PATIENCE: f64 = 1000.0;
/// How long a sample photo is shown, in milliseconds, and how far the window moves in it.
const SAMPLE_MS: f64 = 3000.0;
const MOVE: f64 = 0.25;

/// See the module.
#[derive(Clone, Copy)]
pub struct Live {
    lab: Lab,
    on: RwSignal<bool>,
    camera: RwSignal<bool>,
    video: NodeRef<html::Video>,
    /// Above this number a photo closes the camera.
    before: RwSignal<u64>,
    /// When the last answers came.
    answers: RwSignal<VecDeque<f64>>,
    held: StoredValue<Option<Held>, LocalStorage>,
    /// When the frame was sent that is not answered yet.
    sent: StoredValue<Option<f64>>,
}

/// What frames are drawn on, and from.
#[derive(Clone)]
struct Held {
    number: u64,
    began: f64,
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    samples: Vec<HtmlImageElement>,
}

impl Live {
    pub fn new(
        lab: Lab,
        camera: RwSignal<bool>,
        video: NodeRef<html::Video>,
        before: RwSignal<u64>,
    ) -> Self {
        let live = Self {
            lab,
            on: RwSignal::new(false),
            camera,
            video,
            before,
            answers: RwSignal::default(),
            held: StoredValue::new_local(None),
            sent: StoredValue::new(None),
        };
        // Each answer asks for the next frame.
        Effect::new(move |_| {
            lab.answer.latest().track();
            if live.on.get() {
                live.answers.update(|all| {
                    all.push_back(now());
                    if all.len() > ANSWERS {
                        all.pop_front();
                    }
                });
                live.sent.set_value(None);
            }
        });
        // A picture is computed and the camera is used for somebody who looks.
        let hidden = window_event_listener(
            ev::Custom::<web_sys::Event>::new("visibilitychange"),
            move |_| {
                if document().hidden() {
                    live.stop();
                    camera.try_set(false);
                }
            },
        );
        on_cleanup(move || hidden.remove());
        // With the camera closed its live picture ends.
        Effect::new(move |was: Option<bool>| {
            let open = camera.get();
            if was == Some(true) && !open {
                live.stop();
            }
            open
        });
        live
    }

    fn stop(self) {
        self.on.try_set(false);
        self.held.try_set_value(None);
    }

    fn start(self) {
        let Some(number) = self.lab.begin_live() else {
            return;
        };
        self.before.set(number);
        let canvas = document().create_element("canvas");
        let canvas = canvas
            .ok()
            .and_then(|it| it.dyn_into::<HtmlCanvasElement>().ok());
        let Some(canvas) = canvas else { return };
        let context = match context(&canvas) {
            Ok(context) => context,
            Err(error) => {
                let why = format!("There is no live picture: {error}.");
                return self.lab.refuse_photo(&why);
            }
        };
        self.answers.set(VecDeque::new());
        let held = Held {
            number,
            began: now(),
            canvas,
            context,
            samples: Vec::new(),
        };
        self.held.set_value(Some(held));
        self.sent.set_value(None);
        self.on.set(true);
        request_animation_frame(move || self.frame(number));
        if self.camera.get_untracked() {
            return;
        }
        for SamplePhoto { file, .. } in SAMPLES {
            spawn_local(async move {
                let Ok(image) = HtmlImageElement::new() else {
                    return;
                };
                image.set_src(file);
                if JsFuture::from(image.decode()).await.is_err() {
                    // The others are shown.
                    return;
                }
                self.held.try_update_value(|held| {
                    if let Some(held) = held.as_mut().filter(|it| it.number == number) {
                        held.samples.push(image);
                    }
                });
            });
        }
    }

    /// Sends the next frame when the one before is answered, and so on with each frame of the screen
    /// while the live picture of this number goes on.
    fn frame(self, number: u64) {
        if self.on.try_get_untracked() != Some(true) {
            return;
        }
        let held = self.held.try_get_value().flatten();
        let Some(held) = held.filter(|it| it.number == number) else {
            return;
        };
        request_animation_frame(move || self.frame(number));
        let waits = |since: f64| now() - since < PATIENCE;
        if self.sent.get_value().is_some_and(waits) {
            return;
        }
        let camera = self.camera.get_untracked();
        let drawn = match self.video.get_untracked().filter(|_| camera) {
            Some(video) => {
                let size = [video.video_width(), video.video_height()];
                held.sized(size).map(|[width, height]| {
                    let context = &held.context;
                    context.draw_image_with_html_video_element_and_dw_and_dh(
                        &video, 0.0, 0.0, width, height,
                    )
                })
            }
            None => held.sample(),
        };
        let (width, height) = (held.canvas.width(), held.canvas.height());
        let (across, down) = (f64::from(width), f64::from(height));
        let picture = match drawn {
            Some(Ok(())) => held.context.get_image_data(0.0, 0.0, across, down).ok(),
            // The camera has no frame yet.
            Some(Err(_)) | None => None,
        };
        if let Some(picture) = picture {
            self.sent.set_value(Some(now()));
            let rgba = pixels(&picture).to_vec();
            let name = if camera {
                "The camera's picture"
            } else {
                "Part of a sample photo"
            };
            if !self.lab.take_live(number, name, [width, height], rgba) {
                self.stop();
            }
        }
    }

    /// The button that starts and stops it, and how many answers come a second.
    pub fn row(self) -> impl IntoView {
        view! { <p class="photo-live">{self.button()} {self.rate()}</p> }
    }

    fn button(self) -> impl IntoView {
        let click = move |_| {
            if self.on.get_untracked() {
                self.stop();
            } else {
                self.start();
            }
        };
        let title = move || {
            if self.camera.get() {
                "The network answers to what the camera sees"
            } else {
                "The network answers to the sample photos as they pass by; to the camera, when it is open"
            }
        };
        view! {
            <button
                type="button"
                data-testid="live"
                title=title
                aria-pressed=move || self.on.get().to_string()
                on:click=click
            >
                "Live"
            </button>
        }
    }

    /// Answers a second, and of what.
    fn rate(self) -> impl IntoView {
        let rate = move || {
            self.answers.with(|all| {
                let (first, last) = (all.front()?, all.back()?);
                let passed = last - first;
                (all.len() > 1 && passed > 0.0).then(|| (all.len() - 1) as f64 * 1e3 / passed)
            })
        };
        move || {
            let rate = self.on.get().then(rate).flatten()?;
            Some(view! {
                <span data-testid="frame-rate" data-value=rate.to_string()>
                    {format!("{rate:.1} frames a second")}
                </span>
                {(!self.camera.get()).then_some("Sample photos in motion; open the camera to use it instead.")}
            })
        }
    }
}

impl Held {
    /// Gives the canvas the proportions of a source; `None` where the source has no pixels yet.
    fn sized(&self, [width, height]: [u32; 2]) -> Option<[f64; 2]> {
        let longest = width.max(height);
        if longest == 0 {
            return None;
        }
        let scale = (SIDE / f64::from(longest)).min(1.0);
        let size = [width, height].map(|side| (f64::from(side) * scale).round().max(1.0));
        let [across, down] = size.map(|side| side as u32);
        // Setting a size clears the canvas.
        if self.canvas.width() != across || self.canvas.height() != down {
            self.canvas.set_width(across);
            self.canvas.set_height(down);
        }
        Some(size)
    }

    /// Draws the part of the sample photo whose turn it is.
    fn sample(&self) -> Option<Result<(), wasm_bindgen::JsValue>> {
        let passed = (now() - self.began) / SAMPLE_MS;
        let count = self.samples.len();
        let image = self.samples.get(passed as usize % count.max(1))?;
        let (width, height) = (image.natural_width(), image.natural_height());
        let side = f64::from(width.min(height)) * (1.0 - MOVE);
        let [across, down] = self.sized([side as u32; 2])?;
        let along = passed.fract();
        let left = (f64::from(width) - side) * along;
        let top = (f64::from(height) - side) * along;
        let drawn = self
            .context
            .draw_image_with_html_image_element_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
                image, left, top, side, side, 0.0, 0.0, across, down,
            );
        Some(drawn)
    }
}
