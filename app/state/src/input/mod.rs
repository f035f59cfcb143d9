//! The network's input: where it comes from, the pad's strokes, photos and test images.

pub mod gallery;
pub mod photo;
pub mod source;
pub mod strokes;

use std::sync::Arc;

use engine::data::Recipe;
use engine::format::experiment::PARTS;
use engine::zoo::{self, Kind};
use reactive_graph::owner::{LocalStorage, StoredValue};
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{
    Get, GetUntracked, Set, Update, UpdateValue, With, WithUntracked, WithValue,
};

pub use self::gallery::{DataSet, Galleries, Gallery, GalleryError, IMAGE_SIDE, Sample};
pub use self::photo::{Photo, SAMPLES, SamplePhoto};
pub use self::source::Source;
use self::source::Sources;
use self::strokes::{Mark, Point, Segment, Strokes};

use crate::signals::set_if_changed;

/// The pad's sides in pixels: ten times MNIST's 28.
pub const SIDE: u32 = 280;

/// The pen's limits and usual width, in the pad's pixels: MNIST's strokes are two to three of its
/// 28 pixels wide.
pub const THICKNESS: (f64, f64, f64) = (8.0, 40.0, 22.0);

/// The pad's content, including what is still loading.
#[derive(Default)]
struct Pad {
    strokes: Strokes,
    /// The test image to put on the pad once it is loaded, unless something is drawn first.
    awaited: Option<Sample>,
    /// The awaited image is loaded or has failed, so that a blank pad is meant as input.
    settled: bool,
    sources: Sources,
    /// The sample photo that is loading.
    photo_wanted: Option<&'static str>,
    /// The number of photos requested so far.
    photos: u64,
    /// The number of pictures shown so far: photos, and each frame of a live picture.
    pictures: u64,
}

/// All of the input, to be put back later.
#[derive(Clone, Debug)]
pub struct HeldInput {
    source: Source,
    recipe: Recipe,
    photo: Option<Arc<Photo>>,
    strokes: Strokes,
    awaited: Option<Sample>,
    sources: Sources,
}

/// See the module.
#[derive(Clone, Copy)]
pub struct Input {
    source: RwSignal<Source>,
    recipe: RwSignal<Recipe>,
    thickness: RwSignal<f64>,
    galleries: RwSignal<Galleries>,
    sample: RwSignal<Option<Sample>>,
    photo: RwSignal<Option<Arc<Photo>>>,
    reading: RwSignal<bool>,
    can_undo: RwSignal<bool>,
    pad: StoredValue<Pad, LocalStorage>,
}

readable!(Input {
    /// The source of the input.
    source: Source,
    /// The steps of a drawing's preprocessing.
    recipe: Recipe,
    /// The pen's width in the pad's pixels.
    thickness: f64,
    /// The loaded test images.
    galleries: Galleries,
    /// The test image on the pad, if nothing was drawn on it.
    sample: Option<Sample>,
    /// The photo that is the input while the source is photos.
    photo: Option<Arc<Photo>>,
    /// A photo is being decoded.
    reading: bool,
    /// There is a stroke, a clear or a test image to undo.
    can_undo: bool,
});

impl Input {
    pub(crate) fn new(thickness: Option<f64>) -> Self {
        let (least, most, usual) = THICKNESS;
        Self {
            source: RwSignal::new(Source::Draw),
            recipe: RwSignal::new(Recipe::default()),
            thickness: RwSignal::new(thickness.unwrap_or(usual).clamp(least, most)),
            galleries: RwSignal::default(),
            sample: RwSignal::new(None),
            photo: RwSignal::new(None),
            reading: RwSignal::new(false),
            can_undo: RwSignal::new(false),
            pad: StoredValue::new_local(Pad::default()),
        }
    }

    fn with<T>(self, read: impl FnOnce(&Pad) -> T) -> T {
        self.pad.with_value(read)
    }

    /// Changes the pad's content. Does nothing once the state was disposed at the page's end.
    fn change<T: Default>(self, change: impl FnOnce(&mut Pad) -> T) -> T {
        self.pad.try_update_value(change).unwrap_or_default()
    }

    /// All of the input as it is, for [`Self::put_back`].
    pub fn hold(self) -> HeldInput {
        let (strokes, awaited, sources) =
            self.with(|pad| (pad.strokes.clone(), pad.awaited, pad.sources));
        HeldInput {
            source: self.source.get_untracked(),
            recipe: self.recipe.get_untracked(),
            photo: self.photo.get_untracked(),
            strokes,
            awaited,
            sources,
        }
    }

    /// Puts the input back as it was. Returns the test image that is still to be fetched.
    pub fn put_back(self, held: HeldInput) -> Option<Sample> {
        let awaited = held.awaited;
        // A photo that is on its way belongs to what is left.
        self.begin_photo(None);
        self.reading.set(false);
        self.change(|pad| {
            pad.strokes = held.strokes;
            pad.awaited = awaited;
            pad.settled = awaited.is_none();
            pad.sources = held.sources;
        });
        self.photo.set(held.photo);
        set_if_changed(self.recipe, held.recipe);
        set_if_changed(self.source, held.source);
        self.follow_strokes();
        awaited
    }

