//! `cnnlab train`: fits a network of the zoo to a data set and writes a checkpoint.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use pollster::block_on;
use serde::Deserialize;
use web_time::Instant;

use super::source::{Variation, network};
use super::{CliError, read, text};
use crate::checkpoint::{self, Progress};
use crate::run::{Network, Provenance, cpu};
use crate::train::{Epoch, Examples, Settings, accuracy, fit};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A name that `cnnlab list` prints.
    #[arg(long)]
    arch: String,
    /// The data set: a folder of public/data.
    #[arg(long, default_value = "mnist")]
    data: String,
    /// Where the data sets are.
    #[arg(long, default_value = "public/data")]
    data_dir: PathBuf,
    /// Passes over the training images.
    #[arg(long, default_value_t = 20)]
    epochs: u32,
    /// Images in one step.
    #[arg(long, default_value_t = 64)]
    batch: usize,
    /// Adam's first learning rate; it falls to 0 along half a cosine.
    #[arg(long, default_value_t = 2e-3)]
    rate: f64,
    /// Of the first weights, the order and the warps.
    #[arg(long, default_value_t = 5)]
    seed: u64,
    /// Show the images as they are, without small warps.
    #[arg(long)]
    plain: bool,
    /// Use only the first so many training images.
    #[arg(long)]
    limit: Option<usize>,
    /// Where to write the checkpoint: the weights with seed and step, a safetensors file.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// What `manifest.json` says of a data set.
#[derive(Deserialize)]
struct Manifest {
    chunks: Vec<Chunk>,
}

#[derive(Deserialize)]
struct Chunk {
    split: String,
    images: Named,
    labels: Named,
}

#[derive(Deserialize)]
struct Named {
    file: String,
}

/// Trains, prints a line for each epoch and the test accuracy, and writes the weights.
pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    let as_it_is = Variation::default();
    let graph = network(&args.arch, &as_it_is)?.graph;
    let folder = args.data_dir.join(&args.data);
    let mut examples = split(&folder, "train")?;
    let test = split(&folder, "test")?;
    examples.truncate(args.limit.unwrap_or(usize::MAX));
    let settings = Settings {
        epochs: args.epochs,
        batch: args.batch,
        rate: args.rate,
        seed: args.seed,
        augment: !args.plain,
    };
    writeln!(
        out,
        "{} on {}: {} images, {settings:?}",
        text::line(graph.name()),
        args.data,
        examples.len()
    )?;
    out.flush()?;
    let started = Instant::now();
    let report = async |epoch: Epoch, network: &Network| {
        let on_test = accuracy(network, &test).await;
        let Epoch { number, loss } = epoch;
        let seconds = started.elapsed().as_secs();
        // Progress goes to stderr at once, not into the result.
        match on_test {
            Ok(share) => eprintln!(
                "epoch {number:3}  loss {loss:.4}  test {:.2} %  {seconds} s",
                100.0 * share
            ),
            Err(error) => eprintln!("epoch {number:3}  loss {loss:.4}  {error}"),
        }
    };
    let trained = block_on(fit(graph, &examples, &settings, &cpu(), report)).map_err(running)?;
    let share = block_on(accuracy(&trained, &test)).map_err(running)?;
    writeln!(
        out,
        "test accuracy {:.2} % of {} images",
        100.0 * share,
        test.len()
    )?;
    if let Some(path) = &args.out {
        let steps = examples.len().div_ceil(args.batch) as u64 * u64::from(args.epochs);
        let progress = Progress {
            seed: args.seed,
            step: steps,
            states: &[],
        };
        write_file(path, &args.notes(share), progress, &trained)?;
        writeln!(out, "wrote {}", text::line(&path.display().to_string()))?;
    }
    Ok(())
}

fn running(error: impl std::fmt::Display) -> CliError {
    CliError::Running(error.to_string())
}

impl Args {
    /// The metadata of the file. One entry, because the format does not keep an order.
    fn notes(&self, accuracy: f64) -> BTreeMap<String, String> {
        let Self {
            arch,
            data,
            epochs,
            batch,
            rate,
            seed,
            plain,
            ..
        } = self;
        let text = format!(
            "{arch} on {data}: epochs {epochs}, batch {batch}, rate {rate}, seed {seed}, \
             warps {}; test accuracy {accuracy:.4}",
            !plain
        );
        BTreeMap::from([("cnn-lab".to_owned(), text)])
    }
}

fn write_file(
    path: &Path,
    notes: &BTreeMap<String, String>,
    progress: Progress<'_>,
    network: &Network,
) -> Result<(), CliError> {
    let provenance = Provenance::all(network, true);
    let file = checkpoint::write(network, &provenance, progress, notes);
    let bytes = block_on(file).map_err(running)?;
    std::fs::write(path, bytes)?;
    Ok(())
}

/// All chunks of one split, in the manifest's order.
fn split(folder: &Path, name: &str) -> Result<Examples, CliError> {
    let path = folder.join("manifest.json");
    let unusable = |why: String| CliError::File {
        path: path.clone(),
        why,
    };
    let manifest: Manifest =
        serde_json::from_slice(&read(&path)?).map_err(|error| unusable(error.to_string()))?;
    let mut all: Option<Examples> = None;
    for chunk in manifest.chunks.iter().filter(|chunk| chunk.split == name) {
        let images = read(&folder.join(&chunk.images.file))?;
        let labels = read(&folder.join(&chunk.labels.file))?;
        let more = Examples::read(&images, &labels).map_err(running)?;
        all = Some(match all {
            Some(examples) => examples.join(more).map_err(running)?,
            None => more,
        });
    }
    all.ok_or_else(|| unusable(format!("it lists no chunk of the split “{name}”")))
}
