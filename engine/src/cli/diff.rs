//! `cnnlab diff`: what differs between two networks.

use std::io::{self, Write};

use super::CliError;
use super::source::{Variation, network};
use super::text;
use crate::analysis::grouped;
use crate::format::{Change, GraphDiff};
use crate::{Analysis, Graph, Node};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The first network: of the zoo (see `cnnlab list`), or the file of a saved one.
    #[arg(value_name = "A")]
    before: String,
    /// The second network.
    #[arg(value_name = "B")]
    after: String,
    /// Print the difference as JSON, for programs.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    let as_it_is = Variation::default();
    let [before, after] = [
        network(&args.before, &as_it_is)?.graph,
        network(&args.after, &as_it_is)?.graph,
    ];
    let diff = GraphDiff::between(&before, &after);
    if args.json {
        text::write_json(&diff, out)?;
    } else {
        write_text(&diff, &before, &after, out)?;
    }
    Ok(())
}

fn write_text(
    diff: &GraphDiff,
    before: &Graph,
    after: &Graph,
    out: &mut dyn Write,
) -> io::Result<()> {
    let [old, new] = [before, after].map(|graph| text::line(graph.name()));
    writeln!(out, "--- {old}\n+++ {new}")?;
    if let Some([old, new]) = diff.input {
        writeln!(out, "~ input: {old} -> {new}")?;
    }
    for node in &diff.removed {
        writeln!(out, "- {}", line(node))?;
    }
    for node in &diff.added {
        writeln!(out, "+ {}", line(node))?;
    }
    for change in &diff.changed {
        write_change(change, before, after, out)?;
    }
    let GraphDiff {
        input: _,
        added,
        removed,
        changed,
        same,
    } = diff;
    let [gone, new, other] = [removed.len(), added.len(), changed.len()];
    writeln!(
        out,
        "{gone} removed, {new} added, {other} changed, {same} alike"
    )?;
    let [old, new] = [before, after].map(|graph| Analysis::of(graph).total);
    writeln!(
        out,
        "trainable params: {} -> {}",
        grouped(old.trainable),
        grouped(new.trainable)
    )?;
    writeln!(
        out,
        "mult-adds: {} -> {}",
        grouped(old.macs),
        grouped(new.macs)
    )
}

fn line(node: &Node) -> String {
    format!("{}: {}", text::line(&node.name), node.layer.title())
}

fn write_change(
    change: &Change,
    before: &Graph,
    after: &Graph,
    out: &mut dyn Write,
) -> io::Result<()> {
    let words = change.words(before, after).join("; ");
    let text = format!("{}: {words}", change.before.name);
    writeln!(out, "~ {}", text::line(&text))
}