    /// Sets the pen's width, clamped to its limits.
    pub fn set_thickness(self, thickness: f64) {
        let (least, most, _) = THICKNESS;
        self.thickness.set(thickness.clamp(least, most));
    }

    /// Sets the steps of the preprocessing.
    pub fn set_recipe(self, recipe: Recipe) {
        self.recipe.set(recipe);
    }

    /// Another network is opened: its own steps take the place of those of the one before, unless
    /// the person has chosen others.
    pub(crate) fn follow_recipe(self, before: Option<&str>, now: Option<&str>) {
        if self.recipe.get_untracked() == zoo::recipe(before) {
            set_if_changed(self.recipe, zoo::recipe(now));
        }
    }

    /// What the input is a picture of.
    pub fn kind(self) -> Kind {
        match (self.source.get(), self.sample.get()) {
            (Source::Photo, _) => {
                let own = |photo: &Option<Arc<Photo>>| {
                    photo.as_ref().is_some_and(|photo| photo.stem.is_none())
                };
                if self.photo.with(own) {
                    Kind::OwnPhoto
                } else {
                    Kind::Photo
                }
            }
            (Source::Draw | Source::Gallery(_), Some(sample)) => match sample.set {
                DataSet::Mnist => Kind::Digit,
                DataSet::Fashion => Kind::Clothes,
            },
            (Source::Draw | Source::Gallery(_), None) => Kind::Drawing,
        }
    }

