//! The kernels: loops over slices that know nothing of graphs and plans. Every access is checked or
//! runs over slices cut to one length, so there is no `unsafe`.

pub mod conv;
pub mod depthwise;
pub mod elementwise;
pub mod functions;
pub mod lanes;
pub mod linear;
pub mod norm;
pub mod pool;
pub mod winograd;

/// Eight neighbouring outputs' weights of one input.
pub type Eight = [[f32; 4]; 2];
/// Four neighbouring outputs' weights of one input.
pub type Four = [f32; 4];
