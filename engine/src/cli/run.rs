//! `cnnlab run`: a network on an input, and the values of its nodes.

use std::io::Write;
use std::path::PathBuf;

use pollster::block_on;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::source::{Variation, network};
use super::{CliError, read};
use crate::NodeId;
use crate::run::{Network, cpu, read_weights};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A network of the zoo (see `cnnlab list`), or the file of a saved one.
    #[arg(value_name = "NAME|FILE")]
    network: String,
    /// Its weights, a safetensors file; without one they are random numbers from --seed.
    #[arg(long)]
    weights: Option<PathBuf>,
    /// Of the random weights.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// A safetensors file with a tensor `input`, pictures × channels × height × width.
    #[arg(long)]
    input: PathBuf,
    /// The nodes to write, by name and separated by commas; all when left out.
    #[arg(long, value_delimiter = ',')]
    trace: Vec<String>,
    /// Where to write the nodes' values, as safetensors.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Runs the network and prints the largest output of each picture.
pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    let as_it_is = Variation {
        input: None,
        classes: None,
        alpha: None,
        rho: None,
    };
    let graph = network(&args.network, &as_it_is)?.graph;
    let mut network = Network::seeded(graph, args.seed, &cpu()).map_err(running)?;
    if let Some(path) = &args.weights {
        read_weights(&mut network, &read(path)?).map_err(|error| CliError::File {
            path: path.clone(),
            why: error.to_string(),
        })?;
    }
    let mut wanted = traced(&args.trace, &network)?;
    wanted.push(network.graph().output());
    let input = input(args)?;
    let pictures = input.len() / network.graph().input().elements() as usize;
    let trace = block_on(network.trace(&input, &wanted)).map_err(running)?;
    if let Some(warning) = trace.warning {
        writeln!(out, "warning: {warning}")?;
    }
    let mut values = trace.values;
    wanted.pop();
    let answer = values.pop().unwrap_or_default();
    for (picture, row) in answer.chunks(answer.len() / pictures.max(1)).enumerate() {
        let largest = row.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        if let Some((class, value)) = largest {
            writeln!(
                out,
                "picture {picture}: output {class} is the largest, {value}"
            )?;
        }
    }
    if let Some(path) = &args.out {
        std::fs::write(path, packed(&network, &wanted, &values, pictures)?)?;
        writeln!(out, "wrote {}", path.display())?;
    }
    Ok(())
}

fn running(error: impl std::fmt::Display) -> CliError {
    CliError::Running(error.to_string())
}

fn traced(names: &[String], network: &Network) -> Result<Vec<NodeId>, CliError> {
    let graph = network.graph();
    if names.is_empty() {
        return Ok(graph.nodes().iter().map(|node| node.id).collect());
    }
    let id = |name: &String| {
        let unknown = || running(format!("the network has no node “{name}”"));
        graph.named(name).map(|node| node.id).ok_or_else(unknown)
    };
    names.iter().map(id).collect()
}

fn input(args: &Args) -> Result<Vec<f32>, CliError> {
    let unusable = |why: String| CliError::File {
        path: args.input.clone(),
        why,
    };
    let bytes = read(&args.input)?;
    let file = SafeTensors::deserialize(&bytes).map_err(|error| unusable(error.to_string()))?;
    let view = file
        .tensor("input")
        .map_err(|error| unusable(error.to_string()))?;
    if view.dtype() != Dtype::F32 {
        return Err(unusable(format!(
            "its input is {:?}; only 32-bit floats are read",
            view.dtype()
        )));
    }
    let (values, _) = view.data().as_chunks::<4>();
    Ok(values
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect())
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
