//! Networks pinned for comparison. Pins stay when another network is opened.

mod times;

use std::sync::Arc;

use engine::analysis::{Machine, Work};
use engine::compare::Row;
use engine::session::DeviceKind;
use engine::zoo::{self, Options, ZooError};
use engine::{Analysis, Graph};
use reactive_graph::signal::RwSignal;
use reactive_graph::traits::{Get, GetUntracked, Set, Update, With, WithUntracked};

pub use self::times::{least, middle};

use crate::signals::set_if_changed;

/// How many networks fit beside each other.
pub const MOST_PINS: usize = 6;

/// The measured times of a network on a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Passes {
    /// Milliseconds of a forward pass of one picture.
    pub pass_ms: f64,
    /// Milliseconds of each layer until its output can be read, in the graph's order.
    pub layers_ms: Vec<f64>,
}

/// A pinned network with the values of its table and charts.
#[derive(Clone, Debug, PartialEq)]
pub struct Pin {
    /// 0 to 5: its letter, colour and marker, for as long as it is pinned.
    pub slot: usize,
    pub graph: Graph,
    pub origin: Option<&'static str>,
    pub analysis: Arc<Analysis>,
    /// The analysis of the network.
    pub row: Row,
    /// The measured times, by [`index_of`] the device.
    pub passes: [Option<Arc<Passes>>; 2],
}

impl Pin {
    /// The letter, A to F.
    pub fn letter(&self) -> &'static str {
        letter(self.slot)
    }

    /// The title of its card, such as “A VGG-16”.
    pub fn title(&self) -> String {
        format!("{} {}", self.letter(), self.row.name)
    }
}

/// The letter of a slot.
pub fn letter(slot: usize) -> &'static str {
    ["A", "B", "C", "D", "E", "F"]
        .get(slot)
        .copied()
        .unwrap_or("")
}

/// A device's index in pairs.
pub const fn index_of(device: DeviceKind) -> usize {
    match device {
        DeviceKind::Cpu => 0,
        DeviceKind::WebGpu => 1,
    }
}

/// The progress of a measurement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub device: DeviceKind,
    pub what: String,
    /// The number of measured networks, including those of the calibration, and of all.
    pub done: usize,
    pub of: usize,
}

/// The comparison's state.
#[derive(Clone, Copy)]
pub struct Compare {
    pins: RwSignal<Vec<Pin>>,
    refusal: RwSignal<Option<String>>,
    confirmation: RwSignal<Option<String>>,
    machines: RwSignal<[Option<Machine>; 2]>,
    job: RwSignal<Option<Job>>,
}

readable!(Compare {
    /// The pinned networks in the order they were pinned.
    pins: Vec<Pin>,
    /// Why the last action was refused.
    refusal: Option<String>,
    /// The confirmation of an action without visible effect.
    confirmation: Option<String>,
    /// The roofline of this machine, by [`index_of`] the device, once it is calibrated.
    machines: [Option<Machine>; 2],
    /// The progress of the measurement under way.
    job: Option<Job>,
});

impl Compare {
    pub(crate) fn new() -> Self {
        Self {
            pins: RwSignal::default(),
            refusal: RwSignal::new(None),
            confirmation: RwSignal::new(None),
            machines: RwSignal::default(),
            job: RwSignal::new(None),
        }
    }

    /// Removes what was said about the last action.
    pub fn hush(self) {
        set_if_changed(self.refusal, None);
        set_if_changed(self.confirmation, None);
    }

    /// Sets why the last action was refused; `None` where it was not.
    pub fn refuse(self, why: Option<String>) {
        self.refusal.set(why);
    }

    /// Sets the confirmation.
    pub fn confirm(self, what: String) {
        self.confirmation.set(Some(what));
    }

    /// Pins this network. `false` when that is refused, with a notice of the reason.
    pub fn pin(self, graph: Graph, origin: Option<&'static str>) -> bool {
        let refusal = self.pins.with_untracked(|pins| {
            if pins.iter().any(|pin| pin.graph == graph) {
                return Some(format!("{} is pinned already.", graph.name()));
            }
            (pins.len() >= MOST_PINS).then(|| {
                format!(
                    "{MOST_PINS} networks fit beside each other: take one out to pin {}.",
                    graph.name()
                )
            })
        });
        let free = refusal.is_none();
        self.refusal.set(refusal);
        if free {
            self.pins.update(|pins| {
                let taken = |slot: &usize| pins.iter().any(|pin| pin.slot == *slot);
                let slot = (0..MOST_PINS).find(|slot| !taken(slot)).unwrap_or(0);
                pins.push(Pin {
                    slot,
                    analysis: Arc::new(Analysis::of(&graph)),
                    row: Row::of(&graph, origin),
                    graph,
                    origin,
                    passes: [None, None],
                });
            });
        }
        free
    }

