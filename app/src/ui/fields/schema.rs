//! The settings of every kind of layer: name, unit, limits and one plain sentence each.

use engine::Layer;
use engine::layer::{Activation, LayerError, MAX_FIELD};
use serde_json::{Value, json};

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
            Control::Pair => json!([1, 1]),
            Control::Padding => json!("valid"),
            Control::Sides => json!([0, 0, 0, 0]),
            Control::Real { .. } => json!(0.0),
            Control::Toggle => json!(self.name != "ceil_mode"),
            Control::Choice(words) => json!(words.first().map(|(word, _)| word)),
            Control::Table => json!([]),
        }
    }

    /// Its limits and unit: “1 to 1,048,576 pixels”.
    pub fn limits(&self) -> Option<String> {
        let most = crate::ui::format::exact(MAX_FIELD.into());
        let limits = match self.control {
            Control::Whole { least } => format!("{least} to {most}"),
            Control::Pair => format!("1 to {most}"),
            Control::Padding | Control::Sides => format!("0 to {most}"),
            Control::Real { min, max, .. } => format!("{min} to {max}").replace('-', "−"),
            Control::Toggle | Control::Choice(_) | Control::Table => return None,
        };
        Some(format!("{limits} {}", self.unit).trim_end().to_owned())
    }
}

const fn field(
    name: &'static str,
    title: &'static str,
    unit: &'static str,
    control: Control,
    sentence: &'static str,
) -> Field {
    Field {
        name,
        title,
        unit,
        sentence,
        control,
        advanced: false,
    }
}

const fn whole(name: &'static str, title: &'static str, sentence: &'static str) -> Field {
    field(name, title, "", Control::Whole { least: 1 }, sentence)
}

const fn real(
    name: &'static str,
    title: &'static str,
    [min, max, step]: [f64; 3],
    sentence: &'static str,
) -> Field {
    field(name, title, "", Control::Real { min, max, step }, sentence)
}

const fn toggle(name: &'static str, title: &'static str, sentence: &'static str) -> Field {
    field(name, title, "", Control::Toggle, sentence)
}

const fn pixels(name: &'static str, title: &'static str, sentence: &'static str) -> Field {
    field(name, title, "pixels", Control::Pair, sentence)
}

const KERNEL: Field = pixels(
    "kernel",
    "Kernel",
    "How many rows and columns the window covers.",
);
const STRIDE: Field = pixels(
    "stride",
    "Stride",
    "How far the window moves: 2 halves the map's side.",
);
const PADDING: Field = field(
    "padding",
    "Padding",
    "pixels",
    Control::Padding,
    "The border around the map before the window slides.",
);
const BIAS: Field = toggle(
    "bias",
    "Bias",
    "A learnt number added to each output channel.",
)
.advanced();
const CEIL: Field = toggle(
    "ceil_mode",
    "Round up",
    "A last window that hangs over the border counts too.",
)
.advanced();

