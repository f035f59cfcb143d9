//! `cnnlab latency`: the distribution of a network's times, and how many machines a load needs.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Instant;

use pollster::block_on;
use serde_json::{Value, json};

use super::engine::Engine;
use super::run::{load, running};
use super::source::Chosen;
use super::table::{Side, Table};
use super::{CliError, text};
use crate::analysis::Precision;
use crate::data::made_up;
use crate::deploy::{Capacity, DEVICES, Energy, Latencies, Queue};
use crate::plan::Executor;
use crate::run::Network;
use crate::{Analysis, Graph};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    chosen: Chosen,
    /// Its weights, a safetensors file; without one they are random numbers.
    #[arg(long)]
    weights: Option<PathBuf>,
    #[command(flatten)]
    engine: Engine,
    /// Passes to time for each batch, after one that is not counted.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    runs: u32,
    /// Pictures of a pass, separated by commas.
    #[arg(long, default_value = "1,8,64", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=1024))]
    batch: Vec<u32>,
    /// Requests a second: says how many machines like this one they need.
    #[arg(long, value_name = "N")]
    requests: Option<f64>,
    /// The longest response time of --percentile of the requests, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 100.0)]
    within: f64,
    #[arg(long, default_value_t = 99.0)]
    percentile: f64,
    /// Of the simulated requests and of random weights.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Where to write all times, as CSV.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print JSON, for programs.
    #[arg(long)]
    json: bool,
}

/// Requests of a simulation.
const SIMULATED: usize = 100_000;

struct Batch {
    pictures: u32,
    first_ms: f64,
    times: Vec<f64>,
    latencies: Latencies,
}

impl Batch {
    /// Pictures a second at the median.
    fn rate(&self) -> f64 {
        f64::from(self.pictures) / self.latencies.p50.max(1e-9) * 1e3
    }
}

struct Service {
    asked: Queue,
    needed: Capacity,
    /// The percentile with the measured times in place of exponential ones.
    simulated_ms: f64,
}

pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), CliError> {
    let source = args.chosen.source()?;
    let (network, notes) = load(source.graph, args.weights.as_deref(), args.seed)?;
    // Not into the result, which may be JSON.
    for note in notes {
        eprintln!("note: {note}");
    }
    let mut plan = args.engine.plan(&network, Vec::new())?;
    let mut timed = |pictures| timed(plan.as_mut(), &network, pictures, args.runs);
    let batches = args.batch.iter().map(|&it| timed(it));
    let batches = batches.collect::<Result<Vec<_>, _>>()?;
    let service = args.requests.map(|rate| serve(args, rate, timed(1)?));
    let service = service.transpose()?;
    if let Some(path) = &args.out {
        let mut csv = String::from("batch,pass,ms\n");
        for batch in &batches {
            for (pass, ms) in batch.times.iter().enumerate() {
                csv.push_str(&format!("{},{},{ms}\n", batch.pictures, pass + 1));
            }
        }
        std::fs::write(path, csv)?;
    }
    let ran = if plan.is_some() { "plan" } else { "burn" };
    let graph = network.graph();
    let analysis = Analysis::of(graph);
    if args.json {
        return text::write_json(
            &as_json(args, ran, graph, &analysis, &batches, service.as_ref()),
            out,
        );
    }
    Ok(write(
        args,
        ran,
        graph,
        &analysis,
        &batches,
        service.as_ref(),
        out,
    )?)
}

