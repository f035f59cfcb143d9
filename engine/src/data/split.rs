//! Which images are for training, validation and test.

use serde::{Deserialize, Serialize};

use super::Random;

/// How the images of a data set are divided. Those held out are the test; where there are some, no
/// others are. The division of an image depends on the seed, its label and how many of its class
/// came before it: it stays when more images come.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Split {
    /// Share of each class.
    pub validation: f64,
    /// Share of each class, where no image is held out.
    pub test: f64,
    pub seed: u64,
}

impl Default for Split {
    fn default() -> Self {
        Self {
            validation: 0.1,
            test: 0.1,
            seed: 1,
        }
    }
}

/// Numbers of images, from 0, ascending; none is in two parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub training: Vec<u32>,
    pub validation: Vec<u32>,
    pub test: Vec<u32>,
}

/// One of the parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Training,
    Validation,
    Test,
}

impl Parts {
    /// The images of one part.
    pub fn of(&self, part: Part) -> &[u32] {
        match part {
            Part::Training => &self.training,
            Part::Validation => &self.validation,
            Part::Test => &self.test,
        }
    }
}

/// The images of one class are divided in blocks of so many, each block by the shares.
const BLOCK: usize = 20;

impl Split {
    /// Divides images with these labels, of which some may be held out, by their numbers.
    pub fn parts(&self, classes: u32, labels: &[u16], held_out: &[bool]) -> Parts {
        let given = held_out.contains(&true);
        let test = if given { 0.0 } else { self.test };
        let end_of = |share: f64| (share.clamp(0.0, 1.0) * BLOCK as f64 * BLOCK as f64) as usize;
        let (test, validation) = (end_of(test), end_of(test + self.validation));
        let mut parts = Parts::default();
        let mut seen = vec![0; classes as usize];
        let mut blocks = vec![[0; BLOCK]; classes as usize];
        for (index, (&label, &held_out)) in (0..).zip(labels.iter().zip(held_out)) {
            if held_out {
                parts.test.push(index);
                continue;
            }
            let class = usize::from(label);
            let (block, slot) = (seen[class] / BLOCK, seen[class] % BLOCK);
            seen[class] += 1;
            let mut random = Random::of(&[self.seed, 0x7370_6c69, class as u64, block as u64]);
            if slot == 0 {
                blocks[class] = std::array::from_fn(|place| place);
                random.shuffle(&mut blocks[class]);
            }
            // Spread over the whole of the block's range, so that shares that are no twentieths
            // come out over many blocks.
            let within = Random::of(&[self.seed, class as u64, block as u64]).below(BLOCK);
            let rank = blocks[class][slot] * BLOCK + within;
            if rank < test {
                parts.test.push(index);
            } else if rank < validation {
                parts.validation.push(index);
            } else {
                parts.training.push(index);
            }
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(split: &Split, labels: &[u16]) -> Parts {
        split.parts(10, labels, &vec![false; labels.len()])
    }

    #[test]
    fn each_class_is_divided_by_the_shares() {
        // 600 of each class in blocks: 30 blocks of 20, of which 2 and 3.
        let labels: Vec<u16> = (0..6000).map(|it| it % 10).collect();
        let split = Split {
            validation: 0.1,
            test: 0.15,
            seed: 3,
        };
        let parts = of(&split, &labels);
        for class in 0..10 {
            let count = |part: &[u32]| {
                let labels = part.iter().map(|&it| labels[it as usize]);
                labels.filter(|&label| label == class).count()
            };
            assert_eq!(count(&parts.test), 90);
            assert_eq!(count(&parts.validation), 60);
            assert_eq!(count(&parts.training), 450);
        }
        let other = Split { seed: 4, ..split };
        assert_ne!(of(&other, &labels), parts);
    }

    #[test]
    fn a_share_that_is_no_twentieth_comes_out_over_many_blocks() {
        let labels = vec![0; 20_000];
        let split = Split {
            validation: 1.0 / 12.0,
            test: 0.0,
            seed: 1,
        };
        let count = of(&split, &labels).validation.len();
        // 1666.7; one slot of 1000 blocks is drawn with a chance of 2/3: five deviations are 75.
        assert!((1592..1742).contains(&count), "{count}");
    }

    #[test]
    fn images_that_are_held_out_are_the_test() {
        let parts = Split::default().parts(2, &[0, 1, 0, 1], &[false, false, true, true]);
        assert_eq!(parts.test, [2, 3]);
    }

    proptest! {
        #[test]
        fn parts_never_overlap_and_stay_when_more_images_come(
            labels in prop::collection::vec(0..10_u16, 1..300),
            more in prop::collection::vec(0..10_u16, 0..300),
            (validation, test) in (0.0..0.5, 0.0..0.5),
            seed: u64,
        ) {
            let split = Split { validation, test, seed };
            let parts = of(&split, &labels);
            let all = [parts.training.clone(), parts.validation.clone(), parts.test.clone()];
            let mut all = all.concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..labels.len() as u32).collect::<Vec<_>>());
            let longer = of(&split, &[labels.clone(), more].concat());
            prop_assert!(longer.training.starts_with(&parts.training));
            prop_assert!(longer.validation.starts_with(&parts.validation));
            prop_assert!(longer.test.starts_with(&parts.test));
        }
    }
}
