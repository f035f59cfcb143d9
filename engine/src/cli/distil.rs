//! `cnnlab distil`: trains a network with a teacher beside the labels.

use std::io::Write;
use std::path::PathBuf;

use super::source::{Source, Variation, network};
use super::{CliError, shrink, train};
use crate::compress::Distillation;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The student: what `cnnlab train` takes.
    #[command(flatten)]
    train: train::Args,
    /// The teacher: a name that `cnnlab list` prints, or a document.
    #[arg(long, value_name = "NAME|FILE")]
    teacher: String,
    /// The teacher's weights: a checkpoint or another safetensors file.
    #[arg(long, value_name = "FILE")]
    teacher_weights: PathBuf,
    /// Logits are divided by it before the softmax; 4 without a settings file.
    #[arg(long)]
    temperature: Option<f64>,
    /// The share of the teacher in the loss; 0.9 without a settings file.
    #[arg(long)]
    alpha: Option<f64>,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    let Source { graph, .. } = network(&args.teacher, &Variation::default())?;
    let teacher = shrink::load(graph, &args.teacher_weights)?;
    let change = |usual: Option<Distillation>| {
        let usual = usual.unwrap_or_default();
        Distillation {
            temperature: args.temperature.unwrap_or(usual.temperature),
            alpha: args.alpha.unwrap_or(usual.alpha),
        }
    };
    let with = train::With {
        teacher: Some((teacher, &change)),
        json: args.json,
    };
    train::run_with(&args.train, with, out)
}
