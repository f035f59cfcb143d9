//! Keras' layers, by their names and arguments.

use super::part::{Args, Draft, Read, pair, whole};
use super::value::{Call, Value};
use crate::Shape;
use crate::layer::{
    Activation, AvgPool, BatchNorm, Conv, Dropout, Flatten, FlattenOrder, GlobalPool, GroupNorm,
    InstanceNorm, Layer, LayerNorm, LayerNormAxes, MaxPool, PRelu, Pad, Padding, PoolMode,
    TransposedConv, Upsample, UpsampleMode,
};

/// Names that only Keras has.
pub(super) const NAMES: [&str; 24] = [
    "Conv2D",
    "Convolution2D",
    "DepthwiseConv2D",
    "SeparableConv2D",
    "Dense",
    "MaxPooling2D",
    "MaxPool2D",
    "AveragePooling2D",
    "AvgPool2D",
    "GlobalAveragePooling2D",
    "GlobalAvgPool2D",
    "GlobalMaxPooling2D",
    "GlobalMaxPool2D",
    "BatchNormalization",
    "Activation",
    "ZeroPadding2D",
    "InputLayer",
    "Input",
    "Rescaling",
    "SpatialDropout2D",
    "Conv2DTranspose",
    "UpSampling2D",
    "LayerNormalization",
    "GroupNormalization",
];

/// Layers that do nothing but while a network is trained.
const OF_TRAINING: [&str; 16] = [
    "GaussianNoise",
    "GaussianDropout",
    "AlphaDropout",
    "ActivityRegularization",
    "Identity",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    "RandomContrast",
    "RandomBrightness",
    "RandomCrop",
    "RandomErasing",
    "RandomShear",
    "MixUp",
    "CutMix",
];

/// The layers of a call, with what it says of the network's input before them.
pub(crate) fn layer(call: &Call) -> Result<Read, String> {
    let args = Args { call };
    let mut read = alone(call, &args)?;
    if let Some(value) = args.key(&["input_shape", "batch_input_shape", "shape", "batch_shape"])
        && !matches!(call.name.as_str(), "Input" | "InputLayer")
    {
        read.drafts.insert(0, Draft::Input(shape(value)?));
    }
    let has_activation = matches!(
        call.name.as_str(),
        "Conv2D"
            | "Convolution2D"
            | "Conv2DTranspose"
            | "DepthwiseConv2D"
            | "SeparableConv2D"
            | "Dense"
    );
    if has_activation && let Some(value) = args.key(&["activation"]) {
        read.drafts
            .extend(function(value)?.map(|it| Layer::from(it).into()));
    }
    Ok(read)
}

