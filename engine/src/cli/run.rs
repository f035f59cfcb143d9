//! `cnnlab run`: a network on an input, and the values of its nodes.

use std::io::Write;
use std::path::{Path, PathBuf};

use pollster::block_on;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use super::engine::Engine;
use super::source::{Source, Variation, network};
use super::{CliError, answer, input, read, text, trace};
use crate::checkpoint::{Note, WeightsError};
use crate::compress::{Weights, integer_plan};
use crate::plan::Options;
use crate::run::{Network, Trace, cpu, read_weights};
use crate::zoo::{Pretrained, means, pretrained};
use crate::{Graph, NodeId};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A network of the zoo (see `cnnlab list`), or the file of a saved one.
    #[arg(value_name = "NAME|FILE")]
    network: String,
    /// Its weights, a checkpoint or a plain safetensors file; without one they are random numbers
    /// from --seed.
    #[arg(long)]
    weights: Option<PathBuf>,
    /// Of the random weights.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// A photo (PNG or JPEG), or a safetensors file with an array `input`, pictures × channels ×
    /// height × width.
    #[arg(long)]
    input: PathBuf,
    /// The nodes that --out writes, by name and separated by commas, or each with a --trace of its
    /// own; all when left out.
    #[arg(long, value_name = "NAMES", allow_hyphen_values = true)]
    trace: Vec<String>,
    /// Run a variant of 8 bits, as `cnnlab quantise --out` writes it, in whole numbers; --out then
    /// writes its output alone.
    #[arg(long, requires = "weights", conflicts_with = "trace")]
    int8: bool,
    /// Where to write the nodes' values, as safetensors.
    #[arg(long)]
    out: Option<PathBuf>,
    #[command(flatten)]
    engine: Engine,
}

/// Runs the network and prints the largest output of each picture, with its classes' names where
/// the weights are those that are shipped for it.
pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    let Source { graph, entry } = network(&args.network, &Variation::default())?;
    let name = entry.map_or("", |entry| entry.name);
    let (network, notes) = load(graph, args.weights.as_deref(), args.seed)?;
    for note in notes {
        writeln!(out, "note: {note}")?;
    }
    let graph = network.graph();
    let mut wanted = if args.int8 {
        Vec::new()
    } else if args.out.is_some() || !args.trace.is_empty() {
        traced(&args.trace, graph)?
    } else {
        Vec::new()
    };
    wanted.push(graph.output());
    let read = input::input(&args.input, graph.input(), means(name))?;
    let input = read.values;
    let pictures = input.len() / graph.input().elements() as usize;
    let trace = match by_plan(args, &network, &input, &wanted)? {
        Some(trace) => trace,
        None => block_on(network.trace(&input, &wanted)).map_err(running)?,
    };
    if let Some(warning) = trace.warning {
        writeln!(out, "warning: {}", text::line(&warning.to_string()))?;
    }
    if args.weights.is_none() && !network.params().is_empty() {
        writeln!(
            out,
            "the weights are random (seed {}), so the outputs mean nothing; --weights names a file \
             of trained ones",
            args.seed
        )?;
    }
    if let Some(note) = read.note {
        writeln!(out, "note: {note}")?;
    }
    let mut values = trace.values;
    wanted.pop();
    let mut answer = values.pop().unwrap_or_default();
    if let (true, Some(path)) = (args.int8, &args.weights) {
        answer = in_whole_numbers(&network, path, &input)?;
        wanted.push(graph.output());
        values.push(answer.clone());
    }
    let rows: Vec<&[f32]> = answer
        .chunks((answer.len() / pictures.max(1)).max(1))
        .collect();
    answer::write(graph, classes(name, args).map(|it| it.classes), &rows, out)?;
    if let Some(path) = &args.out {
        std::fs::write(path, packed(&network, &wanted, &values, pictures)?)?;
        writeln!(out, "wrote {}", text::line(&path.display().to_string()))?;
    }
    Ok(())
}

/// The outputs with the layers of 8 bits in whole numbers.
fn in_whole_numbers(network: &Network, path: &Path, input: &[f32]) -> Result<Vec<f32>, CliError> {
    let grids = super::quantised::activations(path)?;
    let graph = network.graph();
    let values = block_on(network.values()).map_err(running)?;
    let weights = Weights::new(graph, &values).unwrap_or_default();
    let plan = integer_plan(graph, &weights, &grids, Options::default());
    let mut plan = plan.map_err(running)?;
    let mut outputs = Vec::new();
    for picture in input.chunks(graph.input().elements().max(1) as usize) {
        outputs.extend_from_slice(plan.run(picture).map_err(running)?);
    }
    Ok(outputs)
}

