//! A version as it is kept beside its weights.

use std::sync::Arc;

use ::engine::format::json as document;
use serde_json::{Value, json};

use super::{Drifts, Tested, Version};
use crate::document::{OwnWeights, Snapshot};

/// The version of the format.
const FORM: u64 = 1;

/// Why a kept version cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VersionError {
    #[error("a newer version of the lab has kept it; reload this page to get that version")]
    Newer,
    #[error("what is kept of it is damaged")]
    Damaged,
}

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct VersionRecord;

impl VersionRecord {
    /// As text.
    ///
    /// # Errors
    /// Why its network cannot be written.
    pub fn write(version: &Version) -> Result<String, String> {
        let weights = version.snapshot.weights.as_ref();
        let text = json!({
            "form": FORM,
            "number": version.number,
            "name": version.name,
            "note": version.note,
            "saved": version.saved,
            "network": version.snapshot.pack()?,
            "weights": weights.map(|it| json!([it.number, *it.from, it.step])),
            "bytes": version.bytes,
            "tested": version.tested.as_deref(),
            "drifts": version.drifts.as_deref(),
        });
        Ok(text.to_string())
    }

    /// # Errors
    /// When it is of a newer version or damaged.
    pub fn read(text: &str) -> Result<Version, VersionError> {
        let record: Value = serde_json::from_str(text).map_err(|_| VersionError::Damaged)?;
        match record["form"].as_u64() {
            Some(FORM) => {}
            Some(form) if form > FORM => return Err(VersionError::Newer),
            Some(_) | None => return Err(VersionError::Damaged),
        }
        parts(&record).ok_or(VersionError::Damaged)
    }
}

fn parts(record: &Value) -> Option<Version> {
    let experiment = document::read_experiment(record["network"].as_str()?).ok()?;
    let weights = match &record["weights"] {
        Value::Null => None,
        it => Some(OwnWeights {
            number: it[0].as_u64()?,
            from: it[1].as_str()?.into(),
            step: it[2].as_u64()?,
        }),
    };
    let snapshot = Snapshot {
        weights,
        ..Snapshot::of(&experiment)
    };
    let (parameters, macs) = Version::figures(&snapshot.graph);
    let tested: Option<Tested> = serde_json::from_value(record["tested"].clone()).ok()?;
    let drifts: Option<Drifts> = serde_json::from_value(record["drifts"].clone()).ok()?;
    Some(Version {
        number: record["number"].as_u64()?,
        name: record["name"].as_str()?.to_owned(),
        note: record["note"].as_str()?.to_owned(),
        saved: record["saved"].as_f64()?,
        snapshot,
        parameters,
        macs,
        bytes: record["bytes"].as_u64()?,
        tested: tested.map(Arc::new),
        drifts: drifts.map(Arc::new),
    })
}
