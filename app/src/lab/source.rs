//! The source of the network's input.

use engine::format::Control;
use leptos::prelude::*;
use state::input::{SAMPLES, Source};
use wasm_bindgen_futures::spawn_local;

use super::Lab;

impl Lab {
    /// The user chooses the source of the input.
    pub fn choose_source(self, source: Source) {
        if self.permits(Control::Input) {
            self.follow_source(source);
        }
    }

    /// Sets the source of the input.
    pub(super) fn follow_source(self, source: Source) {
        let before = self.input.set_source(source, self.document.takes_colour());
        // Between two sources that draw on the pad nothing else changes.
        if before.is_photo() != source.is_photo() {
            self.drawing_changed();
        }
        match source {
            Source::Draw => {}
            Source::Gallery(set) => spawn_local(async move {
                self.fetch_gallery(set).await;
            }),
            Source::Photo => self.first_photo(),
        }
    }

    /// Each kind of network has its own source: by default photos for colour input, the pad for
    /// others. The choice for each kind is remembered.
    pub(super) fn follow_network(self) {
        let running = self.document.running();
        let colour = Memo::new(move |_| running.with(|graph| graph.input().channels == 3));
        Effect::new(move |before: Option<bool>| {
            let colour = colour.get();
            if before.unwrap_or(false) != colour {
                self.follow_source(self.input.source_for(colour));
            }
            colour
        });
    }

    fn first_photo(self) {
        let none = self.input.photo().with_untracked(Option::is_none);
        if none && !self.input.reading().get_untracked() {
            self.fetch_sample_photo(SAMPLES[0]);
        }
    }
}
