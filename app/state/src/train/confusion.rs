//! Which classes are taken for which, from the counts of an evaluation.

use super::Answered;

/// How many examples of each class were given each class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    classes: usize,
    /// Row by row: those of the row's class that were given the column's.
    counts: Vec<u32>,
}

/// A pair of classes that is taken for one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Confused {
    pub label: usize,
    pub answer: usize,
    pub count: u32,
}

impl Confusion {
    /// From an evaluation's counts; `None` where they are not a square.
    pub fn of(counts: &[u32]) -> Option<Self> {
        let classes = counts.len().isqrt();
        (classes * classes == counts.len()).then(|| Self {
            classes,
            counts: counts.to_vec(),
        })
    }

    pub const fn classes(&self) -> usize {
        self.classes
    }

    /// Examples of `label` that were given `answer`.
    pub fn count(&self, label: usize, answer: usize) -> u32 {
        let place = label * self.classes + answer;
        self.counts.get(place).copied().unwrap_or_default()
    }

    /// Examples of this class.
    pub fn examples(&self, label: usize) -> u32 {
        (0..self.classes).map(|it| self.count(label, it)).sum()
    }

    /// Examples of this class that were given another.
    pub fn errors(&self, label: usize) -> u32 {
        self.examples(label) - self.count(label, label)
    }

    /// All examples that were given another class than theirs.
    pub fn all_errors(&self) -> u32 {
        (0..self.classes).map(|it| self.errors(it)).sum()
    }

    /// All examples.
    pub fn all(&self) -> u32 {
        self.counts.iter().sum()
    }

    /// The share of a class's examples that were given their own; `None` where it has none.
    pub fn accuracy(&self, label: usize) -> Option<f64> {
        let all = self.examples(label);
        (all > 0).then(|| f64::from(self.count(label, label)) / f64::from(all))
    }

    /// The share of the row's errors that went to this class, 0 on the diagonal.
    pub fn share_of_errors(&self, label: usize, answer: usize) -> f64 {
        let errors = self.errors(label);
        if label == answer || errors == 0 {
            return 0.0;
        }
        f64::from(self.count(label, answer)) / f64::from(errors)
    }

    /// The pairs that are confused most often, the most frequent first.
    pub fn most_confused(&self, most: usize) -> Vec<Confused> {
        let pairs = (0..self.classes).flat_map(|label| {
            (0..self.classes)
                .filter(move |&answer| answer != label)
                .map(move |answer| (label, answer))
        });
        let confused = pairs.map(|(label, answer)| Confused {
            label,
            answer,
            count: self.count(label, answer),
        });
        let mut confused: Vec<Confused> = confused.filter(|it| it.count > 0).collect();
        confused.sort_by_key(|it| std::cmp::Reverse(it.count));
        confused.truncate(most);
        confused
    }
}

/// The examples of one cell, those with the greatest loss first.
pub fn examples_of(
    answers: &[Answered],
    label_of: impl Fn(u32) -> Option<u16>,
    (label, answer): (usize, usize),
) -> Vec<Answered> {
    let is_of = |it: &&Answered| {
        usize::from(it.answer) == answer
            && label_of(it.image).is_some_and(|it| usize::from(it) == label)
    };
    let mut found: Vec<Answered> = answers.iter().filter(is_of).copied().collect();
    found.sort_by(|a, b| b.loss.total_cmp(&a.loss));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Labels 0 0 0 1 1 2 2 2 2 with answers 0 1 1 1 1 0 1 1 2.
    const COUNTS: [u32; 9] = [1, 2, 0, 0, 2, 0, 1, 2, 1];

    #[test]
    fn rows_are_labels_and_columns_answers() {
        let confusion = Confusion::of(&COUNTS).unwrap();
        assert_eq!(confusion.classes(), 3);
        assert_eq!(confusion.count(0, 1), 2);
        assert_eq!(confusion.count(1, 0), 0);
        assert_eq!(confusion.examples(2), 4);
        assert_eq!((confusion.errors(2), confusion.all_errors()), (3, 5));
        assert_eq!(confusion.all(), 9);
        assert_eq!(confusion.accuracy(0), Some(1.0 / 3.0));
        assert_eq!(confusion.accuracy(1), Some(1.0));
        assert_eq!(confusion.share_of_errors(2, 1), 2.0 / 3.0);
        assert_eq!(confusion.share_of_errors(2, 2), 0.0);
        assert_eq!(confusion.share_of_errors(1, 0), 0.0);
        let worst = confusion.most_confused(2);
        assert_eq!(
            worst[0],
            Confused {
                label: 0,
                answer: 1,
                count: 2
            }
        );
        assert_eq!((worst[1].label, worst[1].answer), (2, 1));
    }

    #[test]
    fn counts_that_are_no_square_and_classes_without_examples() {
        assert_eq!(Confusion::of(&[1, 2, 3]), None);
        let confusion = Confusion::of(&[0, 0, 0, 1]).unwrap();
        assert_eq!(confusion.accuracy(0), None);
    }

    #[test]
    fn a_cell_has_the_images_that_it_counts() {
        let labels = [0_u16, 0, 0, 1, 1, 2, 2, 2, 2];
        let answers = [0_u16, 1, 1, 1, 1, 0, 1, 1, 2];
        let answered: Vec<Answered> = (0..9_u16)
            .map(|image| Answered {
                image: image.into(),
                answer: answers[usize::from(image)],
                loss: image.into(),
            })
            .collect();
        let label_of = |image: u32| labels.get(image as usize).copied();
        let confusion = Confusion::of(&COUNTS).unwrap();
        for label in 0..3 {
            for answer in 0..3 {
                let found = examples_of(&answered, label_of, (label, answer));
                assert_eq!(found.len(), confusion.count(label, answer) as usize);
            }
        }
        let images: Vec<u32> = examples_of(&answered, label_of, (2, 1))
            .iter()
            .map(|it| it.image)
            .collect();
        assert_eq!(images, [7, 6]);
    }
}