    /// Pins a network of the zoo as published.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn pin_preset(self, name: &str) -> Result<bool, ZooError> {
        let entry = zoo::entry(name)?;
        let graph = entry.graph(&Options::default())?;
        Ok(self.pin(graph, Some(entry.name)))
    }

    /// Pins these networks of the zoo in the place of the other published ones; the person's own stay.
    ///
    /// # Errors
    /// When there is none of a name.
    pub fn start_with(self, names: &[&str]) -> Result<(), ZooError> {
        let wanted = |pin: &Pin| {
            pin.row.year.is_none() || pin.origin.is_some_and(|origin| names.contains(&origin))
        };
        self.pins.update(|pins| pins.retain(wanted));
        for name in names {
            if !self.is_pinned(name) {
                self.pin_preset(name)?;
            }
        }
        Ok(())
    }

    /// Puts these pins in the place of all others.
    pub fn put_back(self, pins: Vec<Pin>) {
        self.hush();
        self.pins.set(pins);
    }

    /// Whether these are the published networks that are pinned.
    pub fn is_started_with(self, names: &[&str]) -> bool {
        let published = |pins: &Vec<Pin>| pins.iter().filter(|it| it.row.year.is_some()).count();
        self.pins.with(published) == names.len() && names.iter().all(|name| self.is_pinned(name))
    }

    /// Whether this network of the zoo is pinned as published.
    fn is_pinned(self, name: &str) -> bool {
        let published = |pin: &Pin| pin.row.year.is_some() && pin.origin == Some(name);
        self.pins.with(|pins| pins.iter().any(published))
    }

    /// Removes a pin.
    pub fn unpin(self, slot: usize) {
        self.refusal.set(None);
        self.pins.update(|pins| pins.retain(|pin| pin.slot != slot));
    }

    /// The network in this slot and its origin.
    pub fn pinned(self, slot: usize) -> Option<(Graph, Option<&'static str>)> {
        self.pins.with_untracked(|pins| {
            let pin = pins.iter().find(|pin| pin.slot == slot)?;
            Some((pin.graph.clone(), pin.origin))
        })
    }

    /// Stores the times of a pinned network, if it is still pinned.
    pub fn set_passes(self, pin: &Pin, device: DeviceKind, passes: Passes) {
        self.pins.update(|pins| {
            let same = |it: &&mut Pin| it.slot == pin.slot && it.graph == pin.graph;
            if let Some(pin) = pins.iter_mut().find(same) {
                pin.passes[index_of(device)] = Some(Arc::new(passes));
            }
        });
    }

    /// Stores the calibration of this machine.
    pub fn set_machine(self, device: DeviceKind, machine: Machine) {
        self.machines
            .update(|machines| machines[index_of(device)] = Some(machine));
    }

    /// Sets the progress of the measurement; `None` when none is under way.
    pub fn set_job(self, job: Option<Job>) {
        set_if_changed(self.job, job);
    }

    /// Whether something is being measured.
    pub fn is_measuring(self) -> bool {
        self.job.with_untracked(Option::is_some)
    }

    /// The pins that are not measured on this device, and whether the device is calibrated.
    pub fn unmeasured(self, device: DeviceKind) -> (Vec<Pin>, bool) {
        let at = index_of(device);
        let mut pins = self.pins.get_untracked();
        pins.retain(|it| it.passes[at].is_none());
        let known = self
            .machines
            .with_untracked(|machines| machines[at].is_some());
        (pins, known)
    }

    /// The table's rows in the order of the pins, with measured and predicted times of this
    /// machine.
    pub fn rows(self) -> Vec<Row> {
        let machines = self.machines.get();
        self.pins.with(|pins| {
            let row = |pin: &Pin| {
                let mut row = pin.row.clone();
                let works = Work::of_all(&pin.graph, &pin.analysis);
                for (at, times) in [&mut row.cpu, &mut row.webgpu].into_iter().enumerate() {
                    times.measured_ms = pin.passes[at].as_ref().map(|passes| passes.pass_ms);
                    times.predicted_ms = machines[at].map(|it| it.pass_secs(&works) * 1e3);
                }
                row
            };
            pins.iter().map(row).collect()
        })
    }
}
