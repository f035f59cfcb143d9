//! `cnnlab test`: a network's accuracy and confusion matrix on a data set.

use std::io::Write;
use std::path::PathBuf;

use pollster::block_on;

use super::head::Head;
use super::source::{Source, Variation, network};
use super::train::running;
use super::{CliError, data, read, text};
use crate::data::{DataSet, Part, Split};
use crate::run::{Network, cpu, read_weights};
use crate::train::{Evaluation, Examination, Task, Turn};
use crate::zoo;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A name that `cnnlab list` prints, or a document.
    network: String,
    #[command(flatten)]
    head: Head,
    /// Its weights: a checkpoint or another safetensors file.
    #[arg(long)]
    weights: PathBuf,
    #[command(flatten)]
    source: data::Source,
    /// Print the result as JSON, with the worst mistakes.
    #[arg(long)]
    json: bool,
}

/// Prints loss, accuracy and the confusion matrix on the test images.
pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    let Source { graph, entry } = network(&args.network, &Variation::default())?;
    let data = args.source.load(graph.input())?;
    let graph = args.head.fitted(graph, data.classes())?;
    let mut network = Network::seeded(graph, 0, &cpu()).map_err(running)?;
    let bytes = read(&args.weights)?;
    read_weights(&mut network, &bytes).map_err(|error| CliError::File {
        path: args.weights.clone(),
        why: error.to_string(),
    })?;
    let task = Task {
        split: Split::default(),
        means: entry.map(|it| zoo::means(it.name)).unwrap_or_default(),
        ..Task::default()
    };
    let evaluation = block_on(accuracy(&network, &data, &task, Part::Test))?;
    if args.json {
        let shown = serde_json::to_string_pretty(&evaluation)?;
        writeln!(out, "{}", text::json(&shown))?;
        return Ok(());
    }
    let Evaluation {
        examples,
        loss,
        accuracy,
        ref confusion,
        ..
    } = evaluation;
    writeln!(
        out,
        "accuracy {} of {examples} images, loss {loss:.4}",
        percent(accuracy)
    )?;
    let classes = data.classes() as usize;
    let numbers = (0..classes).map(|class| class.to_string());
    writeln!(out, "rows: true class; columns: answer")?;
    write!(out, "{:>6}", "")?;
    for number in numbers {
        write!(out, "{number:>6}")?;
    }
    writeln!(out)?;
    for (class, row) in confusion.chunks(classes).enumerate() {
        write!(out, "{class:>6}")?;
        for count in row {
            write!(out, "{count:>6}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The network on one part of the data set.
pub(super) async fn accuracy(
    network: &Network,
    data: &DataSet,
    task: &Task,
    part: Part,
) -> Result<Evaluation, CliError> {
    let examination = Examination::new(network, data, task.clone(), part);
    let mut examination = examination.map_err(running)?;
    loop {
        match examination.advance(network, data).await.map_err(running)? {
            Turn::More => {}
            Turn::Finished(evaluation, _) => return Ok(evaluation),
            Turn::NotFinite(found) => return Err(running(found)),
        }
    }
}

/// A share with two places.
pub(super) fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}
