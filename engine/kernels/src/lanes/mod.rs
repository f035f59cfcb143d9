//! Four 32-bit floats at once. Natively arrays, which the compiler turns into vector instructions;
//! in WebAssembly with `simd128` its vectors. Both round each product and each sum, so they give the
//! same bits; with `relaxed-simd` a product and its sum may be rounded once.

#![allow(
    clippy::should_implement_trait,
    reason = "the operators would hide where a product and a sum are one step"
)]

/// How many floats there are in [`F4`].
pub const LANES: usize = 4;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[path = "plain.rs"]
mod imp;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[path = "wasm.rs"]
mod imp;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod memory;
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[path = "whole_plain.rs"]
mod whole;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[path = "whole_wasm.rs"]
mod whole;

pub use imp::F4;
pub use whole::{I4, S8};

impl F4 {
    pub const ZERO: Self = Self::splat(0.0);
}

/// The first three values, which are all that are left behind the last four, with zeros behind
/// them. Not a copy of a slice: that would be a call.
#[inline(always)]
fn rest_of(values: &[f32]) -> F4 {
    let value = |place: usize| values.get(place).copied().unwrap_or(0.0);
    F4::load(&[value(0), value(1), value(2), 0.0])
}

#[inline(always)]
fn store_rest(rest: F4, values: &mut [f32]) {
    let mut four = [0.0; LANES];
    rest.store(&mut four);
    for (place, value) in four.into_iter().enumerate().take(LANES - 1) {
        if let Some(to) = values.get_mut(place) {
            *to = value;
        }
    }
}

/// Calls `f` on all values, four at a time; the last ones with zeros behind them.
#[inline(always)]
pub fn each(values: &mut [f32], f: impl Fn(F4) -> F4) {
    let (fours, rest) = values.as_chunks_mut::<LANES>();
    for four in fours {
        f(F4::load(four)).store(four);
    }
    if !rest.is_empty() {
        store_rest(f(rest_of(rest)), rest);
    }
}

/// `to = f(to, from)`, four at a time; both as long as the shorter.
#[inline(always)]
pub fn each_pair(to: &mut [f32], from: &[f32], f: impl Fn(F4, F4) -> F4) {
    let length = to.len().min(from.len());
    let (fours, rest) = to[..length].as_chunks_mut::<LANES>();
    let (others, other_rest) = from[..length].as_chunks::<LANES>();
    for (four, other) in fours.iter_mut().zip(others) {
        f(F4::load(four), F4::load(other)).store(four);
    }
    if !rest.is_empty() {
        store_rest(f(rest_of(rest), rest_of(other_rest)), rest);
    }
}
