//! The network as a picture.

mod camera;
mod layout;
mod path;
mod spots;

use self::layout::{Size, Sizes};

const SIZES: Sizes = Sizes {
    input: Size {
        width: 208.0,
        height: 96.0,
    },
    node: Size {
        width: 208.0,
        height: 96.0,
    },
    block: Size {
        width: 208.0,
        height: 96.0,
    },
};
