//! The page's language. Texts are written in English here; app/languages shows them in another.

use js_sys::JsString;
use leptos::ev;
use leptos::prelude::*;
use web_sys::{CustomEvent, CustomEventInit, UrlSearchParams};

/// What the page tells the script of languages, and what that tells when it is done.
const SPEAK: &str = "speak";
const SPOKEN: &str = "spoken";

/// The languages, each with its own name.
pub const ALL: [(&str, &str); 3] = [("en", "English"), ("de", "Deutsch"), ("es", "Español")];

/// The language of the page.
pub fn now() -> String {
    let root = document().document_element();
    root.and_then(|root| root.get_attribute("lang"))
        .unwrap_or_default()
}

/// The language of the page while the calling component lives.
pub fn followed() -> ReadSignal<String> {
    let (language, put) = signal(now());
    let listener = window_event_listener(ev::Custom::<ev::Event>::new(SPOKEN), move |_| {
        put.set(now());
    });
    on_cleanup(move || listener.remove());
    language
}

/// Shows the page in another language and keeps this choice.
pub fn choose(language: &str) {
    let init = CustomEventInit::new();
    init.set_detail(&JsString::from(language));
    if let Ok(event) = CustomEvent::new_with_event_init_dict(SPEAK, &init) {
        let sent = window().dispatch_event(&event);
        debug_assert!(sent.is_ok());
    }
}

/// The query that names the language in a link, where the page's own address names it.
pub fn query() -> String {
    let search = window().location().search().unwrap_or_default();
    let asked = UrlSearchParams::new_with_str(&search).ok();
    match asked.and_then(|it| it.get("lang")) {
        Some(asked)
            if asked
                .chars()
                .all(|it| it.is_ascii_alphanumeric() || it == '-') =>
        {
            format!("?lang={asked}")
        }
        _ => String::new(),
    }
}
