//! What `cnnlab prune` and `cnnlab quantise` share: the network, the data, the result.

use std::io::Write;
use std::path::{Path, PathBuf};

use pollster::block_on;

use super::head::Head;
use super::source::{Source, Variation, network};
use super::test::percent;
use super::train::running;
use super::{CliError, data, read, text};
use crate::checkpoint::{self, Header, Progress};
use crate::compress::{
    Accuracy, Figures, Levels, Measured, Report, Sensitivity, SensitivityExam, Shrink, Shrinker,
    Shrunk, Stored, Times,
};
use crate::data::DataSet;
use crate::format::json;
use crate::run::{Network, Provenance, cpu, read_weights};
use crate::{NodeId, zoo};

#[derive(Debug, clap::Args)]
pub(super) struct Common {
    /// A name that `cnnlab list` prints, or a document.
    pub network: String,
    #[command(flatten)]
    head: Head,
    /// Its weights: a checkpoint or another safetensors file.
    #[arg(long)]
    weights: PathBuf,
    #[command(flatten)]
    source: data::Source,
    /// A file of settings, as the page exports them; options given beside it come before it.
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
    /// Only these layers, by name; several separated by commas.
    #[arg(long, value_delimiter = ',', value_name = "NODES")]
    layers: Vec<String>,
    /// Measure the accuracy on so many test images.
    #[arg(long, default_value_t = 1000)]
    test_images: u32,
    /// Of the choice of images.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Where to write the new weights; the network's document goes beside it, with the ending .json.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

/// A network with its data.
pub(super) struct Opened {
    pub network: Network,
    pub data: DataSet,
    pub measured: Measured,
}

impl Common {
    pub fn open(&self) -> Result<Opened, CliError> {
        let Source { graph, entry } = network(&self.network, &Variation::default())?;
        let data = self.source.load(graph.input())?;
        let graph = self.head.fitted(graph, data.classes())?;
        let network = load(graph, &self.weights)?;
        let header = Header::of_file(&read(&self.weights)?);
        let stored = header.map(|it| Stored::of_notes(&it.notes));
        let measured = Measured {
            stored: stored.unwrap_or_default(),
            means: entry.map(|it| zoo::means(it.name)).unwrap_or_default(),
            images: self.test_images,
            seed: self.seed,
            ..Measured::default()
        };
        Ok(Opened {
            network,
            data,
            measured,
        })
    }

    /// The settings of the file, or the usual ones.
    pub fn settings(&self, usual: Shrink) -> Result<Shrink, CliError> {
        let Some(path) = &self.settings else {
            return Ok(usual);
        };
        serde_json::from_slice(&read(path)?).map_err(|error| CliError::File {
            path: path.clone(),
            why: error.to_string(),
        })
    }

    /// The numbers of the named layers.
    pub fn layers(&self, network: &Network) -> Result<Vec<NodeId>, CliError> {
        let named = |name: &String| {
            let node = network.graph().named(name).map(|node| node.id);
            node.ok_or_else(|| CliError::Node { name: name.clone() })
        };
        self.layers.iter().map(named).collect()
    }

    /// Carries the step out, prints what it came to and writes the new network.
    pub fn run(&self, opened: Opened, shrink: Shrink, out: &mut dyn Write) -> Result<(), CliError> {
        let Opened {
            network,
            data,
            measured,
        } = opened;
        let Shrunk {
            network, report, ..
        } = block_on(shrunk(&network, &data, shrink, measured))?;
        if self.json {
            let shown = serde_json::to_string_pretty(&report)?;
            writeln!(out, "{}", text::json(&shown))?;
        } else {
            told(&network, &report, out)?;
        }
        if let Some(path) = &self.out {
            let document = write(path, &network, &report)?;
            if !self.json {
                let (path, document) = (path.display(), document.display());
                writeln!(out, "wrote {path} and {document}")?;
            }
        }
        Ok(())
    }

