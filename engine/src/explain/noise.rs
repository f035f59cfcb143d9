//! Seeded normal noise: Box and Muller (1958) on SplitMix64, the same on every machine.

use crate::data::Random;

/// `count` normal numbers of mean 0 and deviation 1, of this stream.
pub fn gaussian(seed: u64, stream: u64, count: usize) -> Vec<f32> {
    let mut random = Random::of(&[seed, stream]);
    let mut all = Vec::with_capacity(count + 1);
    while all.len() < count {
        // From above 0, of which there is a logarithm, up to 1.
        let length = 1.0 - f64::from(random.unit());
        let radius = libm::sqrt(-2.0 * libm::log(length));
        let angle = std::f64::consts::TAU * f64::from(random.unit());
        all.push((radius * libm::cos(angle)) as f32);
        all.push((radius * libm::sin(angle)) as f32);
    }
    all.truncate(count);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_noise_is_normal_and_each_stream_its_own() {
        let noise = gaussian(1, 2, 40_000);
        let mean = |power: i32| {
            let sum: f64 = noise.iter().map(|&it| f64::from(it).powi(power)).sum();
            sum / noise.len() as f64
        };
        // Moments of the normal distribution: 0, 1, 0, 3; five standard errors of each are
        // 5·√(1, 2, 15, 96)/200.
        assert!(mean(1).abs() < 0.025, "{}", mean(1));
        assert!((mean(2) - 1.0).abs() < 0.036, "{}", mean(2));
        assert!(mean(3).abs() < 0.097, "{}", mean(3));
        assert!((mean(4) - 3.0).abs() < 0.245, "{}", mean(4));
        assert_eq!(gaussian(1, 2, 3), noise[..3]);
        assert_ne!(gaussian(1, 3, 3), noise[..3]);
        assert_ne!(gaussian(2, 2, 3), noise[..3]);
    }
}
