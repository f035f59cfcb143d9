//! What a document may ask for, checked before any of it is built.

use serde_json::Value;

use super::DocumentError;

/// The largest document that is read: several times ResNet-152 with indentation.
pub const MAX_BYTES: usize = 2 << 20;

/// The largest number that a layer or the input's shape may hold (2^20): far above any published
/// network, low enough that nothing is built that could not be.
pub const MAX_NUMBER: u64 = 1 << 20;

/// The longest name of a graph, node or block, in bytes.
pub const MAX_NAME: usize = 200;

/// Every number under `value` within [`MAX_NUMBER`], or the error that names its field.
pub(super) fn check_numbers(place: &str, field: &str, value: &Value) -> Result<(), DocumentError> {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
        Value::Number(number) => {
            if number
                .as_f64()
                .is_some_and(|number| number.abs() <= MAX_NUMBER as f64)
            {
                return Ok(());
            }
            let (place, field, got) = (place.to_owned(), field.to_owned(), number.to_string());
            Err(DocumentError::TooLarge {
                place,
                field,
                got,
                limit: MAX_NUMBER,
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
