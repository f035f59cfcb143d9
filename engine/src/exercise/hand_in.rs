//! What a student hands in: everything that the checks need, and what the student's page found.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::digest::digest;
use super::document::{Exercise, check_version, experiment_of, experiment_value, parsed};
use super::error::{ExerciseError, bounded, malformed, not_written};
use super::question::MOST_ANSWER;
use super::{Found, MOST_CHECKS};
use crate::format::Experiment;
use crate::train::Run;

const WHAT: &str = "a result file";
const KEY: &str = "cnn-lab-result";
const VERSION: u64 = 1;
/// The largest file.
pub const MOST_BYTES: usize = 128 << 20;
const MOST_EDITS: usize = 5_000;
const MOST_STUDENT: usize = 200;

/// What a student hands in.
#[derive(Clone, Debug, PartialEq)]
pub struct HandIn {
    pub exercise: Exercise,
    /// The student's name as typed.
    pub student: String,
    /// The network with its settings.
    pub experiment: Experiment,
    /// Its weights: a checkpoint or another safetensors file.
    pub weights: Option<Vec<u8>>,
    /// How the weights came, if the lab trained them.
    pub training: Option<Training>,
    /// The answers by the place of their check.
    pub answers: BTreeMap<usize, String>,
    /// The changed pictures by the place of their check, values of 0 to 1.
    pub pictures: BTreeMap<usize, Vec<f32>>,
    pub history: Vec<Edited>,
    /// What the student's page found, a claim for each check.
    pub claims: Vec<Claim>,
    /// The version of the lab.
    pub lab: String,
    /// The digest that the file has of the exercise, and whether what it has of its weights and of
    /// itself is right.
    pub exercise_digest: String,
    pub sealed: bool,
    pub weights_sealed: bool,
}

/// A training that can be repeated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// The data set's name.
    pub data: String,
    /// How many images of it the training knew.
    pub images: u64,
    /// The seed of the weights that it began with; `None` where it began with other weights.
    pub first_seed: Option<u64>,
    pub run: Run,
}

/// A step of the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edited {
    /// What was done, or the network then.
    pub name: String,
    /// Milliseconds since 1970, UTC; 0 where unknown.
    pub at: f64,
}

/// What the student's page found for a check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    pub value: Found,
    pub pass: bool,
}

/// As it is written; the seal is of this without the seal.
#[derive(Serialize, Deserialize)]
struct Written {
    #[serde(rename = "cnn-lab-result")]
    version: u64,
    lab: String,
    student: String,
    exercise_digest: String,
    exercise: Value,
    experiment: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    training: Option<Training>,
    #[serde(default)]
    answers: BTreeMap<usize, String>,
    #[serde(default)]
    claims: Vec<Claim>,
    #[serde(default)]
    history: Vec<Edited>,
    #[serde(default)]
    pictures: BTreeMap<usize, Bytes>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weights: Option<Bytes>,
    #[serde(default)]
    weights_digest: String,
    #[serde(default)]
    seal: String,
}

/// Bytes as base64.
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64_STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let bytes = BASE64_STANDARD.decode(text);
        Ok(Self(bytes.map_err(serde::de::Error::custom)?))
    }
}

impl HandIn {
    /// The file, sealed.
    ///
    /// # Errors
    /// When a part cannot be written, or it is larger than what is read.
    pub fn write(&self) -> Result<Vec<u8>, ExerciseError> {
        let weights = self.weights.clone().unwrap_or_default();
        let bytes = |picture: &Vec<f32>| {
            let bytes = picture.iter().flat_map(|value| value.to_le_bytes());
            Bytes(bytes.collect())
        };
        let pictures = self.pictures.iter();
        let mut written = Written {
            version: VERSION,
            lab: self.lab.clone(),
            student: self.student.clone(),
            exercise_digest: self.exercise.digest()?,
            exercise: self.exercise.value()?,
            experiment: experiment_value(&self.experiment)?,
            training: self.training.clone(),
            answers: self.answers.clone(),
            claims: self.claims.clone(),
            history: self.history.clone(),
            pictures: pictures
                .map(|(&place, picture)| (place, bytes(picture)))
                .collect(),
            weights_digest: digest(&[&weights]),
            weights: self.weights.clone().map(Bytes),
            seal: String::new(),
        };
        written.seal = seal(&mut written)?;
        let file = serde_json::to_vec(&written).map_err(not_written)?;
        bounded("the result file", file.len(), MOST_BYTES)?;
        Ok(file)
    }

    /// # Errors
    /// When the file is no hand-in, of a newer version, cut short or too large.
    pub fn read(file: &[u8]) -> Result<Self, ExerciseError> {
        let value = parsed(file, MOST_BYTES)?;
        check_version(&value, KEY, WHAT, VERSION)?;
        let mut written =
            Written::deserialize(value).map_err(|error| malformed("the result file", error))?;
        let told = std::mem::take(&mut written.seal);
        let sealed = seal(&mut written)? == told;
        check_version(
            &written.exercise,
            "cnn-lab-exercise",
            "a result file with an exercise",
            1,
        )?;
        let exercise = Exercise::of_value(&written.exercise)?;
        let weights = written.weights.map(|it| it.0);
        bounded("the student's name", written.student.len(), MOST_STUDENT)?;
        bounded("the list of answers", written.answers.len(), MOST_CHECKS)?;
        bounded("the list of claims", written.claims.len(), MOST_CHECKS)?;
        bounded("the history", written.history.len(), MOST_EDITS)?;
        for answer in written.answers.values() {
            bounded("an answer", answer.len(), MOST_ANSWER)?;
        }
        let experiment = experiment_of(&written.experiment)?;
        let size = experiment.graph.input().elements() as usize;
        let mut pictures = BTreeMap::new();
        for (place, Bytes(bytes)) in written.pictures {
            let (values, rest) = bytes.as_chunks::<4>();
            if !rest.is_empty() || values.len() != size {
                let why = "it does not have the size of the network's input";
                return Err(malformed(
                    &format!("the picture of check {}", place + 1),
                    why,
                ));
            }
            let values = values.iter().map(|it| f32::from_le_bytes(*it));
            pictures.insert(place, values.collect());
        }
        Ok(Self {
            weights_sealed: digest(&[weights.as_deref().unwrap_or_default()])
                == written.weights_digest,
            exercise,
            student: written.student,
            experiment,
            weights,
            training: written.training,
            answers: written.answers,
            pictures,
            history: written.history,
            claims: written.claims,
            lab: written.lab,
            exercise_digest: written.exercise_digest,
            sealed,
        })
    }
}

/// The digest of all of it, whose seal is empty.
fn seal(written: &mut Written) -> Result<String, ExerciseError> {
    written.seal = String::new();
    let bytes = serde_json::to_vec(written).map_err(not_written)?;
    Ok(digest(&[b"cnn-lab-result", &bytes]))
}
