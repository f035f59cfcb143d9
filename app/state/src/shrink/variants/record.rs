//! A variant as it is kept beside its weights.

use ::engine::compress::Figures;
use ::engine::format::json as document;
use serde_json::{Value, json};

use super::{Variant, VariantId};
use crate::document::{OwnWeights, Snapshot};

/// The version of the format.
const FORM: u64 = 1;

/// Why a kept variant cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VariantError {
    #[error("a newer version of the lab has kept it; reload this page to get that version")]
    Newer,
    #[error("what is kept of it is damaged")]
    Damaged,
}

/// See the module.
#[derive(Clone, Copy, Debug)]
pub struct VariantRecord;

impl VariantRecord {
    /// As text.
    ///
    /// # Errors
    /// Why its network cannot be written.
    pub fn write(variant: &Variant) -> Result<String, String> {
        let weights = variant.snapshot.weights.as_ref();
        let figures = serde_json::to_value(variant.figures).map_err(|it| it.to_string())?;
        let text = json!({
            "form": FORM,
            "id": variant.id.0,
            "name": variant.name,
            "of": variant.network,
            "made": variant.made,
            "network": variant.snapshot.pack()?,
            "weights": weights.map(|it| json!([it.number, *it.from, it.step])),
            "steps": variant.steps,
            "figures": figures,
            "stored": serde_json::to_value(variant.stored).map_err(|it| it.to_string())?,
            "set": variant.set,
            "bytes": variant.bytes,
            "pinned": variant.pinned,
            "ms": variant.ms,
            "float_ms": variant.float_ms,
            "activations": variant.activations,
        });
        Ok(text.to_string())
    }

    /// # Errors
    /// When it is of a newer version or damaged.
    pub fn read(text: &str) -> Result<Variant, VariantError> {
        let record: Value = serde_json::from_str(text).map_err(|_| VariantError::Damaged)?;
        match record["form"].as_u64() {
            Some(FORM) => {}
            Some(form) if form > FORM => return Err(VariantError::Newer),
            Some(_) | None => return Err(VariantError::Damaged),
        }
        parts(&record).ok_or(VariantError::Damaged)
    }
}

fn parts(record: &Value) -> Option<Variant> {
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
    let figures: Figures = serde_json::from_value(record["figures"].clone()).ok()?;
    let number = |key: &str| -> Option<Option<f64>> {
        match &record[key] {
            Value::Null => Some(None),
            it => it.as_f64().map(Some),
        }
    };
    Some(Variant {
        id: VariantId(record["id"].as_u64()?),
        name: record["name"].as_str()?.to_owned(),
        network: record["of"].as_str()?.to_owned(),
        made: record["made"].as_f64()?,
        snapshot,
        steps: serde_json::from_value(record["steps"].clone()).ok()?,
        figures,
        stored: serde_json::from_value(record["stored"].clone()).ok()?,
        set: serde_json::from_value(record["set"].clone()).ok()?,
        bytes: record["bytes"].as_u64()?,
        pinned: record["pinned"].as_bool()?,
        ms: number("ms")?,
        float_ms: number("float_ms")?,
        activations: serde_json::from_value(record["activations"].clone()).ok()?,
    })
}
