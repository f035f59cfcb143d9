//! What a document may ask for, checked before any of it is built.

use serde_json::Value;

use super::DocumentError;
use crate::graph::MAX_NAME;
use crate::layer::MAX_FIELD;

/// The largest document that is read: several times ResNet-152 with indentation.
pub const MAX_BYTES: usize = 2 << 20;

/// Every whole number under `value` within what a layer's field can hold, or the error that names
/// the field and the largest value with which the layer would be valid. A smaller one that is too
/// large all the same is opened: that is a problem of the graph with a repair, and a person's work
/// is not lost for it.
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

/// `name` not longer than [`MAX_NAME`], or the error that says so.
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
