//! The settings of a layer: name, unit, limits and one plain sentence each.

mod layers;

use engine::Layer;
use engine::layer::{LayerError, MAX_FIELD};
use serde_json::{Value, json};

pub use self::layers::{INPUT, NAME, fields};
use super::number::shown;

/// One setting of a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field {
    /// The name in the document.
    pub name: &'static str,
    /// The label.
    pub title: &'static str,
    /// The unit of its numbers; empty for those without one.
    pub unit: &'static str,
    pub sentence: &'static str,
    pub control: Control,
    /// Shown only when the advanced settings are unfolded.
    pub advanced: bool,
}

/// The only pair that may be 0.
const OUTPUT_PADDING: &str = "output_padding";

/// How a setting is shown and changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Control {
    /// A whole number, at least this one.
    Whole {
        least: u32,
    },
    /// Height and width.
    Pair,
    Padding,
    /// Top, left, bottom, right.
    Sides,
    /// A number between these two; the arrow keys change it by `step`.
    Real {
        min: f64,
        max: f64,
        step: f64,
    },
    Toggle,
    /// The word in the document and its label.
    Choice(&'static [(&'static str, &'static str)]),
    /// Which input map each output map sees.
    Table,
}

impl Field {
    const fn advanced(mut self) -> Self {
        self.advanced = true;
        self
    }

    /// The value that a document leaves out.
    pub fn usual(&self) -> Value {
        match self.control {
            Control::Whole { least } => json!(least),
            Control::Pair if self.name == OUTPUT_PADDING => json!([0, 0]),
            Control::Pair => json!([1, 1]),
            Control::Padding => json!("valid"),
            Control::Sides => json!([0, 0, 0, 0]),
            Control::Real { .. } => json!(0.0),
            Control::Toggle => json!(!matches!(self.name, "ceil_mode" | "align_corners")),
            Control::Choice(words) => json!(words.first().map(|(word, _)| word)),
            Control::Table => json!([]),
        }
    }

    /// Its limits and unit: “1 to 1,048,576 pixels”.
    pub fn limits(&self) -> Option<String> {
        let most = crate::ui::format::exact(MAX_FIELD.into());
        let limits = match self.control {
            Control::Whole { least } => format!("{least} to {most}"),
            Control::Pair if self.name == OUTPUT_PADDING => format!("0 to {most}"),
            Control::Pair => format!("1 to {most}"),
            Control::Padding | Control::Sides => format!("0 to {most}"),
            Control::Real { min, max, .. } => format!("{min} to {max}").replace('-', "−"),
            Control::Toggle | Control::Choice(_) | Control::Table => return None,
        };
        Some(format!("{limits} {}", self.unit).trim_end().to_owned())
    }
}

/// The advanced settings in one line: “dilation 1 · groups 1 · bias on”.
pub fn summary(fields: &[Field], document: &Value) -> String {
    let one = |field: &Field| {
        let value = document.get(field.name).cloned();
        let value = match value.unwrap_or_else(|| field.usual()) {
            Value::Bool(on) => if on { "on" } else { "off" }.to_owned(),
            Value::Array(list) => match list.split_first() {
                Some((first, others)) if others.iter().all(|it| it == first) => shown(first),
                _ => list.iter().map(shown).collect::<Vec<_>>().join("×"),
            },
            value => shown(&value),
        };
        format!("{} {value}", field.title.to_lowercase())
    };
    let advanced = fields.iter().filter(|field| field.advanced).map(one);
    advanced.collect::<Vec<_>>().join(" · ")
}

/// The layer with one of its settings changed.
///
/// # Errors
/// When the setting cannot have this value.
pub fn with_setting(layer: &Layer, name: &str, value: Value) -> serde_json::Result<Layer> {
    let mut document = serde_json::to_value(layer)?;
    if name == "function" {
        // Parameters that only some functions have are dropped for the others.
        document["slope"] = json!(0.01);
        document["alpha"] = json!(1.0);
        document["a"] = json!(1.7159);
        document["s"] = json!(2.0 / 3.0);
    }
    document[name] = value;
    serde_json::from_value(document)
}

/// Whether a problem is that a number is out of its range.
pub const fn is_out_of_range(error: &LayerError) -> bool {
    matches!(
        error,
        LayerError::Zero { .. } | LayerError::TooLarge { .. } | LayerError::OutOfRange { .. }
    )
}

/// The setting that a problem is about, if any.
pub fn blamed(error: &LayerError) -> Option<&'static str> {
    match error {
        LayerError::Zero { field }
        | LayerError::TooLarge { field, .. }
        | LayerError::OutOfRange { field, .. } => Some(field),
        LayerError::KernelTooLarge { dilation: 1, .. } => Some("kernel"),
        LayerError::KernelTooLarge { .. } => Some("dilation"),
        LayerError::Groups { .. } => Some("groups"),
        LayerError::Slice { .. } => Some("end"),
        LayerError::Table { .. } => Some("table"),
        LayerError::PoolPadding { .. } => Some("padding"),
        LayerError::InputCount { .. }
        | LayerError::Mismatch { .. }
        | LayerError::NotAVector { .. }
        | LayerError::Shares { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use engine::layer::Activation;
    use engine::zoo::{self, Options};

    use super::layers::{CONV, LINEAR, PLAIN};
    use super::*;

    #[test]
    fn every_setting_of_every_network_of_the_zoo_has_a_field() {
        for entry in zoo::CATALOGUE {
            for node in entry.graph(&Options::default()).unwrap().nodes() {
                let document = serde_json::to_value(&node.layer).unwrap();
                for name in document
                    .as_object()
                    .unwrap()
                    .keys()
                    .filter(|it| *it != "kind")
                {
                    let known = fields(&node.layer).iter().any(|field| field.name == name);
                    assert!(known, "{}: {name} of {}", entry.name, node.layer.title());
                }
            }
        }
    }

    #[test]
    fn setting_a_field_to_its_default_value_gives_a_layer_of_the_same_kind() {
        for entry in zoo::CATALOGUE {
            for node in entry.graph(&Options::default()).unwrap().nodes() {
                for field in fields(&node.layer) {
                    let changed = with_setting(&node.layer, field.name, field.usual());
                    let kind = |layer| std::mem::discriminant(layer);
                    assert_eq!(kind(&changed.unwrap()), kind(&node.layer), "{}", field.name);
                }
            }
        }
    }

    #[test]
    fn the_advanced_settings_are_said_in_one_line() {
        let conv = json!({ "kind": "conv", "groups": 2, "dilation": [1, 2], "bias": false });
        assert_eq!(summary(CONV, &conv), "dilation 1×2 · groups 2 · bias off");
        assert_eq!(summary(CONV, &json!({})), "dilation 1 · groups 1 · bias on");
        assert_eq!(summary(LINEAR, &json!({})), "bias on");
        assert_eq!(summary(PLAIN, &json!({})), "");
    }

    #[test]
    fn another_function_keeps_its_parameters() {
        let relu = Layer::from(Activation::Relu);
        let leaky = with_setting(&relu, "function", json!("leaky_relu")).unwrap();
        // PyTorch's default slope.
        assert_eq!(leaky, Activation::LeakyRelu { slope: 0.01 }.into());
        let back = with_setting(&leaky, "function", json!("relu")).unwrap();
        assert_eq!(back, relu);
    }
}
