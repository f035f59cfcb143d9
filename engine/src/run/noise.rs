//! Counter-based random numbers: each depends on its index only, so that a device computes all of
//! them in parallel and every device computes the same.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use super::Role;
use super::params::is_large;
use crate::NodeId;

/// The multipliers and shifts of Chris Wellons' `lowbias32` (hash prospector, 2018): every bit of
/// the index changes about half of the result's bits.
const MULTIPLIERS: [u32; 2] = [0x7feb_352d, 0x846c_a68b];
const SHIFTS: [u32; 3] = [16, 15, 16];

/// The key of the `place`-th parameter of a network made from `seed`.
pub fn key(seed: u64, place: usize) -> u32 {
    let halves = mixed(seed as u32) ^ mixed((seed >> 32) as u32 ^ 0x9e37_79b9);
    mixed(halves ^ mixed(place as u32))
}

/// `count` numbers, uniform in ± `bound`.
pub fn uniform(key: u32, count: usize, bound: f32, device: &Device) -> Tensor<1> {
    if device.clone().inner() == super::cpu() {
        let number = |place: u32| in_range(mixed(place.wrapping_add(key)), bound);
        let values = (0..count as u32).map(number).collect();
        return Tensor::from_data(TensorData::new(values, [count]), device);
    }
    by_tensors(key, count, bound, device)
}

/// With tensor operations only, so that the device computes them.
fn by_tensors(key: u32, count: usize, bound: f32, device: &Device) -> Tensor<1> {
    all_in_range(all_mixed(places(key, count, device)), bound)
}

/// The numbers of one parameter: a function of the seed, the node and the role, and of nothing else
/// in the graph. Two rounds of mixing with a key each, so that no stream is a shifted copy of
/// another.
#[derive(Clone, Copy, Debug)]
pub struct Stream([u32; 2]);

impl Stream {
    /// The stream of a node's parameter.
    pub fn of(seed: u64, node: NodeId, role: Role) -> Self {
        let role = mixed(role as u32 + 1);
        Self([key(seed, node.0 as usize), key(!seed, node.0 as usize)].map(|key| mixed(key ^ role)))
    }

    /// `count` numbers, uniform in ± `bound`.
    pub fn uniform(self, count: usize, bound: f32, device: &Device) -> Tensor<1> {
        if self.is_made_here(count, device) {
            return self.made_here(count, device, |bits| in_range(bits, bound));
        }
        all_in_range(self.all_bits(count, device), bound)
    }

    /// `count` normal numbers with mean 0 and this standard deviation, each from one uniform number
    /// by the inverse of the distribution. On the CPU only sums, products, square roots and the
    /// `libm` crate's logarithm take part, which are the same on every machine.
    pub fn normal(self, count: usize, deviation: f32, device: &Device) -> Tensor<1> {
        if self.is_made_here(count, device) {
            return self.made_here(count, device, |bits| deviation * normal(bits));
        }
        all_normal(self.all_bits(count, device)).mul_scalar(deviation)
    }

    /// On the CPU, and where uploading costs less than computing.
    fn is_made_here(self, count: usize, device: &Device) -> bool {
        !is_large(count) || device.clone().inner() == super::cpu()
    }

    fn made_here(self, count: usize, device: &Device, number: impl Fn(u32) -> f32) -> Tensor<1> {
        let values = (0..count as u32).map(|place| number(self.bits(place)));
        Tensor::from_data(TensorData::new(values.collect(), [count]), device)
    }

    const fn bits(self, place: u32) -> u32 {
        mixed(mixed(place.wrapping_add(self.0[0])) ^ self.0[1])
    }

    fn all_bits(self, count: usize, device: &Device) -> Tensor<1, Int> {
        let once = all_mixed(places(self.0[0], count, device));
        all_mixed(once.bitwise_xor_scalar(self.0[1] as i32))
    }
}

/// The places from 0, each with the key added.
fn places(key: u32, count: usize, device: &Device) -> Tensor<1, Int> {
    let integers = (device, DType::I32);
    Tensor::<1, Int>::arange(0..count as i64, integers).add_scalar(key as i32)
}

fn all_mixed(x: Tensor<1, Int>) -> Tensor<1, Int> {
    let mut x = shifted_in(x, SHIFTS[0]);
    for (multiplier, shift) in MULTIPLIERS.into_iter().zip(&SHIFTS[1..]) {
        x = shifted_in(x.mul_scalar(multiplier as i32), *shift);
    }
    x
}

fn all_in_range(bits: Tensor<1, Int>, bound: f32) -> Tensor<1> {
    // The upper 24 bits: a 32-bit float holds each of them exactly.
    let share = logical_shift(bits, 8).float().mul_scalar(STEP);
    share.mul_scalar(2.0).sub_scalar(1.0).mul_scalar(bound)
}

