//! The data sets that are shipped with the page, cut into files that come one by one.

use engine::Shape;
use engine::zoo::Classes;

use super::{Origin, SetId, SetInfo};
use crate::input::{DataSet, IMAGE_SIDE};

/// A run of images in a file of its own, with its labels in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// The files' names up to what is in them.
    stem: &'static str,
    pub images: u32,
    /// The images are for the test only.
    pub held_out: bool,
}

const fn chunk(stem: &'static str, images: u32) -> Chunk {
    Chunk {
        stem,
        images,
        held_out: stem.as_bytes()[1] == b'e',
    }
}

/// In the order of the images' numbers, which is that of `manifest.json`. Some test images come first,
/// because whether there are any decides how the others are divided.
pub const CHUNKS: [Chunk; 8] = [
    chunk("test-00", 1_000),
    chunk("train-00", 10_000),
    chunk("train-01", 10_000),
    chunk("train-02", 10_000),
    chunk("train-03", 10_000),
    chunk("train-04", 10_000),
    chunk("train-05", 10_000),
    chunk("test-01", 9_000),
];

/// All images of a shipped set.
pub const IMAGES: u64 = 70_000;

impl DataSet {
    /// Its folder, relative to the page.
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Mnist => "data/mnist/",
            Self::Fashion => "data/fashion-mnist/",
        }
    }

    /// The file of a chunk's images, relative to the page.
    pub fn images_of(self, chunk: Chunk) -> String {
        format!("{}{}-images.idx3.gz", self.folder(), chunk.stem)
    }

    /// The file of a chunk's labels, relative to the page.
    pub fn labels_of(self, chunk: Chunk) -> String {
        format!("{}{}-labels.idx1.gz", self.folder(), chunk.stem)
    }
}

/// What the names of collections in experiments begin with.
const OWN: &str = "own/";

impl Origin {
    /// The name in experiments; `None` for what does not outlive the page.
    pub fn name(&self) -> Option<String> {
        match self {
            Self::Mnist => Some("mnist".to_owned()),
            Self::Fashion => Some("fashion-mnist".to_owned()),
            Self::Own(key) => Some(format!("{OWN}{key}")),
            Self::Dropped => None,
        }
    }

    /// Whether the set of this name is in this browser alone.
    pub fn is_own(name: &str) -> bool {
        name.starts_with(OWN)
    }

    /// Which shipped set it is.
    pub const fn shipped(&self) -> Option<DataSet> {
        match self {
            Self::Mnist => Some(DataSet::Mnist),
            Self::Fashion => Some(DataSet::Fashion),
            Self::Own(_) | Self::Dropped => None,
        }
    }
}

/// What is known of a shipped set before any of its files.
pub(super) fn info(id: SetId, set: DataSet) -> SetInfo {
    let classes: Classes = set.classes();
    let names = classes.names().unwrap_or_default();
    let held_out = CHUNKS.iter().filter(|it| it.held_out);
    let shape = Shape::new(1, IMAGE_SIDE, IMAGE_SIDE);
    SetInfo {
        id,
        name: set.name().to_owned(),
        classes: names.iter().map(|&name| name.to_owned()).collect(),
        counts: Vec::new(),
        images: IMAGES,
        held_out: held_out.map(|it| u64::from(it.images)).sum(),
        shape,
        bytes: IMAGES * shape.elements(),
        origin: match set {
            DataSet::Mnist => Origin::Mnist,
            DataSet::Fashion => Origin::Fashion,
        },
    }
}
