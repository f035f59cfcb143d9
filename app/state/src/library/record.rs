//! The stored record of an experiment, as text: the document, its history as numbers of states, the
//! page that wrote it and a revision.

use engine::format::Experiment;
use engine::format::json;
use serde_json::{Value, json};

use crate::document::OwnWeights;

/// The current version of the record format, which is written. Version 1 is a document alone.
pub const FORM: u64 = 2;

/// Why a record cannot be opened. The record is not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    #[error("it was kept by a newer version of the lab; reload this page to get that version")]
    Newer,
    #[error("it is damaged: {0}")]
    Damaged(String),
}

/// A state in the history: its number and the edit that leads to the next or previous one.
pub type Step = (u64, String);

/// The history as numbers of states; the states themselves are stored beside the record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trail {
    /// The number of the current state, and the next free number.
    pub now: u64,
    pub next: u64,
    /// The last valid state, which is the running one.
    pub running: u64,
    pub before: Vec<Step>,
    pub after: Vec<Step>,
}

/// Weights of the person's own; their checkpoint is kept beside the record under its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptWeights {
    pub weights: OwnWeights,
    /// The states of the history that have them.
    pub states: Vec<u64>,
}

/// See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// Incremented with every write, so that a page notices writes by another page.
    pub revision: u64,
    /// The page that wrote it.
    pub page: String,
    /// The time of writing in milliseconds since 1970.
    pub edited: f64,
    /// What the list of experiments shows without reading the document.
    pub name: String,
    pub network: String,
    pub document: String,
    pub trail: Trail,
    /// The user's own photo is stored beside it.
    pub photo: bool,
    pub weights: Vec<KeptWeights>,
}

impl Record {
    pub fn write(&self) -> String {
        let Self {
            revision,
            page,
            edited,
            name,
            network,
            document,
            trail,
            photo,
            weights,
        } = self;
        json!({
            "form": FORM, "revision": revision, "page": page, "edited": edited, "name": name,
            "network": network, "document": document, "photo": photo,
            "weights": weights.iter().map(written).collect::<Vec<_>>(),
            "trail": {
                "now": trail.now, "next": trail.next, "running": trail.running,
                "before": trail.before, "after": trail.after,
            },
        })
        .to_string()
    }

    /// # Errors
    /// When its version is newer or it is not a record.
    pub fn read(text: &str) -> Result<Self, RecordError> {
        let record: Value =
            serde_json::from_str(text).map_err(|error| RecordError::Damaged(error.to_string()))?;
        match record["form"].as_u64() {
            Some(1..=FORM) => {}
            Some(form) if form > FORM => return Err(RecordError::Newer),
            Some(_) | None => return Err(RecordError::Damaged("it has no form".into())),
        }
        let text = |key: &str| record[key].as_str().unwrap_or_default().to_owned();
        let trail = &record["trail"];
        let number = |key: &str| trail[key].as_u64().unwrap_or_default();
        Ok(Self {
            revision: record["revision"].as_u64().unwrap_or_default(),
            page: text("page"),
            edited: record["edited"].as_f64().unwrap_or_default(),
            name: text("name"),
            network: text("network"),
            document: text("document"),
            trail: Trail {
                now: number("now"),
                next: number("next").max(number("now") + 1),
                running: number("running"),
                before: steps(&trail["before"]),
                after: steps(&trail["after"]),
            },
            photo: record["photo"].as_bool().unwrap_or_default(),
            weights: record["weights"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(kept_weights)
                .collect(),
        })
    }

    /// The weights of the document.
    pub fn own_weights(&self) -> Option<&OwnWeights> {
        let now = |it: &&KeptWeights| it.states.contains(&self.trail.now);
        self.weights.iter().find(now).map(|it| &it.weights)
    }

    /// Forgets the weights whose checkpoint is not `there`; gives the names of the files they came
    /// from.
    pub fn forget_weights(&mut self, there: impl Fn(u64) -> bool) -> Vec<String> {
        let is_lost = |it: &mut KeptWeights| !there(it.weights.number);
        let lost = self.weights.extract_if(.., is_lost);
        lost.map(|it| it.weights.from.to_string()).collect()
    }

    /// # Errors
    /// When the document is of a newer version or cannot be read.
    pub fn experiment(&self) -> Result<Experiment, RecordError> {
        json::read_experiment(&self.document).map_err(|error| match error {
            json::DocumentError::TooNew { .. } => RecordError::Newer,
            other => RecordError::Damaged(other.to_string()),
        })
    }
}

fn written(kept: &KeptWeights) -> Value {
    let KeptWeights { weights, states } = kept;
    let OwnWeights { number, from, step } = weights;
    json!({ "number": number, "from": &**from, "step": step, "states": states })
}

fn kept_weights(kept: &Value) -> Option<KeptWeights> {
    let states = kept["states"].as_array()?.iter();
    Some(KeptWeights {
        weights: OwnWeights {
            number: kept["number"].as_u64()?,
            from: kept["from"].as_str()?.into(),
            step: kept["step"].as_u64().unwrap_or_default(),
        },
        states: states.filter_map(Value::as_u64).collect(),
    })
}

fn steps(list: &Value) -> Vec<Step> {
    let step = |step: &Value| Some((step[0].as_u64()?, step[1].as_str()?.to_owned()));
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(step)
        .collect()
}

/// Changes not yet written when the page was closed, put into local storage, which writes
/// synchronously.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsaved {
    pub id: String,
    /// The revision that the page knew.
    pub base: u64,
    pub record: String,
    /// States not yet stored, by number.
    pub steps: Vec<Step>,
    /// The name and key of the user's own photo if it was not stored yet; its pixels are too large
    /// for local storage.
    pub photo: Option<(String, String)>,
}

