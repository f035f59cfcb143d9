//! `cnnlab plan`: a network lowered to steps and buffers, and what each step takes.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Instant;

use serde_json::{Value, json};

#[cfg(feature = "run")]
use super::plan_check::Checked;
use super::plan_gpu;
use super::source::Chosen;
use super::table::{Side, Table};
use super::{CliError, read, text};
use crate::analysis::grouped;
use crate::data::made_up;
use crate::plan::{Executor, Kernel, Options, Packer, Params, Plan, Step};
use crate::{Graph, NodeId};

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Switch {
    On,
    Off,
}

#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Winograd {
    /// 3×3 convolutions by Winograd's algorithm where it is faster; `off` computes them directly, as
    /// while weights are trained. Only the compiled plan has it.
    #[arg(long, value_enum, default_value_t = Switch::On)]
    winograd: Switch,
}

impl Winograd {
    pub fn is_on(self) -> bool {
        self.winograd == Switch::On
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    chosen: Chosen,
    /// Its weights, a safetensors file; without one they are made up.
    #[arg(long)]
    weights: Option<PathBuf>,
    /// A node whose map can be read after a run, so that it is computed by itself; may be repeated.
    #[arg(long, value_name = "NODE")]
    watch: Vec<String>,
    #[command(flatten)]
    winograd: Winograd,
    /// The same as --winograd off.
    #[arg(long, hide = true)]
    direct: bool,
    /// Run it on a made-up picture beside burn: how far each layer that Winograd's algorithm computes
    /// is from burn's, and how far it is without it.
    #[cfg(feature = "run")]
    #[arg(long)]
    check: bool,
    /// Run it on this machine's CPU: milliseconds and FLOPs a second of each step.
    #[arg(long, conflicts_with = "gpu")]
    time: bool,
    /// For WebGPU: the dispatches of WGSL kernels, instead of the CPU's steps. Needs no device.
    #[arg(long)]
    gpu: bool,
    /// Passes to time, after one that is not; each figure is the median.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    runs: u32,
    /// Print JSON, for programs.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    let graph = args.chosen.source()?.graph;
    let params = match &args.weights {
        Some(path) => Params::read(&graph, &read(path)?).map_err(|error| CliError::File {
            path: path.clone(),
            why: error.to_string(),
        })?,
        None => Params::made_up(&graph),
    };
    let watched = args.watch.iter().map(|name| match graph.named(name) {
        Some(node) => Ok(node.id),
        None => Err(CliError::Node { name: name.clone() }),
    });
    let winograd = args.winograd.is_on() && !args.direct;
    let watched = watched.collect::<Result<Vec<_>, _>>()?;
    if args.gpu {
        return plan_gpu::run(&graph, &params, watched, args.json, out);
    }
    let options = Options::watching(watched, winograd);
    let mut packer = Packer::default();
    let mut lower = || {
        let start = Instant::now();
        let plan = Plan::lower_with(&graph, &params, &options, &mut packer);
        plan.map(|plan| (plan, milliseconds(start)))
    };
    let (_, first) = lower().map_err(|error| CliError::Plan(error.to_string()))?;
    let (plan, again) = lower().map_err(|error| CliError::Plan(error.to_string()))?;
    let times = args.time.then(|| Times::of(&plan, args.runs)).transpose()?;
    #[cfg(feature = "run")]
    let checked = args
        .check
        .then(|| Checked::of(&graph, args.weights.as_deref()))
        .transpose()?;
    let shown = Shown {
        graph: &graph,
        plan: &plan,
        lowered: [first, again],
        times,
        runs: args.runs,
    };
    if args.json {
        #[allow(unused_mut, reason = "without burn there is nothing to add")]
        let mut json = shown.json();
        #[cfg(feature = "run")]
        if let Some(checked) = &checked {
            json["check"] = checked.json();
        }
        return text::write_json(&json, out);
    }
    shown.write(out)?;
    #[cfg(feature = "run")]
    if let Some(checked) = &checked {
        checked.write(out)?;
    }
    Ok(())
}

fn milliseconds(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Milliseconds.
struct Times {
    steps: Vec<f64>,
    pass: f64,
}

impl Times {
    fn of(plan: &Plan, runs: u32) -> Result<Self, CliError> {
        let mut run = Executor::new(plan.clone());
        let input = made_up(plan.input().elements());
        let failed = |error: crate::plan::RunError| CliError::Plan(error.to_string());
        run.run(&input).map_err(failed)?;
        let mut passes = Vec::new();
        let mut steps = vec![Vec::new(); plan.steps.len()];
        for _ in 0..runs {
            let start = Instant::now();
            run.run(&input).map_err(failed)?;
            passes.push(milliseconds(start));
            run.put(&input).map_err(failed)?;
            for (place, times) in steps.iter_mut().enumerate() {
                let start = Instant::now();
                run.step(place);
                times.push(milliseconds(start));
            }
        }
        Ok(Self {
            steps: steps.into_iter().map(median).collect(),
            pass: median(passes),
        })
    }
}

/// Billions of FLOPs a second, two for a multiply-add; those of the definition, of which Winograd's
/// algorithm needs fewer.
fn rate(macs: u64, ms: f64) -> Option<f64> {
    (macs > 0 && ms > 0.0).then(|| 2.0 * macs as f64 / ms / 1e6)
}

struct Shown<'a> {
    graph: &'a Graph,
    plan: &'a Plan,
    /// The first time, and again with nothing changed.
    lowered: [f64; 2],
    times: Option<Times>,
    runs: u32,
}

impl Shown<'_> {
    fn by_winograd(&self) -> impl Iterator<Item = &Step> {
        let steps = self.plan.steps.iter();
        steps.filter(|step| matches!(step.kernel, Kernel::Winograd(_)))
    }

