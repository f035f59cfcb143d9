//! Versions of a model: a network with its weights under a name, with what was measured of it.

mod diff;
mod record;

use std::sync::Arc;

use ::engine::attack::SetReport;
use ::engine::train::Evaluation;
use ::engine::{Analysis, Graph};
use serde::{Deserialize, Serialize};

use crate::document::{OwnWeights, Snapshot};

pub use self::diff::{Answers, ClassChange, Difference, WeightChange, weight_changes};
pub use self::record::{VersionError, VersionRecord};

/// Longest name and note, in characters.
pub const LONGEST_NAME: usize = 80;
pub const LONGEST_NOTE: usize = 500;
/// Most versions that are kept.
pub const MOST: usize = 50;

/// The answers of a version to the test images of a data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tested {
    /// The title of the data set.
    pub set: String,
    pub classes: Vec<String>,
    pub accuracy: f64,
    /// Mean cross-entropy, in nats.
    pub loss: f64,
    /// Row by row: how many examples of the row's class were given the column's.
    pub confusion: Vec<u32>,
    /// Image, label and answer.
    pub answers: Vec<[u32; 3]>,
}

impl Tested {
    /// From an evaluation and its examples' image and answer; `label` tells an image's class.
    pub fn new(
        set: String,
        classes: Vec<String>,
        evaluation: &Evaluation,
        answers: impl Iterator<Item = (u32, u16)>,
        label: impl Fn(usize) -> Option<u16>,
    ) -> Self {
        let known = |(image, answer): (u32, u16)| {
            let label = label(image as usize)?;
            Some([image, u32::from(label), u32::from(answer)])
        };
        Self {
            set,
            classes,
            accuracy: evaluation.accuracy,
            loss: evaluation.loss,
            confusion: evaluation.confusion.clone(),
            answers: answers.filter_map(known).collect(),
        }
    }

    /// The share of a class's examples that are answered rightly; `None` where it has none.
    pub fn class_accuracy(&self, class: usize) -> Option<f64> {
        let classes = self.classes.len();
        let row = self.confusion.chunks(classes.max(1)).nth(class)?;
        let all: u64 = row.iter().map(|it| u64::from(*it)).sum();
        let right = u64::from(*row.get(class)?);
        (all > 0).then(|| right as f64 / all as f64)
    }
}

/// The accuracy on images that are other than those of the training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// What was shifted, as “Gaussian noise”.
    pub shift: String,
    /// The accuracy at severities 1 to 5.
    pub accuracy: [f64; 5],
}

/// What was measured under shifted data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drifts {
    pub images: u64,
    /// On the same images as they are.
    pub clean: f64,
    pub all: Vec<Drift>,
}

impl Drifts {
    /// From a study of corruptions; `None` from another study.
    pub fn of(report: &SetReport) -> Option<Self> {
        let SetReport::Corruptions {
            images,
            clean,
            rows,
        } = report
        else {
            return None;
        };
        let drift = |row: &::engine::attack::CorruptionRow| Drift {
            shift: row.corruption.name().to_owned(),
            accuracy: row.severities.map(|[_, accuracy]| accuracy),
        };
        Some(Self {
            images: *images,
            clean: *clean,
            all: rows.iter().map(drift).collect(),
        })
    }
}

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// Chosen at random, so that two pages do not choose the same.
    pub number: u64,
    pub name: String,
    pub note: String,
    /// When it was saved, in milliseconds since 1970.
    pub saved: f64,
    pub snapshot: Snapshot,
    pub parameters: u64,
    pub macs: u64,
    /// Of the file of weights.
    pub bytes: u64,
    pub tested: Option<Arc<Tested>>,
    pub drifts: Option<Arc<Drifts>>,
}

impl Version {
    /// Whether this network with these weights is it; `origin` tells which weights are there where
    /// it has none of its own.
    pub fn is(
        &self,
        graph: &Graph,
        weights: Option<&OwnWeights>,
        origin: Option<&'static str>,
    ) -> bool {
        // Opened, shipped weights have the version's own number.
        let opened = weights.is_some_and(|it| it.number == self.number);
        (opened || self.snapshot.has_weights(weights, origin)) && self.snapshot.graph == *graph
    }

    /// Parameters and multiply-adds of its network.
    pub fn figures(graph: &Graph) -> (u64, u64) {
        let total = Analysis::of(graph).total;
        (total.params(), total.macs)
    }
}

/// All versions, in the order in which they were saved.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Versions {
    all: Vec<Version>,
}

impl Versions {
    pub fn all(&self) -> &[Version] {
        &self.all
    }

    pub fn get(&self, number: u64) -> Option<&Version> {
        self.all.iter().find(|it| it.number == number)
    }

    fn get_mut(&mut self, number: u64) -> Option<&mut Version> {
        self.all.iter_mut().find(|it| it.number == number)
    }

    /// The name that the next version gets where the person gives none.
    pub fn next_name(&self) -> String {
        let taken = |name: &String| self.all.iter().any(|it| it.name == *name);
        let mut names = (self.all.len() + 1..).map(|it| format!("v{it}"));
        names.find(|name| !taken(name)).unwrap_or_default()
    }

    /// Keeps a version in the order of time.
    ///
    /// # Errors
    /// When there are too many, as a sentence.
    pub fn keep(&mut self, mut version: Version) -> Result<(), String> {
        if self.all.len() >= MOST {
            return Err(format!(
                "{MOST} versions are kept, which is the most. Delete one, then save this network."
            ));
        }
        version.name = cut(&version.name, LONGEST_NAME);
        version.note = cut(&version.note, LONGEST_NOTE);
        if version.name.is_empty() {
            version.name = self.next_name();
        }
        let place = self.all.partition_point(|it| it.saved <= version.saved);
        self.all.insert(place, version);
        Ok(())
    }

    /// Names a version; an empty name is none.
    pub fn rename(&mut self, number: u64, name: &str) {
        let name = cut(name, LONGEST_NAME);
        if let Some(version) = self.get_mut(number).filter(|_| !name.is_empty()) {
            version.name = name;
        }
    }

    pub fn annotate(&mut self, number: u64, note: &str) {
        if let Some(version) = self.get_mut(number) {
            version.note = cut(note, LONGEST_NOTE);
        }
    }

    pub fn test(&mut self, number: u64, tested: Tested) {
        if let Some(version) = self.get_mut(number) {
            version.tested = Some(Arc::new(tested));
        }
    }

    pub fn drift(&mut self, number: u64, drifts: Drifts) {
        if let Some(version) = self.get_mut(number) {
            version.drifts = Some(Arc::new(drifts));
        }
    }

    pub fn remove(&mut self, number: u64) {
        self.all.retain(|it| it.number != number);
    }

    /// The table as comma-separated values.
    pub fn csv(&self) -> String {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let some = |value: Option<f64>| value.map_or_else(String::new, |it| it.to_string());
        let row = |it: &Version| {
            format!(
                "{},{},{},{},{},{},{}\n",
                quoted(&it.name),
                quoted(&it.note),
                it.saved,
                it.parameters,
                it.macs,
                it.bytes,
                some(it.tested.as_ref().map(|it| it.accuracy)),
            )
        };
        let heading = "name,note,saved_ms,parameters,macs,bytes,accuracy\n".to_owned();
        std::iter::once(heading)
            .chain(self.all.iter().map(row))
            .collect()
    }
}

fn cut(text: &str, longest: usize) -> String {
    text.trim().chars().take(longest).collect()
}
