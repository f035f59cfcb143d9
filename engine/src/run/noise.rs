//! The numbers of `weights::noise` made on a device, in parallel.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use super::params::is_large;
use crate::weights::noise::{
    CENTRE, CENTRE_END, MULTIPLIERS, ODD_STEP, SHIFTS, STEP, Stream, TAIL, uniform_numbers,
};

/// `count` numbers, uniform in ± `bound`.
pub fn uniform(key: u32, count: usize, bound: f32, device: &Device) -> Tensor<1> {
    if device.clone().inner() == super::cpu() {
        return sent(uniform_numbers(key, count, bound).collect(), device);
    }
    by_tensors(key, count, bound, device)
}

/// With tensor operations only, so that the device computes them.
fn by_tensors(key: u32, count: usize, bound: f32, device: &Device) -> Tensor<1> {
    all_in_range(all_mixed(places(key, count, device)), bound)
}

/// A stream's numbers, uniform in ± `bound`.
pub fn uniform_of(stream: Stream, count: usize, bound: f32, device: &Device) -> Tensor<1> {
    if is_made_here(count, device) {
        return sent(stream.uniform_numbers(count, bound).collect(), device);
    }
    all_in_range(all_bits(stream, count, device), bound)
}

/// A stream's numbers, normal with this standard deviation. On a graphics device by its own
/// logarithm.
pub fn normal_of(stream: Stream, count: usize, deviation: f32, device: &Device) -> Tensor<1> {
    if is_made_here(count, device) {
        return sent(stream.normal_numbers(count, deviation).collect(), device);
    }
    all_normal(all_bits(stream, count, device)).mul_scalar(deviation)
}

/// On the CPU, and where uploading costs less than computing.
fn is_made_here(count: usize, device: &Device) -> bool {
    !is_large(count) || device.clone().inner() == super::cpu()
}

fn sent(numbers: Vec<f32>, device: &Device) -> Tensor<1> {
    let count = numbers.len();
    Tensor::from_data(TensorData::new(numbers, [count]), device)
}

fn all_bits(stream: Stream, count: usize, device: &Device) -> Tensor<1, Int> {
    let once = all_mixed(places(stream.0[0], count, device));
    all_mixed(once.bitwise_xor_scalar(stream.0[1] as i32))
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
    use crate::weights::noise::tests::streams;

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
    fn a_stream_s_tensors_are_its_plain_numbers() {
        let device = crate::run::cpu();
        for stream in streams() {
            let plain = values(uniform_of(stream, 5000, 0.37, &device));
            let tensor = all_in_range(all_bits(stream, 5000, &device), 0.37);
            assert_eq!(plain, values(tensor));
            let plain = values(normal_of(stream, 5000, 1.0, &device));
            let tensor = values(all_normal(all_bits(stream, 5000, &device)));
            // Two logarithms that may differ in the last bit.
            for (plain, tensor) in plain.iter().zip(tensor) {
                assert!((plain - tensor).abs() < 4e-6, "{plain} and {tensor}");
            }
        }
    }
}
