//! PyTorch's layers, by their names and arguments; a printed module has the same arguments as code.

use super::part::{Args, Draft, Read, pair, whole};
use super::value::{Call, Value};
use crate::layer::{
    Activation, AdaptiveAvgPool, AdaptiveMaxPool, AvgPool, BatchNorm, ChannelShuffle, Conv,
    Dropout, Flatten, FlattenOrder, GlobalPool, Layer, Linear, Lrn, MaxPool, Pad, Padding,
    PoolMode,
};

/// The layers of a call; no layers for what does nothing.
pub(super) fn layer(call: &Call) -> Result<Read, String> {
    let args = Args { call };
    let activation = |function: Activation| Ok(Read::from(function));
    match call.name.as_str() {
        "Conv2d" => conv(&args, 1),
        "LazyConv2d" => conv(&args, 0),
        "Linear" => linear(&args, 1),
        "LazyLinear" => linear(&args, 0),
        "MaxPool2d" => {
            let kernel = args
                .pair(0, &["kernel_size"])?
                .ok_or("its kernel_size is missing")?;
            Ok(Read::from(MaxPool {
                kernel,
                stride: args.pair(1, &["stride"])?.unwrap_or(kernel),
                padding: padding(&args, 2)?,
                dilation: args.pair(3, &["dilation"])?.unwrap_or([1, 1]),
                ceil_mode: args.flag(5, &["ceil_mode"], false)?,
            }))
        }
        "AvgPool2d" => {
            let kernel = args
                .pair(0, &["kernel_size"])?
                .ok_or("its kernel_size is missing")?;
            if args.get(5, &["divisor_override"]).is_some() {
                return Err("its divisor_override is not read".to_owned());
            }
            Ok(Read::from(AvgPool {
                kernel,
                stride: args.pair(1, &["stride"])?.unwrap_or(kernel),
                padding: padding(&args, 2)?,
                ceil_mode: args.flag(3, &["ceil_mode"], false)?,
                count_include_pad: args.flag(4, &["count_include_pad"], true)?,
            }))
        }
        "AdaptiveAvgPool2d" => match args.pair(0, &["output_size"])? {
            Some(output) => Ok(Read::from(AdaptiveAvgPool { output })),
            None => Err("its output_size is missing".to_owned()),
        },
        "AdaptiveMaxPool2d" => match args.pair(0, &["output_size"])? {
            Some([1, 1]) => Ok(Read::from(GlobalPool {
                mode: PoolMode::Max,
            })),
            Some(output) => Ok(Read::from(AdaptiveMaxPool { output })),
            None => Err("its output_size is missing".to_owned()),
        },
        "BatchNorm2d" | "BatchNorm1d" | "SyncBatchNorm" => {
            let affine = args.flag(3, &["affine"], true)?;
            if !args.flag(4, &["track_running_stats"], true)? {
                return Err(
                    "batch norm without running statistics is no layer of the lab".to_owned(),
                );
            }
            let layer = Layer::from(BatchNorm {
                eps: args.number(1, &["eps"], 1e-5)?,
                momentum: args.number(2, &["momentum"], 0.1)?,
                scale: affine,
                shift: affine,
            });
            let takes = args.whole(0, &["num_features"])?;
            Ok(drafts(vec![Draft::Layer { layer, takes }]))
        }
        "LocalResponseNorm" => Ok(Read::from(Lrn {
            size: args.needed(0, &["size"])?,
            alpha: args.number(1, &["alpha"], 1e-4)?,
            beta: args.number(2, &["beta"], 0.75)?,
            k: args.number(3, &["k"], 1.0)?,
            alpha_divided_by_size: true,
        })),
        "ReLU" => activation(Activation::Relu),
        "ReLU6" => activation(Activation::Relu6),
        "LeakyReLU" => activation(Activation::LeakyRelu {
            slope: args.number(0, &["negative_slope"], 0.01)?,
        }),
        "ELU" => activation(Activation::Elu {
            alpha: args.number(0, &["alpha"], 1.0)?,
        }),
        "Tanh" => activation(Activation::Tanh),
        "Sigmoid" => activation(Activation::Sigmoid),
        "SiLU" => activation(Activation::Silu),
        "Hardsigmoid" => activation(Activation::HardSigmoid),
        "Hardswish" => activation(Activation::HardSwish),
        "GELU" => {
            let mut read = Read::from(Activation::Gelu);
            if args.text(0, &["approximate"]) == Some("tanh") {
                let note = "GELU is computed exactly, not by tanh";
                read.notes.push(note.to_owned());
            }
            Ok(read)
        }
        "Softmax" | "Softmax2d" => activation(Activation::Softmax),
        "LogSoftmax" => activation(Activation::LogSoftmax),
        "Dropout" | "Dropout1d" | "Dropout2d" | "AlphaDropout" => {
            let mut read = Read::from(Dropout {
                p: args.number(0, &["p"], 0.5)?,
            });
            if call.name != "Dropout" {
                read.notes
                    .push(format!("{} became dropout of single values", call.name));
            }
            Ok(read)
        }
        "Flatten" => match args.whole(0, &["start_dim"])? {
            None | Some(1) => Ok(Read::from(Flatten {
                order: FlattenOrder::Chw,
            })),
            Some(_) => Err("its start_dim is not 1".to_owned()),
        },
        "ZeroPad2d" | "ConstantPad2d" => {
            let value = args.get(0, &["padding"]).ok_or("its padding is missing")?;
            let sides = sides(value).ok_or("its padding is neither a whole number nor four")?;
            let value = args.number(1, &["value"], 0.0)?;
            Ok(Read::from(Pad { sides, value }))
        }
        "ChannelShuffle" => Ok(Read::from(ChannelShuffle {
            groups: args.needed(0, &["groups"])?,
        })),
        "Identity" => Ok(Read::default()),
        _ => Err("no layer of this name is read".to_owned()),
    }
}

