//! WebAssembly's vectors in memory: the only `unsafe` of the lab's own code.
//!
//! A vector that is built of an array's numbers is one load in the whole CPU engine, but in the small one
//! the compiler left a load for each number. These are one load and one store in both.

#![allow(unsafe_code, reason = "WebAssembly's loads and stores take pointers")]

use core::arch::wasm32::{v128, v128_load, v128_store};

/// What has the 16 bytes of a vector, each a number's whatever its bits.
pub(super) trait Vector: Copy {}
impl Vector for [f32; 4] {}
impl Vector for [i32; 4] {}
impl Vector for [i16; 8] {}

#[inline(always)]
pub(super) fn load<T: Vector>(from: &T) -> v128 {
    const { assert!(size_of::<T>() == size_of::<v128>()) };
    // SAFETY: the reference is to 16 bytes that are initialised and stay as they are while it lives;
    // a vector may have any bits, and WebAssembly's loads need no alignment.
    unsafe { v128_load(core::ptr::from_ref(from).cast()) }
}

#[inline(always)]
pub(super) fn store<T: Vector>(vector: v128, to: &mut T) {
    const { assert!(size_of::<T>() == size_of::<v128>()) };
    // SAFETY: the reference is to 16 bytes that nothing else refers to; the numbers may have any bits,
    // and WebAssembly's stores need no alignment.
    unsafe { v128_store(core::ptr::from_mut(to).cast(), vector) }
}