    fn nodes(&self, step: &Step) -> String {
        let name = |&id: &NodeId| self.graph.node(id).map_or("", |node| &node.name);
        let names: Vec<&str> = step.nodes.iter().map(name).collect();
        names.join(" + ")
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let plan = self.plan;
        let input = self.graph.input();
        writeln!(out, "{}, input {input}", text::line(&plan.name))?;
        let mut table = Table::new([
            ("Nodes", Side::Left),
            ("Kernel", Side::Left),
            ("Output shape", Side::Right),
            ("Reads", Side::Right),
            ("Writes", Side::Right),
            ("Weights", Side::Right),
            ("Mult-adds", Side::Right),
            ("ms", Side::Right),
            ("GFLOP/s", Side::Right),
        ]);
        for (place, step) in plan.steps.iter().enumerate() {
            let dash = || "--".to_owned();
            let count = |number: u64| if number > 0 { grouped(number) } else { dash() };
            let ms = self.times.as_ref().map(|times| times.steps[place]);
            let rate = ms.and_then(|ms| rate(step.macs, ms));
            let map = &step.output;
            let reads = step.inputs.iter().map(|map| map.buffer.to_string());
            table.row([
                self.nodes(step),
                step.kernel.name().to_owned(),
                format!("{}x{}x{}", map.channels, map.height, map.width),
                reads.collect::<Vec<_>>().join(" "),
                map.buffer.to_string(),
                count(step.kernel.weight_bytes() as u64),
                count(step.macs),
                ms.map_or_else(dash, |ms| format!("{ms:.3}")),
                rate.map_or_else(dash, |rate| format!("{rate:.1}")),
            ]);
        }
        table.write(out)?;
        let [first, again] = self.lowered;
        writeln!(
            out,
            "{} steps for {} nodes; {} buffers, {} bytes; packed weights, {} bytes",
            plan.steps.len(),
            self.graph.nodes().len(),
            plan.buffers.len(),
            grouped(plan.buffer_bytes() as u64),
            grouped(plan.weight_bytes() as u64),
        )?;
        let convolutions = plan
            .steps
            .iter()
            .filter(|step| step.kernel.is_convolution());
        writeln!(
            out,
            "Convolutions by Winograd's algorithm: {} of {}",
            self.by_winograd().count(),
            convolutions.count(),
        )?;
        writeln!(
            out,
            "Lowered in {first:.2} ms; again with the same weights in {again:.2} ms"
        )?;
        if let Some(times) = &self.times {
            let rate = rate(plan.macs(), times.pass).map(|rate| format!(", {rate:.1} GFLOP/s"));
            writeln!(
                out,
                "A pass, median of {}: {:.3} ms{}",
                self.runs,
                times.pass,
                rate.unwrap_or_default()
            )?;
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let plan = self.plan;
        let step = |(place, step): (usize, &Step)| {
            let ms = self.times.as_ref().map(|times| times.steps[place]);
            let map = &step.output;
            let names = step.nodes.iter().filter_map(|&id| self.graph.node(id));
            json!({
                "nodes": names.map(|node| &node.name).collect::<Vec<_>>(),
                "kernel": step.kernel.name(),
                "output": [map.channels, map.height, map.width],
                "reads": step.inputs.iter().map(|map| map.buffer).collect::<Vec<_>>(),
                "writes": map.buffer,
                "weight_bytes": step.kernel.weight_bytes(),
                "macs": step.macs,
                "ms": ms,
                "gflop_per_second": ms.and_then(|ms| rate(step.macs, ms)),
            })
        };
        let pass = self.times.as_ref().map(|times| times.pass);
        json!({
            "name": plan.name,
            "steps": plan.steps.iter().enumerate().map(step).collect::<Vec<_>>(),
            "winograd": self.by_winograd().map(|step| self.nodes(step)).collect::<Vec<_>>(),
            "buffer_bytes": plan.buffers.iter().map(|size| 4 * size).collect::<Vec<_>>(),
            "weight_bytes": plan.weight_bytes(),
            "macs": plan.macs(),
            "lowered_ms": self.lowered[0],
            "lowered_again_ms": self.lowered[1],
            "pass_ms": pass,
            "gflop_per_second": pass.and_then(|ms| rate(plan.macs(), ms)),
        })
    }
}