/// The values of these nodes by the compiled plan; `None` where burn is to compute them. Values that
/// are not finite burn computes again, which says where they come from.
fn by_plan(
    args: &Args,
    network: &Network,
    input: &[f32],
    wanted: &[NodeId],
) -> Result<Option<Trace>, CliError> {
    let nodes: Vec<NodeId> = network.graph().nodes().iter().map(|node| node.id).collect();
    let Some(mut plan) = args.engine.plan(network, nodes.clone())? else {
        return Ok(None);
    };
    let mut values = vec![Vec::new(); wanted.len()];
    for picture in input.chunks(network.graph().input().elements() as usize) {
        plan.run(picture).map_err(running)?;
        let computed = plan.values();
        if !nodes.iter().all(|&node| computed.is_finite(node)) {
            return Ok(None);
        }
        for (&node, values) in wanted.iter().zip(&mut values) {
            let map = match node {
                NodeId::INPUT => Some(picture),
                _ => plan.map(node),
            };
            values.extend_from_slice(map.unwrap_or_default());
        }
    }
    let warning = None;
    Ok(Some(Trace { values, warning }))
}

/// What the shipped weights of this network know; random ones know nothing.
fn classes(name: &str, args: &Args) -> Option<&'static Pretrained> {
    args.weights.as_ref().and_then(|_| pretrained(name))
}

/// The graph with the weights of a file, and how that differs from one of this program; or with
/// random ones.
pub(super) fn load(
    graph: Graph,
    weights: Option<&Path>,
    seed: u64,
) -> Result<(Network, Vec<Note>), CliError> {
    let mut network = Network::seeded(graph, seed, &cpu()).map_err(running)?;
    let Some(path) = weights else {
        return Ok((network, Vec::new()));
    };
    let read = read_weights(&mut network, &read(path)?);
    let (_, notes) = read.map_err(|error| CliError::File {
        path: path.to_owned(),
        why: unfit(&error),
    })?;
    Ok((network, notes))
}

/// The error, with the whole lists of a file that does not fit.
fn unfit(error: &WeightsError) -> String {
    let WeightsError::Mismatch(mismatch) = error else {
        return error.to_string();
    };
    let mut lines = vec!["the weights do not fit this network".to_owned()];
    let lists = mismatch.lists().into_iter();
    for (what, names) in lists.filter(|(_, names)| !names.is_empty()) {
        lines.push(format!("{what} ({}):", names.len()));
        lines.extend(names.iter().map(|name| format!("  {}", text::line(name))));
    }
    lines.join("\n")
}

pub(super) fn running(error: impl std::fmt::Display) -> CliError {
    CliError::Running(error.to_string())
}

fn traced(names: &[String], graph: &Graph) -> Result<Vec<NodeId>, CliError> {
    if names.is_empty() {
        return Ok(graph.nodes().iter().map(|node| node.id).collect());
    }
    trace::named(names, graph).map_err(CliError::Running)
}

/// The nodes' values as safetensors: maps pictures × channels × height × width, vectors
/// pictures × channels.
fn packed(
    network: &Network,
    nodes: &[NodeId],
    values: &[Vec<f32>],
    pictures: usize,
) -> Result<Vec<u8>, CliError> {
    let mut tensors = Vec::new();
    for (&id, values) in nodes.iter().zip(values) {
        let (Some(node), Some(shape)) = (network.graph().node(id), network.shape(id)) else {
            continue;
        };
        let mut dims = vec![pictures, shape.channels as usize];
        if !shape.is_vector() {
            dims.extend([shape.height as usize, shape.width as usize]);
        }
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        tensors.push((&node.name, dims, bytes));
    }
    let view = |dims: &[usize], bytes| TensorView::new(Dtype::F32, dims.to_vec(), bytes);
    let views = tensors
        .iter()
        .map(|(name, dims, bytes)| Ok((name, view(dims, bytes).map_err(running)?)))
        .collect::<Result<Vec<_>, CliError>>()?;
    safetensors::serialize(views, None).map_err(running)
}
