//! Pruning: which weights or channels matter least.

mod magnitude;
mod ranking;
mod schedule;

pub use magnitude::{
    Mask, Scope, apply, count_of, is_two_of_four, magnitude, of_zeros, pattern, two_of_four, whole,
};
pub use ranking::{
    Criterion, activation_of, l1, norm_after, normalised, order, scales, taylor_activation,
    taylor_weight_group, taylor_weight_squares,
};
pub use schedule::Gradual;
