//! A question with one right answer, which the file has as a salted digest only. That keeps it from
//! being read by accident; it is no security: whoever tries all choices or numbers finds it.

use serde::{Deserialize, Serialize};

use super::digest::digest;
use super::error::{ExerciseError, bounded};
use crate::format::number::{real, whole};

const MOST_QUESTION: usize = 4_000;
const MOST_OPTIONS: usize = 20;
/// The longest answer, in bytes.
pub(super) const MOST_ANSWER: usize = 2_000;

/// A question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    pub question: String,
    pub kind: Kind,
    pub key: Key,
}

/// How it is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Kind {
    /// One of these.
    Choice { options: Vec<String> },
    /// A number within the tolerance. The right one lies in a cell of the grid of cells twice the
    /// tolerance wide that begins at `offset`; the key is of that cell.
    Number { tolerance: f64, offset: f64 },
    /// A word or a few; case, spaces and a full stop at the end do not count.
    Text,
}

/// The right answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    pub salt: String,
    pub digest: String,
}

impl Question {
    /// A question with a choice.
    pub fn choice(question: &str, options: &[&str], right: usize, salt: &str) -> Self {
        let options: Vec<String> = options.iter().map(|&it| it.to_owned()).collect();
        let answer = options.get(right).cloned().unwrap_or_default();
        Self::of(question, Kind::Choice { options }, &answer, salt)
    }

    /// A question for a number.
    pub fn number(question: &str, right: f64, tolerance: f64, salt: &str) -> Self {
        let tolerance = tolerance.abs();
        let offset = match tolerance > 0.0 {
            true => (right - tolerance).rem_euclid(2.0 * tolerance),
            false => 0.0,
        };
        let kind = Kind::Number { tolerance, offset };
        Self::of(question, kind, &right.to_string(), salt)
    }

    /// A question for a word.
    pub fn text(question: &str, right: &str, salt: &str) -> Self {
        Self::of(question, Kind::Text, right, salt)
    }

    fn of(question: &str, kind: Kind, right: &str, salt: &str) -> Self {
        let normal = kind.normal(right);
        let digest = normal.first().map(|text| keyed(salt, text));
        Self {
            question: question.to_owned(),
            kind,
            key: Key {
                salt: salt.to_owned(),
                digest: digest.unwrap_or_default(),
            },
        }
    }

    /// Whether this is the right answer.
    pub fn is_right(&self, answer: &str) -> bool {
        let normal = self.kind.normal(answer);
        let is_key = |text: &String| keyed(&self.key.salt, text) == self.key.digest;
        normal.iter().any(is_key)
    }

    pub(super) fn check(&self, place: &str) -> Result<(), ExerciseError> {
        bounded(
            &format!("{place}: the question"),
            self.question.len(),
            MOST_QUESTION,
        )?;
        if let Kind::Choice { options } = &self.kind {
            bounded(
                &format!("{place}: the list of choices"),
                options.len(),
                MOST_OPTIONS,
            )?;
            for option in options {
                bounded(&format!("{place}: a choice"), option.len(), MOST_ANSWER)?;
            }
        }
        Ok(())
    }
}

impl Kind {
    /// The answer as it is compared; at the edge of a cell of numbers there are two, and none where it
    /// cannot be an answer.
    fn normal(&self, answer: &str) -> Vec<String> {
        let answer = answer.trim();
        if answer.is_empty() || answer.len() > MOST_ANSWER {
            return Vec::new();
        }
        match *self {
            Self::Choice { .. } => vec![answer.to_owned()],
            Self::Text => {
                let words = answer.trim_end_matches(['.', '!']).to_lowercase();
                let words: Vec<&str> = words.split_whitespace().collect();
                vec![words.join(" ")]
            }
            Self::Number { tolerance, offset } => {
                // The lab writes thousands with commas.
                let typed = whole(answer).map(f64::from).or_else(|_| real(answer));
                let Ok(number) = typed else {
                    return Vec::new();
                };
                if tolerance <= 0.0 {
                    return vec![number.to_string()];
                }
                // Both edges are within the tolerance, whatever rounding makes of them.
                let slack = 1e-9 * number.abs().max(tolerance);
                let cell =
                    |it: f64| format!("cell {}", ((it - offset) / (2.0 * tolerance)).floor());
                vec![cell(number - slack), cell(number + slack)]
            }
        }
    }
}

fn keyed(salt: &str, text: &str) -> String {
    digest(&[salt.as_bytes(), b"\n", text.as_bytes()])
}
