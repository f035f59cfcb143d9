//! Goes through rounds, by itself if wanted: with motion where the person's system allows it.

use std::time::Duration;

use leptos::prelude::*;

use crate::platform::clock::now;
use crate::ui::icon::{Icon, icon};

/// Milliseconds that a round takes here, whatever it took.
const ROUND: f64 = 1200.0;

/// Whether the person's system asks for less motion.
fn still() -> bool {
    let query = window().match_media("(prefers-reduced-motion: reduce)");
    query.ok().flatten().is_some_and(|it| it.matches())
}

/// The controls; `at` is how many rounds have passed.
pub fn player(rounds: usize, at: RwSignal<f64>) -> AnyView {
    let playing = RwSignal::new(false);
    let last = rounds as f64;
    let go = move |to: f64| {
        playing.set(false);
        at.set(to.clamp(0.0, last));
    };
    let play = move |_| {
        if playing.get_untracked() {
            return playing.set(false);
        }
        if at.get_untracked() >= last {
            at.set(0.0);
        }
        playing.set(true);
        if still() {
            step_on(last, at, playing);
        } else {
            move_on(now(), last, at, playing);
        }
    };
    let said = move || {
        let at = at.get();
        if at >= last {
            return "Every worker has the sum".to_owned();
        }
        format!("Round {} of {rounds}", at as usize + 1)
    };
    let slide = move |event| {
        if let Ok(to) = event_target_value(&event).parse() {
            go(to);
        }
    };
    view! {
        <span class="steps" data-testid="reduce-player">
            <button
                type="button"
                class="icon"
                data-testid="reduce-previous"
                aria-label="Previous round"
                disabled=move || { at.get() <= 0.0 }
                on:click=move |_| go(at.get_untracked().ceil() - 1.0)
            >
                {icon(Icon::Previous)}
            </button>
            <button
                type="button"
                class="icon"
                data-testid="reduce-next"
                aria-label="Next round"
                disabled=move || { at.get() >= last }
                on:click=move |_| go(at.get_untracked().floor() + 1.0)
            >
                {icon(Icon::Next)}
            </button>
            <button type="button" class="play" data-testid="reduce-play" on:click=play>
                {move || if playing.get() { "Pause" } else { "Play" }}
            </button>
            <input
                type="range"
                aria-label="Rounds that have passed"
                data-testid="reduce-round"
                min="0"
                max=rounds.to_string()
                step="1"
                prop:value=move || at.get().floor().to_string()
                aria-valuetext=said
                on:input=slide
            />
            <span role="status" data-testid="reduce-at">{said}</span>
        </span>
    }
    .into_any()
}

/// Moves the messages on with each frame.
fn move_on(before: f64, last: f64, at: RwSignal<f64>, playing: RwSignal<bool>) {
    request_animation_frame(move || {
        // The panel may have been closed.
        let (Some(true), Some(place)) = (playing.try_get_untracked(), at.try_get_untracked())
        else {
            return;
        };
        let now = now();
        let next = place + (now - before).max(0.0) / ROUND;
        at.set(next.min(last));
        if next < last {
            move_on(now, last, at, playing);
        } else {
            playing.set(false);
        }
    });
}

/// Goes from round to round without motion between them.
fn step_on(last: f64, at: RwSignal<f64>, playing: RwSignal<bool>) {
    let step = move || {
        let (Some(true), Some(place)) = (playing.try_get_untracked(), at.try_get_untracked())
        else {
            return;
        };
        let next = place.floor() + 1.0;
        at.set(next.min(last));
        if next < last {
            step_on(last, at, playing);
        } else {
            playing.set(false);
        }
    };
    set_timeout(step, Duration::from_millis(ROUND as u64));
}
