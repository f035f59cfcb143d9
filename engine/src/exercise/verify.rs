//! What a hand-in says beside what was computed from its contents.

use std::fmt;

use serde::Serialize;

use super::{Claim, Exercise, ExerciseError, Found, HandIn};
use crate::checkpoint::{Weights, WeightsError};
use crate::format::csv as lines;

/// What came of one file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    pub file: String,
    pub student: String,
    pub title: String,
    /// By what was computed.
    pub points: u32,
    pub of: u32,
    pub rows: Vec<Row>,
    pub disagreements: Vec<Disagreement>,
    /// What was not computed again, and why.
    pub notes: Vec<String>,
    /// Why the file was not read.
    pub refused: Option<String>,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    pub check: String,
    pub points: u32,
    pub claimed: Option<Claim>,
    pub computed: Found,
    pub pass: bool,
    pub agrees: bool,
}

/// What does not agree.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "differs", rename_all = "snake_case")]
pub enum Disagreement {
    /// The file is not as the lab wrote it.
    Seal,
    /// The weights are not those that the lab wrote.
    WeightsDigest,
    /// The weights cannot be used.
    Weights { why: String },
    /// The exercise in the file is not the one that was given out.
    Exercise,
    /// The file claims something of this many checks.
    Claims { claimed: usize, checks: usize },
    Check {
        /// From 1.
        number: usize,
        check: String,
        claimed: String,
        computed: String,
    },
    /// The training does not lead to the weights.
    Training { why: String },
}

impl fmt::Display for Disagreement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seal => out.write_str("the file was changed after the lab wrote it"),
            Self::WeightsDigest => {
                out.write_str("the weights were changed after the lab wrote the file")
            }
            Self::Weights { why } => write!(out, "weights: {why}"),
            Self::Exercise => out.write_str("the exercise in the file is not the one given out"),
            Self::Claims { claimed, checks } => write!(
                out,
                "the file has values of {claimed} checks, and the exercise has {checks}"
            ),
            Self::Check {
                number,
                check,
                claimed,
                computed,
            } => write!(
                out,
                "check {number} ({check}): claimed {claimed}, computed {computed}"
            ),
            Self::Training { why } => write!(out, "training: {why}"),
        }
    }
}

impl Verdict {
    /// Whether everything in the file agrees.
    pub fn agrees(&self) -> bool {
        self.refused.is_none() && self.disagreements.is_empty()
    }
}

/// Whether the weights are those of the network; what is wrong with them.
pub fn check_weights(hand_in: &HandIn) -> Option<WeightsError> {
    let weights = hand_in.weights.as_deref()?;
    Weights::read(&hand_in.experiment.graph, weights).err()
}

/// Judges a hand-in by the values that were computed, one for each check of `exercise`: the one that was
/// given out, or that in the file.
pub fn compare(
    file: &str,
    hand_in: &HandIn,
    exercise: &Exercise,
    computed: Vec<Found>,
) -> Result<Verdict, ExerciseError> {
    let mut disagreements = Vec::new();
    if !hand_in.sealed {
        disagreements.push(Disagreement::Seal);
    }
    if !hand_in.weights_sealed {
        disagreements.push(Disagreement::WeightsDigest);
    }
    if let Some(error) = check_weights(hand_in) {
        let why = error.to_string();
        disagreements.push(Disagreement::Weights { why });
    }
    let digest = hand_in.exercise.digest()?;
    if digest != exercise.digest()? || digest != hand_in.exercise_digest {
        disagreements.push(Disagreement::Exercise);
    }
    let (claimed, checks) = (hand_in.claims.len(), exercise.checks.len());
    if claimed != checks {
        disagreements.push(Disagreement::Claims { claimed, checks });
    }
    let mut rows = Vec::with_capacity(checks);
    for (place, (item, computed)) in exercise.checks.iter().zip(computed).enumerate() {
        let check = item.check.to_string();
        let pass = item.check.passes(&computed);
        let claimed = hand_in.claims.get(place).cloned();
        let agrees = { claimed.as_ref() }
            .is_none_or(|claim| claim.pass == pass && claim.value.agrees(&computed));
        if let (false, Some(claim)) = (agrees, &claimed) {
            disagreements.push(Disagreement::Check {
                number: place + 1,
                check: check.clone(),
                claimed: told(&claim.value, claim.pass),
                computed: told(&computed, pass),
            });
        }
        rows.push(Row {
            check,
            points: item.points,
            claimed,
            computed,
            pass,
            agrees,
        });
    }
    let passed = rows.iter().filter(|row| row.pass);
    Ok(Verdict {
        file: file.to_owned(),
        student: hand_in.student.clone(),
        title: exercise.title.clone(),
        points: passed.map(|row| row.points).fold(0, u32::saturating_add),
        of: exercise.points(),
        rows,
        disagreements,
        notes: Vec::new(),
        refused: None,
    })
}

/// A file that is not read.
pub fn unreadable(file: &str, why: &impl fmt::Display) -> Verdict {
    Verdict {
        file: file.to_owned(),
        student: String::new(),
        title: String::new(),
        points: 0,
        of: 0,
        rows: Vec::new(),
        disagreements: Vec::new(),
        notes: Vec::new(),
        refused: Some(why.to_string()),
    }
}

fn told(value: &Found, pass: bool) -> String {
    format!("{value}, {}", passed(pass))
}

const fn passed(pass: bool) -> &'static str {
    if pass { "passed" } else { "not passed" }
}

/// A table for a gradebook: a row for each file.
pub fn csv(verdicts: &[Verdict]) -> String {
    let most = verdicts.iter().map(|it| it.rows.len()).max().unwrap_or(0);
    let mut heading: Vec<String> = ["file", "name", "exercise", "points", "of"]
        .map(str::to_owned)
        .to_vec();
    for number in 1..=most {
        for what in ["", " points", " claimed", " computed", " agrees"] {
            heading.push(format!("check {number}{what}"));
        }
    }
    heading.extend(["agrees", "does not agree", "note"].map(str::to_owned));
    let mut text = lines::line(&heading) + "\n";
    let yes = |it: bool| (if it { "yes" } else { "no" }).to_owned();
    for verdict in verdicts {
        let mut cells = vec![
            verdict.file.clone(),
            verdict.student.clone(),
            verdict.title.clone(),
            verdict.points.to_string(),
            verdict.of.to_string(),
        ];
        for place in 0..most {
            let Some(row) = verdict.rows.get(place) else {
                cells.extend([const { String::new() }; 5]);
                continue;
            };
            cells.push(row.check.clone());
            cells.push((if row.pass { row.points } else { 0 }).to_string());
            let claimed = row.claimed.as_ref();
            cells.push(claimed.map_or_else(String::new, |it| it.value.to_string()));
            cells.push(row.computed.to_string());
            cells.push(yes(row.agrees));
        }
        cells.push(yes(verdict.agrees()));
        let differs = verdict.disagreements.iter().map(ToString::to_string);
        cells.push(differs.collect::<Vec<_>>().join("; "));
        let notes = verdict.refused.iter().chain(&verdict.notes).cloned();
        cells.push(notes.collect::<Vec<_>>().join("; "));
        text += &lines::line(&cells);
        text.push('\n');
    }
    text
}
