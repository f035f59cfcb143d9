//! Counter-based random numbers: each depends on its index only, so that they can be made in any
//! order, in parallel on a device too, and every machine makes the same.

use crate::NodeId;
use crate::checkpoint::Role;

/// The multipliers and shifts of Chris Wellons' `lowbias32` (hash prospector, 2018): every bit of
/// the index changes about half of the result's bits.
pub const MULTIPLIERS: [u32; 2] = [0x7feb_352d, 0x846c_a68b];
pub const SHIFTS: [u32; 3] = [16, 15, 16];

/// The key of the `place`-th parameter of a network made from `seed`.
pub fn key(seed: u64, place: usize) -> u32 {
    let halves = mixed(seed as u32) ^ mixed((seed >> 32) as u32 ^ 0x9e37_79b9);
    mixed(halves ^ mixed(place as u32))
}

/// `count` numbers, uniform in ± `bound`.
#[cfg(any(feature = "run", test))]
pub fn uniform_numbers(key: u32, count: usize, bound: f32) -> impl Iterator<Item = f32> {
    (0..count as u32).map(move |place| in_range(mixed(place.wrapping_add(key)), bound))
}

/// The numbers of one parameter: a function of the seed, the node and the role, and of nothing else
/// in the graph. Two rounds of mixing with a key each, so that no stream is a shifted copy of
/// another.
#[derive(Clone, Copy, Debug)]
pub struct Stream(pub [u32; 2]);

impl Stream {
    /// The stream of a node's parameter.
    pub fn of(seed: u64, node: NodeId, role: Role) -> Self {
        let role = mixed(role as u32 + 1);
        Self([key(seed, node.0 as usize), key(!seed, node.0 as usize)].map(|key| mixed(key ^ role)))
    }

    /// `count` numbers, uniform in ± `bound`.
    pub fn uniform_numbers(self, count: usize, bound: f32) -> impl ExactSizeIterator<Item = f32> {
        (0..count).map(move |place| in_range(self.bits(place as u32), bound))
    }

    /// `count` normal numbers with mean 0 and this standard deviation, each from one uniform number
    /// by the inverse of the distribution. Only sums, products, square roots and the `libm` crate's
    /// logarithm take part, which are the same on every machine.
    pub fn normal_numbers(
        self,
        count: usize,
        deviation: f32,
    ) -> impl ExactSizeIterator<Item = f32> {
        (0..count).map(move |place| deviation * normal(self.bits(place as u32)))
    }

    const fn bits(self, place: u32) -> u32 {
        mixed(mixed(place.wrapping_add(self.0[0])) ^ self.0[1])
    }
}

/// The polynomials of Giles, “Approximating the erfinv function” (GPU Computing Gems, 2012), for
/// 32-bit floats, the highest power first: erfinv(x) / x of `w − 2.5` and of `√w − 3`, where
/// `w = −ln((1 − x)(1 + x))`.
pub const CENTRE: [f32; 9] = [
    2.810_226_4e-8,
    3.432_739_4e-7,
    -3.523_387_7e-6,
    -4.391_506_5e-6,
    2.185_808_7e-4,
    -1.253_725e-3,
    -4.177_681_6e-3,
    2.466_407_3e-1,
    1.501_409_4,
];
pub const TAIL: [f32; 9] = [
    -2.002_142_6e-4,
    1.009_505_6e-4,
    1.349_343_2e-3,
    -3.673_428_4e-3,
    5.739_507_7e-3,
    -7.622_461_3e-3,
    9.438_870_5e-3,
    1.001_674,
    2.832_976_8,
];
/// Up to this `w` the centre's polynomial holds.
pub const CENTRE_END: f32 = 5.0;

/// One of 2²³ odd steps: never ±1, where the normal distribution ends at infinity.
pub const ODD_STEP: f32 = 1.0 / (1 << 23) as f32;

/// The standard normal number below which lies the share that these bits stand for.
pub fn normal(bits: u32) -> f32 {
    let x = ((bits >> 9) as f32 * 2.0 + 1.0) * ODD_STEP - 1.0;
    let w = -libm::logf((1.0 - x) * (1.0 + x));
    let (at, powers) = if w < CENTRE_END {
        (w - 2.5, CENTRE)
    } else {
        (w.sqrt() - 3.0, TAIL)
    };
    let inverse = powers.into_iter().fold(0.0, |sum, power| sum * at + power);
    std::f32::consts::SQRT_2 * (inverse * x)
}

