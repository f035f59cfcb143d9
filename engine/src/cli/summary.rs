//! `cnnlab summary`: a network layer by layer, as torchinfo prints it, or as JSON or CSV.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::CliError;
use super::source::{Chosen, Source};
use super::table::{Side, Table};
use super::text;
use crate::analysis::{NodeFacts, Precision, grouped};
use crate::compare::{Row, layers_as_csv};
use crate::layer::Cost;
use crate::zoo::{Agreement, Entry, Quantity};
use crate::{Analysis, Graph, Node, NodeId};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    chosen: Chosen,
    /// Print JSON, for programs.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print one line of comma-separated values for each layer, for spreadsheets.
    #[arg(long)]
    csv: bool,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    let Source { graph, entry } = args.chosen.source()?;
    // Published figures are those of the network as published.
    let entry = entry.map(|entry| (entry, args.chosen.variation.is_none()));
    let analysis = Analysis::of(&graph);
    if args.json {
        text::write_json(&as_json(&graph, &analysis), out)?;
    } else if args.csv {
        write!(out, "{}", layers_as_csv(&graph, &analysis))?;
    } else {
        write_text(&graph, &analysis, entry, out)?;
    }
    let problems = problems(&graph, &analysis);
    if problems.is_empty() {
        Ok(())
    } else {
        Err(CliError::Problems(problems))
    }
}

/// A line for each problem: the node and the sentence.
fn problems(graph: &Graph, analysis: &Analysis) -> Vec<String> {
    let line = |problem: &crate::analysis::Problem| {
        let text = format!("{}: {}", name_of(graph, problem.node), problem.error);
        format!("  {}", text::line(&text))
    };
    analysis.problems.iter().map(line).collect()
}

fn name_of(graph: &Graph, id: NodeId) -> &str {
    graph.node(id).map_or("input", |node| node.name.as_str())
}

fn rows<'a>(
    graph: &'a Graph,
    analysis: &'a Analysis,
) -> impl Iterator<Item = (&'a Node, &'a NodeFacts)> {
    graph.nodes().iter().zip(&analysis.nodes)
}

fn write_text(
    graph: &Graph,
    analysis: &Analysis,
    entry: Option<(&Entry, bool)>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let name = text::line(graph.name());
    writeln!(out, "{name}, input {}", graph.input())?;
    let mut table = Table::new([
        ("Name", Side::Left),
        ("Layer", Side::Left),
        ("Output shape", Side::Right),
        ("Param #", Side::Right),
        ("Mult-adds", Side::Right),
        ("Sees", Side::Right),
    ]);
    for (node, facts) in rows(graph, analysis) {
        let or_dash = |number| {
            if number == 0 {
                "--".to_owned()
            } else {
                grouped(number)
            }
        };
        let shape = facts
            .shape
            .map_or("?".to_owned(), |shape| shape.to_string());
        let sees = match (facts.shape, facts.receptive_field) {
            (None, _) => "?".to_owned(),
            (Some(_), None) => "all".to_owned(),
            (Some(_), Some(field)) => format!("{}x{}", field.size[0], field.size[1]),
        };
        table.row([
            node.name.clone(),
            graph.title(node),
            shape,
            or_dash(facts.cost.params()),
            or_dash(facts.cost.macs),
            sees,
        ]);
    }
    table.write(out)?;
    let total = analysis.total;
    writeln!(out, "Total params: {}", grouped(total.params()))?;
    writeln!(out, "Trainable params: {}", grouped(total.trainable))?;
    writeln!(out, "Non-trainable params: {}", grouped(total.other))?;
    writeln!(out, "Total mult-adds: {}", grouped(total.macs))?;
    writeln!(out, "Total FLOPs: {}", grouped(total.flops()))?;
    writeln!(out, "FLOPs are {}.", Cost::FLOPS_CONVENTION)?;
    let f32 = Precision::F32;
    let megabytes = |bytes: u64| format!("{:.2} MB", bytes as f64 / 1e6);
    writeln!(
        out,
        "Params size (f32): {}",
        megabytes(analysis.weight_bytes(f32))
    )?;
    writeln!(
        out,
        "All outputs (f32): {}",
        megabytes(analysis.activation_bytes(f32))
    )?;
    writeln!(
        out,
        "Peak activations, inference (f32): {}",
        megabytes(analysis.inference.bytes(f32))
    )?;
    writeln!(
        out,
        "Peak activations, training (f32): {}",
        megabytes(analysis.training.bytes(f32))
    )?;
    writeln!(
        out,
        "Depth (convolutions and linear layers): {}",
        analysis.depth
    )?;
    let row = Row::of(graph, None);
    writeln!(out, "Receptive field of the output: {}", row.field_words())?;
    match entry {
        Some((entry, as_published)) => write_entry(entry, as_published, out),
        None => Ok(()),
    }
}

/// The zoo's entry: the paper, and how published counts relate to these.
fn write_entry(entry: &Entry, as_published: bool, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}\n{}", entry.paper, entry.variant)?;
    if !as_published {
        return Ok(());
    }
    for figure in entry.published {
        let what = match figure.quantity {
            Quantity::Trainable => "trainable params",
            Quantity::Parameters => "params",
            Quantity::Macs => "mult-adds",
        };
        write!(
            out,
            "As published, {what}: {} ({})",
            grouped(figure.value),
            figure.source
        )?;
        match figure.agreement {
            Agreement::Exact => writeln!(out)?,
            Agreement::Rounded(_) => writeln!(out, ", rounded")?,
            Agreement::Differs(why) => writeln!(out, ", which differs: {why}")?,
        }
    }
    Ok(())
}

fn as_json(graph: &Graph, analysis: &Analysis) -> Value {
    let costs = |cost: Cost| {
        json!({
            "params": cost.params(), "trainable": cost.trainable, "other": cost.other,
            "macs": cost.macs, "flops": cost.flops(),
        })
    };
    let shape = |shape: crate::Shape| json!([shape.channels, shape.height, shape.width]);
    let layers = rows(graph, analysis).map(|(node, facts)| {
        let inputs: Vec<&str> = node.inputs.iter().map(|&id| name_of(graph, id)).collect();
        json!({
            "name": node.name,
            "title": node.layer.title(),
            "layer": node.layer,
            "inputs": inputs,
            "shares": node.shares.map(|id| name_of(graph, id)),
            "output": facts.shape.map(shape),
            "cost": costs(facts.cost),
            "weight_bytes": facts.weight_bytes(Precision::F32),
            "activation_bytes": facts.activation_bytes(Precision::F32),
            "flops_per_byte": facts.intensity(Precision::F32),
            "receptive_field": facts.receptive_field,
        })
    });
    // The last node that does not see the whole input.
    let last = analysis.last_spatial();
    let last =
        last.map(|(id, field)| json!({ "name": name_of(graph, id), "receptive_field": field }));
    let peak = |peak: &crate::analysis::Peak| peak.bytes(Precision::F32);
    json!({
        "name": graph.name(),
        "input": shape(graph.input()),
        "output": analysis.nodes.last().and_then(|facts| facts.shape).map(shape),
        "layers": layers.collect::<Vec<_>>(),
        "total": costs(analysis.total),
        "depth": analysis.depth,
        "receptive_field": analysis.output_field(),
        "last_spatial": last,
        "weight_bytes": analysis.weight_bytes(Precision::F32),
        "activation_bytes": analysis.activation_bytes(Precision::F32),
        "flops_per_byte": analysis.intensity(Precision::F32),
        "peak_inference_bytes": peak(&analysis.inference),
        "peak_training_bytes": peak(&analysis.training),
        "problems": problems(graph, analysis),
    })
}
