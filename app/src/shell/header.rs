//! The network's name, the device with its reason, and the page's few switches.

use engine::format::Control;
use engine::session::{DeviceKind, Preference};
use leptos::prelude::*;

use crate::features::compare;
use crate::features::library;
use crate::features::network::editor::Presets;
use crate::lab::Lab;
use crate::ui::format::milliseconds;
use crate::ui::lockable;
use state::screen::Theme;

const PREFERENCES: [(Preference, &str, &str); 3] = [
    (Preference::Automatic, "automatic", "Automatic"),
    (Preference::Cpu, "cpu", "CPU"),
    (Preference::WebGpu, "webgpu", "WebGPU"),
];

#[component]
pub fn Header() -> impl IntoView {
    let lab = expect_context::<Lab>();
    view! {
        <header class="top">
            <h1>
                <span class="lab-name">"CNN lab"</span>
            </h1>
            {lockable(lab, Control::Presets, view! { <Presets /> }.into_any())}
            {lockable(lab, Control::Undo, view! {
                <div class="history">
                    {step("Undo", "undo", "Ctrl+Z", move || lab.document.undo_description(), move || lab.undo_edit())}
                    {step("Redo", "redo", "Ctrl+Shift+Z", move || lab.document.redo_description(), move || lab.redo_edit())}
                </div>
            }.into_any())}
            {lockable(lab, Control::Compare, compare::button(lab))}
            {library::buttons(lab)}
            <DeviceBadge />
            <div class="switches">
                {lockable(lab, Control::Device, view! { <DeviceSwitch /> }.into_any())}
                <ThemeSwitch />
            </div>
        </header>
    }
}

/// One step back or forth in the document's history.
fn step(
    name: &'static str,
    testid: &'static str,
    keys: &'static str,
    what: impl Fn() -> Option<String> + Copy + Send + Sync + 'static,
    act: impl Fn() -> bool + 'static,
) -> AnyView {
    let title = move || match what() {
        Some(what) => format!("{name}: {what} ({keys})"),
        None => format!("{name}: nothing ({keys})"),
    };
    view! {
        <button
            type="button"
            data-testid=testid
            title=title
            disabled=move || what().is_none()
            on:click=move |_| {
                act();
            }
        >
            {name}
        </button>
    }
    .into_any()
}

/// The device, its milliseconds, and why it was chosen.
#[component]
fn DeviceBadge() -> impl IntoView {
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
    view! {
        <p class="badge" data-testid="device-badge" title=reason tabindex="0">
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

#[component]
fn DeviceSwitch() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let choose = move |event| {
        let value = event_target_value(&event);
        if let Some((preference, ..)) = PREFERENCES.into_iter().find(|(_, key, _)| *key == value) {
            lab.prefer(preference);
        }
    };
    view! {
        <label>
            <span class="switch-name">"Device"</span>
            <select data-testid="device-switch" on:change=choose>
                {PREFERENCES
                    .map(|(preference, key, title)| {
                        let selected = move || lab.engine.preference().get() == preference;
                        view! { <option value=key prop:selected=selected>{title}</option> }
                    })}
            </select>
        </label>
    }
}

#[component]
fn ThemeSwitch() -> impl IntoView {
    let lab = expect_context::<Lab>();
    let choose = move |event| {
        let value = event_target_value(&event);
        if let Some(theme) = Theme::ALL.into_iter().find(|theme| theme.name() == value) {
            lab.screen.set_theme(theme);
        }
    };
    let title = |theme| match theme {
        Theme::Auto => "Auto",
        Theme::Light => "Light",
        Theme::Dark => "Dark",
    };
    view! {
        <label>
            <span class="switch-name">"Theme"</span>
            <select data-testid="theme-switch" on:change=choose>
                {Theme::ALL
                    .map(|theme| {
                        let selected = move || lab.screen.theme().get() == theme;
                        view! {
                            <option value=theme.name() prop:selected=selected>{title(theme)}</option>
                        }
                    })}
            </select>
        </label>
    }
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
