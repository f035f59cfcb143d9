//! `cnnlab time`: what each layer takes on this machine.

use std::io::{self, Write};
use std::path::PathBuf;

use pollster::block_on;
use serde_json::{Value, json};

use super::engine::Engine;
use super::run::{load, running};
use super::source::Chosen;
use super::table::{Side, Table};
use super::{CliError, input, text};
use crate::analysis::grouped;
use crate::data::made_up;
use crate::plan::StepTimer;
use crate::run::{Network, time_layers};
use crate::session::{LayerTime, of_layers};
use crate::zoo::means;
use crate::{Analysis, Graph, Node, Shape};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    chosen: Chosen,
    /// Its weights, a safetensors file; without one they are random numbers.
    #[arg(long)]
    weights: Option<PathBuf>,
    /// A photo or a safetensors file as for `run`; without one, a made-up picture.
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
    /// Passes to time, after one that is not; each figure is the median.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    runs: u32,
    #[command(flatten)]
    engine: Engine,
    /// Print JSON, for programs.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    let source = args.chosen.source()?;
    let name = source.entry.map_or("", |entry| entry.name);
    let (network, notes) = load(source.graph, args.weights.as_deref(), 0)?;
    // Not into the result, which may be JSON.
    for note in notes {
        eprintln!("note: {note}");
    }
    let graph = network.graph();
    let values = match &args.picture {
        Some(path) => input::input(path, graph.input(), means(name))?.values,
        None => made_up(graph.input().elements() as usize),
    };
    let pictures = values.len() as u64 / graph.input().elements().max(1);
    let (ran, times) = measured(args, &network, values)?;
    let analysis = Analysis::of(graph);
    let costs = analysis.nodes.iter().map(|facts| facts.cost);
    let rows = graph.nodes().iter().zip(&times.layers).zip(costs);
    let timed = Timed {
        graph,
        rows: rows
            .map(|((node, time), cost)| Row {
                node,
                time,
                shape: network.shape(node.id),
                macs: cost.macs * pictures,
            })
            .collect(),
        times: &times,
        ran,
        pictures,
        runs: args.runs,
    };
    if args.json {
        return text::write_json(&timed.json(), out);
    }
    Ok(timed.write(out)?)
}

/// The layers of a pass, by whatever ran it.
struct Times {
    layers: Vec<LayerTime>,
    total_ms: f64,
    peak_live_bytes: u64,
}

/// By the compiled plan, which takes one picture; several, and what it has no kernel for, by burn.
fn measured(
    args: &Args,
    network: &Network,
    values: Vec<f32>,
) -> Result<(&'static str, Times), CliError> {
    let graph = network.graph();
    let is_one = values.len() as u64 == graph.input().elements();
    let plan = match is_one {
        true => args.engine.plan(network, Vec::new())?,
        false => None,
    };
    let Some(plan) = plan else {
        let times = block_on(time_layers(network, values, args.runs)).map_err(running)?;
        let layer = |it: &crate::run::LayerTime| LayerTime {
            node: it.node,
            ms: it.ms,
            live_bytes: it.live_bytes,
            within: None,
        };
        let layers = times.layers.iter().map(layer).collect();
        let (total_ms, peak_live_bytes) = (times.total_ms, times.peak_live_bytes);
        return Ok((
            "burn",
            Times {
                layers,
                total_ms,
                peak_live_bytes,
            },
        ));
    };
    let mut timer = StepTimer::new(plan, values, args.runs);
    while !timer.step().map_err(running)? {}
    let times = timer.times();
    let (layers, peak_live_bytes) = of_layers(graph, |node| network.shape(node), &times.steps);
    let total_ms = times.total_ms;
    Ok((
        "the compiled plan",
        Times {
            layers,
            total_ms,
            peak_live_bytes,
        },
    ))
}

struct Timed<'a> {
    graph: &'a Graph,
    rows: Vec<Row<'a>>,
    times: &'a Times,
    /// What ran it.
    ran: &'static str,
    pictures: u64,
    runs: u32,
}

