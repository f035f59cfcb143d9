//! The command line `cnnlab`: one file a verb.

#[cfg(feature = "run")]
mod answer;
#[cfg(feature = "run")]
mod attack;
mod compare;
#[cfg(feature = "run")]
mod data;
mod diff;
#[cfg(feature = "run")]
mod distil;
mod document;
#[cfg(feature = "run")]
mod engine;
mod exercise;
#[cfg(feature = "run")]
mod explain;
mod export;
#[cfg(feature = "run")]
mod handover;
#[cfg(feature = "run")]
mod head;
mod import;
#[cfg(feature = "run")]
mod input;
#[cfg(feature = "run")]
mod latency;
mod list;
#[cfg(feature = "run")]
mod picture;
mod plan;
#[cfg(feature = "run")]
mod plan_check;
mod plan_gpu;
#[cfg(feature = "run")]
mod prune;
mod pth;
#[cfg(feature = "run")]
mod quantise;
mod quantised;
#[cfg(feature = "run")]
mod run;
#[cfg(feature = "run")]
mod shrink;
mod source;
mod summary;
mod table;
#[cfg(feature = "run")]
mod test;
mod text;
#[cfg(feature = "run")]
mod time;
#[cfg(any(feature = "run", test))]
mod trace;
#[cfg(feature = "run")]
mod train;
#[cfg(feature = "run")]
mod train_options;
#[cfg(feature = "run")]
mod train_workers;
#[cfg(feature = "run")]
mod verify;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::format::DocumentError;
use crate::graph::EditError;
use crate::keras_file;
use crate::zoo::ZooError;

/// Convolutional networks: what they cost, layer by layer.
#[derive(Debug, Parser)]
#[command(name = "cnnlab", version, about)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

/// What to do. A new verb is a line here, a line in [`Verb::run`] and a file.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Name every network of the zoo with its parameters and multiply-adds.
    List(list::Args),
    /// Show a network layer by layer: shapes, parameters, multiply-adds, receptive field.
    Summary(summary::Args),
    /// Print a network as the document that the page saves and opens.
    Document(document::Args),
    /// Show networks beside each other: parameters, multiply-adds, bytes, depth, accuracy.
    Compare(compare::Args),
    /// Show what differs between two networks.
    Diff(diff::Args),
    /// Open an ONNX file or a network as text: write it as a document, and its weights.
    Import(import::Args),
    /// Write a network for other programs: ONNX, weights, code, a report.
    Export(export::Args),
    /// Show the steps and buffers that a network is compiled to, and what they take.
    Plan(plan::Args),
    /// Run a network on a photo or on arrays: its answer, and the values of its nodes.
    #[cfg(feature = "run")]
    Run(run::Args),
    /// Show what each layer takes on this machine: milliseconds, share, multiply-adds a second.
    #[cfg(feature = "run")]
    Time(time::Args),
    /// Show how long passes take, by percentiles, and how many machines a load needs.
    #[cfg(feature = "run")]
    Latency(latency::Args),
    /// Train a network on a data set and write its weights.
    #[cfg(feature = "run")]
    Train(Box<train::Args>),
    /// Show a network's accuracy and confusion matrix on a data set.
    #[cfg(feature = "run")]
    Test(test::Args),
    /// Show how much each part of an input counts for a class: gradients, Grad-CAM, occlusion.
    #[cfg(feature = "run")]
    Explain(explain::Args),
    /// Change a network's answers by small noise, and measure its defences.
    #[cfg(feature = "run")]
    Attack(Box<attack::Args>),
    /// Take weights or channels out of a network.
    #[cfg(feature = "run")]
    Prune(prune::Args),
    /// Give weights and activations fewer bits.
    #[cfg(feature = "run")]
    Quantise(quantise::Args),
    /// Train a network with a teacher beside the labels.
    #[cfg(feature = "run")]
    Distil(Box<distil::Args>),
    /// Show the lab sheets that come with the lab, as exercises.
    Exercise(exercise::Args),
    /// Check result files of exercises: every value is computed again from their contents.
    #[cfg(feature = "run")]
    Verify(verify::Args),
    /// Write a training as a folder that PyTorch (torchrun) and burn carry out.
    #[cfg(feature = "run")]
    Handover(Box<handover::Args>),
}

