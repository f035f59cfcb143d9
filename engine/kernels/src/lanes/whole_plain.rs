//! Whole numbers as arrays.

use super::F4;

/// Four whole numbers of 32 bits.
#[derive(Clone, Copy, Debug)]
pub struct I4([i32; 4]);

/// Eight whole numbers of 16 bits.
#[derive(Clone, Copy, Debug)]
pub struct S8([i16; 8]);

#[allow(
    clippy::should_implement_trait,
    reason = "named as WebAssembly's instructions are, which the other half calls"
)]
impl I4 {
    pub const ZERO: Self = Self([0; 4]);

    #[inline(always)]
    pub const fn load(from: &[i32; 4]) -> Self {
        Self(*from)
    }
    #[inline(always)]
    pub const fn store(self, to: &mut [i32; 4]) {
        *to = self.0;
    }
    /// Adds to each the sum of the products of two neighbours.
    #[inline(always)]
    pub fn dot(self, a: S8, b: S8) -> Self {
        let mut sums = self.0;
        for (lane, sum) in sums.iter_mut().enumerate() {
            let product = |at: usize| i32::from(a.0[at]) * i32::from(b.0[at]);
            *sum = sum.wrapping_add(product(2 * lane) + product(2 * lane + 1));
        }
        Self(sums)
    }
    /// As floats, rounded to the nearest.
    #[inline(always)]
    pub fn floats(self) -> F4 {
        F4(self.0.map(|value| value as f32))
    }
}

impl F4 {
    /// The whole parts; 0 of what is no number.
    #[inline(always)]
    pub fn whole(self) -> I4 {
        I4(self.0.map(|value| value as i32))
    }
}

impl S8 {
    #[inline(always)]
    pub const fn load(from: &[i16; 8]) -> Self {
        Self(*from)
    }
    #[inline(always)]
    pub const fn store(self, to: &mut [i16; 8]) {
        *to = self.0;
    }
    /// These two numbers four times.
    #[inline(always)]
    pub const fn pair([a, b]: [i16; 2]) -> Self {
        Self([a, b, a, b, a, b, a, b])
    }
    /// Eight numbers of 8 bits with sign.
    #[inline(always)]
    pub fn of_bytes(from: &[u8; 8]) -> Self {
        Self(from.map(|byte| i16::from(byte.cast_signed())))
    }
    /// Two times four, each within 16 bits.
    #[inline(always)]
    pub fn of_wholes(first: I4, second: I4) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (first.0, second.0);
        Self([a, b, c, d, e, f, g, h].map(|it| it as i16))
    }
    /// Alternately from the two, the first four of each.
    #[inline(always)]
    pub const fn zip_low(self, other: Self) -> Self {
        let (a, b) = (self.0, other.0);
        Self([a[0], b[0], a[1], b[1], a[2], b[2], a[3], b[3]])
    }
    /// Alternately from the two, the last four of each.
    #[inline(always)]
    pub const fn zip_high(self, other: Self) -> Self {
        let (a, b) = (self.0, other.0);
        Self([a[4], b[4], a[5], b[5], a[6], b[6], a[7], b[7]])
    }
}
