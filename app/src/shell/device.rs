//! The device that answers, its time, and why it was chosen.

use std::time::Duration;

use engine::session::{Command, DeviceKind, Event, Pass};
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;
use wasm_bindgen_futures::spawn_local;

use crate::lab::Lab;
use crate::ui::format::milliseconds;
use crate::ui::icon::{Icon, icon};
use crate::ui::lazy::{self, Part};

#[wasm_split(after_answer, wasm_split_path = leptos::wasm_split, fallible, preload(badge_code))]
fn badge_part() -> Part {
    Ok(view! { <DeviceBadge /> }.into_any())
}

/// See the module. It measures, so it reads every kind of reply, which is not for the page's start.
pub fn badge(lab: Lab) -> AnyView {
    lazy::unnoticed(lab, badge_code, badge_part)
}

#[component]
fn DeviceBadge() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let measured = measured(lab);
    let device = Memo::new(move |_| match lab.answer.pace().get() {
        Some((device, ms)) => format!("{} · {}", device.title(), time(device, ms, measured.get())),
        None => format!("{} · starting", lab.engine.choice.get().device.title()),
    });
    let reason = Memo::new(move |_| {
        let choice = lab.engine.choice.get();
        let answering = lab.answer.pace().get().map(|(device, _)| device);
        let reason = sentence(&choice.reason);
        match (choice.device, answering) {
            (DeviceKind::WebGpu, Some(DeviceKind::Cpu)) => {
                format!("{reason} It is loading; the CPU answers until then.")
            }
            (DeviceKind::WebGpu, Some(DeviceKind::WebGpu) | None) | (DeviceKind::Cpu, _) => reason,
        }
    });
    // The reason appears at the focus or under the pointer.
    view! {
        <p class="badge" data-testid="device-badge" title=reason tabindex="0">
            {icon(Icon::Chip)}
            <span class="badge-device">{device}</span>
            " "
            <span class="badge-reason">{reason}</span>
        </p>
    }
}

/// Below this many milliseconds the time of one pass is not what the clock says of it: browsers let
/// it tick at up to 1 ms.
const SHORT: f64 = 20.0;

/// The wait after an answer, so that drawing goes first.
const REST: Duration = Duration::from_millis(500);

/// Passes whose median is shown.
const RUNS: u32 = 5;

/// The time of the latest pass; of a short one the measured time, which is of the same network.
fn time(device: DeviceKind, ms: f64, measured: Option<(DeviceKind, f64)>) -> String {
    match measured.filter(|it| it.0 == device) {
        _ if ms >= SHORT => milliseconds(ms),
        Some((_, ms)) => milliseconds(ms),
        None => format!("< {SHORT} ms"),
    }
}

/// The time of a short pass, which the engine repeats until its clock can tell it.
fn measured(lab: Lab) -> RwSignal<Option<(DeviceKind, f64)>> {
    let measured = RwSignal::new(None);
    let under_way = StoredValue::new(false);
    Effect::new(move |_| {
        // Another network takes another time.
        lab.document.running().track();
        measured.set(None);
    });
    let measure = move |device: DeviceKind| async move {
        let (runs, pass) = (RUNS, Pass::Forward);
        let command = Command::Measure { runs, pass };
        let running = lab.document.running();
        let graph = running.get_untracked();
        let answer = lab.request(device, command, Vec::new()).await;
        under_way.set_value(false);
        // A failure is shown where the answer is; a cancelled measurement follows the next answer.
        if let Ok(message) = answer
            && let Event::Measured { ms } = message.header
            && running.with_untracked(|now| *now == graph)
        {
            measured.set(Some((device, ms)));
        }
    };
    Effect::new(move |_| {
        let Some((device, ms)) = lab.answer.pace().get() else {
            return;
        };
        let known = measured.with_untracked(|it| it.is_some_and(|it| it.0 == device));
        if ms < SHORT && !known && !under_way.get_value() {
            under_way.set_value(true);
            set_timeout(move || spawn_local(measure(device)), REST);
        }
    });
    measured
}

/// Capitalises the first letter and adds a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_pass_is_told_by_its_measurement_only() {
        let time = |ms, measured| time(DeviceKind::Cpu, ms, measured);
        // WebKit's clock said 12 ms of 0.2 ms of work, Firefox's 0.
        assert_eq!(time(12.0, Some((DeviceKind::Cpu, 0.21))), "0.2 ms");
        assert_eq!(time(0.0, None), "< 20 ms");
        assert_eq!(time(0.0, Some((DeviceKind::WebGpu, 3.0))), "< 20 ms");
        assert_eq!(time(330.0, None), "330.0 ms");
    }

    #[test]
    fn a_reason_reads_as_a_sentence() {
        assert_eq!(sentence("you chose the CPU"), "You chose the CPU.");
        assert_eq!(sentence(""), ".");
    }
}
