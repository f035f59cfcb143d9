//! What is known of the network's running elsewhere: measured passes, budgets, and the load that it is
//! to carry.

pub mod pipeline;
pub mod reduce;
pub mod versions;

use ::engine::deploy::{Budgets, Capacity, Latencies, Queue};
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{GetUntracked, Set, Update, WithUntracked};

use crate::signals::set_if_changed;

use self::pipeline::{Piped, Plan, Ran};
use self::reduce::Reduced;
use self::versions::{Version, Versions};

/// The passes of one batch size on one device.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    pub device: &'static str,
    pub batch: u32,
    /// The pass before the counted ones, in milliseconds.
    pub first_ms: f64,
    /// The step of the clock.
    pub clock_ms: f64,
    /// Milliseconds of each pass.
    pub times: Vec<f64>,
    pub latencies: Latencies,
}

impl Measured {
    /// Pictures a second at the median.
    pub fn rate(&self) -> f64 {
        f64::from(self.batch) * 1e3 / self.latencies.p50.max(1e-6)
    }
}

/// The load that is to be carried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// Requests a second.
    pub rate: f64,
    /// The longest response of the 99th percentile, in milliseconds.
    pub within_ms: f64,
}

/// What a load needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Need {
    /// By M/M/c.
    pub capacity: Capacity,
    /// Simulated with the measured times: the 99th percentile and the share of requests that wait.
    pub simulated_ms: f64,
    pub simulated_waits: f64,
}

/// The percentile that a load is about.
pub const PERCENT: f64 = 99.0;
/// Requests of a simulation.
const SIMULATED: usize = 20_000;
/// Numbers of machines that are simulated at most, each an eighth larger.
const TRIES: usize = 20;

/// See the module.
#[derive(Clone, Copy)]
pub struct Deploy {
    measured: RwSignal<Vec<Measured>>,
    failure: RwSignal<Option<String>>,
    budgets: RwSignal<Budgets>,
    load: RwSignal<Load>,
    plan: RwSignal<Plan>,
    piped: RwSignal<Option<Piped>>,
    ran: RwSignal<Option<Ran>>,
    reduced: RwSignal<Vec<Reduced>>,
    versions: RwSignal<Versions>,
    version_failure: RwSignal<Option<String>>,
}

readable!(Deploy {
    /// By batch size.
    measured: Vec<Measured>,
    /// Why the last measurement failed.
    failure: Option<String>,
    budgets: Budgets,
    load: Load,
    /// How a step is cut.
    plan: Plan,
    /// The last step that ran in stages.
    piped: Option<Piped>,
    /// The last step that workers made.
    ran: Option<Ran>,
    /// The last sums that workers made: by a ring and by a server.
    reduced: Vec<Reduced>,
    versions: Versions,
    /// Why the last thing that was asked of a version failed.
    version_failure: Option<String>,
});

impl Deploy {
    pub fn new() -> Self {
        Self {
            measured: RwSignal::default(),
            failure: RwSignal::default(),
            budgets: RwSignal::default(),
            load: RwSignal::new(Load {
                rate: 100.0,
                within_ms: 100.0,
            }),
            plan: RwSignal::default(),
            piped: RwSignal::default(),
            ran: RwSignal::default(),
            reduced: RwSignal::default(),
            versions: RwSignal::default(),
            version_failure: RwSignal::default(),
        }
    }

    /// A new measurement begins, or the network has changed: what was measured is of the past.
    pub fn forget(self) {
        if self.measured.with_untracked(|all| !all.is_empty()) {
            self.measured.set(Vec::new());
        }
        if self.piped.with_untracked(Option::is_some) {
            self.piped.set(None);
        }
        set_if_changed(self.ran, None);
        set_if_changed(self.reduced, Vec::new());
        self.failure.set(None);
    }

    /// Keeps one batch size's passes in the order of sizes.
    pub fn keep(self, one: Measured) {
        self.measured.update(|all| {
            all.retain(|it| it.batch != one.batch);
            let place = all.partition_point(|it| it.batch < one.batch);
            all.insert(place, one);
        });
    }

