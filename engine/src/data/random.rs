//! Seeded random numbers of the data: SplitMix64 (Steele, Lea and Flood 2014), the same on every
//! machine.

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Random(u64);

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Random {
    /// The stream that starts at this state.
    pub const fn new(state: u64) -> Self {
        Self(state)
    }

    /// The stream of these numbers, such as a seed, an epoch and an example: each change of one
    /// gives another stream.
    pub fn of(numbers: &[u64]) -> Self {
        let mut state = 0;
        for &number in numbers {
            state = Self(state ^ number).next();
        }
        Self(state)
    }

    /// The next 64 bits.
    #[allow(clippy::should_implement_trait, reason = "it never ends")]
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// Uniform from 0, below 1.
    pub fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 24) as f32
    }

    /// Uniform within ± `bound`.
    pub fn within(&mut self, bound: f32) -> f32 {
        bound * (2.0 * self.unit() - 1.0)
    }

    /// Uniform from 0, below `end`, which is less than 2³².
    pub const fn below(&mut self, end: usize) -> usize {
        // The upper half of the product; off from uniform by less than end / 2³².
        (((self.next() >> 32) * end as u64) >> 32) as usize
    }

    /// Shuffles in place: Fisher and Yates.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (2..=items.len()).rev() {
            items.swap(end - 1, self.below(end));
        }
    }
}

/// Values of a made-up picture, between -1 and 1 in no order, for measurements: zeros would be faster
/// than any photo where they are skipped, and slower where they become the smallest of numbers.
pub fn made_up(count: usize) -> Vec<f32> {
    let mut random = Random::new(0);
    (0..count).map(|_| random.within(1.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_splitmix64() {
        // The first outputs of the reference implementation (Vigna's splitmix64.c) for 1234567.
        let mut random = Random::new(1_234_567);
        let wanted = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!([(); 5].map(|()| random.next()), wanted);
    }

    #[test]
    fn a_shuffle_keeps_every_item_and_favours_no_place() {
        let mut counts = [[0; 4]; 4];
        for seed in 0..4000 {
            let mut items = [0, 1, 2, 3];
            Random::of(&[seed, 7]).shuffle(&mut items);
            for (place, item) in items.into_iter().enumerate() {
                counts[place][item] += 1;
            }
        }
        // 1000 each; five standard deviations (27.4) are 137.
        assert!(
            counts
                .iter()
                .flatten()
                .all(|&count| (863..1137).contains(&count)),
            "{counts:?}"
        );
    }
}
