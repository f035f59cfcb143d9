//! `cnnlab quantise`: weights and activations of fewer bits.

use std::io::Write;

use super::CliError;
use super::shrink::Common;
use super::train::running;
use crate::compress::quantise::{Granularity, Method, Scheme, Width};
use crate::compress::{Levels, Quantise, Shrink};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    common: Common,
    /// Bits of a weight: f16, 8, 4, 2 or binary; 8 without a settings file. Widths other than 8 are
    /// simulated.
    #[arg(long, value_parser = width)]
    bits: Option<Width>,
    /// One grid for all weights of a layer, rather than one for each output channel.
    #[arg(long)]
    per_tensor: bool,
    /// Grids from the least to the greatest weight, rather than around 0.
    #[arg(long)]
    affine: bool,
    /// How the ranges of 8-bit activations are found: min-max, percentile:P, squared-error, or none
    /// to leave activations as floats. min-max without a settings file.
    #[arg(long, value_parser = activations)]
    activations: Option<Activations>,
    /// Training images to calibrate on, at least 100; 256 without a settings file.
    #[arg(long)]
    images: Option<u32>,
    /// Put the batch norms into the layers before them first, and do no more.
    #[arg(long, conflicts_with = "bits")]
    fold: bool,
    /// Time a forward pass with all layers in floats and with layers of 8 bits.
    #[arg(long)]
    time: bool,
    /// Quantise nothing; show the accuracy with each layer at 8, 4, 2 bits and binary.
    #[arg(long)]
    sensitivity: bool,
}

/// The ranges of activations, if they are quantised.
#[derive(Clone, Copy, Debug)]
struct Activations(Option<Method>);

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    let mut opened = args.common.open()?;
    opened.measured.timed = args.time;
    if args.sensitivity {
        return args.common.sensitivity(&opened, Levels::widths(), out);
    }
    if args.fold {
        return args.common.run(opened, Shrink::Fold, out);
    }
    let settings = args
        .common
        .settings(Shrink::Quantise(Quantise::default()))?;
    let Shrink::Quantise(mut quantise) = settings else {
        return Err(running(
            "the file has settings of another step; give one of quantisation",
        ));
    };
    quantise.width = args.bits.unwrap_or(quantise.width);
    if args.per_tensor {
        quantise.granularity = Granularity::Tensor;
    }
    if args.affine {
        quantise.scheme = Scheme::Affine;
    }
    if let Some(Activations(method)) = args.activations {
        quantise.activations = method;
    }
    quantise.images = args.images.unwrap_or(quantise.images);
    let layers = args.common.layers(&opened.network)?;
    if !layers.is_empty() {
        quantise.layers = layers;
    }
    args.common.run(opened, Shrink::Quantise(quantise), out)
}

fn width(name: &str) -> Result<Width, String> {
    let found = Width::ALL.into_iter().find(|width| width.name() == name);
    let names = Width::ALL.map(Width::name).join(", ");
    found.ok_or_else(|| format!("“{name}” is no width; there are {names}"))
}

fn activations(text: &str) -> Result<Activations, String> {
    let wrong = || {
        format!(
            "“{text}” is not one of min-max, percentile:P (as percentile:99.9), squared-error, none"
        )
    };
    Ok(Activations(match text.split_once(':') {
        None if text == "min-max" => Some(Method::MinMax),
        None if text == "squared-error" => Some(Method::SquaredError),
        None if text == "none" => None,
        Some(("percentile", number)) => Some(Method::Percentile {
            percentile: number.parse().map_err(|_| wrong())?,
        }),
        _ => return Err(wrong()),
    }))
}
