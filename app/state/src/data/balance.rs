//! How a set is divided, and whether its classes are of like size.

use engine::data::Split;

/// The numbers of images for training, validation and test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartCounts {
    pub training: u64,
    pub validation: u64,
    pub test: u64,
}

/// The labels of a whole set, in the order of the images' numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    pub labels: Vec<u16>,
    /// Which images are for the test only.
    pub held_out: Vec<bool>,
}

impl Labels {
    /// The images of each class.
    pub fn counts(&self, classes: usize) -> Vec<u64> {
        let mut counts = vec![0; classes];
        for &label in &self.labels {
            if let Some(count) = counts.get_mut(usize::from(label)) {
                *count += 1;
            }
        }
        counts
    }

    /// How the engine divides the set.
    pub fn divided(&self, classes: usize, split: &Split) -> PartCounts {
        let parts = split.parts(classes as u32, &self.labels, &self.held_out);
        PartCounts {
            training: parts.training.len() as u64,
            validation: parts.validation.len() as u64,
            test: parts.test.len() as u64,
        }
    }
}

/// Classes of which the largest has more than this many times the images of the smallest are out of
/// balance: a network then does well by answering the largest.
const BALANCED: u64 = 2;

/// The smallest and the largest class, where these are out of balance.
pub fn imbalance(counts: &[u64]) -> Option<(usize, usize)> {
    let (smallest, least) = counts.iter().enumerate().min_by_key(|(_, count)| **count)?;
    // The first of the largest.
    let largest = counts.iter().enumerate().rev();
    let (largest, most) = largest.max_by_key(|(_, count)| **count)?;
    (*most > BALANCED * *least).then_some((smallest, largest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_that_differ_by_more_than_twice_are_out_of_balance() {
        assert_eq!(imbalance(&[20, 40, 30]), None);
        assert_eq!(imbalance(&[20, 41, 30, 41]), Some((0, 1)));
        assert_eq!(imbalance(&[5, 0]), Some((1, 0)));
        assert_eq!(imbalance(&[0, 0]), None);
        assert_eq!(imbalance(&[]), None);
    }

    #[test]
    fn all_images_are_in_one_part_and_those_held_out_are_the_test() {
        let labels = Labels {
            labels: (0..700).map(|it| it % 7).collect(),
            held_out: (0..700).map(|it| it < 140).collect(),
        };
        let split = Split {
            validation: 0.25,
            test: 0.5,
            seed: 1,
        };
        // Five of each block of twenty, and four whole blocks of each class.
        let wanted = PartCounts {
            training: 420,
            validation: 140,
            test: 140,
        };
        assert_eq!(labels.divided(7, &split), wanted);
        assert_eq!(labels.counts(7), [100; 7]);
    }
}
