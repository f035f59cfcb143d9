//! `cnnlab prune`: takes weights or channels out of a network.

use std::io::Write;

use super::CliError;
use super::shrink::Common;
use super::train::running;
use crate::compress::prune::{Criterion, Scope};
use crate::compress::{Levels, Prune, Shrink, What};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    common: Common,
    /// What goes: channels (the network becomes smaller), weights (they become 0, which makes dense
    /// kernels no faster), or 2:4 (two of every four consecutive inputs). channels without a
    /// settings file.
    #[arg(long, value_name = "WHAT", value_parser = ["channels", "weights", "2:4"])]
    what: Option<String>,
    /// The share that goes; 0.3 without a settings file.
    #[arg(long)]
    share: Option<f64>,
    /// By what channels are ranked: l1, batch-norm-scale, taylor-activation or taylor-weight.
    #[arg(long, value_parser = criterion)]
    by: Option<Criterion>,
    /// Over which weights the smallest are looked for: global (all layers together) or layer.
    #[arg(long, value_parser = scope)]
    scope: Option<Scope>,
    /// Training images that the gradients of the Taylor criteria are of; 256 without a settings
    /// file.
    #[arg(long)]
    images: Option<u32>,
    /// Prune nothing; show the accuracy with each layer pruned by every tenth.
    #[arg(long)]
    sensitivity: bool,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    let opened = args.common.open()?;
    if args.sensitivity {
        return args.common.sensitivity(&opened, Levels::tenths(), out);
    }
    let settings = args.common.settings(Shrink::Prune(Prune::default()))?;
    let Shrink::Prune(mut prune) = settings else {
        return Err(running(
            "the file has settings of another step; give one of pruning",
        ));
    };
    let (by, scope) = (args.by.unwrap_or_default(), args.scope.unwrap_or_default());
    match (args.what.as_deref(), args.by, args.scope) {
        (Some("weights"), ..) => prune.what = What::Weights { scope },
        (Some("2:4"), ..) => prune.what = What::TwoOfFour,
        (Some(_), ..) | (None, Some(_), _) => prune.what = What::Channels { by },
        (None, None, Some(scope)) => prune.what = What::Weights { scope },
        (None, None, None) => {}
    }
    prune.share = args.share.unwrap_or(prune.share);
    prune.images = args.images.unwrap_or(prune.images);
    let layers = args.common.layers(&opened.network)?;
    if !layers.is_empty() {
        prune.layers = layers;
    }
    args.common.run(opened, Shrink::Prune(prune), out)
}

fn criterion(name: &str) -> Result<Criterion, String> {
    Ok(match name {
        "l1" => Criterion::L1,
        "batch-norm-scale" => Criterion::BatchNormScale,
        "taylor-activation" => Criterion::TaylorActivation,
        "taylor-weight" => Criterion::TaylorWeight,
        _ => return Err(format!("“{name}” is no criterion; see --help")),
    })
}

fn scope(name: &str) -> Result<Scope, String> {
    match name {
        "global" => Ok(Scope::Global),
        "layer" => Ok(Scope::Layer),
        _ => Err(format!("“{name}” is neither global nor layer")),
    }
}
