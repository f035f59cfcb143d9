//! `cnnlab export`: a network for other programs.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::source::Chosen;
use super::{CliError, read, text};
use crate::Graph;
use crate::checkpoint::Weights;
use crate::export::{self, Facts, Library, SAMPLE_FILE, WEIGHTS_FILE};
use crate::format::share;
use crate::plan::{Executor, LowerError, Params, Plan};

/// What to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Target {
    /// One file with the weights in it.
    Onnx,
    /// The weights with PyTorch's names.
    Safetensors,
    /// A folder: code, weights and a sample; it proves itself when it is run.
    Pytorch,
    /// As for PyTorch.
    Keras,
    /// As for PyTorch.
    Burn,
    /// One HTML file.
    Report,
}

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    chosen: Chosen,
    #[arg(long, value_enum)]
    to: Target,
    /// The network's weights, a checkpoint or a plain safetensors file; without one they are random
    /// numbers from --seed.
    #[arg(long)]
    weights: Option<PathBuf>,
    /// A variant of 8 bits, as `cnnlab quantise --out` writes it, with its whole numbers: to onnx
    /// only.
    #[arg(long, requires = "weights")]
    int8: bool,
    /// Of the random weights.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Where to write: a file, or a folder for code.
    #[arg(long)]
    out: PathBuf,
    /// The address of the page, for the report's link that opens the network.
    #[arg(long, value_name = "ADDRESS")]
    site: Option<String>,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    let source = args.chosen.source()?;
    let graph = &source.graph;
    if args.int8 && args.to != Target::Onnx {
        return Err(failed("--int8 is for --to onnx only; leave it out"));
    }
    if args.to == Target::Report {
        return report(args, graph, out);
    }
    let weights = weights(args, graph, out)?;
    let name = source.entry.map_or("", |entry| entry.name);
    match args.to {
        Target::Onnx => {
            let preparation = export::preparation(name, graph);
            let file = match &args.weights {
                Some(path) if args.int8 => {
                    let grids = super::quantised::activations(path)?;
                    crate::onnx::write_quantised(graph, &weights, &preparation, &grids)
                }
                _ => crate::onnx::write(graph, &weights, &preparation),
            };
            written(&args.out, &file.map_err(failed)?, out)
        }
        Target::Safetensors => {
            let file = weights.write(export::known_names(graph), &BTreeMap::new());
            written(&args.out, &file.map_err(failed)?, out)
        }
        Target::Pytorch => code(args, graph, &weights, Library::PyTorch, out),
        Target::Keras => code(args, graph, &weights, Library::Keras, out),
        Target::Burn => code(args, graph, &weights, Library::Burn, out),
        Target::Report => Ok(()),
    }
}

fn weights(args: &Args, graph: &Graph, out: &mut dyn Write) -> Result<Weights, CliError> {
    let Some(path) = &args.weights else {
        return random(args, graph, out);
    };
    let (weights, notes) = Weights::read(graph, &read(path)?).map_err(|error| CliError::File {
        path: path.clone(),
        why: error.to_string(),
    })?;
    for note in notes {
        writeln!(out, "note: {note}")?;
    }
    Ok(weights)
}

#[cfg(feature = "run")]
fn random(args: &Args, graph: &Graph, out: &mut dyn Write) -> Result<Weights, CliError> {
    let network = crate::run::Network::seeded(graph.clone(), args.seed, &crate::run::cpu());
    let network = network.map_err(failed)?;
    if !network.params().is_empty() {
        writeln!(
            out,
            "the weights are random (seed {}); --weights names a file",
            args.seed
        )?;
    }
    let file = pollster::block_on(crate::run::write_weights(&network, BTreeMap::new()));
    let (weights, _) = Weights::read(graph, &file.map_err(failed)?).map_err(failed)?;
    Ok(weights)
}

#[cfg(not(feature = "run"))]
fn random(_: &Args, graph: &Graph, out: &mut dyn Write) -> Result<Weights, CliError> {
    writeln!(out, "the weights are made up; --weights names a file")?;
    let params = Params::made_up(graph);
    let mut weights = Weights::default();
    for parameter in crate::checkpoint::parameters(graph) {
        let array = params.get(parameter.node, parameter.role);
        let values = array.map_or_else(Vec::new, |array| array.values.to_vec());
        weights.push(parameter, values);
    }
    Ok(weights)
}

