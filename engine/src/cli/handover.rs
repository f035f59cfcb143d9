//! `cnnlab handover`: a training as a folder that PyTorch and burn carry out.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::head::Head;
use super::source::{Chosen, Source};
use super::train::running;
use super::train_options::Options;
use super::{CliError, data, read, text};
use crate::checkpoint::Weights;
use crate::export::handover::{Data, data_files, handover, trained};
use crate::export::{sample_file, sample_input};
use crate::plan::{Executor, Params, Plan};
use crate::run::{Network, cpu, read_weights};
use crate::train::check;
use crate::weights::redrawn;
use crate::{Graph, zoo};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    chosen: Chosen,
    #[command(flatten)]
    source: data::Source,
    #[command(flatten)]
    head: Head,
    #[command(flatten)]
    options: Options,
    /// Start from these weights; without them the training starts from those that `cnnlab train`
    /// draws with this seed.
    #[arg(long)]
    weights: Option<PathBuf>,
    /// Put the images into the folder; else `train.py --data` names theirs.
    #[arg(long)]
    data_in: bool,
    /// The folder.
    #[arg(long)]
    out: PathBuf,
    /// Print what was written as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    let Source { graph, entry } = args.chosen.source()?;
    let set = args.source.load(graph.input())?;
    let graph = args.head.fitted(graph, set.classes())?;
    let mut task = args.options.task(&graph)?;
    task.means = entry.map(|it| zoo::means(it.name)).unwrap_or_default();
    check(&task.settings, &graph, &set, &set.split(&task.split)).map_err(running)?;
    let weights = start(args, &graph, &task.settings)?;
    let graph = trained(&graph);
    let sample = sample(&graph, &weights)?;
    let data = Data {
        limit: args.source.limit,
        ..Data::of(&args.source.data, &set)
    };
    let made = handover(&graph, &weights, sample, &task, Some(data)).map_err(running)?;
    let mut files = made.files;
    if args.data_in {
        files.extend(data_files(data, |it| set.image(it).map(<[u8]>::to_vec)).map_err(failed)?);
    }
    for (name, bytes) in &files {
        let path = args.out.join(name);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        std::fs::write(path, bytes)?;
    }
    if args.json {
        let names: Vec<&String> = files.iter().map(|(name, _)| name).collect();
        let told = serde_json::json!({
            "out": args.out.display().to_string(),
            "files": names,
            "notes": made.notes,
            "task": task,
        });
        return Ok(writeln!(out, "{}", serde_json::to_string_pretty(&told)?)?);
    }
    for note in &made.notes {
        writeln!(out, "note: {}", text::line(note))?;
    }
    let folder = text::line(&args.out.display().to_string()).into_owned();
    writeln!(out, "wrote {} files to {folder}", files.len())?;
    writeln!(
        out,
        "cd {folder} && torchrun --nproc-per-node=2 train.py --data DIR"
    )?;
    Ok(())
}

fn failed(error: impl std::fmt::Display) -> CliError {
    CliError::Export(error.to_string())
}

/// The weights that `cnnlab train` starts from.
fn start(
    args: &Args,
    graph: &Graph,
    settings: &crate::train::Settings,
) -> Result<Weights, CliError> {
    let mut network = Network::seeded(graph.clone(), settings.seed, &cpu()).map_err(running)?;
    if let Some(path) = &args.weights {
        read_weights(&mut network, &read(path)?).map_err(|error| CliError::File {
            path: path.clone(),
            why: error.to_string(),
        })?;
    }
    let file = pollster::block_on(crate::run::write_weights(&network, Default::default()));
    let (weights, _) = Weights::read(graph, &file.map_err(failed)?).map_err(failed)?;
    Ok(redrawn(graph, weights, settings))
}

fn sample(graph: &Graph, weights: &Weights) -> Result<Vec<u8>, CliError> {
    let input = sample_input(graph);
    let params = Params::made(graph, |it| {
        let values = weights.get(it.node, it.role);
        values.map_or_else(Vec::new, <[f32]>::to_vec)
    });
    let mut plan = Executor::new(Plan::lower(graph, &params).map_err(failed)?);
    let mut output = Vec::new();
    for picture in input.chunks(graph.input().elements().max(1) as usize) {
        output.extend_from_slice(plan.run(picture).map_err(failed)?);
    }
    sample_file(graph, &input, &output).map_err(failed)
}