    /// The measurement failed for this reason.
    pub fn fail(self, why: String) {
        self.failure.set(Some(why));
    }

    pub fn limit(self, budgets: Budgets) {
        self.budgets.set(budgets);
    }

    pub fn carry(self, load: Load) {
        self.load.set(load);
    }

    pub fn arrange(self, plan: Plan) {
        self.plan.set(plan);
    }

    /// One version.
    pub fn version(self, number: u64) -> Option<Version> {
        self.versions.with_untracked(|all| all.get(number).cloned())
    }

    pub fn edit_versions<T>(self, change: impl FnOnce(&mut Versions) -> T) -> T {
        let mut all = self.versions.get_untracked();
        let result = change(&mut all);
        set_if_changed(self.versions, all);
        result
    }

    /// Something is asked of a version: the last failure is of the past.
    pub fn begin_version(self) {
        set_if_changed(self.version_failure, None);
    }

    /// What was asked of a version failed for this reason.
    pub fn fail_version(self, why: String) {
        self.version_failure.set(Some(why));
    }

    /// Keeps a step that workers made.
    pub fn run(self, ran: Ran) {
        self.failure.set(None);
        self.ran.set(Some(ran));
    }

    /// Keeps the sums that workers made.
    pub fn reduce(self, reduced: Vec<Reduced>) {
        self.failure.set(None);
        self.reduced.set(reduced);
    }

    /// Keeps a step that ran in stages.
    pub fn pipe(self, piped: Piped) {
        self.failure.set(None);
        self.piped.set(Some(piped));
    }
}

impl Default for Deploy {
    fn default() -> Self {
        Self::new()
    }
}

/// What the load needs of machines that take these times for a picture: as many as M/M/c says, and more
/// where the simulation with these times is not within the limit.
///
/// # Errors
/// When no number of machines does, as a sentence.
pub fn need(load: Load, one: &Measured) -> Result<Need, String> {
    let sentence = |error: ::engine::deploy::QueueError| {
        let text = error.to_string();
        let mut letters = text.chars();
        let first = letters.next().map(|it| it.to_uppercase().to_string());
        format!("{}{}.", first.unwrap_or_default(), letters.as_str())
    };
    let queue = Queue::new(load.rate, one.latencies.mean).map_err(sentence)?;
    // Exponential times are spread more than measured ones: where they alone take longer, begin with as
    // many machines as hardly let a request wait.
    let alone = one.latencies.mean * 100_f64.ln();
    let mut alone_ms = one.latencies.p99;
    if alone_ms <= load.within_ms {
        let first = queue.machines_for(load.within_ms.max(1.1 * alone), PERCENT);
        let mut machines = first.map_err(sentence)?.machines;
        for _ in 0..TRIES {
            let Some(capacity) = queue.capacity(machines, PERCENT) else {
                break;
            };
            let simulated = queue.simulate(machines, SIMULATED, &one.times, 1);
            alone_ms = simulated.response_ms(PERCENT);
            if alone_ms <= load.within_ms {
                return Ok(Need {
                    capacity,
                    simulated_ms: alone_ms,
                    simulated_waits: simulated.waits,
                });
            }
            machines += machines / 8 + 1;
        }
    }
    Err(sentence(::engine::deploy::QueueError::TooSlow {
        alone: alone_ms,
        wanted: load.within_ms,
        percent: PERCENT,
    }))
}

/// Counts of times in `bins` equal ranges from 0 to the largest shown, which is four times the median
/// at least as far as the 99th percentile; the last bin has all that are longer. With that end.
pub fn histogram(one: &Measured, bins: usize) -> (Vec<u32>, f64) {
    let Latencies { p50, p99, most, .. } = one.latencies;
    let end = (4.0 * p50)
        .max(1.2 * p99)
        .min(most)
        .max(one.clock_ms)
        .max(1e-6);
    let mut counts = vec![0; bins.max(1)];
    let last = counts.len() - 1;
    for ms in &one.times {
        let bin = (ms / end * counts.len() as f64) as usize;
        counts[bin.min(last)] += 1;
    }
    (counts, end)
}
