//! A layer's JSON with one-letter keys and the common cases folded, and back. What this table
//! does not know goes through as it is, so a new kind of layer can be shared the day it exists;
//! but an entry once here keeps its letter, because links live on.

use serde_json::{Map, Value};

/// Long and short key. Short keys are capitals: no layer's own field is one.
const KEYS: [(&str, &str); 20] = [
    ("kind", "K"),
    ("channels", "C"),
    ("kernel", "W"),
    ("stride", "S"),
    ("padding", "P"),
    ("dilation", "D"),
    ("groups", "G"),
    ("bias", "B"),
    ("features", "F"),
    ("function", "N"),
    ("how", "H"),
    ("eps", "E"),
    ("momentum", "M"),
    ("output", "O"),
    ("mode", "I"),
    ("count_include_pad", "Q"),
    ("ceil_mode", "U"),
    ("order", "R"),
    ("table", "T"),
    ("sides", "Z"),
];

/// Long and short value of `kind`.
const KINDS: [(&str, &str); 10] = [
    ("conv", "C"),
    ("activation", "A"),
    ("batch_norm", "B"),
    ("max_pool", "M"),
    ("avg_pool", "V"),
    ("global_pool", "G"),
    ("merge", "J"),
    ("linear", "L"),
    ("flatten", "F"),
    ("dropout", "D"),
];

/// Pairs `[height, width]` that are usually equal and then written once.
const PAIRS: [&str; 4] = ["kernel", "stride", "dilation", "output"];

/// The short form of a layer's JSON.
pub(super) fn shorten(layer: &Value) -> Value {
    let Value::Object(fields) = layer else {
        return layer.clone();
    };
    let short = fields.iter().map(|(key, value)| {
        let value = match key.as_str() {
            "kind" => translated(&KINDS, value, |(long, short)| (long, short)),
            "padding" => match value.get("sides") {
                Some(sides) => once(sides, 4),
                None => value.clone(),
            },
            pair if PAIRS.contains(&pair) => once(value, 2),
            _ => value.clone(),
        };
        let key = KEYS
            .iter()
            .find(|(long, _)| long == key)
            .map_or(key.as_str(), |(_, key)| key);
        (key.to_owned(), value)
    });
    Value::Object(short.collect())
}

/// The layer's JSON of its short form. Nonsense goes through and is refused by the layer itself.
pub(super) fn lengthen(short: &Value) -> Value {
    let Value::Object(fields) = short else {
        return short.clone();
    };
    let long = fields.iter().map(|(key, value)| {
        let key = KEYS
            .iter()
            .find(|(_, short)| short == key)
            .map_or(key.as_str(), |(key, _)| key);
        let value = match key {
            "kind" => translated(&KINDS, value, |(long, short)| (short, long)),
            "padding" if !value.is_string() => {
                Value::Object(Map::from_iter([("sides".to_owned(), repeated(value, 4))]))
            }
            pair if PAIRS.contains(&pair) => repeated(value, 2),
            _ => value.clone(),
        };
        (key.to_owned(), value)
    });
    Value::Object(long.collect())
}

/// `value` by the table read in the given direction, or as it is.
fn translated<'t>(
    table: &'t [(&'t str, &'t str)],
    value: &Value,
    direction: fn((&'t str, &'t str)) -> (&'t str, &'t str),
) -> Value {
    let found = table
        .iter()
        .map(|&entry| direction(entry))
        .find(|(from, _)| value == from);
    found.map_or_else(|| value.clone(), |(_, to)| Value::from(to))
}

/// `[n, n, …]` of this length as `n`.
fn once(value: &Value, length: usize) -> Value {
    match value.as_array() {
        Some(items) if items.len() == length && items.iter().all(|item| *item == items[0]) => {
            items[0].clone()
        }
        _ => value.clone(),
    }
}

/// `n` as `[n, n, …]` of this length.
fn repeated(value: &Value, length: usize) -> Value {
    if value.is_number() {
        Value::Array(vec![value.clone(); length])
    } else {
        value.clone()
    }
}
