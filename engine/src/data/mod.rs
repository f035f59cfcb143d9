//! Images: data sets, and the preparation of drawings and photos as inputs.

mod augment;
mod digit;
mod idx;
mod input;
mod photo;
mod picture;
mod picture_kind;
mod placement;
mod preprocess;
mod resample;

pub use augment::Warp;
pub use idx::{IdxError, Images, images, labels, read_images, read_labels};
pub use input::{
    DigitNote, Means, PreparedDigit, PreparedPicture, prepare_picture, takes_drawings,
};
pub use photo::{
    ChannelOrder, MAX_PICTURE_PIXELS, PhotoError, PhotoStep, Preparation, PreparedPhoto,
    RgbPicture, prepare_photo,
};
pub use picture::Picture;
pub use picture_kind::{PictureKind, picture_kind};
pub use placement::Placement;
pub use preprocess::{
    DrawingError, MNIST_MEAN, MNIST_STD, Prepared, Recipe, Step, from_field, prepare,
};
