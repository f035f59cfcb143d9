//! The configuration of a model: its layers, what each takes, and where its weights lie.

use std::collections::HashMap;

use serde_json::{Map, Value as Json};

use super::KerasError;
use crate::Shape;
use crate::import_text::value::{Arg, Call, Value};

/// The most layers of a model.
pub(super) const MAX_LAYERS: usize = 10_000;
/// How deep arguments of a layer may be: an activation that is a layer with arguments.
const MAX_DEPTH: usize = 4;

/// An output of a layer: which call of it, and which of its values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Source {
    pub layer: String,
    pub call: usize,
    pub value: usize,
}

/// What a call of a layer takes.
#[derive(Clone, Debug, Default)]
pub(super) struct Inputs {
    pub sources: Vec<Source>,
    /// It takes something else beside these, such as a number.
    pub others: bool,
}

/// One layer.
#[derive(Clone, Debug)]
pub(super) struct Layer<'c> {
    pub class: &'c str,
    pub name: String,
    pub config: &'c Map<String, Json>,
    /// Where its weights lie in the file.
    pub path: String,
    /// A function, not a layer: `keras.ops.relu`, or `+`.
    pub is_operation: bool,
    /// None in a Sequential model, where each layer takes the one before it.
    pub calls: Vec<Inputs>,
}

/// A model within the file, or the whole.
#[derive(Clone, Debug)]
pub(super) struct Model<'c> {
    pub name: String,
    pub layers: Vec<Layer<'c>>,
    /// `None` of a Sequential model.
    pub ends: Option<Ends>,
}

/// What goes into a functional model, and comes out.
#[derive(Clone, Debug)]
pub(super) struct Ends {
    pub inputs: Vec<Source>,
    pub outputs: Vec<Source>,
}

/// What stands in a model's `config`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Config<'c> {
    Object(&'c Map<String, Json>),
    /// The layers alone, as Keras 2.0 had it of a Sequential model.
    List(&'c Vec<Json>),
}

/// Whether a layer is a model of layers.
pub(super) fn is_model(class: &str) -> bool {
    ["Sequential", "Functional", "Model"].contains(&class)
}

/// The model of this class and configuration, whose weights lie below `path`.
pub(super) fn model<'c>(
    class: &str,
    config: Config<'c>,
    path: &str,
) -> Result<Model<'c>, KerasError> {
    if !is_model(class) {
        return Err(KerasError::Class(class.to_owned()));
    }
    let wrong = |what: &str| KerasError::Config(what.to_owned());
    let get = |key| match config {
        Config::Object(object) => object.get(key),
        Config::List(_) => None,
    };
    let list = match config {
        Config::Object(object) => object.get("layers").and_then(Json::as_array),
        Config::List(list) => Some(list),
    };
    let Some(list) = list else {
        return Err(match class {
            "Sequential" => wrong("it has no list of layers"),
            other => KerasError::Class(other.to_owned()),
        });
    };
    if list.len() > MAX_LAYERS {
        return Err(wrong(&format!("it has more than {MAX_LAYERS} layers")));
    }
    let mut used = HashMap::new();
    let mut layers = Vec::new();
    for entry in list {
        layers.push(layer(entry, path, &mut used)?);
    }
    let name = get("name").and_then(Json::as_str);
    let ends = match class {
        "Sequential" => None,
        _ => Some(Ends {
            inputs: ends(get("input_layers")),
            outputs: ends(get("output_layers")),
        }),
    };
    Ok(Model {
        name: name.unwrap_or("network").to_owned(),
        layers,
        ends,
    })
}

fn layer<'c>(
    entry: &'c Json,
    path: &str,
    used: &mut HashMap<String, usize>,
) -> Result<Layer<'c>, KerasError> {
    let wrong = |what: &str| KerasError::Config(what.to_owned());
    let class = entry.get("class_name").and_then(Json::as_str);
    let class = class.ok_or_else(|| wrong("a layer has no class_name"))?;
    let module = entry
        .get("module")
        .and_then(Json::as_str)
        .unwrap_or_default();
    let config = entry.get("config").and_then(Json::as_object);
    let config = config.ok_or_else(|| wrong("a layer has no config"))?;
    let name = entry.get("name").or_else(|| config.get("name"));
    let name = name.and_then(Json::as_str).unwrap_or(class);
    let is_operation = module.contains(".ops.") || class == "TFOpLambda";
    let mut stem = snake_case(class);
    if !is_operation {
        // Keras counts the layers of a class, whatever their own names are.
        let count = used.entry(stem.clone()).or_insert(0);
        if *count > 0 {
            stem = format!("{stem}_{count}");
        }
        *count += 1;
    }
    let calls = entry.get("inbound_nodes").and_then(Json::as_array);
    let calls = calls.map_or_else(Vec::new, |it| it.iter().map(inputs).collect());
    let path = match path {
        "" => format!("layers/{stem}"),
        path => format!("{path}/layers/{stem}"),
    };
    Ok(Layer {
        class,
        name: name.to_owned(),
        config,
        path,
        is_operation,
        calls,
    })
}

/// What a call takes: of Keras 3 its arguments with tensors in them, of Keras 2 a list of
/// `[layer, call, value, {…}]`.
fn inputs(call: &Json) -> Inputs {
    let mut found = Inputs::default();
    if let Some(args) = call.get("args").and_then(Json::as_array) {
        let mut list: Vec<&Json> = Vec::new();
        for arg in args {
            // Layers of several inputs take a list.
            match arg.as_array() {
                Some(inner) => list.extend(inner),
                None => list.push(arg),
            }
        }
        for arg in list {
            let history = arg.get("config").and_then(|it| it.get("keras_history"));
            match history.and_then(source) {
                Some(source) => found.sources.push(source),
                None => found.others = true,
            }
        }
        let kwargs = call.get("kwargs").and_then(Json::as_object);
        let mut kwargs = kwargs.into_iter().flatten();
        found.others |= kwargs.any(|(key, value)| {
            let is_usual = ["mask", "training"].contains(&key.as_str());
            !is_usual && value.get("class_name").is_some()
        });
        return found;
    }
    match call.as_array() {
        Some(list) => found.sources.extend(list.iter().filter_map(source)),
        None => found.others = true,
    }
    found
}

