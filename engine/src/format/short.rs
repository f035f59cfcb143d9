//! Shortens the JSON of a layer for links: one-letter keys, and one number for equal pairs. Unknown
//! keys stay as they are, so a new kind of layer needs no entry. An entry must never change, because
//! links with it exist.

use serde_json::{Map, Value};

/// Long and short keys. Short keys are capital letters, which no field of a layer is.
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

/// Long and short values of `kind`.
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

/// Pairs `[height, width]`, which are written as one number if both are equal.
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

/// The JSON of a layer from its short form. Invalid values are kept; reading the layer refuses them.
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

/// `value` translated by the table in the given direction; unchanged if it is not in the table.
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
