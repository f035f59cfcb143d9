//! Drawing on the pad, and taking samples from the gallery.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::web_sys::HtmlCanvasElement;
use wasm_bindgen_futures::spawn_local;

use super::surface::Surface;
use super::{Gallery, Lab, Place, timing};

impl Lab {
    /// Gives the lab the pad's canvas.
    pub fn attach_pad(self, canvas: &HtmlCanvasElement) {
        match Surface::new(canvas) {
            Ok(surface) => {
                self.core(|core| core.surface = Some(surface));
                self.redraw();
            }
            Err(error) => self.fail(
                Place::Pad,
                format!("The draw pad cannot be shown: {error}. Reload the page to try again."),
            ),
        }
    }

    /// Notes that a pointer event has come, for the benchmark.
    pub fn pointed(self) {
        self.core(|core| core.pointed = Some(timing::now()));
    }

    /// Puts the pen down at this point of the pad.
    pub fn begin_stroke(self, point: (f64, f64)) {
        let thickness = self.thickness.get_untracked();
        self.core(|core| {
            let fresh = core.sheet.begin(thickness, point);
            if let Some(surface) = &core.surface {
                if fresh {
                    surface.clear();
                }
                surface.polyline(thickness, &[point]);
            }
        });
        self.sheet_changed();
    }

    /// Moves the pen along these points.
    pub fn extend_stroke(self, path: impl Iterator<Item = (f64, f64)>) {
        let drawn = self.core(|core| {
            let mut drawn = false;
            for point in path {
                let piece = core.sheet.extend(point);
                if let (Some(surface), Some(piece)) = (&core.surface, piece) {
                    surface.polyline(piece.thickness, &[piece.from, piece.to]);
                    drawn = true;
                }
            }
            drawn
        });
        if drawn {
            self.drawing_changed();
        }
    }

    /// Takes back the last stroke, clear or sample.
    pub fn undo(self) {
        if self.core(|core| core.sheet.undo()).is_some() {
            self.redraw();
        }
    }

    /// Fresh paper.
    pub fn clear(self) {
        self.core(|core| core.sheet.clear());
        self.redraw();
    }

    /// Puts a gallery image on the pad.
    pub fn show_sample(self, index: usize) {
        let there = self
            .gallery
            .with_untracked(|gallery| gallery.as_ref().is_some_and(|it| index < it.len()));
        if there {
            self.core(|core| core.sheet.show(index));
            self.redraw();
        }
    }

    /// Draws the sheet anew.
    fn redraw(self) {
        let gallery = self.gallery.get_untracked();
        self.core(|core| {
            if let Some(surface) = &core.surface {
                surface.redraw(core.sheet.visible(), gallery.as_deref());
            }
        });
        self.sheet_changed();
    }

    fn sheet_changed(self) {
        let (sample, can_undo) = self.core(|core| (core.sheet.sample(), core.sheet.can_undo()));
        if self.sample.get_untracked() != sample {
            self.sample.set(sample);
        }
        if self.can_undo.get_untracked() != can_undo {
            self.can_undo.set(can_undo);
        }
        self.drawing_changed();
    }

    /// The first sample is drawn as soon as it is there, unless the person was faster.
    pub(super) fn fetch_gallery(self) {
        spawn_local(async move {
            match Gallery::fetch().await {
                Ok(gallery) => {
                    self.core(|core| core.opened = true);
                    self.gallery.set(Some(Arc::new(gallery)));
                    self.dismiss(Place::Gallery);
                    if self.core(|core| core.sheet.can_undo()) {
                        self.drawing_changed();
                    } else {
                        self.show_sample(0);
                    }
                }
                Err(error) => {
                    self.core(|core| core.opened = true);
                    let text = format!(
                        "The gallery is empty: {error}. Drawing works without it; reload the page \
                         to try again."
                    );
                    self.fail(Place::Gallery, text);
                    self.drawing_changed();
                }
            }
        });
    }
}