    /// The true label of the test image that is the input.
    pub fn label(self) -> Option<&'static str> {
        if self.source.get().is_photo() {
            return None;
        }
        let sample = self.sample.get()?;
        self.galleries.with(|galleries| galleries.label(sample))
    }

    /// Starts a stroke. Returns its width, the rounded point, and whether it cleared the pad.
    pub fn begin_stroke(self, point: Point) -> (f64, Point, bool) {
        let point = rounded(point);
        let thickness = (self.thickness.get_untracked() * PARTS).round() / PARTS;
        let fresh = self.change(|pad| pad.strokes.begin(thickness, point));
        self.follow_strokes();
        (thickness, point, fresh)
    }

    /// Continues the stroke along these points; `draw` gets each segment. `false` when nothing was
    /// drawn.
    pub fn extend_stroke(
        self,
        path: impl Iterator<Item = Point>,
        mut draw: impl FnMut(Segment),
    ) -> bool {
        self.change(|pad| {
            let mut drawn = false;
            for point in path {
                if let Some(segment) = pad.strokes.extend(rounded(point)) {
                    draw(segment);
                    drawn = true;
                }
            }
            drawn
        })
    }

    /// Undoes the last stroke, clear or test image; `false` when there is none.
    pub fn undo(self) -> bool {
        let undone = self.change(|pad| pad.strokes.undo()).is_some();
        self.follow_strokes();
        undone
    }

    /// Fresh paper.
    pub fn clear(self) {
        self.change(|pad| {
            pad.awaited = None;
            pad.strokes.clear();
        });
        self.follow_strokes();
    }

    /// Puts a test image on the pad; `false` if it is not loaded.
    pub fn show_sample(self, sample: Sample) -> bool {
        let there = self
            .galleries
            .with_untracked(|galleries| galleries.image(sample).is_some());
        if there {
            self.change(|pad| pad.strokes.show(sample));
            self.follow_strokes();
        }
        there
    }

    /// Puts an image of a data set on the pad: 28×28 bytes, 255 being full ink.
    pub fn show_picture(self, pixels: Arc<[u8]>) {
        self.change(|pad| {
            pad.awaited = None;
            pad.strokes.show_picture(pixels);
        });
        self.follow_strokes();
    }

    /// Replaces the drawing with these strokes.
    pub(crate) fn replace_strokes(self, strokes: Vec<strokes::Stroke>) {
        self.change(|pad| {
            (pad.awaited, pad.settled) = (None, true);
            pad.strokes.replace(strokes);
        });
        self.follow_strokes();
    }

    /// Clears the pad and waits for this test image.
    pub(crate) fn await_sample(self, sample: Sample) {
        self.change(|pad| {
            pad.awaited = Some(sample);
            pad.settled = false;
            pad.strokes = Strokes::default();
        });
        self.follow_strokes();
    }

    /// The awaited test image was loaded or has failed. `None` when it is no longer awaited, else
    /// whether to put it on the pad: it was loaded and nothing was drawn meanwhile.
    pub fn settle_sample(self, sample: Sample, come: bool) -> Option<bool> {
        self.change(|pad| {
            if pad.awaited != Some(sample) {
                return None;
            }
            pad.settled = true;
            if come {
                pad.awaited = None;
            }
            Some(come && !pad.strokes.can_undo())
        })
    }

    /// The test image that the pad waits for.
    pub fn awaited(self) -> Option<Sample> {
        self.with(|pad| pad.awaited)
    }

    /// Whether the pad's content is meant as input: a blank pad is not until the first test image
    /// was loaded.
    pub fn is_settled(self) -> bool {
        self.with(|pad| pad.settled || pad.strokes.can_undo())
    }

    /// Whether the user has drawn something that is not a test image.
    pub fn is_drawn(self) -> bool {
        self.with(|pad| pad.strokes.can_undo() && pad.strokes.sample().is_none())
    }

    /// The marks that are visible on the pad.
    pub fn with_marks<T>(self, read: impl FnOnce(&[Mark]) -> T) -> T {
        self.with(|pad| read(pad.strokes.visible()))
    }

    fn follow_strokes(self) {
        let (sample, can_undo) = self.with(|pad| (pad.strokes.sample(), pad.strokes.can_undo()));
        set_if_changed(self.sample, sample);
        set_if_changed(self.can_undo, can_undo);
    }

    /// Stores a data set's test images.
    pub fn put_gallery(self, set: DataSet, gallery: Gallery) {
        self.galleries.update(|it| it.put(set, gallery));
    }

    /// The source that was chosen for networks with colour input, or for all others.
    pub fn source_for(self, colour: bool) -> Source {
        self.change(|pad| *pad.sources.of(colour))
    }

    /// Sets the source and returns the previous one.
    pub fn set_source(self, source: Source, colour: bool) -> Source {
        self.change(|pad| *pad.sources.of(colour) = source);
        let before = self.source.get_untracked();
        set_if_changed(self.source, source);
        before
    }

    /// Starts loading the sample photo of this name, or the user's own; returns its number.
    pub fn begin_photo(self, stem: Option<&'static str>) -> u64 {
        self.reading.set(true);
        self.change(|pad| {
            pad.photo_wanted = stem;
            pad.photos += 1;
            pad.photos
        })
    }

    /// The photo of this number was decoded or has failed; `false` when a newer one was requested
    /// since.
    pub fn end_photo(self, number: u64, photo: Option<Photo>) -> bool {
        if self.photos() != number {
            return false;
        }
        self.reading.set(false);
        self.change(|pad| pad.photo_wanted = None);
        if let Some(photo) = photo {
            self.show(photo);
        }
        true
    }

    /// The next frame of a live picture takes the place of the photo. All frames have the number that
    /// [`Self::begin_photo`] gave, so that the storage keeps none of them; `false` when another photo
    /// was requested since.
    pub fn show_frame(self, frame: Photo) -> bool {
        let newest = self.photos() == frame.number;
        if newest {
            self.reading.set(false);
            self.show(frame);
        }
        newest
    }

    fn show(self, photo: Photo) {
        self.change(|pad| pad.pictures += 1);
        self.photo.set(Some(Arc::new(photo)));
    }

    /// The number of pictures shown so far. The frames of a live picture share one photo's number, so
    /// only this tells whether an engine has the picture that is the input.
    pub fn pictures(self) -> u64 {
        self.with(|pad| pad.pictures)
    }

    /// Restores a stored photo and returns its new number.
    pub fn restore_photo(self, mut photo: Photo) -> u64 {
        let number = self.begin_photo(None);
        photo.number = number;
        self.end_photo(number, Some(photo));
        number
    }

    /// The number of photos requested so far; a photo with a higher number was requested later.
    pub fn photos(self) -> u64 {
        self.with(|pad| pad.photos)
    }

    /// The sample photo that is the input or is loading.
    pub fn shipped_photo(self) -> Option<&'static str> {
        let wanted = self.with(|pad| pad.photo_wanted);
        match self.photo.get_untracked() {
            Some(photo) if wanted.is_none() => photo.stem,
            Some(_) | None => wanted,
        }
    }

    /// The number of the photo if it is the user's own.
    pub fn own_photo(self) -> Option<u64> {
        self.photo
            .with_untracked(|photo| Some(photo.as_ref().filter(|it| it.stem.is_none())?.number))
    }
}

/// Rounds a point to eighths of a pixel, as a document stores it.
fn rounded((x, y): Point) -> Point {
    let part = |value: f64| (value * PARTS).round() / PARTS;
    (part(x), part(y))
}

/// Converts a pointer's coordinate to the pad's pixels along one axis; `start` and `length` are
/// those of the pad on the screen.
pub fn to_pad(pointer: f64, start: f64, length: f64) -> f64 {
    if length > 0.0 {
        (pointer - start) / length * f64::from(SIDE)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pad_s_ends_are_its_first_and_last_pixel_at_any_size_on_screen() {
        for (start, length) in [(0.0, 280.0), (16.0, 340.0), (-100.0, 97.5)] {
            assert_eq!(to_pad(start, start, length), 0.0);
            assert_eq!(to_pad(start + length, start, length), 280.0);
            assert_eq!(to_pad(start + length / 2.0, start, length), 140.0);
        }
    }

    #[test]
    fn a_pad_of_size_zero_maps_every_pointer_to_its_corner() {
        assert_eq!(to_pad(55.0, 0.0, 0.0), 0.0);
    }
}