/// The share of one of 2²⁴ steps.
pub const STEP: f32 = 1.0 / (1 << 24) as f32;

fn in_range(bits: u32, bound: f32) -> f32 {
    bound * (2.0 * ((bits >> 8) as f32 * STEP) - 1.0)
}

const fn mixed(mut x: u32) -> u32 {
    x ^= x >> SHIFTS[0];
    x = x.wrapping_mul(MULTIPLIERS[0]);
    x ^= x >> SHIFTS[1];
    x = x.wrapping_mul(MULTIPLIERS[1]);
    x ^ (x >> SHIFTS[2])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_uniform_in_the_bound() {
        // Of 100,000 uniform numbers in ±1 the mean's deviation is 0.0018, that of the mean square
        // (1/3) is 0.0009; five deviations are allowed.
        let values: Vec<f32> = uniform_numbers(key(7, 3), 100_000, 1.0).collect();
        assert!(values.iter().all(|value| value.abs() <= 1.0));
        let mean = |f: &dyn Fn(f32) -> f64| values.iter().map(|&v| f(v)).sum::<f64>() / 1e5;
        assert!(mean(&|v| f64::from(v)).abs() < 0.0092);
        assert!((mean(&|v| f64::from(v * v)) - 1.0 / 3.0).abs() < 0.0047);
        // Neighbours are independent: the mean of their products is 0 within 5 · (1/3) / √n.
        let neighbours = values.windows(2).map(|two| f64::from(two[0] * two[1]));
        assert!((neighbours.sum::<f64>() / 1e5).abs() < 0.0053);
    }

    pub fn streams() -> [Stream; 4] {
        let of = |seed, node, role| Stream::of(seed, NodeId(node), role);
        [
            of(1, 1, Role::Weight),
            of(1, 2, Role::Weight),
            of(1, 1, Role::Codes),
            of(2, 1, Role::Weight),
        ]
    }

    #[test]
    fn the_quantiles_of_the_normal_distribution_are_the_tables() {
        // Φ⁻¹ of 0.5, 0.75, 0.975, 0.999 and 0.99999, from tables of the normal distribution. The
        // share is one of 2²³, half a step off: at 0.99999 that moves the quantile by
        // 2⁻²⁴ / φ(4.2649) = 0.0013.
        let table = [
            (0.5, 0.0, 1e-6),
            (0.75, 0.674_489_75, 1e-6),
            (0.975, 1.959_964, 3e-6),
            (0.999, 3.090_232_3, 4e-5),
            (0.999_99, 4.264_890_8, 2e-3),
        ];
        for (share, quantile, tolerance) in table {
            let step = (share * f64::from(1 << 23)) as u32;
            for (step, sign) in [(step, 1.0), ((1 << 23) - 1 - step, -1.0)] {
                let got = f64::from(normal(step << 9));
                assert!(
                    (sign * got - quantile).abs() < tolerance,
                    "{share}: {got}, the table has {quantile}"
                );
            }
        }
        assert!(normal(0).is_finite() && normal(u32::MAX).is_finite());
    }

    #[test]
    fn no_stream_is_another_one_from_another_place_on() {
        let all = streams().map(|stream| Vec::from_iter(stream.uniform_numbers(20_000, 1.0)));
        for (place, one) in all.iter().enumerate() {
            for other in &all[place + 1..] {
                let heads: std::collections::HashSet<u32> =
                    one.windows(2).map(|two| two[0].to_bits()).collect();
                let same = other
                    .iter()
                    .filter(|value| heads.contains(&value.to_bits()));
                // 20,000 of 2²⁴ values each: 24 meet by chance, of a shifted copy thousands.
                assert!(same.count() < 100);
                // Independent: the mean product is 0 within five deviations of (1/3) / √n.
                let product: f64 = one.iter().zip(other).map(|(a, b)| f64::from(a * b)).sum();
                assert!((product / 2e4).abs() < 0.012);
            }
        }
    }

    #[test]
    fn every_place_and_every_seed_has_numbers_of_its_own() {
        let keys = [key(1, 0), key(1, 1), key(2, 0), key(2, 1), key(1 << 32, 0)];
        for (place, one) in keys.iter().enumerate() {
            assert!(keys[place + 1..].iter().all(|other| other != one));
        }
    }
}