    /// The accuracy with one layer at a time at each level.
    pub fn sensitivity(
        &self,
        opened: &Opened,
        levels: Levels,
        out: &mut dyn Write,
    ) -> Result<(), CliError> {
        let Opened {
            network,
            data,
            measured,
        } = opened;
        let result = block_on(examined(network, data, levels, *measured))?;
        if self.json {
            let shown = serde_json::to_string_pretty(&result)?;
            return Ok(writeln!(out, "{}", text::json(&shown))?);
        }
        writeln!(
            out,
            "accuracy {} of {} images; with one layer changed at a time:",
            percent(result.accuracy),
            result.images
        )?;
        for curve in &result.curves {
            write!(out, "{:<16}", text::line(&curve.name))?;
            for [level, accuracy] in &curve.points {
                write!(out, "  {level}: {}", percent(*accuracy))?;
            }
            writeln!(out)?;
        }
        Ok(())
    }
}

/// A network with the weights of a file.
pub(super) fn load(graph: crate::Graph, path: &Path) -> Result<Network, CliError> {
    let mut network = Network::seeded(graph, 0, &cpu()).map_err(running)?;
    let bytes = read(path)?;
    read_weights(&mut network, &bytes).map_err(|error| CliError::File {
        path: path.to_owned(),
        why: error.to_string(),
    })?;
    Ok(network)
}

async fn shrunk(
    network: &Network,
    data: &DataSet,
    shrink: Shrink,
    measured: Measured,
) -> Result<Shrunk, CliError> {
    let shrinker = Shrinker::new(network, Some(data), shrink, measured).await;
    let mut shrinker = shrinker.map_err(running)?;
    loop {
        let advanced = shrinker.advance(network, Some(data)).await;
        if let Some(shrunk) = advanced.map_err(running)? {
            return Ok(shrunk);
        }
    }
}

async fn examined(
    network: &Network,
    data: &DataSet,
    levels: Levels,
    measured: Measured,
) -> Result<Sensitivity, CliError> {
    let exam = SensitivityExam::new(network, data, levels, measured).await;
    let mut exam = exam.map_err(running)?;
    while !exam.advance(network, data).await.map_err(running)? {}
    Ok(exam.so_far().clone())
}

/// A row of the report: its title, and which figure it shows.
type Row = (&'static str, fn(&Figures) -> u64);

fn told(network: &Network, report: &Report, out: &mut dyn Write) -> Result<(), CliError> {
    let Report { before, after, .. } = report;
    writeln!(
        out,
        "{}: {}",
        text::line(network.graph().name()),
        report.shrink.title()
    )?;
    writeln!(out, "{:<24}{:>14}{:>14}", "", "before", "after")?;
    let rows: [Row; 6] = [
        ("parameters", |it| it.parameters),
        ("  that are not 0", |it| it.nonzero),
        ("multiply-adds", |it| it.macs),
        ("bytes", |it| it.bytes.dense),
        ("bytes, sparse", |it| it.bytes.sparse),
        ("bytes after deflate", |it| it.bytes.deflated),
    ];
    for (name, of) in rows {
        writeln!(out, "{name:<24}{:>14}{:>14}", of(before), of(after))?;
    }
    let share = |it: Option<Accuracy>| it.map_or_else(|| "—".to_owned(), |it| percent(it.right));
    let (was, is) = (share(before.accuracy), share(after.accuracy));
    writeln!(out, "{:<24}{was:>14}{is:>14}", "accuracy")?;
    if report.integer.is_some() {
        let integer = share(report.integer);
        writeln!(out, "{:<24}{:>14}{integer:>14}", "accuracy in integers", "")?;
    }
    if let Some(Times {
        float_ms,
        integer_ms,
    }) = report.times
    {
        let name = "ms by the plan";
        writeln!(out, "{name:<24}{float_ms:>14.4}{integer_ms:>14.4}")?;
    }
    for left in &report.left {
        writeln!(out, "left as it is: {}", text::line(&left.why.to_string()))?;
    }
    for node in &report.unfitting {
        let name = network
            .graph()
            .node(*node)
            .map_or("", |it| it.name.as_str());
        writeln!(
            out,
            "left as it is: “{}” has a number of inputs that four does not divide",
            text::line(name)
        )?;
    }
    Ok(())
}

/// The weights at the path, the document beside them.
fn write(path: &Path, network: &Network, report: &Report) -> Result<PathBuf, CliError> {
    let provenance = Provenance::all(network, true);
    let title = report.shrink.title();
    let mut notes = report.notes();
    notes.insert("cnn-lab".to_owned(), title);
    let file = checkpoint::write(network, &provenance, Progress::default(), &notes);
    let bytes = block_on(file).map_err(running)?;
    std::fs::write(path, bytes)?;
    let document = path.with_extension("json");
    let written = json::write(network.graph()).map_err(running)?;
    std::fs::write(&document, written)?;
    Ok(document)
}