struct Row<'a> {
    node: &'a Node,
    time: &'a LayerTime,
    shape: Option<Shape>,
    /// For all pictures.
    macs: u64,
}

impl Row<'_> {
    /// The layer with which it is computed at once.
    fn within<'a>(&self, graph: &'a Graph) -> Option<&'a Node> {
        graph.node(self.time.within?)
    }
}

/// Billions of multiply-adds a second; none for what has no multiply-adds.
fn rate(macs: u64, ms: f64) -> Option<f64> {
    (macs > 0 && ms > 0.0).then(|| macs as f64 / ms / 1e6)
}

impl Timed<'_> {
    fn layers_ms(&self) -> f64 {
        self.rows.iter().map(|row| row.time.ms).sum()
    }

    fn macs(&self) -> u64 {
        self.rows.iter().map(|row| row.macs).sum()
    }

    fn share(&self, row: &Row) -> f64 {
        let all = self.layers_ms();
        if all > 0.0 { row.time.ms / all } else { 0.0 }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self {
            graph,
            times,
            ran,
            pictures,
            runs,
            ..
        } = self;
        writeln!(
            out,
            "{}, input {} × {pictures}, CPU, {ran}, median of {runs}",
            text::line(graph.name()),
            graph.input()
        )?;
        let mut table = Table::new([
            ("Name", Side::Left),
            ("Layer", Side::Left),
            ("Output shape", Side::Right),
            ("Mult-adds", Side::Right),
            ("ms", Side::Right),
            ("Share", Side::Right),
            ("GMAC/s", Side::Right),
        ]);
        let dash = || "--".to_owned();
        for row in &self.rows {
            let macs = (row.macs > 0).then(|| grouped(row.macs));
            let rate = rate(row.macs, row.time.ms).map(|rate| format!("{rate:.1}"));
            table.row([
                row.node.name.clone(),
                row.node.layer.title(),
                row.shape.map_or_else(dash, |shape| shape.to_string()),
                macs.unwrap_or_else(dash),
                row.within(graph).map_or_else(
                    || format!("{:.3}", row.time.ms),
                    |node| format!("in {}", node.name),
                ),
                format!("{:.1} %", 100.0 * self.share(row)),
                rate.unwrap_or_else(dash),
            ]);
        }
        table.write(out)?;
        let rate = rate(self.macs(), times.total_ms).map(|rate| format!(", {rate:.1} GMAC/s"));
        writeln!(
            out,
            "A pass: {:.3} ms{}",
            times.total_ms,
            rate.unwrap_or_default()
        )?;
        writeln!(out, "Its layers one by one: {:.3} ms", self.layers_ms())?;
        writeln!(
            out,
            "Feature maps held at once, at most (f32): {:.2} MB",
            times.peak_live_bytes as f64 / 1e6
        )
    }

    fn json(&self) -> Value {
        let shape = |shape: Shape| json!([shape.channels, shape.height, shape.width]);
        let layer = |row: &Row| {
            json!({
                "name": row.node.name,
                "title": row.node.layer.title(),
                "output": row.shape.map(shape),
                "macs": row.macs,
                "ms": row.time.ms,
                "within": row.within(self.graph).map(|node| &node.name),
                "share": self.share(row),
                "gmac_per_second": rate(row.macs, row.time.ms),
                "live_bytes": row.time.live_bytes,
            })
        };
        json!({
            "name": self.graph.name(),
            "input": shape(self.graph.input()),
            "pictures": self.pictures,
            "device": "cpu",
            "engine": self.ran,
            "runs": self.runs,
            "layers": self.rows.iter().map(layer).collect::<Vec<_>>(),
            "layers_ms": self.layers_ms(),
            "total_ms": self.times.total_ms,
            "macs": self.macs(),
            "gmac_per_second": rate(self.macs(), self.times.total_ms),
            "peak_live_bytes": self.times.peak_live_bytes,
        })
    }
}