fn alone(call: &Call, args: &Args<'_>) -> Result<Read, String> {
    if args.text(usize::MAX, &["data_format"]) == Some("channels_first") {
        return Err("its data_format is channels_first, which is not read".to_owned());
    }
    let drafts = |drafts: Vec<Draft>| Read {
        drafts,
        notes: Vec::new(),
    };
    match call.name.as_str() {
        "Input" | "InputLayer" => {
            let keys = ["shape", "input_shape", "batch_shape", "batch_input_shape"];
            let value = args.get(0, &keys).ok_or("its shape is missing")?;
            Ok(drafts(vec![Draft::Input(shape(value)?)]))
        }
        "Conv2D" | "Convolution2D" => Ok(Read::from(Conv {
            channels: args.needed(0, &["filters"])?,
            groups: args.whole(6, &["groups"])?.unwrap_or(1),
            dilation: args.pair(5, &["dilation_rate"])?.unwrap_or([1, 1]),
            bias: args.flag(usize::MAX, &["use_bias"], true)?,
            ..window(args, 1)?
        })),
        "DepthwiseConv2D" => Ok(drafts(vec![Draft::Depthwise(Conv {
            channels: args.whole(3, &["depth_multiplier"])?.unwrap_or(1),
            dilation: args.pair(usize::MAX, &["dilation_rate"])?.unwrap_or([1, 1]),
            bias: args.flag(usize::MAX, &["use_bias"], true)?,
            ..window(args, 0)?
        })])),
        "SeparableConv2D" => {
            let depthwise = Conv {
                channels: args.whole(usize::MAX, &["depth_multiplier"])?.unwrap_or(1),
                dilation: args.pair(usize::MAX, &["dilation_rate"])?.unwrap_or([1, 1]),
                bias: false,
                ..window(args, 1)?
            };
            let pointwise = Conv {
                bias: args.flag(usize::MAX, &["use_bias"], true)?,
                ..Conv::new(args.needed(0, &["filters"])?, 1)
            };
            Ok(drafts(vec![
                Draft::Depthwise(depthwise),
                Layer::from(pointwise).into(),
            ]))
        }
        "Conv2DTranspose" => Ok(Read::from(transposed(args)?)),
        "Dense" => Ok(drafts(vec![Draft::Dense {
            features: args.needed(0, &["units"])?,
            bias: args.flag(usize::MAX, &["use_bias"], true)?,
        }])),
        "MaxPooling2D" | "MaxPool2D" => {
            let (kernel, stride, padding) = pooling(args)?;
            Ok(Read::from(MaxPool {
                kernel,
                stride,
                padding,
                dilation: [1, 1],
                ceil_mode: false,
            }))
        }
        "AveragePooling2D" | "AvgPool2D" => {
            let (kernel, stride, padding) = pooling(args)?;
            Ok(Read::from(AvgPool {
                kernel,
                stride,
                padding,
                ceil_mode: false,
                count_include_pad: padding == Padding::Valid,
            }))
        }
        "GlobalAveragePooling2D" | "GlobalAvgPool2D" => Ok(Read::from(GlobalPool {
            mode: PoolMode::Avg,
        })),
        "GlobalMaxPooling2D" | "GlobalMaxPool2D" => Ok(Read::from(GlobalPool {
            mode: PoolMode::Max,
        })),
        "BatchNormalization" if !matches!(axes(args)?.as_slice(), [-1 | 1 | 3]) => {
            Err("it does not normalise each channel".to_owned())
        }
        "BatchNormalization" => Ok(Read::from(BatchNorm {
            momentum: 1.0 - args.number(1, &["momentum"], 0.99)?,
            eps: args.number(2, &["epsilon"], 1e-3)?,
            shift: args.flag(3, &["center"], true)?,
            scale: args.flag(4, &["scale"], true)?,
        })),
        "LayerNormalization" => {
            if args.flag(usize::MAX, &["rms_scaling"], false)? {
                return Err("its rms_scaling is not read".to_owned());
            }
            let axes = match axes(args)?.as_slice() {
                [-1 | 1 | 3] => LayerNormAxes::Channels,
                [1, 2, 3] | [-3, -2, -1] => LayerNormAxes::All,
                _ => return Err("its axis is neither that of the channels nor all".to_owned()),
            };
            Ok(Read::from(LayerNorm {
                axes,
                eps: args.number(1, &["epsilon"], 1e-3)?,
                shift: args.flag(2, &["center"], true)?,
                scale: args.flag(3, &["scale"], true)?,
            }))
        }
        "GroupNormalization" => {
            if !matches!(axes(args)?.as_slice(), [-1 | 1 | 3]) {
                return Err("its axis is not that of the channels".to_owned());
            }
            let eps = args.number(2, &["epsilon"], 1e-3)?;
            let shift = args.flag(3, &["center"], true)?;
            let scale = args.flag(4, &["scale"], true)?;
            match args.number(0, &["groups"], 32.0)? {
                // As many as there are channels.
                -1.0 => Ok(Read::from(InstanceNorm { eps, scale, shift })),
                _ => Ok(Read::from(GroupNorm {
                    groups: args.whole(0, &["groups"])?.unwrap_or(32),
                    eps,
                    scale,
                    shift,
                })),
            }
        }
        "UpSampling2D" => Ok(Read::from(Upsample {
            factor: args.pair(0, &["size"])?.unwrap_or([2, 2]),
            mode: match args.text(2, &["interpolation"]) {
                None | Some("nearest") => UpsampleMode::Nearest,
                Some("bilinear") => UpsampleMode::Bilinear,
                Some(other) => return Err(format!("its interpolation “{other}” is not read")),
            },
            align_corners: false,
        })),
        "Activation" => {
            let value = args
                .get(0, &["activation"])
                .ok_or("its function is missing")?;
            let function = function(value)?;
            Ok(drafts(
                function
                    .map(|it| Layer::from(it).into())
                    .into_iter()
                    .collect(),
            ))
        }
        "ReLU" => match args.get(0, &["max_value"]) {
            _ if args.number(2, &["threshold"], 0.0)? != 0.0 => {
                Err("its threshold is not 0".to_owned())
            }
            None => Ok(Read::from(
                match args.number(1, &["negative_slope"], 0.0)? {
                    0.0 => Activation::Relu,
                    slope => Activation::LeakyRelu { slope },
                },
            )),
            Some(_) if args.number(1, &["negative_slope"], 0.0)? != 0.0 => {
                Err("it has a max_value and a negative_slope".to_owned())
            }
            Some(value) if whole(value) == Some(6) => Ok(Read::from(Activation::Relu6)),
            Some(_) => Err("its max_value is not 6".to_owned()),
        },
        "LeakyReLU" => Ok(Read::from(Activation::LeakyRelu {
            slope: args.number(0, &["negative_slope", "alpha"], 0.3)?,
        })),
        "ELU" => Ok(Read::from(Activation::Elu {
            alpha: args.number(0, &["alpha"], 1.0)?,
        })),
        "PReLU" => {
            // Without shared axes each position has a slope of its own; of a vector that is the same.
            let shared = args.get(usize::MAX, &["shared_axes"]);
            let is_shared = match shared.map(numbers) {
                None => false,
                Some(Some(shared)) if shared == [1, 2] => true,
                Some(_) => return Err("its shared_axes are not those of the positions".to_owned()),
            };
            match is_shared || call.before == OF_VECTOR {
                true => Ok(Read::from(PRelu { per_channel: true })),
                false => Err("it has a slope for each position (no shared_axes)".to_owned()),
            }
        }
        "Softmax" if !matches!(axes(args)?.as_slice(), [-1 | 1 | 3]) => {
            Err("its axis is not that of the channels".to_owned())
        }
        "Softmax" => Ok(Read::from(Activation::Softmax)),
        "Dropout" => Ok(Read::from(Dropout {
            p: args.number(0, &["rate"], 0.5)?,
        })),
        "SpatialDropout2D" => Ok(Read {
            notes: vec!["SpatialDropout2D became dropout of single values".to_owned()],
            ..Read::from(Dropout {
                p: args.number(0, &["rate"], 0.5)?,
            })
        }),
        "Flatten" => Ok(Read::from(Flatten {
            order: FlattenOrder::Hwc,
        })),
        "ZeroPadding2D" => {
            let sides = match args.get(0, &["padding"]) {
                None => [1; 4],
                Some(value) => sides(value).ok_or("its padding is not read")?,
            };
            Ok(Read::from(Pad { sides, value: 0.0 }))
        }
        "Rescaling" | "Normalization" => Ok(Read {
            drafts: Vec::new(),
            notes: vec![format!(
                "{} is left out: the lab prepares the pictures",
                call.name
            )],
        }),
        name if OF_TRAINING.contains(&name) => Ok(Read {
            drafts: Vec::new(),
            notes: vec![format!(
                "{name} is left out: it does nothing after training"
            )],
        }),
        _ => Err("no layer of this name is read".to_owned()),
    }
}

