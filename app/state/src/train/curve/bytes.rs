//! A curve as bytes, for the storage: exact, and a quarter of what its text would take.

use super::{Check, Curve, Sample};

/// Numbers of 8 bytes of one sample …
const SAMPLE: usize = 8;
/// … and of one check.
const CHECK: usize = 4;
/// Stride, steps, samples and checks.
const HEAD: usize = 4;

impl Curve {
    /// All numbers as little-endian 64-bit floats, which hold whole numbers below 2⁵³ exactly.
    pub fn to_bytes(&self) -> Vec<u8> {
        let head = [
            self.stride as f64,
            self.steps as f64,
            self.samples.len() as f64,
            self.checks.len() as f64,
        ];
        let sample = |it: &Sample| {
            [
                it.step as f64,
                it.steps as f64,
                it.epoch,
                it.loss,
                it.accuracy,
                it.rate,
                it.gradient_norm,
                it.examples_per_second,
            ]
        };
        let check = |it: &Check| [it.step as f64, f64::from(it.epoch), it.loss, it.accuracy];
        let samples = self.samples.iter().flat_map(sample);
        let checks = self.checks.iter().flat_map(check);
        let all = head.into_iter().chain(samples).chain(checks);
        all.flat_map(f64::to_le_bytes).collect()
    }

    /// The curve of [`Self::to_bytes`]; `None` for bytes that are of none.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (numbers, rest) = bytes.as_chunks::<8>();
        let numbers: Vec<f64> = numbers.iter().map(|it| f64::from_le_bytes(*it)).collect();
        let (&[stride, steps, samples, checks], numbers) = numbers.split_first_chunk::<HEAD>()?;
        let (samples, checks) = (whole(samples)? as usize, whole(checks)? as usize);
        let wanted = samples
            .checked_mul(SAMPLE)?
            .checked_add(checks.checked_mul(CHECK)?)?;
        if !rest.is_empty() || numbers.len() != wanted {
            return None;
        }
        let (samples, checks) = numbers.split_at_checked(samples * SAMPLE)?;
        let sample = |it: &[f64; SAMPLE]| {
            let &[
                step,
                steps,
                epoch,
                loss,
                accuracy,
                rate,
                gradient_norm,
                speed,
            ] = it;
            Some(Sample {
                step: whole(step)?,
                steps: whole(steps).filter(|it| *it > 0)?,
                epoch,
                loss,
                accuracy,
                rate,
                gradient_norm,
                examples_per_second: speed,
            })
        };
        let check = |&[step, epoch, loss, accuracy]: &[f64; CHECK]| {
            Some(Check {
                step: whole(step)?,
                epoch: u32::try_from(whole(epoch)?).ok()?,
                loss,
                accuracy,
            })
        };
        let samples = samples.as_chunks().0.iter().map(sample);
        let checks = checks.as_chunks().0.iter().map(check);
        Some(Self {
            samples: samples.collect::<Option<_>>()?,
            checks: checks.collect::<Option<_>>()?,
            stride: whole(stride).filter(|it| *it > 0)?,
            steps: whole(steps)?,
        })
    }
}

/// A whole number that a 64-bit float holds exactly.
fn whole(number: f64) -> Option<u64> {
    let exact = (0.0..=9_007_199_254_740_992.0).contains(&number) && number.fract() == 0.0;
    exact.then_some(number as u64)
}

#[cfg(test)]
mod tests {
    use engine::train::Point;

    use super::*;

    fn curve(steps: u64) -> Curve {
        let mut curve = Curve::default();
        for step in 1..=steps {
            curve.push(&Point {
                step,
                steps: 100_000,
                epoch: 3,
                loss: 1.0 / step as f64,
                accuracy: 0.1,
                rate: 0.01,
                gradient_norm: f64::INFINITY,
                examples_per_second: 1234.5,
            });
        }
        curve.check(Check {
            step: steps,
            epoch: 3,
            loss: 0.3,
            accuracy: 0.9,
        });
        curve
    }

    #[test]
    fn a_curve_is_read_as_it_was_and_goes_on() {
        // One with all steps, and one whose samples are means.
        for steps in [0, 10, 10_000] {
            let mut before = curve(steps);
            let mut after = Curve::from_bytes(&before.to_bytes()).unwrap();
            assert_eq!(after, before);
            for curve in [&mut before, &mut after] {
                curve.push(&Point {
                    step: steps + 1,
                    steps: 100_000,
                    epoch: 3,
                    loss: 0.5,
                    accuracy: 0.5,
                    rate: 0.1,
                    gradient_norm: 1.0,
                    examples_per_second: 1.0,
                });
            }
            assert_eq!(after, before);
        }
    }

    #[test]
    fn bytes_of_something_else_are_refused() {
        let whole = curve(10).to_bytes();
        assert_eq!(Curve::from_bytes(&[]), None);
        assert_eq!(Curve::from_bytes(&whole[..whole.len() - 8]), None);
        assert_eq!(Curve::from_bytes(&whole[..whole.len() - 1]), None);
        // No stride; a count beyond all memory; half a step.
        for (place, number) in [(0, 0.0), (2, 1e15), (4, 1.5), (4, -1.0), (4, f64::NAN)] {
            let mut bytes = whole.clone();
            bytes[place * 8..place * 8 + 8].copy_from_slice(&f64::to_le_bytes(number));
            assert_eq!(Curve::from_bytes(&bytes), None, "{place} {number}");
        }
    }
}