/// By the plan, which has no batches, one picture after the other; else by burn.
fn timed(
    mut plan: Option<&mut Executor>,
    network: &Network,
    pictures: u32,
    runs: u32,
) -> Result<Batch, CliError> {
    let graph = network.graph();
    let size = graph.input().elements() as usize;
    let input = made_up(size * pictures as usize);
    let output = [graph.output()];
    let mut times = Vec::with_capacity(runs as usize + 1);
    for _ in 0..=runs {
        let began = Instant::now();
        match &mut plan {
            Some(plan) => {
                for picture in input.chunks(size) {
                    plan.run(picture).map_err(running)?;
                }
            }
            None => {
                block_on(network.trace(&input, &output)).map_err(running)?;
            }
        }
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let first_ms = times.remove(0);
    let latencies = Latencies::of(&times).ok_or_else(|| CliError::Running("no pass".to_owned()))?;
    Ok(Batch {
        pictures,
        first_ms,
        times,
        latencies,
    })
}

fn serve(args: &Args, rate: f64, one: Batch) -> Result<Service, CliError> {
    let failed = |error: crate::deploy::QueueError| CliError::Running(error.to_string());
    let asked = Queue::new(rate, one.latencies.mean).map_err(failed)?;
    let needed = asked
        .machines_for(args.within, args.percentile)
        .map_err(failed)?;
    let simulated = asked.simulate(needed.machines, SIMULATED, &one.times, args.seed);
    Ok(Service {
        asked,
        needed,
        simulated_ms: simulated.response_ms(args.percentile),
    })
}

fn write(
    args: &Args,
    ran: &str,
    graph: &Graph,
    analysis: &Analysis,
    batches: &[Batch],
    service: Option<&Service>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let name = text::line(graph.name());
    writeln!(
        out,
        "{name}, CPU, by {ran}, {} passes for each batch",
        args.runs
    )?;
    let right = |name| (name, Side::Right);
    let mut table = Table::new(
        [
            "Batch",
            "p50 ms",
            "p90 ms",
            "p99 ms",
            "mean ms",
            "first ms",
            "pictures/s",
        ]
        .map(right),
    );
    for batch in batches {
        let it = &batch.latencies;
        let ms = |ms: f64| format!("{ms:.3}");
        table.row([
            batch.pictures.to_string(),
            ms(it.p50),
            ms(it.p90),
            ms(it.p99),
            ms(it.mean),
            ms(batch.first_ms),
            format!("{:.0}", batch.rate()),
        ]);
    }
    table.write(out)?;
    if let Some(Service {
        asked,
        needed,
        simulated_ms,
    }) = service
    {
        writeln!(
            out,
            "{} requests a second of {:.3} ms: {} machine{} ({:.0} % busy; {:.1} % wait); p{} \
             {:.2} ms by M/M/c, {simulated_ms:.2} ms simulated with the measured times",
            asked.rate,
            asked.service_ms,
            needed.machines,
            if needed.machines == 1 { "" } else { "s" },
            100.0 * needed.utilisation,
            100.0 * needed.waits,
            args.percentile,
            needed.response_ms,
        )?;
    }
    for precision in [Precision::F32, Precision::I8] {
        let energy = Energy::of(analysis, precision);
        writeln!(
            out,
            "Energy of a picture in {} (Horowitz 2014): {:.2} µJ: arithmetic {:.2}, weights {:.2}, \
             feature maps {:.2}",
            precision.name(),
            energy.total_uj(),
            energy.arithmetic_uj,
            energy.parameters_uj,
            energy.maps_uj
        )?;
    }
    let mut table = Table::new([
        ("Elsewhere, by the roofline of the data sheet", Side::Left),
        ("at least ms", Side::Right),
        ("fits", Side::Right),
        ("fits in 8 bits", Side::Right),
    ]);
    let word = |fits: bool| if fits { "yes" } else { "no" }.to_owned();
    for device in &DEVICES {
        let fit = device.fit(graph, analysis);
        let ms = format!("{:.4}", fit.ms);
        table.row([
            device.name.to_owned(),
            ms,
            word(fit.fits),
            word(fit.fits_i8),
        ]);
    }
    table.write(out)
}

fn as_json(
    args: &Args,
    ran: &str,
    graph: &Graph,
    analysis: &Analysis,
    batches: &[Batch],
    service: Option<&Service>,
) -> Value {
    let batch = |it: &Batch| {
        json!({
            "batch": it.pictures,
            "first_ms": it.first_ms,
            "latencies": it.latencies,
            "pictures_per_second": it.rate(),
        })
    };
    let energy = |precision: Precision| {
        let it = Energy::of(analysis, precision);
        json!({"precision": precision.name(), "microjoules": it.total_uj(), "parts": it})
    };
    let device = |device: &crate::deploy::Device| json!({"device": device, "fit": device.fit(graph, analysis)});
    let served = |it: &Service| {
        json!({
            "queue": it.asked,
            "percentile": args.percentile,
            "within_ms": args.within,
            "needed": it.needed,
            "simulated_ms": it.simulated_ms,
        })
    };
    json!({
        "name": graph.name(),
        "device": "cpu",
        "engine": ran,
        "runs": args.runs,
        "batches": batches.iter().map(batch).collect::<Vec<_>>(),
        "service": service.map(served),
        "energy": Precision::ALL.map(energy),
        "devices": DEVICES.iter().map(device).collect::<Vec<_>>(),
    })
}