/// What stands before the name of a layer that is known to take a vector.
pub(crate) const OF_VECTOR: &str = "vector";

/// The axes that a layer works on; the last where it says nothing.
fn axes(args: &Args<'_>) -> Result<Vec<i64>, String> {
    match args.key(&["axis"]) {
        None => Ok(vec![-1]),
        Some(value) => numbers(value).ok_or_else(|| "its axis is no number".to_owned()),
    }
}

fn numbers(value: &Value) -> Option<Vec<i64>> {
    let number = |value: &Value| match value {
        Value::Number(number) if number.fract() == 0.0 && number.abs() < 100.0 => {
            Some(*number as i64)
        }
        _ => None,
    };
    match value {
        Value::List(items) => items.iter().map(|item| number(&item.value)).collect(),
        value => Some(vec![number(value)?]),
    }
}

/// Keras pads the convolution that it is the gradient of, so that the output is `stride` times the input
/// (“same”), or larger by what the kernel is longer than the stride.
fn transposed(args: &Args<'_>) -> Result<TransposedConv, String> {
    let kernel = args.pair(1, &["kernel_size"])?;
    let kernel = kernel.ok_or("its kernel_size is missing")?;
    let stride = args.pair(2, &["strides"])?.unwrap_or([1, 1]);
    let padding = padding(args.text(3, &["padding"]))?;
    let given = args.pair(4, &["output_padding"])?;
    let dilation = args.pair(usize::MAX, &["dilation_rate"])?.unwrap_or([1, 1]);
    if given.is_some() && padding == Padding::Same {
        return Err("its output_padding with padding “same” is not read".to_owned());
    }
    let (mut crop, mut output_padding) = ([0; 4], [0; 2]);
    for axis in 0..2 {
        let extent = (kernel[axis].saturating_sub(1)).saturating_mul(dilation[axis]) + 1;
        let more = extent.saturating_sub(stride[axis]);
        if padding == Padding::Same {
            crop[axis] = more / 2;
            crop[axis + 2] = more - more / 2;
        }
        output_padding[axis] = match given {
            Some(given) => given[axis],
            None => stride[axis].saturating_sub(extent),
        };
    }
    Ok(TransposedConv {
        channels: args.needed(0, &["filters"])?,
        kernel,
        stride,
        crop,
        output_padding,
        dilation,
        groups: 1,
        bias: args.flag(usize::MAX, &["use_bias"], true)?,
    })
}

