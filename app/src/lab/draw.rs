//! Drawing on the pad, and taking samples from the gallery.

use engine::format::Control;
use engine::format::experiment::PARTS;
use leptos::prelude::*;
use leptos::web_sys::HtmlCanvasElement;

use super::gallery::{DataSet, Gallery, Sample};
use super::surface::Surface;
use super::{Lab, Place, timing};

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
        if !self.permits(Control::Input) {
            return;
        }
        let point = rounded(point);
        let thickness = (self.thickness.get_untracked() * PARTS).round() / PARTS;
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
                let piece = core.sheet.extend(rounded(point));
                if let (Some(surface), Some(piece)) = (&core.surface, piece) {
                    surface.polyline(piece.thickness, &[piece.from, piece.to]);
                    drawn = true;
                }
            }
            drawn
        });
        if drawn {
            self.touched();
            self.drawing_changed();
        }
    }

    /// Takes back the last stroke, clear or sample.
    pub fn undo(self) {
        if self.permits(Control::Input) && self.core(|core| core.sheet.undo()).is_some() {
            self.redraw();
        }
    }

    /// Fresh paper.
    pub fn clear(self) {
        if !self.permits(Control::Input) {
            return;
        }
        self.core(|core| {
            core.awaited = None;
            core.sheet.clear();
        });
        self.redraw();
    }

    /// Puts a gallery image on the pad.
    pub fn show_sample(self, sample: Sample) {
        if self.permits(Control::Input) {
            self.put_on_pad(sample);
        }
    }

    pub(super) fn put_on_pad(self, sample: Sample) {
        let there = self
            .galleries
            .with_untracked(|galleries| galleries.image(sample).is_some());
        if there {
            self.core(|core| core.sheet.show(sample));
            self.redraw();
        }
    }

    /// Draws the sheet anew.
    pub(super) fn redraw(self) {
        self.galleries.with_untracked(|galleries| {
            self.core(|core| {
                if let Some(surface) = &core.surface {
                    surface.redraw(core.sheet.visible(), galleries);
                }
            });
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
        self.touched();
        self.drawing_changed();
    }

    /// Fetches a data set's gallery, where it is not there yet; `false` when it does not come.
    pub(super) async fn fetch_gallery(self, set: DataSet) -> bool {
        if self.galleries.with_untracked(|it| it.of(set).is_some()) {
            return true;
        }
        match Gallery::fetch(set).await {
            Ok(gallery) => {
                self.galleries.update(|it| it.put(set, gallery));
                self.dismiss(Place::Gallery);
                true
            }
            Err(error) => {
                let name = set.name();
                let text = format!(
                    "The gallery of {name} is empty: {error}. Drawing works without it; reload \
                     the page to try again."
                );
                self.fail(Place::Gallery, text);
                false
            }
        }
    }
}

/// The point where a document can store it: nobody sees an eighth of a pixel.
fn rounded((x, y): (f64, f64)) -> (f64, f64) {
    let part = |value: f64| (value * PARTS).round() / PARTS;
    (part(x), part(y))
}