impl Unsaved {
    pub fn write(&self) -> String {
        let Self {
            id,
            base,
            record,
            steps,
            photo,
        } = self;
        json!({ "id": id, "base": base, "record": record, "steps": steps, "photo": photo })
            .to_string()
    }

    pub fn read(text: &str) -> Option<Self> {
        let unsaved: Value = serde_json::from_str(text).ok()?;
        Some(Self {
            id: unsaved["id"].as_str()?.to_owned(),
            base: unsaved["base"].as_u64()?,
            record: unsaved["record"].as_str()?.to_owned(),
            steps: steps(&unsaved["steps"]),
            photo: serde_json::from_value(unsaved["photo"].clone()).ok(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            revision: 7,
            page: "a1".into(),
            edited: 1.5e12,
            name: "Mine".into(),
            network: "LeNet-5".into(),
            document: "{}".into(),
            trail: Trail {
                now: 3,
                next: 9,
                running: 2,
                before: vec![(1, "change “C1”".into()), (2, "delete\nS2".into())],
                after: vec![(8, "insert ReLU".into())],
            },
            photo: true,
            weights: vec![KeptWeights {
                weights: OwnWeights {
                    number: (1 << 53) - 1,
                    from: "mine.safetensors".into(),
                    step: 4,
                },
                states: vec![2, 3],
            }],
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        assert_eq!(Record::read(&record().write()).unwrap(), record());
    }

    #[test]
    fn a_record_of_form_1_is_a_document_without_history() {
        let document = include_str!("../../../../engine/tests/documents/version-1.cnnlab.json");
        let old = json!({ "form": 1, "name": "Old", "document": document }).to_string();
        let record = Record::read(&old).unwrap();
        assert_eq!(record.trail.before, []);
        assert_eq!(record.weights, []);
        assert_eq!(
            record.experiment().unwrap().graph.name(),
            "Kept since version 1"
        );
    }

    #[test]
    fn a_newer_record_or_document_says_that_it_is_newer() {
        let newer = record().write().replace("\"form\":2", "\"form\":3");
        assert_eq!(Record::read(&newer), Err(RecordError::Newer));
        let document = r#"{"cnn-lab": 3, "graph": {}}"#.to_owned();
        let newer = Record {
            document,
            ..record()
        };
        assert_eq!(newer.experiment(), Err(RecordError::Newer));
    }

    #[test]
    fn garbage_is_damaged() {
        for text in ["", "[]", "{}", "{\"form\": 0}"] {
            assert!(
                matches!(Record::read(text), Err(RecordError::Damaged(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn unsaved_changes_are_read_as_they_were_written() {
        let unsaved = Unsaved {
            id: "x".into(),
            base: 3,
            record: record().write(),
            steps: vec![(4, "1abc".into())],
            photo: Some(("cat.jpg".into(), "a1/3".into())),
        };
        assert_eq!(Unsaved::read(&unsaved.write()), Some(unsaved));
        assert_eq!(Unsaved::read("{}"), None);
    }
}
