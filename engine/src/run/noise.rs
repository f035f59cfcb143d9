//! Uniform random numbers of which each depends on its place alone, so that a device makes all of
//! them at once and every device makes the same.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};

/// The multipliers and shifts of Chris Wellons' `lowbias32` (hash prospector, 2018): every bit of
/// the place moves about half of the result's bits.
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

/// With tensor operations only, so that the device itself makes them.
fn by_tensors(key: u32, count: usize, bound: f32, device: &Device) -> Tensor<1> {
    let integers = (device, DType::I32);
    let mut x = Tensor::<1, Int>::arange(0..count as i64, integers).add_scalar(key as i32);
    x = shifted_in(x, SHIFTS[0]);
    for (multiplier, shift) in MULTIPLIERS.into_iter().zip(&SHIFTS[1..]) {
        x = shifted_in(x.mul_scalar(multiplier as i32), *shift);
    }
    // The upper 24 bits: a 32-bit float holds each of them exactly.
    let share = logical_shift(x, 8).float().mul_scalar(STEP);
    share.mul_scalar(2.0).sub_scalar(1.0).mul_scalar(bound)
}

/// The share of one of 2²⁴ steps.
const STEP: f32 = 1.0 / (1 << 24) as f32;

fn in_range(bits: u32, bound: f32) -> f32 {
    bound * (2.0 * ((bits >> 8) as f32 * STEP) - 1.0)
}

fn mixed(mut x: u32) -> u32 {
    x ^= x >> SHIFTS[0];
    for (multiplier, shift) in MULTIPLIERS.into_iter().zip(&SHIFTS[1..]) {
        x = x.wrapping_mul(multiplier);
        x ^= x >> shift;
    }
    x
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

    #[test]
    fn every_place_and_every_seed_has_numbers_of_its_own() {
        let keys = [key(1, 0), key(1, 1), key(2, 0), key(2, 1), key(1 << 32, 0)];
        for (place, one) in keys.iter().enumerate() {
            assert!(keys[place + 1..].iter().all(|other| other != one));
        }
    }
}
