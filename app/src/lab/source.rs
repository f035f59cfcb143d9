//! Where the network's input comes from.

use engine::data::Preparation;
use engine::format::Control;
use engine::zoo;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::gallery::DataSet;
use super::{Lab, SAMPLES};

/// What the input column offers. The first three put ink on the pad, and the pad is what runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Draw,
    Gallery(DataSet),
    Photo,
}

impl Source {
    pub const ALL: [Self; 4] = [
        Self::Draw,
        Self::Gallery(DataSet::Mnist),
        Self::Gallery(DataSet::Fashion),
        Self::Photo,
    ];

    pub fn is_photo(self) -> bool {
        self == Self::Photo
    }
}

/// What the person last looked at with networks of either kind.
#[derive(Clone, Copy, Debug)]
pub struct Sources {
    /// For networks that take three channels, as photos have.
    colour: Source,
    /// For all others.
    grey: Source,
}

impl Default for Sources {
    fn default() -> Self {
        Self {
            colour: Source::Photo,
            grey: Source::Draw,
        }
    }
}

impl Sources {
    const fn of(&mut self, colour: bool) -> &mut Source {
        if colour {
            &mut self.colour
        } else {
            &mut self.grey
        }
    }
}

impl Lab {
    /// The person chooses where the input comes from.
    pub fn choose_source(self, source: Source) {
        if self.permits(Control::Input) {
            self.follow_source(source);
        }
    }

    /// The input comes from there, whoever wants it.
    pub(super) fn follow_source(self, source: Source) {
        let colour = self.takes_colour();
        self.core(|core| *core.sources.of(colour) = source);
        let before = self.source.get_untracked();
        if before != source {
            self.source.set(source);
        }
        // From one way to put ink on the pad to another nothing else changes.
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

    /// Another kind of network has another source, until the person chooses: photos for colours,
    /// ink for everything else. Coming back to a kind brings back what was chosen for it.
    pub(super) fn follow_network(self) {
        let colour = Memo::new(move |_| self.running.with(|graph| graph.input().channels == 3));
        Effect::new(move |before: Option<bool>| {
            let colour = colour.get();
            if before.unwrap_or(false) != colour {
                let source = self.core(|core| *core.sources.of(colour));
                self.follow_source(source);
            }
            colour
        });
    }

    fn takes_colour(self) -> bool {
        self.running
            .with_untracked(|graph| graph.input().channels == 3)
    }

    /// How the network that was opened wants its photos.
    pub fn preparation(self) -> Preparation {
        let origin = self.origin.get();
        origin.map_or_else(Preparation::default, zoo::preparation)
    }

    fn first_photo(self) {
        if self.photo.with_untracked(Option::is_none) && !self.reading.get_untracked() {
            self.fetch_sample_photo(SAMPLES[0]);
        }
    }
}
