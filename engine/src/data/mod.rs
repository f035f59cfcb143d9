//! Images: data sets, and the preparation of drawings and photos as inputs.

mod augment;
mod digit;
mod elastic;
mod error;
mod files;
mod idx;
mod input;
mod photo;
mod picture;
mod picture_kind;
mod placement;
mod preprocess;
mod random;
mod resample;
mod scaling;
mod set;
mod split;
mod warp;
mod zip_folders;

pub use augment::{Augmentation, Change};
pub use elastic::Elastic;
pub use error::DataError;
pub use files::{DataFile, data_file, read_files};
pub use idx::{IdxError, Images, images, labels, read_images, read_labels};
pub use input::{
    DigitNote, Means, PreparedDigit, PreparedPicture, prepare_picture, takes_drawings,
};
pub use photo::{
    ChannelOrder, MAX_PICTURE_PIXELS, PhotoError, PhotoStep, Preparation, PreparedPhoto,
    RgbPicture, fit_picture, prepare_photo,
};
pub use picture::Picture;
pub use picture_kind::{PictureKind, picture_kind};
pub use placement::Placement;
pub use preprocess::{
    DrawingError, MNIST_MEAN, MNIST_STD, Prepared, Recipe, Step, from_field, prepare,
};
pub use random::{Random, made_up};
pub use scaling::Scaling;
pub use set::{DataSet, Labelled, MOST_BYTES, picture_shape};
pub use split::{Part, Parts, Split};
pub use zip_folders::{Entry, PictureZip};