impl Verb {
    fn run(&self, out: &mut dyn Write) -> Result<(), CliError> {
        match self {
            Self::List(args) => list::run(args, out),
            Self::Summary(args) => summary::run(args, out),
            Self::Document(args) => document::run(args, out),
            Self::Compare(args) => compare::run(args, out),
            Self::Diff(args) => diff::run(args, out),
            Self::Import(args) => import::run(args, out),
            Self::Export(args) => export::run(args, out),
            Self::Plan(args) => plan::run(args, out),
            #[cfg(feature = "run")]
            Self::Run(args) => run::run(args, out),
            #[cfg(feature = "run")]
            Self::Time(args) => time::run(args, out),
            #[cfg(feature = "run")]
            Self::Latency(args) => latency::run(args, out),
            #[cfg(feature = "run")]
            Self::Train(args) => train::run(args, out),
            #[cfg(feature = "run")]
            Self::Test(args) => test::run(args, out),
            #[cfg(feature = "run")]
            Self::Explain(args) => explain::run(args, out),
            #[cfg(feature = "run")]
            Self::Attack(args) => attack::run(args, out),
            #[cfg(feature = "run")]
            Self::Prune(args) => prune::run(args, out),
            #[cfg(feature = "run")]
            Self::Quantise(args) => quantise::run(args, out),
            #[cfg(feature = "run")]
            Self::Distil(args) => distil::run(args, out),
            Self::Exercise(args) => exercise::run(args, out),
            #[cfg(feature = "run")]
            Self::Verify(args) => verify::run(args, out),
            #[cfg(feature = "run")]
            Self::Handover(args) => handover::run(args, out),
        }
    }
}

/// Why a verb failed.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error("there is neither a network “{name}” in the zoo (see {near}) nor a file of that name")]
    Neither { name: String, near: String },
    #[error("{} cannot be read: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{}: {}", path.display(), text::line(&source.to_string()))]
    Document {
        path: PathBuf,
        source: DocumentError,
    },
    #[error("--{option} changes networks of the zoo only; {} is a file", path.display())]
    ZooOnly { option: &'static str, path: PathBuf },
    #[error(transparent)]
    Zoo(#[from] ZooError),
    #[error("--input: {0}")]
    Input(#[from] EditError),
    /// Each problem is one line: the node and the sentence.
    #[error("the network is not valid:\n{}", .0.join("\n"))]
    Problems(Vec<String>),
    #[error("there is no node “{name}”; `cnnlab summary` lists the names")]
    Node { name: String },
    #[error("the network has no plan: {0}")]
    Plan(String),
    #[error("the network cannot be exported: {0}")]
    Export(String),
    #[error("{} cannot be used: {why}", path.display())]
    File { path: PathBuf, why: String },
    #[cfg(feature = "run")]
    #[error("{0}")]
    Running(String),
    #[error("the result cannot be written: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the result cannot be written: {0}")]
    Write(#[from] io::Error),
}

/// The exit code: 0 success, 1 failure to write, 2 bad input.
fn exit_code(error: &CliError) -> u8 {
    match error {
        CliError::Neither { .. }
        | CliError::Read { .. }
        | CliError::Document { .. }
        | CliError::ZooOnly { .. }
        | CliError::Zoo(_)
        | CliError::Input(_)
        | CliError::Node { .. }
        | CliError::Plan(_)
        | CliError::Export(_)
        | CliError::File { .. }
        | CliError::Problems(_) => 2,
        #[cfg(feature = "run")]
        CliError::Running(_) => 2,
        CliError::Json(_) | CliError::Write(_) => 1,
    }
}

/// The bytes of a file; of one of PyTorch's or Keras' weights as a safetensors file.
fn read(path: &std::path::Path) -> Result<Vec<u8>, CliError> {
    if pth::is_named(path) && path.is_file() {
        return pth::as_safetensors(path);
    }
    let file = unchanged(path)?;
    if !keras_file::is_file(&file) {
        return Ok(file);
    }
    keras_file::weights(&file).map_err(|error| CliError::File {
        path: path.to_owned(),
        why: error.to_string(),
    })
}

/// The bytes of a file as they are.
fn unchanged(path: &std::path::Path) -> Result<Vec<u8>, CliError> {
    let unreadable = |source| CliError::Read {
        path: path.to_owned(),
        source,
    };
    std::fs::read(path).map_err(unreadable)
}

/// Runs the command line on the process's arguments.
pub fn main() -> ExitCode {
    // Exits with code 2 and a usage line when the arguments are invalid.
    let cli = Cli::parse();
    let mut out = io::BufWriter::new(io::stdout().lock());
    match cli.verb.run(&mut out).and_then(|()| Ok(out.flush()?)) {
        Ok(()) => ExitCode::SUCCESS,
        // `cnnlab list | head` closes the pipe early: nothing is wrong.
        Err(CliError::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(error) => {
            // Output written before the error (the table of an invalid network) is flushed first.
            let flushed = out.flush();
            eprintln!("cnnlab: {}", text::lines(&error.to_string()));
            ExitCode::from(if flushed.is_err() {
                1
            } else {
                exit_code(&error)
            })
        }
    }
}
