//! Settings as a file: what the page exports and keeps, and what `cnnlab train --settings` reads.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Settings;
use crate::data::Split;

/// The settings of a training, and how the data are divided where the file says it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SettingsFile {
    #[serde(flatten)]
    pub settings: Settings,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
}

/// With the usual division of the data.
impl From<Settings> for SettingsFile {
    fn from(settings: Settings) -> Self {
        Self {
            settings,
            split: None,
        }
    }
}

/// Why a file has no settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsFileError {
    #[error("it is not JSON: {0}")]
    Json(serde_json::Error),
    #[error("it is JSON, but not an object of settings")]
    NoObject,
    #[error("it has “{0}”, which is no setting of a training; it may be another kind of file")]
    Unknown(String),
    #[error("its “{key}” cannot be used: {why}")]
    Value { key: String, why: serde_json::Error },
}

/// All that a file can set.
const KEYS: [&str; 21] = [
    "method",
    "schedule",
    "batch",
    "length",
    "weight_decay",
    "decay_norms_and_biases",
    "label_smoothing",
    "clip_norm",
    "shuffle",
    "seed",
    "initialisation",
    "early_stopping",
    "augmentation",
    "frozen",
    "shards",
    "adversarial",
    "teacher",
    "quantised",
    "keep_zeros",
    "pruning",
    "split",
];

impl SettingsFile {
    /// Reads a file; what it leaves out has its default. The values are not checked: see
    /// [`Settings::check`].
    ///
    /// # Errors
    /// When it is no file of settings.
    pub fn read(bytes: &[u8]) -> Result<Self, SettingsFileError> {
        let value: Value = serde_json::from_slice(bytes).map_err(SettingsFileError::Json)?;
        let Value::Object(object) = value else {
            return Err(SettingsFileError::NoObject);
        };
        if let Some(key) = object.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(SettingsFileError::Unknown(key.clone()));
        }
        // By itself first, because the error of all together does not say which it is about.
        for (key, value) in &object {
            let alone = Map::from_iter([(key.clone(), value.clone())]);
            serde_json::from_value::<Self>(alone.into()).map_err(|why| {
                let key = key.clone();
                SettingsFileError::Value { key, why }
            })?;
        }
        serde_json::from_value(object.into()).map_err(SettingsFileError::Json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NodeId;
    use crate::compress::Distillation;
    use crate::compress::prune::{Gradual, Scope};
    use crate::compress::quantise::Width;
    use crate::data::{Augmentation, Elastic};
    use crate::train::{
        Adversarial, Decay, EarlyStopping, Initialisation, Length, Method, Pruning, Schedule,
        WarmUp,
    };

    fn full() -> SettingsFile {
        SettingsFile {
            settings: Settings {
                method: Method::Nesterov { momentum: 0.8 },
                schedule: Schedule {
                    rate: 0.05,
                    decay: Decay::Step {
                        every: 100,
                        factor: 0.5,
                    },
                    warm_up: Some(WarmUp::even(20)),
                },
                batch: 32,
                length: Length::Steps(900),
                weight_decay: 1e-4,
                decay_norms_and_biases: true,
                label_smoothing: 0.1,
                clip_norm: Some(1.0),
                shuffle: false,
                // The largest, which has no exact f64.
                seed: u64::MAX,
                initialisation: Some(Initialisation::HeNormal),
                early_stopping: Some(EarlyStopping::default()),
                augmentation: Some(Augmentation {
                    elastic: Some(Elastic::default()),
                    ..Augmentation::of_photos()
                }),
                frozen: vec![NodeId(3)],
                shards: Some(2),
                adversarial: Some(Adversarial {
                    alpha: Some(0.02),
                    ..Adversarial::default()
                }),
                teacher: Some(Distillation::default()),
                quantised: Some(Width::Int4),
                keep_zeros: true,
                pruning: Some(Pruning {
                    gradual: Gradual {
                        initial: 0.1,
                        last: 0.8,
                        begin: 10,
                        end: 500,
                    },
                    every: 20,
                    scope: Scope::Layer,
                }),
            },
            split: Some(Split {
                validation: 0.2,
                test: 0.0,
                seed: 9,
            }),
        }
    }

    #[test]
    fn what_is_written_is_read_and_every_key_is_known() {
        let text = serde_json::to_string(&full()).unwrap();
        assert_eq!(SettingsFile::read(text.as_bytes()).unwrap(), full());
        let object: Map<String, Value> = serde_json::from_str(&text).unwrap();
        let mut keys: Vec<&str> = object.keys().map(String::as_str).collect();
        let mut known = KEYS.to_vec();
        keys.sort_unstable();
        known.sort_unstable();
        assert_eq!(keys, known);
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        let read = SettingsFile::read(b"{\"batch\": 16}").unwrap();
        let batch = 16;
        let wanted = Settings {
            batch,
            ..Settings::default()
        };
        assert_eq!(read.settings, wanted);
        assert_eq!(read.split, None);
    }

    #[test]
    fn another_file_is_refused_with_what_is_wrong() {
        let why = |text: &str| SettingsFile::read(text.as_bytes()).unwrap_err().to_string();
        assert!(why("{\"batch\": 16").starts_with("it is not JSON"));
        assert!(why("[16]").contains("not an object"));
        assert!(why("{\"nodes\": []}").contains("“nodes”"));
        let batch = why("{\"seed\": 1, \"batch\": \"many\"}");
        assert!(
            batch.contains("“batch”") && batch.contains("many"),
            "{batch}"
        );
    }
}
