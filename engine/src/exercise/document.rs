//! An exercise as a document.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::check::Check;
use super::digest::digest;
use super::error::{ExerciseError, bounded, malformed, not_written};
use crate::format::{Experiment, encoding, json as documents};
use crate::graph::MAX_NAME;

const WHAT: &str = "an exercise";
const KEY: &str = "cnn-lab-exercise";
/// The version that is written, and the newest that is read.
const VERSION: u64 = 1;
/// The longest document, in bytes.
const MOST_DOCUMENT: usize = 4 << 20;
/// The longest task text, in bytes.
pub const MOST_TEXT: usize = 64 << 10;
/// The most checks.
pub const MOST_CHECKS: usize = 50;

/// A task with what it starts from and how it is checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Exercise {
    pub title: String,
    /// Markdown.
    pub text: String,
    /// Network, settings and locks.
    pub start: Experiment,
    pub checks: Vec<Item>,
}

/// A check and what it counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    pub points: u32,
    #[serde(flatten)]
    pub check: Check,
}

impl Exercise {
    /// All points.
    pub fn points(&self) -> u32 {
        let points = self.checks.iter().map(|item| item.points);
        points.fold(0, u32::saturating_add)
    }

    /// The document, indented.
    ///
    /// # Errors
    /// When the start cannot be written, or it is longer than what is read.
    pub fn write(&self) -> Result<String, ExerciseError> {
        let text = serde_json::to_string_pretty(&self.value()?).map_err(not_written)?;
        bounded("the exercise", text.len(), MOST_DOCUMENT)?;
        Ok(text)
    }

    /// # Errors
    /// When the text is no exercise, of a newer version or larger than is allowed.
    pub fn read(text: impl AsRef<[u8]>) -> Result<Self, ExerciseError> {
        let value = parsed(text.as_ref(), MOST_DOCUMENT)?;
        check_version(&value, KEY, WHAT, VERSION)?;
        Self::of_value(&value)
    }

    /// What tells this exercise from one that was changed.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn digest(&self) -> Result<String, ExerciseError> {
        let mut value = self.value()?;
        let written = value["checks"].as_array_mut().into_iter().flatten();
        for (written, item) in written.zip(&self.checks) {
            // Programs deflate one drawing in several ways.
            if let Check::Reads { drawing, .. } | Check::Flips { drawing, .. } = &item.check {
                written["drawing"]["ink"] = digest(&[&drawing.ink]).into();
            }
        }
        Ok(digest(&[value.to_string().as_bytes()]))
    }

    pub(super) fn value(&self) -> Result<Value, ExerciseError> {
        Ok(json!({
            KEY: VERSION,
            "title": self.title,
            "text": self.text,
            "start": experiment_value(&self.start)?,
            "checks": serde_json::to_value(&self.checks).map_err(not_written)?,
        }))
    }

    /// Of a document whose version is known.
    pub(super) fn of_value(value: &Value) -> Result<Self, ExerciseError> {
        let text = |key: &str| match &value[key] {
            Value::String(text) => Ok(text.clone()),
            Value::Null => Ok(String::new()),
            _ => Err(malformed(
                &format!("the exercise's “{key}”"),
                "it is no text",
            )),
        };
        let (title, task) = (text("title")?, text("text")?);
        bounded("the exercise's title", title.len(), MAX_NAME)?;
        bounded("the exercise's text", task.len(), MOST_TEXT)?;
        let start = experiment_of(&value["start"])?;
        let listed = value["checks"].as_array();
        let listed = listed.ok_or_else(|| malformed("the list of checks", "it is missing"))?;
        bounded("the list of checks", listed.len(), MOST_CHECKS)?;
        let mut checks = Vec::with_capacity(listed.len());
        for (item, number) in listed.iter().zip(1..) {
            let place = format!("check {number}");
            let item = Item::deserialize(item).map_err(|error| malformed(&place, error))?;
            item.check.check(&place)?;
            checks.push(item);
        }
        Ok(Self {
            title,
            text: task,
            start,
            checks,
        })
    }
}

/// An experiment's document as a value.
pub(super) fn experiment_value(experiment: &Experiment) -> Result<Value, ExerciseError> {
    let text = documents::write_experiment(experiment)?;
    serde_json::from_str(&text).map_err(not_written)
}

pub(super) fn experiment_of(value: &Value) -> Result<Experiment, ExerciseError> {
    Ok(documents::read_experiment(value.to_string())?)
}

/// JSON that is not longer than this.
pub(super) fn parsed(bytes: &[u8], limit: usize) -> Result<Value, ExerciseError> {
    let got = bytes.len();
    if got > limit {
        return Err(ExerciseError::TooLong { got, limit });
    }
    let text = encoding::as_utf_8(bytes).map_err(|why| ExerciseError::NotJson { why })?;
    serde_json::from_slice(&text).map_err(|error| ExerciseError::NotJson {
        why: error.to_string(),
    })
}

pub(super) fn check_version(
    value: &Value,
    key: &'static str,
    what: &'static str,
    newest: u64,
) -> Result<(), ExerciseError> {
    match value.get(key).and_then(Value::as_u64) {
        None | Some(0) => Err(ExerciseError::Other { what, key }),
        Some(got) if got > newest => Err(ExerciseError::TooNew { what, got, newest }),
        Some(_) => Ok(()),
    }
}
