//! A separate worker that calibrates the machine and measures pinned networks, without affecting
//! the current network. It runs one job and then ends.

use engine::analysis::{Budget, Machine, Sample};
use engine::session::{Command, DeviceKind, Event, Input, Weights};
use engine::{Graph, Shape};
use state::compare::{Job, Passes, Pin, least, middle};
use wasm_bindgen_futures::spawn_local;

use super::Lab;
use super::side_worker::SideWorker;

/// The target in milliseconds for all passes of one network …
const NETWORK_MS: f64 = 800.0;
/// … and of one calibration network: all five take about a second.
const CALIBRATION_MS: f64 = 120.0;
/// `Time` runs one pass to warm up, one timed as a whole and one timed layer by layer.
const PASSES_IN_ONE: f64 = 3.0;
/// Rounds of passes, at least and at most.
const ROUNDS: (f64, f64) = (4.0, 60.0);
/// A pass that takes longer is timed once.
const LONG_MS: f64 = 4000.0;

/// Why a job stopped early; `None` inside when the user cancelled it.
type Stopped = Option<String>;

impl Lab {
    /// Calibrates this device if necessary and measures every pinned network on it.
    pub fn measure_pins(self, device: DeviceKind) {
        let compare = self.compare;
        if compare.is_measuring() {
            return;
        }
        compare.refuse(None);
        spawn_local(async move {
            let ended = self.measure_all(device).await;
            self.stop_measuring();
            if let Err(Some(why)) = ended {
                compare.refuse(Some(why));
            }
        });
    }

    /// Cancels the measurement; earlier results stay.
    pub fn stop_measuring(self) {
        if let Some(worker) = self.core(|core| core.bench.take()) {
            worker.stop();
        }
        self.compare.set_job(None);
    }

    async fn measure_all(self, device: DeviceKind) -> Result<(), Stopped> {
        let compare = self.compare;
        let graphs = Machine::calibration().map_err(|error| Some(format!("{error}.")))?;
        let (pins, known) = compare.unmeasured(device);
        let graphs = if known { Vec::new() } else { graphs };
        let of = graphs.len() + pins.len();
        let tell = |what: String, done: usize| {
            compare.set_job(Some(Job {
                device,
                what,
                done,
                of,
            }));
        };
        tell("Starting a second engine".into(), 0);
        self.start_bench(device).await?;
        let mut samples = Vec::new();
        for (done, graph) in graphs.iter().enumerate() {
            tell(format!("This machine: {}", graph.name()), done);
            let passes = self.passes(graph, CALIBRATION_MS, least).await?;
            samples.extend(Sample::of(graph, &passes.layers_ms, passes.pass_ms));
        }
        if let Some(machine) = Machine::fit(&samples) {
            compare.set_machine(device, machine);
        }
        // If one fails, the others are measured all the same.
        let mut refused = Vec::new();
        for (done, pin) in pins.iter().enumerate() {
            tell(pin.title(), graphs.len() + done);
            match self.pin_passes(pin).await {
                Ok(passes) => compare.set_passes(pin, device, passes),
                Err(Some(why)) => refused.push(format!("{} was not measured: {why}", pin.title())),
                Err(None) => return Err(None),
            }
        }
        if refused.is_empty() {
            Ok(())
        } else {
            Err(Some(refused.join(" ")))
        }
    }

    async fn pin_passes(self, pin: &Pin) -> Result<Passes, Stopped> {
        if let Some(problem) = pin.analysis.problems.first() {
            return Err(Some(format!("{}.", problem.message(&pin.graph))));
        }
        Budget::default()
            .check(&pin.graph, 0)
            .map_err(|error| Some(format!("{error}.")))?;
        self.passes(&pin.graph, NETWORK_MS, middle).await
    }

    async fn start_bench(self, device: DeviceKind) -> Result<(), Stopped> {
        let keep = |worker| self.core(|core| core.bench = Some(worker));
        let worker = SideWorker::start(self, device, "The measuring engine", keep).await;
        match worker {
            Ok(_) => Ok(()),
            Err(why) => Err(self.bench().map(|_| why)),
        }
    }

    /// The worker; `None` once the user has cancelled the job.
    fn bench(self) -> Option<SideWorker> {
        self.core(|core| core.bench.clone())
    }

    /// The worker's result of this command.
    async fn query_bench(self, command: Command, payload: Vec<u8>) -> Result<Event, Stopped> {
        let worker = self.bench().ok_or(None)?;
        let replies = worker.query(self, command, payload, None);
        let result = match replies {
            Ok((_, replies)) => replies.result(|_, _| {}).await,
            Err(error) => Err(error),
        };
        let failed = |error| self.bench().map(|worker| worker.sentence(&error));
        result.map(|message| message.header).map_err(failed)
    }

    /// Loads this network with random weights and times it for about `ms` milliseconds; `of` makes
    /// one time of several.
    async fn passes(
        self,
        graph: &Graph,
        ms: f64,
        of: fn(Vec<f64>) -> f64,
    ) -> Result<Passes, Stopped> {
        let load = Command::Load {
            graph: graph.clone(),
            weights: Weights::Seeded { seed: 0 },
        };
        self.query_bench(load, Vec::new()).await?;
        let run = Command::Run {
            input: Input::Values,
            maps: Vec::new(),
        };
        self.query_bench(run, made_up(graph.input())).await?;
        let mut rounds = vec![self.time_once().await?];
        let first = rounds[0].pass_ms;
        let (least, most) = ROUNDS;
        let wanted = if first > LONG_MS {
            1.0
        } else {
            (ms / (first * PASSES_IN_ONE).max(1.0)).clamp(least, most)
        };
        while (rounds.len() as f64) < wanted {
            rounds.push(self.time_once().await?);
        }
        let layer = |place: usize| {
            let times = rounds
                .iter()
                .filter_map(|it| it.layers_ms.get(place).copied());
            of(times.collect())
        };
        Ok(Passes {
            pass_ms: of(rounds.iter().map(|round| round.pass_ms).collect()),
            layers_ms: (0..graph.nodes().len()).map(layer).collect(),
        })
    }

    async fn time_once(self) -> Result<Passes, Stopped> {
        match self
            .query_bench(Command::Time { runs: 1 }, Vec::new())
            .await?
        {
            Event::Timed {
                layers, total_ms, ..
            } => Ok(Passes {
                pass_ms: total_ms,
                layers_ms: layers.iter().map(|layer| layer.ms).collect(),
            }),
            other => Err(Some(format!(
                "The measuring engine gave another answer than asked for: {other:?}."
            ))),
        }
    }
}

/// Pseudo-random values between −1 and 1 as little-endian `f32`: zeros may be faster than a real
/// photo.
fn made_up(shape: Shape) -> Vec<u8> {
    let value = |at: u64| (at.wrapping_mul(2_654_435_761) % 2001) as f32 / 1000.0 - 1.0;
    let values = (0..shape.elements()).map(value);
    values.flat_map(f32::to_le_bytes).collect()
}
