//! Whole numbers as WebAssembly's vectors.

use core::arch::wasm32::*;

use super::{F4, memory};

/// Four whole numbers of 32 bits.
#[derive(Clone, Copy, Debug)]
pub struct I4(v128);

/// Eight whole numbers of 16 bits.
#[derive(Clone, Copy, Debug)]
pub struct S8(v128);

#[allow(
    clippy::should_implement_trait,
    reason = "named as WebAssembly's instructions are, which the other half calls"
)]
impl I4 {
    pub const ZERO: Self = Self(i32x4(0, 0, 0, 0));

    #[inline(always)]
    pub fn load(from: &[i32; 4]) -> Self {
        Self(memory::load(from))
    }
    #[inline(always)]
    pub fn store(self, to: &mut [i32; 4]) {
        memory::store(self.0, to);
    }
    /// Adds to each the sum of the products of two neighbours.
    #[inline(always)]
    pub fn dot(self, a: S8, b: S8) -> Self {
        Self(i32x4_add(self.0, i32x4_dot_i16x8(a.0, b.0)))
    }
    /// As floats, rounded to the nearest.
    #[inline(always)]
    pub fn floats(self) -> F4 {
        F4(f32x4_convert_i32x4(self.0))
    }
}

impl F4 {
    /// The whole parts; 0 of what is no number.
    #[inline(always)]
    pub fn whole(self) -> I4 {
        I4(i32x4_trunc_sat_f32x4(self.0))
    }
}

impl S8 {
    #[inline(always)]
    pub fn load(from: &[i16; 8]) -> Self {
        Self(memory::load(from))
    }
    #[inline(always)]
    pub fn store(self, to: &mut [i16; 8]) {
        memory::store(self.0, to);
    }
    /// These two numbers four times.
    #[inline(always)]
    pub fn pair([a, b]: [i16; 2]) -> Self {
        // One load, where they lie beside each other.
        let both = u32::from(a.cast_unsigned()) | u32::from(b.cast_unsigned()) << 16;
        Self(u32x4_splat(both))
    }
    /// Eight numbers of 8 bits with sign.
    #[inline(always)]
    pub fn of_bytes(from: &[u8; 8]) -> Self {
        Self(i16x8_extend_low_i8x16(u64x2_splat(u64::from_le_bytes(
            *from,
        ))))
    }
    /// Two times four, each within 16 bits.
    #[inline(always)]
    pub fn of_wholes(first: I4, second: I4) -> Self {
        Self(i16x8_narrow_i32x4(first.0, second.0))
    }
    /// Alternately from the two, the first four of each.
    #[inline(always)]
    pub fn zip_low(self, other: Self) -> Self {
        Self(i16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(self.0, other.0))
    }
    /// Alternately from the two, the last four of each.
    #[inline(always)]
    pub fn zip_high(self, other: Self) -> Self {
        Self(i16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(self.0, other.0))
    }
}
