//! Four floats as one of WebAssembly's vectors.

use core::arch::wasm32::*;

use super::memory;

/// Four floats.
#[derive(Clone, Copy, Debug)]
pub struct F4(pub(super) v128);

#[allow(
    clippy::should_implement_trait,
    reason = "named as WebAssembly's instructions are, which the other half calls"
)]
impl F4 {
    #[inline(always)]
    pub fn load(from: &[f32; 4]) -> Self {
        Self(memory::load(from))
    }
    #[inline(always)]
    pub fn store(self, to: &mut [f32; 4]) {
        memory::store(self.0, to);
    }
    #[inline(always)]
    pub const fn splat(value: f32) -> Self {
        Self(f32x4(value, value, value, value))
    }
    #[inline(always)]
    pub fn add(self, other: Self) -> Self {
        Self(f32x4_add(self.0, other.0))
    }
    #[inline(always)]
    pub fn sub(self, other: Self) -> Self {
        Self(f32x4_sub(self.0, other.0))
    }
    #[inline(always)]
    pub fn mul(self, other: Self) -> Self {
        Self(f32x4_mul(self.0, other.0))
    }
    #[inline(always)]
    pub fn div(self, other: Self) -> Self {
        Self(f32x4_div(self.0, other.0))
    }
    /// `self · factor + summand`.
    #[inline(always)]
    pub fn madd(self, factor: Self, summand: Self) -> Self {
        #[cfg(target_feature = "relaxed-simd")]
        return Self(f32x4_relaxed_madd(self.0, factor.0, summand.0));
        #[cfg(not(target_feature = "relaxed-simd"))]
        self.mul(factor).add(summand)
    }
    /// The sum of each of four, as one.
    #[inline(always)]
    pub fn totals([a, b, c, d]: [Self; 4]) -> Self {
        let halves = |a: v128, b: v128| {
            f32x4_add(
                i32x4_shuffle::<0, 4, 1, 5>(a, b),
                i32x4_shuffle::<2, 6, 3, 7>(a, b),
            )
        };
        let (ab, cd) = (halves(a.0, b.0), halves(c.0, d.0));
        Self(f32x4_add(
            i32x4_shuffle::<0, 1, 4, 5>(ab, cd),
            i32x4_shuffle::<2, 3, 6, 7>(ab, cd),
        ))
    }
    /// The larger of the two; NaN of `self` stays.
    #[inline(always)]
    pub fn at_least(self, low: Self) -> Self {
        Self(f32x4_pmax(self.0, low.0))
    }
    /// The smaller of the two; NaN of `self` stays.
    #[inline(always)]
    pub fn at_most(self, high: Self) -> Self {
        Self(f32x4_pmin(self.0, high.0))
    }
    /// The larger of the two, NaN if either is.
    #[inline(always)]
    pub fn largest(self, other: Self) -> Self {
        Self(f32x4_max(self.0, other.0))
    }
    /// `self` where `sign` is less than 0, else `other`.
    #[inline(always)]
    pub fn where_negative(self, sign: Self, other: Self) -> Self {
        let negative = f32x4_lt(sign.0, f32x4_splat(0.0));
        Self(v128_bitselect(self.0, other.0, negative))
    }
    /// Each value rounded to the nearest whole number, of two to the even one; `|value| < 2²²`.
    #[inline(always)]
    pub fn round(self) -> Self {
        Self(f32x4_nearest(self.0))
    }
    /// Two to the power of each value, whole numbers from -126 to 127; anything of NaN.
    #[inline(always)]
    pub fn exp2_of_whole(self) -> Self {
        let whole = i32x4_trunc_sat_f32x4(self.0);
        Self(i32x4_shl(i32x4_add(whole, i32x4_splat(127)), 23))
    }
}
