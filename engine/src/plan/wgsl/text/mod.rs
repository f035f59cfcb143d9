//! The text of the shaders, behind their bindings.

mod conv;
mod each;
mod linear;
mod windows;

pub(super) use conv::conv;
pub(super) use each::{FINITE, FLATTEN, RBF, SHUFFLE, SOFTMAX, SURROUND, combine, each};
pub(super) use linear::linear;
pub(super) use windows::{DEPTHWISE, lrn, pool};