/// The polynomials of Giles, “Approximating the erfinv function” (GPU Computing Gems, 2012), for
/// 32-bit floats, the highest power first: erfinv(x) / x of `w − 2.5` and of `√w − 3`, where
/// `w = −ln((1 − x)(1 + x))`.
const CENTRE: [f32; 9] = [
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
const TAIL: [f32; 9] = [
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
const CENTRE_END: f32 = 5.0;

/// One of 2²³ odd steps: never ±1, where the normal distribution ends at infinity.
const ODD_STEP: f32 = 1.0 / (1 << 23) as f32;

/// The standard normal number below which lies the share that these bits stand for.
fn normal(bits: u32) -> f32 {
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

fn all_normal(bits: Tensor<1, Int>) -> Tensor<1> {
    let odd = logical_shift(bits, 9).float().mul_scalar(2.0);
    let x = odd.add_scalar(1.0).mul_scalar(ODD_STEP).sub_scalar(1.0);
    let w = (x.clone().neg().add_scalar(1.0) * x.clone().add_scalar(1.0))
        .log()
        .neg();
    let inverse = |at: Tensor<1>, powers: [f32; 9]| {
        let zero = at.zeros_like();
        let sum = |sum: Tensor<1>, power| sum * at.clone() + power;
        powers.into_iter().fold(zero, sum)
    };
    let in_tail = w.clone().greater_equal_scalar(CENTRE_END);
    // A logarithm that is a little off would have a root that is no number: 0 is in the centre.
    let root = w.clone().clamp_min(0.0).sqrt().sub_scalar(3.0);
    let centre = inverse(w.sub_scalar(2.5), CENTRE);
    let inverse = centre.mask_where(in_tail, inverse(root, TAIL));
    (inverse * x).mul_scalar(std::f32::consts::SQRT_2)
}

/// The share of one of 2²⁴ steps.
const STEP: f32 = 1.0 / (1 << 24) as f32;

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

fn shifted_in(x: Tensor<1, Int>, by: u32) -> Tensor<1, Int> {
    x.clone().bitwise_xor(logical_shift(x, by))
}

/// The device's integers are signed, so their own shift would fill up with the sign.
fn logical_shift(x: Tensor<1, Int>, by: u32) -> Tensor<1, Int> {
    x.bitwise_right_shift_scalar(by as i32)
        .bitwise_and_scalar((u32::MAX >> by) as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(tensor: Tensor<1>) -> Vec<f32> {
        tensor.into_data().try_into_vec().unwrap()
    }

    #[test]
    fn tensor_operations_and_plain_integers_give_the_same_bits() {
        let device = crate::run::cpu();
        for key in [0, 1, 0x8000_0000, u32::MAX] {
            let plain = values(uniform(key, 5000, 0.37, &device));
            assert_eq!(plain, values(by_tensors(key, 5000, 0.37, &device)));
        }
    }

    #[test]
    fn the_numbers_are_uniform_in_the_bound() {
        // Of 100,000 uniform numbers in ±1 the mean's deviation is 0.0018, that of the mean square
        // (1/3) is 0.0009; five deviations are allowed.
        let values = values(uniform(key(7, 3), 100_000, 1.0, &crate::run::cpu()));
        assert!(values.iter().all(|value| value.abs() <= 1.0));
        let mean = |f: &dyn Fn(f32) -> f64| values.iter().map(|&v| f(v)).sum::<f64>() / 1e5;
        assert!(mean(&|v| f64::from(v)).abs() < 0.0092);
        assert!((mean(&|v| f64::from(v * v)) - 1.0 / 3.0).abs() < 0.0047);
        // Neighbours are independent: the mean of their products is 0 within 5 · (1/3) / √n.
        let neighbours = values.windows(2).map(|two| f64::from(two[0] * two[1]));
        assert!((neighbours.sum::<f64>() / 1e5).abs() < 0.0053);
    }

    fn streams() -> [Stream; 4] {
        let of = |seed, node, role| Stream::of(seed, NodeId(node), role);
        [
            of(1, 1, Role::Weight),
            of(1, 2, Role::Weight),
            of(1, 1, Role::Codes),
            of(2, 1, Role::Weight),
        ]
    }

    #[test]
    fn a_stream_s_tensors_are_its_plain_numbers() {
        let device = crate::run::cpu();
        for stream in streams() {
            let plain = values(stream.uniform(5000, 0.37, &device));
            let tensor = all_in_range(stream.all_bits(5000, &device), 0.37);
            assert_eq!(plain, values(tensor));
            let plain = values(stream.normal(5000, 1.0, &device));
            let tensor = values(all_normal(stream.all_bits(5000, &device)));
            // Two logarithms that may differ in the last bit.
            for (plain, tensor) in plain.iter().zip(tensor) {
                assert!((plain - tensor).abs() < 4e-6, "{plain} and {tensor}");
            }
        }
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
        let device = crate::run::cpu();
        let all = streams().map(|stream| values(stream.uniform(20_000, 1.0, &device)));
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
