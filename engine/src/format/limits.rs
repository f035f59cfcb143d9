//! Limits of a document, checked before anything is built.

use serde_json::Value;

use super::DocumentError;
use crate::graph::MAX_NAME;
use crate::layer::MAX_FIELD;

/// The size limit of a document in bytes: several times that of ResNet-152 with indentation.
pub const MAX_BYTES: usize = 2 << 20;

/// Checks that every whole number in `value` fits in a field of a layer; the error names the field
/// and the largest valid value. Numbers that fit but are too large for the layer are accepted: they
/// are a problem of the graph, which can be repaired after opening it.
pub(super) fn check_numbers(place: &str, field: &str, value: &Value) -> Result<(), DocumentError> {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
        Value::Number(number) => {
            let held = |number: i64| number <= i64::from(u32::MAX);
            if number.is_f64() || number.as_i64().is_some_and(held) {
                return Ok(());
            }
            let (place, field, got) = (place.to_owned(), field.to_owned(), number.to_string());
            Err(DocumentError::TooLarge {
                place,
                field,
                got,
                limit: MAX_FIELD.into(),
            })
        }
        Value::Array(items) => items
            .iter()
            .try_for_each(|item| check_numbers(place, field, item)),
        Value::Object(fields) => fields
            .iter()
            .try_for_each(|(field, item)| check_numbers(place, field, item)),
    }
}

/// Checks that `name` is not longer than [`MAX_NAME`].
pub(super) fn check_name(place: &str, name: &str) -> Result<(), DocumentError> {
    if name.len() <= MAX_NAME {
        return Ok(());
    }
    let (place, got) = (place.to_owned(), name.len());
    Err(DocumentError::NameTooLong {
        place,
        got,
        limit: MAX_NAME,
    })
}
