//! Drawing on the pad.

use engine::Graph;
use engine::data::Placement;
use engine::format::Control;
use leptos::prelude::*;
use leptos::web_sys::HtmlCanvasElement;
use state::input::{DataSet, Gallery, SIDE};
use state::notices::Place;

use super::Lab;
use super::pad_canvas::PadCanvas;
use crate::platform::clock;
use crate::platform::fetch::fetch_unzipped;

impl Lab {
    /// Registers the pad's canvas.
    pub fn attach_pad(self, canvas: &HtmlCanvasElement) {
        match PadCanvas::new(canvas) {
            Ok(canvas) => {
                self.core(|core| core.pad_canvas = Some(canvas));
                self.redraw();
            }
            Err(error) => self.notices.fail(
                Place::Pad,
                format!("The draw pad cannot be shown: {error}. Reload the page to try again."),
            ),
        }
    }

    /// Where the input's pixels are on the pad, by the drawing that was sent last; `None` for a photo
    /// and for blank paper.
    pub fn placement(self) -> Option<Placement> {
        if self.input.source().get().is_photo() {
            return None;
        }
        let (recipe, side) = (self.input.recipe().get(), SIDE as usize);
        let target = self.document.running().with(Graph::input);
        self.core(|core| Placement::of(&core.ink, [side, side], recipe, target))
    }

    /// Records the time of a pointer event, for the benchmark.
    pub fn pointed(self) {
        self.core(|core| core.pointed = Some(clock::now()));
    }

    /// Starts a stroke at this point of the pad.
    pub fn begin_stroke(self, point: (f64, f64)) {
        if !self.permits(Control::Input) {
            return;
        }
        let (thickness, point, fresh) = self.input.begin_stroke(point);
        self.core(|core| {
            if let Some(canvas) = &core.pad_canvas {
                if fresh {
                    canvas.clear();
                }
                canvas.polyline(thickness, &[point]);
            }
        });
        self.pad_changed();
    }

    /// Continues the stroke along these points.
    pub fn extend_stroke(self, path: impl Iterator<Item = (f64, f64)>) {
        let drawn = self.core(|core| {
            let canvas = core.pad_canvas.as_ref();
            self.input.extend_stroke(path, |segment| {
                if let Some(canvas) = canvas {
                    canvas.polyline(segment.thickness, &[segment.from, segment.to]);
                }
            })
        });
        if drawn {
            self.pad_changed();
        }
    }

    /// Undoes the last stroke, clear or test image.
    pub fn undo(self) {
        if self.permits(Control::Input) && self.input.undo() {
            self.redraw();
        }
    }

    /// Fresh paper.
    pub fn clear(self) {
        if !self.permits(Control::Input) {
            return;
        }
        self.input.clear();
        self.redraw();
    }

    /// Draws all visible strokes again.
    pub(super) fn redraw(self) {
        self.input.galleries().with_untracked(|galleries| {
            self.core(|core| {
                if let Some(canvas) = &core.pad_canvas {
                    self.input
                        .with_marks(|marks| canvas.redraw(marks, galleries));
                }
            });
        });
        self.pad_changed();
    }

    fn pad_changed(self) {
        self.touched();
        self.drawing_changed();
    }

    /// Fetches a data set's test images unless they are loaded; `false` when that fails.
    pub(super) async fn fetch_gallery(self, set: DataSet) -> bool {
        if self
            .input
            .galleries()
            .with_untracked(|it| it.of(set).is_some())
        {
            return true;
        }
        match fetch_gallery(set).await {
            Ok(gallery) => {
                self.input.put_gallery(set, gallery);
                self.notices.dismiss(Place::Gallery);
                true
            }
            Err(error) => {
                let name = set.name();
                let text = format!(
                    "The gallery of {name} is empty: {error}. Drawing works without it; reload \
                     the page to try again."
                );
                self.notices.fail(Place::Gallery, text);
                false
            }
        }
    }
}

async fn fetch_gallery(set: DataSet) -> Result<Gallery, String> {
    // MNIST's files are preloaded in the page's head. The small one is read first, because browsers
    // warn of a preload that is not used within seconds.
    let labels = fetch_unzipped(set.labels()).await;
    let labels = labels.map_err(|error| error.to_string())?;
    let images = fetch_unzipped(set.images()).await;
    let images = images.map_err(|error| error.to_string())?;
    Gallery::read(set, &images, &labels).map_err(|error| error.to_string())
}