fn source(value: &Json) -> Option<Source> {
    let list = value.as_array()?;
    let number = |place: usize| {
        let number = list.get(place).and_then(Json::as_u64).unwrap_or(0);
        usize::try_from(number).unwrap_or(usize::MAX)
    };
    Some(Source {
        layer: list.first()?.as_str()?.to_owned(),
        call: number(1),
        value: number(2),
    })
}

/// One `[layer, call, value]`, or a list of them.
fn ends(value: Option<&Json>) -> Vec<Source> {
    let Some(value) = value else {
        return Vec::new();
    };
    match (source(value), value.as_array()) {
        (Some(source), _) => vec![source],
        (None, Some(list)) => list.iter().filter_map(source).collect(),
        (None, None) => Vec::new(),
    }
}

/// Python's name for a class: `conv2d_transpose` of `Conv2DTranspose`, `p_re_lu` of `PReLU`.
pub(super) fn snake_case(class: &str) -> String {
    let all: Vec<char> = class
        .chars()
        .filter(|it| it.is_alphanumeric() || *it == '_')
        .collect();
    let mut name = String::new();
    for (place, &letter) in all.iter().enumerate() {
        let before = place.checked_sub(1).map(|it| all[it]);
        let after = all.get(place + 1);
        // A capital before a small letter begins a word; so does one behind a small letter.
        let begins = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                after.is_some_and(char::is_ascii_lowercase) || before.is_ascii_lowercase()
            });
        if begins && !name.ends_with('_') {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

/// The layer as it is called in Python.
pub(super) fn call(class: &str, config: &Map<String, Json>, before: &str) -> Call {
    let args = config.iter().map(|(key, value)| Arg {
        key: Some(key.clone()),
        value: argument(value, 0),
    });
    Call {
        name: class.rsplit('>').next().unwrap_or(class).to_owned(),
        before: before.to_owned(),
        args: args.collect(),
        line: 0,
    }
}

fn argument(value: &Json, depth: usize) -> Value {
    if depth > MAX_DEPTH {
        return Value::Unknown;
    }
    let name = |name: &str| Value::Name(name.to_owned());
    match value {
        Json::Null => name("None"),
        Json::Bool(true) => name("True"),
        Json::Bool(false) => name("False"),
        Json::Number(number) => number.as_f64().map_or(Value::Unknown, Value::Number),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => {
            let item = |item| Arg {
                key: None,
                value: argument(item, depth + 1),
            };
            Value::List(items.iter().map(item).collect())
        }
        Json::Object(object) => {
            let class = object.get("class_name").and_then(Json::as_str);
            let config = object.get("config").and_then(Json::as_object);
            match (class, config) {
                (Some(class), Some(config)) => {
                    let arg = |(key, value): (&String, &Json)| Arg {
                        key: Some(key.clone()),
                        value: argument(value, depth + 1),
                    };
                    Value::Call(Call {
                        name: class.to_owned(),
                        before: String::new(),
                        args: config.iter().map(arg).collect(),
                        line: 0,
                    })
                }
                _ => Value::Unknown,
            }
        }
    }
}

/// The shape that an input layer, or the first layer of an older Sequential model, says.
pub(super) fn shape(name: &str, config: &Map<String, Json>) -> Result<Option<Shape>, KerasError> {
    let keys = ["batch_shape", "batch_input_shape", "batch_input_shapes"];
    let sides = keys.iter().find_map(|key| config.get(*key)?.as_array());
    let Some(sides) = sides else {
        return Ok(None);
    };
    let sides = sides.get(1..).unwrap_or_default();
    let side = |side: &Json| {
        side.as_u64()
            .map_or_else(|| "?".to_owned(), |it| it.to_string())
    };
    let dims = || sides.iter().map(side).collect::<Vec<_>>().join(" × ");
    let number = |side: &Json| side.as_u64().and_then(|it| u32::try_from(it).ok());
    let known: Option<Vec<u32>> = sides.iter().map(number).collect();
    match (sides.len(), known.as_deref()) {
        (1, Some(&[features])) => Ok(Some(Shape::vector(features))),
        (3, Some(&[height, width, channels])) => Ok(Some(Shape::new(channels, height, width))),
        (1 | 3, _) => Err(KerasError::OpenInput {
            name: name.to_owned(),
            dims: dims(),
        }),
        _ => Err(KerasError::InputRank {
            name: name.to_owned(),
            dims: dims(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keras' names of these classes' layers.
    #[test]
    fn classes_are_named_as_keras_names_them() {
        for (class, name) in [
            ("Conv2D", "conv2d"),
            ("Conv2DTranspose", "conv2d_transpose"),
            ("DepthwiseConv2D", "depthwise_conv2d"),
            ("SeparableConv2D", "separable_conv2d"),
            ("BatchNormalization", "batch_normalization"),
            ("GlobalAveragePooling2D", "global_average_pooling2d"),
            ("ReLU", "re_lu"),
            ("PReLU", "p_re_lu"),
            ("LeakyReLU", "leaky_re_lu"),
            ("ZeroPadding2D", "zero_padding2d"),
            ("UpSampling2D", "up_sampling2d"),
            ("ELU", "elu"),
        ] {
            assert_eq!(snake_case(class), name);
        }
    }
}
