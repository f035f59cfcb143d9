//! The experiment as a link: in the fragment of the address, which browsers do not send to the
//! server.

use engine::format::{Control, Experiment, Locks, share};
use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use state::data::Origin;
use state::notices::Place;
use state::screen::PanelKey;

use crate::lab::Lab;
use crate::platform::address::{self, LINK};
use crate::platform::fetch::reason;
use crate::platform::language;

/// Longer links are truncated by some programs.
pub const LONGEST: usize = 8_000;

impl Lab {
    /// The link to the current experiment, with these locks in addition to its own.
    ///
    /// # Errors
    /// When it would be longer than the limit of reading, or sharing is locked.
    pub fn link(self, locks: &Locks) -> Result<String, String> {
        if !self.document.allows_now(Control::Share) {
            return Err("its author has locked sharing".into());
        }
        let mut experiment = self.experiment();
        if experiment.settings.name.is_none() {
            experiment.settings.name = Some(self.document.name());
        }
        // A collection is in this browser alone.
        experiment
            .settings
            .data
            .take_if(|data| Origin::is_own(data));
        for (control, lock) in locks {
            experiment.settings.locks.entry(*control).or_insert(*lock);
        }
        let text = share::encode_experiment(&experiment).map_err(|error| error.to_string())?;
        Ok(format!("{}{LINK}{text}", place()))
    }

    /// Opens links followed while the page is open.
    pub(super) fn watch_links(self) {
        let _while_the_page_lives = window_event_listener(ev::hashchange, move |_| {
            match linked() {
                None => {}
                Some(Ok(experiment)) => {
                    self.notices.dismiss(Place::Link);
                    self.open_new(experiment);
                }
                Some(Err(why)) => self.refuse_link(&why, "Your work is as it was."),
            }
            self.forget_link();
            self.show_linked_exercise();
        });
    }

    pub(super) fn refuse_link(self, why: &str, instead: &str) {
        self.notices.fail(
            Place::Link,
            format!("The link cannot be opened: {why}. {instead}"),
        );
    }

    /// Removes the link from the address, so that a reload opens the stored experiment. An embedded
    /// page stores nothing and keeps it.
    pub(super) fn forget_link(self) {
        if self.screen.embed.is_some() || !address::has_link() {
            return;
        }
        let location = window().location();
        let path = location.pathname().unwrap_or_default() + &location.search().unwrap_or_default();
        if let Ok(history) = window().history() {
            let replaced = history.replace_state_with_url(&JsValue::NULL, "", Some(&path));
            debug_assert!(replaced.is_ok());
        }
    }

    /// Copies a text to the clipboard; `said` gets the result as a message.
    pub fn copy_text(self, text: String, said: RwSignal<String>) {
        let clipboard = window().navigator().clipboard();
        if clipboard.is_undefined() {
            return said.set("Here only the keys copy: the text is marked, press Ctrl+C.".into());
        }
        spawn_local(async move {
            said.set(match JsFuture::from(clipboard.write_text(&text)).await {
                Ok(_) => "Copied.".into(),
                Err(error) => format!("The browser does not copy: {}.", reason(&error)),
            });
        });
    }

    /// The address of the whole lab with this embedded experiment.
    pub fn whole_lab(self) -> String {
        place() + &window().location().hash().unwrap_or_default()
    }
}

/// The experiment in the page's address, where there is a link.
pub(super) fn linked() -> Option<Result<Experiment, String>> {
    let from = address::link_from()?;
    let text = address::hash();
    let text = text.slice(from as u32, text.length());
    let length = text.length() as usize;
    let decoded = if length > share::MAX_SENT {
        // Checked before copying it out of the browser.
        Err(share::ShareError::TooLong {
            got: length,
            limit: share::MAX_TEXT,
        })
    } else {
        share::decode_experiment(&String::from(text))
    };
    Some(decoded.map_err(|error| error.to_string()))
}

/// The page's own address with its language, where it names one.
fn place() -> String {
    let location = window().location();
    let origin = location.origin().unwrap_or_default();
    let path = location.pathname().unwrap_or_default();
    format!("{origin}{path}{}", language::query())
}

/// A frame for another page that shows this link.
pub fn frame(link: &str, name: &str, panels: &[PanelKey]) -> String {
    let usual = panels.iter().filter(|panel| panel.usual);
    let parts = usual.map(|panel| panel.key).collect::<Vec<_>>().join(",");
    let before = link.split_once(LINK).map_or(link, |(before, _)| before);
    let joined = if before.contains('?') { "&amp;" } else { "?" };
    let link = link.replacen(LINK, &format!("{joined}embed={parts}{LINK}"), 1);
    let name = escaped(name);
    format!(
        "<iframe src=\"{link}\" title=\"CNN lab: {name}\" width=\"1000\" height=\"640\" \
         loading=\"lazy\"></iframe>"
    )
}

/// A text as an attribute's value.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_names_its_parts_before_the_link_and_no_name_breaks_out_of_it() {
        let panel = |key, usual| PanelKey { key, usual };
        let panels = [panel("network", true), panel("totals", false)];
        let frame = frame("https://a.b/lab/#lab=2x", "\"><script>", &panels);
        assert!(
            frame.contains("src=\"https://a.b/lab/?embed=network#lab=2x\""),
            "{frame}"
        );
        assert!(
            frame.contains("title=\"CNN lab: &quot;>&lt;script>\""),
            "{frame}"
        );
        let frame = super::frame("https://a.b/lab/?lang=de#lab=2x", "LeNet-5", &panels);
        assert!(
            frame.contains("src=\"https://a.b/lab/?lang=de&amp;embed=network#lab=2x\""),
            "{frame}"
        );
    }
}
