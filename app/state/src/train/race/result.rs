//! What the trainings of a race came to.

use super::rule::{Measure, Rule, TRAINING_PASSES};
use super::verdict::{Verdict, verdict};

/// The network on the validation examples, in the course of a training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// Examples that its steps took.
    pub examples: u64,
    /// Seconds that its steps took.
    pub seconds: f64,
    /// 0 to 1.
    pub accuracy: f64,
}

/// One training.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trial {
    pub seed: u64,
    /// In the order of the steps.
    pub marks: Vec<Mark>,
    /// Why it has no result, as a sentence.
    pub failure: Option<String>,
}

impl Trial {
    /// A validation; another of the same weights takes its place.
    pub fn mark(&mut self, mark: Mark) {
        self.marks.pop_if(|last| last.examples == mark.examples);
        self.marks.push(mark);
    }

    /// The last validation, unless the training failed.
    pub fn end(&self) -> Option<Mark> {
        let last = self.marks.last().copied();
        last.filter(|_| self.failure.is_none())
    }
}

/// An entrant with its trainings.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub number: u64,
    pub name: String,
    pub parameters: u64,
    /// Multiply-adds of a forward pass of one image.
    pub macs: u64,
    /// What was different from the entrant, each as a sentence.
    pub notes: Vec<String>,
    pub trials: Vec<Trial>,
}

impl Entry {
    fn marks(&self) -> impl Iterator<Item = Mark> {
        self.trials.iter().filter_map(Trial::end)
    }

    /// The accuracies at the end, one for each seed that has one.
    pub fn ends(&self) -> Vec<f64> {
        self.marks().map(|it| it.accuracy).collect()
    }

    /// Their mean.
    pub fn mean(&self) -> Option<f64> {
        mean(self.marks().map(|it| it.accuracy))
    }

    /// The least and the largest.
    pub fn range(&self) -> Option<(f64, f64)> {
        range(self.marks().map(|it| it.accuracy))
    }

    /// Seconds of a training's steps, the mean over the seeds.
    pub fn seconds(&self) -> Option<f64> {
        mean(self.marks().map(|it| it.seconds))
    }

    /// Examples of a training, the mean over the seeds.
    pub fn examples(&self) -> Option<f64> {
        mean(self.marks().map(|it| it.examples as f64))
    }

    /// Multiply-adds of a training.
    pub fn training_macs(&self) -> Option<f64> {
        Some(self.examples()? * (self.macs * TRAINING_PASSES) as f64)
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0, 0.0), |(count, sum), it| (count + 1, sum + it));
    (count > 0).then(|| sum / f64::from(count))
}

fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |range, it| {
        let (low, high) = range.unwrap_or((it, it));
        Some((it.min(low), it.max(high)))
    })
}

/// The seeds of an entrant at one place of the chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// In the unit of the race's measure.
    pub at: f64,
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}

/// A race that was run.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub rule: Rule,
    /// The set's name.
    pub on: String,
    /// Training examples of the set.
    pub examples: u64,
    pub entries: Vec<Entry>,
    /// The person ended it before all trainings were run.
    pub cancelled: bool,
}

impl Outcome {
    pub fn verdict(&self) -> Verdict {
        verdict(&self.entries)
    }

    /// The curve of an entrant: of the validations that all of its trainings have, and of the last of
    /// each.
    pub fn bands(&self, entry: &Entry) -> Vec<Band> {
        let trials = || entry.trials.iter().filter(|it| it.end().is_some());
        let Some(most) = trials().map(|it| it.marks.len()).min() else {
            return Vec::new();
        };
        let last = most.saturating_sub(1);
        (0..most)
            .filter_map(|at| {
                let mark = |trial: &Trial| {
                    let mark = if at == last {
                        trial.marks.last()
                    } else {
                        trial.marks.get(at)
                    };
                    mark.copied()
                };
                let marks = || trials().filter_map(mark);
                let (low, high) = range(marks().map(|it| it.accuracy))?;
                Some(Band {
                    at: mean(marks().map(|it| self.at(entry, &it)))?,
                    mean: mean(marks().map(|it| it.accuracy))?,
                    low,
                    high,
                })
            })
            .collect()
    }

    fn at(&self, entry: &Entry, mark: &Mark) -> f64 {
        let examples = mark.examples as f64;
        match self.rule.measure {
            Measure::Epochs => examples / self.examples.max(1) as f64,
            Measure::Examples => examples,
            Measure::Macs => {
                examples * (entry.macs * TRAINING_PASSES) as f64 / Measure::Macs.unit()
            }
            Measure::Seconds => mark.seconds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marks(accuracies: &[f64]) -> Vec<Mark> {
        let mark = |(at, accuracy): (u64, &f64)| Mark {
            examples: at * 100,
            seconds: at as f64,
            accuracy: *accuracy,
        };
        (1..).zip(accuracies).map(mark).collect()
    }

    fn trial(seed: u64, accuracies: &[f64]) -> Trial {
        Trial {
            seed,
            marks: marks(accuracies),
            failure: None,
        }
    }

    fn entry(trials: Vec<Trial>) -> Entry {
        Entry {
            number: 1,
            name: "X".to_owned(),
            parameters: 10,
            macs: 1_000_000,
            notes: Vec::new(),
            trials,
        }
    }

    fn outcome(measure: Measure) -> Outcome {
        Outcome {
            rule: Rule {
                measure,
                amount: 1.0,
            },
            on: "MNIST".to_owned(),
            examples: 200,
            entries: Vec::new(),
            cancelled: false,
        }
    }

    #[test]
    fn bands_hold_the_seeds_and_end_at_the_last_of_each() {
        let failed = Trial {
            failure: Some("It diverged.".to_owned()),
            ..trial(3, &[0.0, 0.0])
        };
        let entry = entry(vec![
            trial(1, &[0.5, 0.7]),
            trial(2, &[0.3, 0.6, 0.9]),
            failed,
        ]);
        let bands = outcome(Measure::Seconds).bands(&entry);
        let first = Band {
            at: 1.0,
            mean: 0.4,
            low: 0.3,
            high: 0.5,
        };
        assert_eq!(bands[0], first);
        assert_eq!(bands.len(), 2);
        // After 2 and after 3 seconds.
        assert_eq!((bands[1].at, bands[1].low, bands[1].high), (2.5, 0.7, 0.9));
        assert_eq!(entry.ends(), [0.7, 0.9]);
        assert_eq!(entry.range(), Some((0.7, 0.9)));
    }

    #[test]
    fn the_chart_is_over_what_the_race_is_equal_in() {
        let entry = entry(vec![trial(1, &[0.5])]);
        let at = |measure| outcome(measure).bands(&entry)[0].at;
        // 100 of 200 examples; 3 × 100 × a million are 0.3 billion.
        assert_eq!(at(Measure::Epochs), 0.5);
        assert_eq!(at(Measure::Examples), 100.0);
        assert!((at(Measure::Macs) - 0.3).abs() < 1e-12);
        assert_eq!(at(Measure::Seconds), 1.0);
        assert_eq!(entry.training_macs(), Some(3e8));
    }

    #[test]
    fn the_same_weights_have_one_mark() {
        let mut trial = trial(1, &[0.5, 0.6]);
        let again = Mark {
            seconds: 9.0,
            ..trial.marks[1]
        };
        trial.mark(again);
        assert_eq!(trial.marks.len(), 2);
        assert_eq!(trial.end(), Some(again));
    }
}
