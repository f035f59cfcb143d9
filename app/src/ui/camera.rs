//! The camera: opened on request, and stopped when a picture is taken or another one is loaded.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    HtmlVideoElement, MediaStream, MediaStreamConstraints, MediaStreamTrack, ScrollIntoViewOptions,
    ScrollLogicalPosition,
};

use super::focus_still;

/// Why the camera cannot be used.
#[derive(Debug, thiserror::Error)]
enum CameraError {
    #[error(
        "The browser offers cameras only to pages of a secure address (https or localhost). \
         Choose a file instead."
    )]
    Insecure,
    #[error(
        "The camera was not allowed. Allow it for this page in the browser's settings, or choose \
         a file instead."
    )]
    Denied,
    #[error("No camera was found. Choose a file instead.")]
    Missing,
    #[error(
        "The camera does not start ({0}); another program may be using it. Choose a file instead."
    )]
    Busy(String),
}

/// The live picture of the camera. When it ends, `open` is set to false and the focus returns to
/// `opener`.
#[component]
pub fn CameraView(
    open: RwSignal<bool>,
    opener: NodeRef<html::Button>,
    /// Takes what the video shows.
    take: Callback<HtmlVideoElement>,
    /// Says why there is no camera.
    refuse: Callback<String>,
    /// Whether it stays for more pictures.
    #[prop(optional)]
    stays: bool,
    /// Closes it when it becomes true.
    #[prop(into, optional)]
    done: Signal<bool>,
    /// Gets the video's element, for who reads frame after frame.
    #[prop(optional)]
    video: NodeRef<html::Video>,
) -> impl IntoView {
    let tools = NodeRef::<html::Div>::new();
    let live = RwSignal::new(false);
    let stream = StoredValue::new_local(None::<MediaStream>);
    let closed = StoredValue::new(false);
    on_cleanup(move || {
        closed.try_set_value(true);
        stream.try_with_value(|stream| stream.as_ref().map(stop));
    });
    let close = move || {
        give_back(tools, opener);
        open.set(false);
    };
    Effect::new(move |_| {
        if done.get() {
            close();
        }
    });
    spawn_local(async move {
        let asked = request_camera().await;
        // The user closed it while the browser asked for permission.
        let gone = closed.try_get_value().unwrap_or(true);
        match asked {
            Ok(asked) if gone => stop(&asked),
            Err(_) if gone => {}
            Ok(asked) => {
                let Some(video) = video.get_untracked() else {
                    stop(&asked);
                    return;
                };
                let nearest = ScrollIntoViewOptions::new();
                nearest.set_block(ScrollLogicalPosition::Nearest);
                video.scroll_into_view_with_scroll_into_view_options(&nearest);
                video.set_src_object(Some(&asked));
                stream.set_value(Some(asked));
                // `autoplay` alone waits until the video is in view. The promise is rejected when
                // the view is closed before the first frame.
                if let Ok(playing) = video.play() {
                    let _ = JsFuture::from(playing).await;
                }
            }
            Err(error) => {
                refuse.run(error.to_string());
                close();
            }
        }
    });
    let take = move |_| {
        if let Some(video) = video.get_untracked() {
            take.run(video);
        }
        if !stays {
            close();
        }
    };
    view! {
        <video
            node_ref=video
            class="photo"
            data-testid="camera-picture"
            aria-label="What the camera sees"
            autoplay
            playsinline
            prop:muted=true
            on:playing=move |_| live.set(true)
        ></video>
        <div class="camera-tools" node_ref=tools>
            <button
                type="button"
                class="primary"
                data-testid="take-picture"
                disabled=move || !live.get()
                on:click=take
            >
                {if stays { "Add" } else { "Take the picture" }}
            </button>
            <button type="button" on:click=move |_| close()>"Close"</button>
            <span class="hint" role="status">
                {move || if live.get() { "" } else { "The browser asks whether it may." }}
            </span>
        </div>
    }
}

/// Moves the focus to the opener before the focused tools are removed, because otherwise
/// `ui::focus` would choose a neighbour. A focus outside of the tools is not moved.
fn give_back(tools: NodeRef<html::Div>, opener: NodeRef<html::Button>) {
    let (Some(tools), Some(opener)) = (tools.get_untracked(), opener.get_untracked()) else {
        return;
    };
    if tools.contains(document().active_element().as_deref()) {
        focus_still(&opener);
    }
}

async fn request_camera() -> Result<MediaStream, CameraError> {
    // An insecure page has no `mediaDevices`.
    let devices = window().navigator().media_devices();
    let devices = devices.ok().filter(|devices| devices.is_truthy());
    let devices = devices.ok_or(CameraError::Insecure)?;
    let constraints = MediaStreamConstraints::new();
    constraints.set_video_bool(true);
    let stream = match devices.get_user_media_with_constraints(&constraints) {
        Ok(asked) => JsFuture::from(asked).await,
        Err(error) => Err(error),
    };
    stream.map(JsCast::unchecked_into).map_err(|error| {
        let error: js_sys::Error = error.unchecked_into();
        match String::from(error.name()).as_str() {
            "NotAllowedError" | "SecurityError" => CameraError::Denied,
            "NotFoundError" => CameraError::Missing,
            _ => CameraError::Busy(error.message().into()),
        }
    })
}

/// Stops the camera.
fn stop(stream: &MediaStream) {
    for track in stream.get_tracks().iter() {
        track.unchecked_into::<MediaStreamTrack>().stop();
    }
}