fn failed(error: impl std::fmt::Display) -> CliError {
    CliError::Export(error.to_string())
}

fn code(
    args: &Args,
    graph: &Graph,
    weights: &Weights,
    library: Library,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let listing = export::code(graph, library).map_err(failed)?;
    let input = export::sample_input(graph);
    let output = answers(graph, weights, &input)?;
    let files = [
        (library.file(), listing.text.into_bytes()),
        (
            WEIGHTS_FILE,
            export::code_weights(graph, weights, library).map_err(failed)?,
        ),
        (
            SAMPLE_FILE,
            export::sample_file(graph, &input, &output).map_err(failed)?,
        ),
    ];
    std::fs::create_dir_all(&args.out)?;
    for (name, bytes) in files {
        written(&args.out.join(name), &bytes, out)?;
    }
    Ok(())
}

/// The outputs for these pictures, by the plan, or by burn where the plan has no kernel for a layer.
fn answers(graph: &Graph, weights: &Weights, input: &[f32]) -> Result<Vec<f32>, CliError> {
    let params = Params::made(graph, |it| {
        weights
            .get(it.node, it.role)
            .map_or_else(Vec::new, <[f32]>::to_vec)
    });
    let plan = match Plan::lower(graph, &params) {
        Ok(plan) => plan,
        Err(why) => return layer_by_layer(graph, weights, input, why),
    };
    let mut plan = Executor::new(plan);
    let mut output = Vec::new();
    for picture in input.chunks(graph.input().elements().max(1) as usize) {
        output.extend_from_slice(plan.run(picture).map_err(failed)?);
    }
    Ok(output)
}

#[cfg(feature = "run")]
fn layer_by_layer(
    graph: &Graph,
    weights: &Weights,
    input: &[f32],
    _: LowerError,
) -> Result<Vec<f32>, CliError> {
    let network = crate::run::Network::seeded(graph.clone(), 0, &crate::run::cpu());
    let mut network = network.map_err(failed)?;
    let file = weights.write(|it| it.name.clone(), &BTreeMap::new());
    crate::run::read_weights(&mut network, &file.map_err(failed)?).map_err(failed)?;
    let given = vec![(crate::NodeId::INPUT, input.to_vec())];
    let wanted = [graph.output()];
    let outputs = network.outputs_from(given, &wanted);
    let mut outputs = pollster::block_on(outputs).map_err(failed)?;
    Ok(outputs.pop().unwrap_or_default())
}

#[cfg(not(feature = "run"))]
fn layer_by_layer(
    _: &Graph,
    _: &Weights,
    _: &[f32],
    why: LowerError,
) -> Result<Vec<f32>, CliError> {
    Err(failed(why))
}

fn report(args: &Args, graph: &Graph, out: &mut dyn Write) -> Result<(), CliError> {
    let mut facts = Facts {
        subtitle: format!("Written by cnnlab {}", env!("CARGO_PKG_VERSION")),
        ..Facts::default()
    };
    facts.settings.push(match &args.weights {
        Some(path) => ("Weights".to_owned(), path.display().to_string()),
        None => ("Weights".to_owned(), format!("random, seed {}", args.seed)),
    });
    if let Some(path) = &args.weights {
        let (weights, _) = Weights::read(graph, &read(path)?).map_err(failed)?;
        let told = format!("they fit: {} values", weights.count());
        facts.checks.push(("Weights".to_owned(), told));
    }
    if let Some(site) = &args.site {
        let link = share::encode(graph).map_err(failed)?;
        facts.link = Some(format!("{}#lab={link}", site.trim_end_matches('#')));
    }
    written(&args.out, export::report(graph, &facts).as_bytes(), out)
}

fn written(path: &Path, bytes: &[u8], out: &mut dyn Write) -> Result<(), CliError> {
    std::fs::write(path, bytes)?;
    Ok(writeln!(
        out,
        "wrote {}",
        text::line(&path.display().to_string())
    )?)
}
