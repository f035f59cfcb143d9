//! The menu of the header: device, theme, language, shortcuts, and what is kept on this machine.

use engine::format::Control;
use engine::session::Preference;
use leptos::prelude::*;
use leptos::wasm_split::wasm_split;
use state::screen::Theme;

use super::offline;
use crate::lab::Lab;
use crate::platform::language;
use crate::ui::icon::Icon;
use crate::ui::lazy::{self, Part};
use crate::ui::lockable;
use crate::ui::menu::menu;

const PREFERENCES: [(Preference, &str, &str); 3] = [
    (Preference::Automatic, "automatic", "Automatic"),
    (Preference::Cpu, "cpu", "CPU"),
    (Preference::WebGpu, "webgpu", "WebGPU"),
];

#[wasm_split(on_demand, wasm_split_path = leptos::wasm_split, fallible, preload(menu_code))]
fn menu_part(close: Callback<()>) -> Part {
    Ok(content(expect_context(), close))
}

/// The button that opens the menu.
pub fn more_button() -> AnyView {
    menu("Menu", "menu", Icon::More, |close| {
        lazy::on_demand("The menu", menu_code, move || menu_part(close))
    })
}

fn content(lab: Lab, close: Callback<()>) -> AnyView {
    let shortcuts = move |_| {
        close.run(());
        lab.screen.show_shortcuts(true);
    };
    let reason = move || lab.engine.choice.with(|choice| choice.reason.clone());
    view! {
        {lockable(lab, Control::Device, view! { <DeviceSwitch /> }.into_any())}
        <p class="note">{reason}</p>
        <ThemeSwitch />
        <LanguageSwitch />
        <hr />
        <button type="button" data-testid="show-shortcuts" on:click=shortcuts>
            "Keyboard shortcuts"
        </button>
        <hr />
        <div class="note" data-testid="section-offline">{offline::kept(lab)}</div>
    }
    .into_any()
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
            <span>"Device"</span>
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
            <span>"Theme"</span>
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

/// The languages, each named in itself.
#[component]
fn LanguageSwitch() -> impl IntoView {
    let now = language::followed();
    let choose = move |event| language::choose(&event_target_value(&event));
    view! {
        <label>
            <span>"Language"</span>
            <select data-testid="language" translate="no" on:change=choose>
                {language::ALL
                    .map(|(key, name)| {
                        let selected = move || now.with(|now| now == key);
                        view! { <option value=key lang=key prop:selected=selected>{name}</option> }
                    })}
            </select>
        </label>
    }
}
