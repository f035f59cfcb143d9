//! Four floats as an array.

/// Four floats.
#[derive(Clone, Copy, Debug)]
pub struct F4(pub(super) [f32; 4]);

#[allow(
    clippy::should_implement_trait,
    reason = "named as WebAssembly's instructions are, which the other half calls"
)]
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
    /// The sum of each of four, as one.
    #[inline(always)]
    pub fn totals(all: [Self; 4]) -> Self {
        // In the order of the vectors' halves.
        Self(all.map(|Self([a, b, c, d])| (a + c) + (b + d)))
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
        let power = |whole: f32| f32::from_bits(((whole as i32).wrapping_add(127) as u32) << 23);
        Self(self.0.map(power))
    }
}