const CONV: &[Field] = &[
    whole("channels", "Filters", "How many feature maps come out."),
    KERNEL,
    STRIDE,
    PADDING,
    pixels(
        "dilation",
        "Dilation",
        "The distance between the pixels that the kernel looks at.",
    )
    .advanced(),
    whole(
        "groups",
        "Groups",
        "The channels are split into so many parts that do not see each other.",
    )
    .advanced(),
    BIAS,
];
const TABLE_CONV: &[Field] = &[
    KERNEL,
    BIAS,
    field(
        "table",
        "Connections",
        "",
        Control::Table,
        "Which input maps (columns) each output map (row) sees.",
    ),
];
const MAX_POOL: &[Field] = &[KERNEL, STRIDE, PADDING, CEIL];
const AVG_POOL: &[Field] = &[
    KERNEL,
    STRIDE,
    PADDING,
    CEIL,
    toggle(
        "count_include_pad",
        "Count padding",
        "The padding's zeros count in the mean.",
    )
    .advanced(),
];
const ADAPTIVE: &[Field] = &[pixels(
    "output",
    "Output",
    "The map's size afterwards, whatever it was before.",
)];
const GLOBAL: &[Field] = &[field(
    "mode",
    "Value",
    "",
    Control::Choice(&[("avg", "average"), ("max", "maximum")]),
    "What stands for a whole map.",
)];
const SUBSAMPLE: &[Field] = &[
    KERNEL,
    whole(
        "fan",
        "Fan",
        "How many output maps each input map gives; 1 but for LeNet-4.",
    ),
];
const BATCH_NORM: &[Field] = &[
    real(
        "eps",
        "ε",
        [0.0, 1.0, 1e-5],
        "Added to the variance, so that nothing is divided by zero.",
    ),
    real(
        "momentum",
        "Momentum",
        [0.0, 1.0, 0.01],
        "The share of a new batch in the running mean and variance.",
    ),
    toggle("scale", "Scale (γ)", "A learnt factor for each channel.").advanced(),
    toggle("shift", "Shift (β)", "A learnt summand for each channel.").advanced(),
];
const LRN: &[Field] = &[
    whole("size", "Size", "How many neighbouring channels are summed."),
    real(
        "alpha",
        "α",
        [0.0, 1e6, 1e-4],
        "The factor of the sum of squares.",
    ),
    real("beta", "β", [0.0, 1e3, 0.05], "The power of the divisor."),
    real("k", "k", [0.0, 1e6, 0.5], "Added before the power."),
    toggle(
        "alpha_divided_by_size",
        "α / size",
        "α is divided by the size first (Caffe, PyTorch), not taken as it is (the paper).",
    )
    .advanced(),
];
const FUNCTION: Field = field(
    "function",
    "Function",
    "",
    Control::Choice(&[
        ("relu", "ReLU"),
        ("relu6", "ReLU6"),
        ("leaky_relu", "leaky ReLU"),
        ("elu", "ELU"),
        ("tanh", "tanh"),
        ("scaled_tanh", "scaled tanh"),
        ("sigmoid", "sigmoid"),
        ("silu", "SiLU"),
        ("hard_sigmoid", "hard sigmoid"),
        ("hard_swish", "hard swish"),
        ("gelu", "GELU"),
        ("softmax", "softmax"),
        ("log_softmax", "log-softmax"),
    ]),
    "What is done to each value.",
);
const LIMIT: f64 = 1e3;
const PLAIN: &[Field] = &[FUNCTION];
const LEAKY: &[Field] = &[
    FUNCTION,
    real(
        "slope",
        "Slope",
        [-LIMIT, LIMIT, 0.01],
        "The factor of negative values.",
    ),
];
const ELU: &[Field] = &[
    FUNCTION,
    real(
        "alpha",
        "α",
        [-LIMIT, LIMIT, 0.1],
        "What large negative values come to, times −1.",
    ),
];
const SCALED_TANH: &[Field] = &[
    FUNCTION,
    real(
        "a",
        "a",
        [-LIMIT, LIMIT, 0.1],
        "The height of a · tanh(s · x).",
    ),
    real(
        "s",
        "s",
        [-LIMIT, LIMIT, 0.1],
        "The slope of a · tanh(s · x).",
    ),
];
const DROPOUT: &[Field] = &[real(
    "p",
    "Share",
    [0.0, 1.0, 0.05],
    "So much of all values is set to 0 while training; at other times nothing is.",
)];
const LINEAR: &[Field] = &[
    whole("features", "Features", "How many values come out."),
    BIAS,
];
const RBF: &[Field] = &[whole(
    "classes",
    "Classes",
    "How many codes the vector is compared with.",
)];
const MERGE: &[Field] = &[field(
    "how",
    "How",
    "",
    Control::Choice(&[
        ("add", "add"),
        ("multiply", "multiply"),
        ("concat", "concatenate"),
    ]),
    "Sum, product, or channel after channel.",
)];
const FLATTEN: &[Field] = &[field(
    "order",
    "Order",
    "",
    Control::Choice(&[("chw", "channel by channel"), ("hwc", "pixel by pixel")]),
    "As PyTorch, or as Keras with channels last.",
)];
const PAD: &[Field] = &[
    field(
        "sides",
        "Sides",
        "pixels",
        Control::Sides,
        "The width of the border.",
    ),
    real(
        "value",
        "Value",
        [-1e9, 1e9, 1.0],
        "What the border is filled with.",
    ),
];
const SHUFFLE: &[Field] = &[whole(
    "groups",
    "Groups",
    "So many runs of channels are interleaved.",
)];
const SLICE: &[Field] = &[
    field(
        "start",
        "First",
        "",
        Control::Whole { least: 0 },
        "The first channel that is kept, counted from 0.",
    ),
    whole("end", "End", "The first channel that is no longer kept."),
];

/// The name of a layer, which is no setting of its own.
pub const NAME: Field = field(
    "name",
    "Name",
    "",
    Control::Choice(&[]),
    "The weights are stored under it.",
);

/// The settings of the input.
pub const INPUT: &[Field] = &[
    whole("channels", "Channels", "1 for grey pictures, 3 for colour."),
    field(
        "height",
        "Height",
        "pixels",
        Control::Whole { least: 1 },
        "Rows of the picture.",
    ),
    field(
        "width",
        "Width",
        "pixels",
        Control::Whole { least: 1 },
        "Columns of the picture.",
    ),
];

/// The settings of a layer of this kind.
pub const fn fields(layer: &Layer) -> &'static [Field] {
    match layer {
        Layer::Conv(_) => CONV,
        Layer::TableConv(_) => TABLE_CONV,
        Layer::MaxPool(_) => MAX_POOL,
        Layer::AvgPool(_) => AVG_POOL,
        Layer::AdaptiveAvgPool(_) => ADAPTIVE,
        Layer::GlobalPool(_) => GLOBAL,
        Layer::Subsample(_) => SUBSAMPLE,
        Layer::BatchNorm(_) => BATCH_NORM,
        Layer::Lrn(_) => LRN,
        Layer::Activation(activation) => match activation {
            Activation::LeakyRelu { .. } => LEAKY,
            Activation::Elu { .. } => ELU,
            Activation::ScaledTanh { .. } => SCALED_TANH,
            Activation::Relu
            | Activation::Relu6
            | Activation::Tanh
            | Activation::Sigmoid
            | Activation::Silu
            | Activation::HardSigmoid
            | Activation::HardSwish
            | Activation::Gelu
            | Activation::Softmax
            | Activation::LogSoftmax => PLAIN,
        },
        Layer::Dropout(_) => DROPOUT,
        Layer::Linear(_) => LINEAR,
        Layer::Rbf(_) => RBF,
        Layer::Merge(_) => MERGE,
        Layer::Flatten(_) => FLATTEN,
        Layer::Pad(_) => PAD,
        Layer::ChannelShuffle(_) => SHUFFLE,
        Layer::ChannelSlice(_) => SLICE,
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
        | LayerError::NotAVector { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use engine::zoo::{self, Options};

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
