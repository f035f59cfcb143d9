//! The settings of every kind of layer and of the input.

use engine::Layer;
use engine::layer::Activation;

use super::{Control, Field};

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

const DILATION: Field = pixels(
    "dilation",
    "Dilation",
    "The distance between the pixels that the kernel looks at.",
)
.advanced();

pub(super) const CONV: &[Field] = &[
    whole("channels", "Filters", "How many feature maps come out."),
    KERNEL,
    STRIDE,
    PADDING,
    DILATION,
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
const TRANSPOSED: &[Field] = &[
    whole("channels", "Filters", "How many feature maps come out."),
    KERNEL,
    pixels(
        "stride",
        "Stride",
        "How far apart the input values are laid: 2 doubles the map's side.",
    ),
    field(
        "crop",
        "Cut off",
        "pixels",
        Control::Sides,
        "Rows and columns that are cut off the output.",
    ),
    pixels(
        "output_padding",
        "Output padding",
        "Rows and columns more at the bottom and right; less than the stride.",
    )
    .advanced(),
    DILATION,
    whole(
        "groups",
        "Groups",
        "The channels are split into so many parts that do not see each other.",
    )
    .advanced(),
    BIAS,
];
const MAX_POOL: &[Field] = &[KERNEL, STRIDE, PADDING, DILATION, CEIL];
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
const EPS: Field = real(
    "eps",
    "ε",
    [0.0, 1.0, 1e-5],
    "Added to the variance, so that nothing is divided by zero.",
);
const SCALE: Field = toggle("scale", "Scale (γ)", "A learnt factor.").advanced();
const SHIFT: Field = toggle("shift", "Shift (β)", "A learnt summand.").advanced();
const GROUP_NORM: &[Field] = &[
    whole(
        "groups",
        "Groups",
        "So many runs of channels have a mean and a variance each.",
    ),
    EPS,
    SCALE,
    SHIFT,
];
const LAYER_NORM: &[Field] = &[
    field(
        "axes",
        "Over",
        "",
        Control::Choice(&[
            ("all", "the whole map"),
            ("channels", "channels of a position"),
        ]),
        "Which values have a mean and a variance together.",
    ),
    EPS,
    SCALE,
    SHIFT,
];
const INSTANCE_NORM: &[Field] = &[EPS, SCALE, SHIFT];
const PRELU: &[Field] = &[toggle(
    "per_channel",
    "One per channel",
    "Each channel has a slope of its own, or all have one.",
)];
const UPSAMPLE: &[Field] = &[
    field(
        "factor",
        "Factor",
        "times",
        Control::Pair,
        "How many times larger the map becomes.",
    ),
    field(
        "mode",
        "Between",
        "",
        Control::Choice(&[("nearest", "nearest value"), ("bilinear", "bilinear")]),
        "What is put between the values.",
    ),
    toggle(
        "align_corners",
        "Align corners",
        "Of bilinear: corner values stay at the corners.",
    )
    .advanced(),
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
pub(super) const PLAIN: &[Field] = &[FUNCTION];
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
    "Share dropped",
    [0.0, 1.0, 0.05],
    "So much of all values is set to 0 while training; at other times nothing is.",
)];
pub(super) const LINEAR: &[Field] = &[
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
        Layer::TransposedConv(_) => TRANSPOSED,
        Layer::MaxPool(_) => MAX_POOL,
        Layer::AvgPool(_) => AVG_POOL,
        Layer::AdaptiveAvgPool(_) | Layer::AdaptiveMaxPool(_) => ADAPTIVE,
        Layer::GlobalPool(_) => GLOBAL,
        Layer::Subsample(_) => SUBSAMPLE,
        Layer::BatchNorm(_) => BATCH_NORM,
        Layer::GroupNorm(_) => GROUP_NORM,
        Layer::LayerNorm(_) => LAYER_NORM,
        Layer::InstanceNorm(_) => INSTANCE_NORM,
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
        Layer::PRelu(_) => PRELU,
        Layer::Dropout(_) => DROPOUT,
        Layer::Linear(_) => LINEAR,
        Layer::Rbf(_) => RBF,
        Layer::Merge(_) => MERGE,
        Layer::Flatten(_) => FLATTEN,
        Layer::Pad(_) => PAD,
        Layer::Upsample(_) => UPSAMPLE,
        Layer::ChannelShuffle(_) => SHUFFLE,
        Layer::ChannelSlice(_) => SLICE,
    }
}