/// Kernel, stride and padding from this place on.
fn window(args: &Args<'_>, place: usize) -> Result<Conv, String> {
    let kernel = args.pair(place, &["kernel_size"])?;
    Ok(Conv {
        kernel: kernel.ok_or("its kernel_size is missing")?,
        stride: args.pair(place + 1, &["strides"])?.unwrap_or([1, 1]),
        padding: padding(args.text(place + 2, &["padding"]))?,
        ..Conv::new(1, 1)
    })
}

fn pooling(args: &Args<'_>) -> Result<([u32; 2], [u32; 2], Padding), String> {
    let kernel = args.pair(0, &["pool_size"])?.unwrap_or([2, 2]);
    let stride = args.pair(1, &["strides"])?.unwrap_or(kernel);
    Ok((kernel, stride, padding(args.text(2, &["padding"]))?))
}

fn padding(text: Option<&str>) -> Result<Padding, String> {
    match text.map(str::to_lowercase).as_deref() {
        None | Some("valid") => Ok(Padding::Valid),
        Some("same") => Ok(Padding::Same),
        Some(other) => Err(format!("there is no padding “{other}”")),
    }
}

/// `(height, width, channels)`, with the batch before it or not.
pub(super) fn shape(value: &Value) -> Result<Shape, String> {
    let wrong = || "its shape is not height, width, channels".to_owned();
    let Value::List(items) = value else {
        return Err(wrong());
    };
    let sides = items.iter().filter_map(|item| whole(&item.value));
    match *sides.collect::<Vec<_>>().as_slice() {
        [height, width, channels] => Ok(Shape::new(channels, height, width)),
        [features] => Ok(Shape::vector(features)),
        [height, width] => Ok(Shape::new(1, height, width)),
        _ => Err(wrong()),
    }
}

/// An activation by its name; `None` for the identity.
pub(crate) fn function(value: &Value) -> Result<Option<Activation>, String> {
    let name = match value {
        Value::Text(name) => name.as_str(),
        Value::Name(name) => name.rsplit('.').next().unwrap_or(name),
        Value::Call(call) => return of_call(call),
        _ => return Err("its activation is not read".to_owned()),
    };
    Ok(Some(match name {
        "linear" => return Ok(None),
        "relu" => Activation::Relu,
        "relu6" => Activation::Relu6,
        "leaky_relu" => Activation::LeakyRelu { slope: 0.2 },
        "elu" => Activation::Elu { alpha: 1.0 },
        "tanh" => Activation::Tanh,
        "sigmoid" => Activation::Sigmoid,
        "silu" | "swish" => Activation::Silu,
        "hard_sigmoid" => Activation::HardSigmoid,
        "hard_silu" | "hard_swish" => Activation::HardSwish,
        "gelu" => Activation::Gelu,
        "softmax" => Activation::Softmax,
        "log_softmax" => Activation::LogSoftmax,
        other => return Err(format!("the activation “{other}” is no layer of the lab")),
    }))
}

fn of_call(call: &Call) -> Result<Option<Activation>, String> {
    let read = alone(call, &Args { call })?;
    match read.drafts.as_slice() {
        [
            Draft::Layer {
                layer: Layer::Activation(function),
                ..
            },
        ] => Ok(Some(*function)),
        _ => Err("its activation is not read".to_owned()),
    }
}

/// One number, `(height, width)`, or `((top, bottom), (left, right))` as top, left, bottom, right.
fn sides(value: &Value) -> Option<[u32; 4]> {
    if let Some([height, width]) = pair(value) {
        return Some([height, width, height, width]);
    }
    let Value::List(items) = value else {
        return None;
    };
    match items.as_slice() {
        [rows, columns] => {
            let ([top, bottom], [left, right]) = (pair(&rows.value)?, pair(&columns.value)?);
            Some([top, left, bottom, right])
        }
        _ => None,
    }
}
