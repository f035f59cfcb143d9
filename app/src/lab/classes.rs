//! Class names that are fetched when a network first needs them.

use leptos::prelude::*;
use state::answer::Names;
use state::notices::Place;
use wasm_bindgen_futures::spawn_local;

use super::Lab;
use crate::platform::fetch::fetch;

impl Lab {
    /// Fetches names when a network first needs them.
    pub(super) fn fetch_names(self) {
        Effect::new(move |_| {
            let Names::Awaited(file) = self.answer.names.get() else {
                return;
            };
            spawn_local(async move {
                match fetch(file).await {
                    Ok(bytes) => {
                        let text = String::from_utf8_lossy(&bytes);
                        self.answer
                            .set_imagenet(text.lines().map(str::to_owned).collect());
                        self.notices.dismiss(Place::Names);
                    }
                    Err(error) => self.notices.fail(
                        Place::Names,
                        format!(
                            "The answers have numbers instead of names: {error}. Reload the page \
                             to try again."
                        ),
                    ),
                }
            });
        });
    }
}
