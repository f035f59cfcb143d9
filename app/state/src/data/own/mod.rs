//! The person's own collections: images in named classes.

mod collection;
mod editing;
mod export;
mod image;
mod record;

pub use self::collection::{Class, Collection, CollectionError, Item, Kind};
pub use self::editing::{Editing, Editor};
pub use self::export::{ExportError, file_stem, idx_images, idx_labels, zip_of_folders};
pub use self::image::{Image, ImageError};
pub use self::record::{CollectionRecord, RecordError};
