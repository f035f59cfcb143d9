//! The kernels: loops over slices that know nothing of graphs and plans. Every access is checked or
//! runs over slices cut to one length; `unsafe` is in [`lanes`] alone, for one load and one store.
//!
//! A crate of their own because they are compiled for speed where what calls them is compiled for
//! size. So what others call is not generic, and is not inlined there.

pub mod conv;
pub mod depthwise;
mod describe;
pub mod elementwise;
pub mod functions;
pub mod integer;
pub mod lanes;
pub mod linear;
mod map;
pub mod norm;
pub mod pack;
pub mod pool;
mod tiles;
pub mod train;
pub mod winograd;

pub use describe::{
    Bin, Conv, Depthwise, Integer, Linear, Lrn, Pool, Reduce, Steps, Then, Way, Winograd,
};
pub use functions::Function;
pub use map::Map;

/// Eight neighbouring outputs' weights of one input.
pub type Eight = [[f32; 4]; 2];
/// Four neighbouring outputs' weights of one input.
pub type Four = [f32; 4];
/// Four neighbouring outputs' weights of two inputs, numbers of 8 bits with sign: those of the first
/// output, those of the second, and so on.
pub type Pairs = [u8; 8];
