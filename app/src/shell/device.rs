//! The device that answers, its time, and why it was chosen.

use engine::session::DeviceKind;
use leptos::prelude::*;

use crate::lab::Lab;
use crate::ui::format::milliseconds;
use crate::ui::icon::{Icon, icon};

#[component]
pub fn DeviceBadge() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let device = Memo::new(move |_| match lab.answer.pace().get() {
        Some((device, ms)) => format!("{} · {}", device.title(), milliseconds(ms)),
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
    fn a_reason_reads_as_a_sentence() {
        assert_eq!(sentence("you chose the CPU"), "You chose the CPU.");
        assert_eq!(sentence(""), ".");
    }
}