fn drafts(drafts: Vec<Draft>) -> Read {
    Read {
        drafts,
        notes: Vec::new(),
    }
}

/// `first` is the place of the output channels: a lazy one does not say what it takes.
fn conv(args: &Args<'_>, first: usize) -> Result<Read, String> {
    let takes = match first {
        0 => None,
        _ => Some(args.needed(0, &["in_channels"])?),
    };
    let kernel = args.pair(first + 1, &["kernel_size"])?;
    let layer = Layer::from(Conv {
        channels: args.needed(first, &["out_channels"])?,
        kernel: kernel.ok_or("its kernel_size is missing")?,
        stride: args.pair(first + 2, &["stride"])?.unwrap_or([1, 1]),
        padding: padding(args, first + 3)?,
        dilation: args.pair(first + 4, &["dilation"])?.unwrap_or([1, 1]),
        groups: args.whole(first + 5, &["groups"])?.unwrap_or(1),
        bias: args.flag(first + 6, &["bias"], true)?,
    });
    let mut read = drafts(vec![Draft::Layer { layer, takes }]);
    if let Some(mode) = args.text(first + 7, &["padding_mode"])
        && mode != "zeros"
    {
        let note = format!("its border is padded with zeros, not by “{mode}”");
        read.notes.push(note);
    }
    Ok(read)
}

fn linear(args: &Args<'_>, first: usize) -> Result<Read, String> {
    let takes = match first {
        0 => None,
        _ => Some(args.needed(0, &["in_features"])?),
    };
    let layer = Layer::from(Linear {
        features: args.needed(first, &["out_features"])?,
        bias: args.flag(first + 1, &["bias"], true)?,
    });
    Ok(drafts(vec![Draft::Layer { layer, takes }]))
}

fn padding(args: &Args<'_>, place: usize) -> Result<Padding, String> {
    match args.get(place, &["padding"]) {
        None => Ok(Padding::Valid),
        Some(Value::Text(text)) => match text.as_str() {
            "same" => Ok(Padding::Same),
            "valid" => Ok(Padding::Valid),
            other => Err(format!("there is no padding “{other}”")),
        },
        Some(value) => match pair(value) {
            Some([0, 0]) => Ok(Padding::Valid),
            Some([height, width]) => Ok(Padding::Sides([height, width, height, width])),
            None => Err("its padding is neither a whole number nor two".to_owned()),
        },
    }
}

/// `(left, right, top, bottom)` or one number as top, left, bottom, right.
fn sides(value: &Value) -> Option<[u32; 4]> {
    if let Some(side) = whole(value) {
        return Some([side; 4]);
    }
    let Value::List(items) = value else {
        return None;
    };
    match items.as_slice() {
        [left, right, top, bottom] => Some([
            whole(&top.value)?,
            whole(&left.value)?,
            whole(&bottom.value)?,
            whole(&right.value)?,
        ]),
        _ => None,
    }
}
