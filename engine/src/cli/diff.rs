//! `cnnlab diff`: what differs between two networks.

use std::io::{self, Write};

use super::CliError;
use super::source::{Variation, network};
use crate::analysis::grouped;
use crate::format::{Change, GraphDiff};
use crate::{Analysis, Graph, Node, NodeId};

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
        writeln!(out, "{}", serde_json::to_string_pretty(&diff)?)?;
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
    writeln!(out, "--- {}\n+++ {}", before.name(), after.name())?;
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
    format!("{}: {}", node.name, node.layer.title())
}

fn write_change(
    change: &Change,
    before: &Graph,
    after: &Graph,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Change {
        before: old,
        after: new,
        layer,
        inputs,
        name,
    } = change;
    let mut parts = Vec::new();
    if *name {
        parts.push(format!("now named {}", new.name));
    }
    if *layer {
        let [old, new] = [old.layer.title(), new.layer.title()];
        // Settings that the short title leaves out (a bias, an epsilon) differ all the same.
        parts.push(if old == new {
            format!("other settings of {new}")
        } else {
            format!("{old} -> {new}")
        });
    }
    if *inputs {
        let names = |graph: &Graph, ids: &[NodeId]| {
            let name = |&id: &NodeId| {
                graph
                    .node(id)
                    .map_or("input".into(), |node| node.name.clone())
            };
            ids.iter().map(name).collect::<Vec<_>>().join(", ")
        };
        let [from, to] = [names(before, &old.inputs), names(after, &new.inputs)];
        parts.push(format!("takes {to} instead of {from}"));
    }
    writeln!(out, "~ {}: {}", old.name, parts.join("; "))
}
