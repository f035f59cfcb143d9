//! Four 32-bit floats at once. Natively arrays, which the compiler turns into vector instructions;
//! in WebAssembly with `simd128` its vectors. Both round each product and each sum, so they give the
//! same bits; with `relaxed-simd` a product and its sum may be rounded once.

/// How many floats there are in [`F4`].
pub const LANES: usize = 4;

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod imp {
    /// Four floats.
    #[derive(Clone, Copy, Debug)]
    pub struct F4([f32; 4]);

    impl F4 {
        #[inline(always)]
        pub const fn load(from: &[f32; 4]) -> Self {
            Self(*from)
        }
        #[inline(always)]
        pub const fn store(self, to: &mut [f32; 4]) {
            *to = self.0;
        }
        #[inline(always)]
        pub const fn splat(value: f32) -> Self {
            Self([value; 4])
        }
        #[inline(always)]
        fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
            let ([a, b, c, d], [p, q, r, s]) = (self.0, other.0);
            Self([f(a, p), f(b, q), f(c, r), f(d, s)])
        }
        #[inline(always)]
        pub fn add(self, other: Self) -> Self {
            self.zip(other, |a, b| a + b)
        }
        #[inline(always)]
        pub fn sub(self, other: Self) -> Self {
            self.zip(other, |a, b| a - b)
        }
        #[inline(always)]
        pub fn mul(self, other: Self) -> Self {
            self.zip(other, |a, b| a * b)
        }
        #[inline(always)]
        pub fn div(self, other: Self) -> Self {
            self.zip(other, |a, b| a / b)
        }
        /// `self · factor + summand`.
        #[inline(always)]
        pub fn madd(self, factor: Self, summand: Self) -> Self {
            self.mul(factor).add(summand)
        }
        /// The larger of the two; NaN of `self` stays.
        #[inline(always)]
        pub fn at_least(self, low: Self) -> Self {
            self.zip(low, |a, low| if a < low { low } else { a })
        }
        /// The smaller of the two; NaN of `self` stays.
        #[inline(always)]
        pub fn at_most(self, high: Self) -> Self {
            self.zip(high, |a, high| if a > high { high } else { a })
        }
        /// The larger of the two, NaN if either is.
        #[inline(always)]
        pub fn largest(self, other: Self) -> Self {
            self.zip(other, |a, b| if b <= a || a.is_nan() { a } else { b })
        }
        /// `self` where `sign` is less than 0, else `other`.
        #[inline(always)]
        pub fn where_negative(self, sign: Self, other: Self) -> Self {
            let mut out = other.0;
            for (lane, out) in out.iter_mut().enumerate() {
                if sign.0[lane] < 0.0 {
                    *out = self.0[lane];
                }
            }
            Self(out)
        }
        /// Each value rounded to the nearest whole number, of two to the even one; `|value| < 2²²`.
        #[inline(always)]
        pub fn round(self) -> Self {
            // Adding 1.5 · 2²³ leaves no bits below the point.
            const SHIFT: f32 = 12_582_912.0;
            let shift = Self::splat(SHIFT);
            self.add(shift).sub(shift)
        }
        /// Two to the power of each value, whole numbers from -126 to 127; anything of NaN.
        #[inline(always)]
        pub fn exp2_of_whole(self) -> Self {
            let power =
                |whole: f32| f32::from_bits(((whole as i32).wrapping_add(127) as u32) << 23);
            Self(self.0.map(power))
        }
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod imp {
    use core::arch::wasm32::*;

    /// Four floats.
    #[derive(Clone, Copy, Debug)]
    pub struct F4(v128);

    impl F4 {
        /// One load: the compiler joins the four.
        #[inline(always)]
        pub const fn load(from: &[f32; 4]) -> Self {
            Self(f32x4(from[0], from[1], from[2], from[3]))
        }
        #[inline(always)]
        pub fn store(self, to: &mut [f32; 4]) {
            *to = [
                f32x4_extract_lane::<0>(self.0),
                f32x4_extract_lane::<1>(self.0),
                f32x4_extract_lane::<2>(self.0),
                f32x4_extract_lane::<3>(self.0),
            ];
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
}

pub use imp::F4;

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
