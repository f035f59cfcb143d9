//! The time machine: a slider over the checkpoints of the training.

use leptos::html;
use leptos::prelude::*;
use state::train::snapshots::MOST_BYTES;
use state::train::{Goal, Snapshot, Status};
use web_sys::HtmlInputElement;

use crate::lab::Lab;
use crate::ui::format::{bytes, exact};
use crate::ui::icon::{Icon, icon};

/// The ticks' drawing is this wide, whatever the slider is.
const WIDE: f64 = 1000.0;

pub fn machine(lab: Lab) -> AnyView {
    let train = lab.train;
    let snapshots = train.snapshots();
    let ends = Memo::new(move |_| {
        snapshots.with(|it| {
            let all = it.all();
            Some((all.first()?.step, all.last()?.step))
        })
    });
    let can = Memo::new(move |_| lab.can_show_steps());
    let shown = train.shown();
    let value = Memo::new(move |_| {
        let newest = ends.get().map_or(0, |it| it.1);
        shown.get().unwrap_or(newest)
    });
    let input = NodeRef::<html::Input>::new();
    // The ends first: a value beyond them would be cut.
    Effect::new(move |_| {
        let Some(input) = input.get() else { return };
        let (low, high) = ends.get().unwrap_or_default();
        input.set_min(&low.to_string());
        input.set_max(&high.to_string());
        input.set_value(&value.get().to_string());
    });
    // Only the latest step of a frame is loaded.
    let wanted = StoredValue::new(None::<u64>);
    let show = move |step: u64| {
        let waiting = wanted.try_update_value(|it| it.replace(step).is_some());
        if waiting == Some(false) {
            request_animation_frame(move || {
                if let Some(Some(step)) = wanted.try_update_value(Option::take) {
                    lab.show_step(Some(step));
                }
            });
        }
    };
    let moved = move |event| {
        if let Ok(step) = event_target_value(&event).parse::<f64>() {
            let near = snapshots.with_untracked(|it| it.nearest(step as u64));
            let Some(step) = near else { return };
            // Also where that is the step before, and nothing else would move it back.
            event_target::<HtmlInputElement>(&event).set_value(&step.to_string());
            show(step);
        }
    };
    // A key goes to the next checkpoint, and not by one step.
    let key = move |event: leptos::ev::KeyboardEvent| {
        let all = steps(lab);
        let Some(last) = all.len().checked_sub(1) else {
            return;
        };
        let now = wanted.get_value().unwrap_or_else(|| value.get_untracked());
        let at = all.iter().position(|it| *it == now).unwrap_or(last);
        let next = match event.key().as_str() {
            "ArrowRight" | "ArrowUp" => at + 1,
            "ArrowLeft" | "ArrowDown" => at.saturating_sub(1),
            "PageUp" => at + 5,
            "PageDown" => at.saturating_sub(5),
            "Home" => 0,
            "End" => last,
            _ => return,
        };
        event.prevent_default();
        show(all[next.min(last)]);
    };
    let ticks = move || {
        let Some((first, last)) = ends.get() else {
            return String::new();
        };
        let width = (last - first).max(1) as f64;
        let tick = |it: &Snapshot| format!("M{:.1} 0V6", (it.step - first) as f64 / width * WIDE);
        snapshots.with(|it| it.all().iter().map(tick).collect())
    };
    let words = move || match (ends.get(), shown.get()) {
        (None, _) => "no checkpoint yet".to_owned(),
        (Some((_, last)), None) => format!("now, step {}", exact(last)),
        (Some(_), Some(step)) => format!("step {}", exact(step)),
    };
    let back = Memo::new(move |_| shown.get().filter(|_| can.get()));
    let memory = move || {
        if back.get().is_some() {
            return String::new();
        }
        snapshots.with(|it| match it.all().len() {
            0 => String::new(),
            1 => format!("1 checkpoint, {}", bytes(it.bytes())),
            count => format!(
                "{count} checkpoints, {} of {}",
                bytes(it.bytes()),
                bytes(MOST_BYTES)
            ),
        })
    };
    let reason = move || {
        let busy = train.status().with(Status::is_busy);
        let many = snapshots.with(|it| it.all().len() > 1);
        match (busy, many) {
            (true, true) => Some("Pause to go back"),
            _ => None,
        }
    };
    let buttons = move || {
        let step = back.get()?;
        Some(view! {
            <button type="button" data-testid="machine-now" on:click=move |_| lab.show_step(None)>
                "Now"
            </button>
            <button
                type="button"
                data-testid="train-on"
                on:click=move |_| lab.resume_training(Goal::End)
            >
                {format!("Train on from step {}", exact(step))}
            </button>
        })
    };
    view! {
        <div class="machine" role="group" aria-label="Time machine">
            <span class="machine-name">{icon(Icon::Clock)} "Time machine"</span>
            <div class="machine-slider">
                <svg viewBox="0 0 1000 6" preserveAspectRatio="none" aria-hidden="true">
                    <path d=ticks />
                </svg>
                <input
                    type="range"
                    data-testid="time-machine"
                    data-value=move || value.get().to_string()
                    aria-label="Step whose weights the network has"
                    aria-valuetext=words
                    step="1"
                    node_ref=input
                    disabled=move || !can.get()
                    on:input=moved
                    on:keydown=key
                />
            </div>
            <span class="machine-step" data-testid="machine-step">{words}</span>
            {buttons}
            <span class="hint" data-testid="machine-reason">{reason}</span>
            <span class="hint" data-testid="machine-memory">{memory}</span>
        </div>
    }
    .into_any()
}

/// The steps of all checkpoints.
fn steps(lab: Lab) -> Vec<u64> {
    let snapshots = lab.train.snapshots();
    snapshots.with_untracked(|it| it.all().iter().map(|it| it.step).collect())
}
