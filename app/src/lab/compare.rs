//! Networks pinned to be compared. Pins stay while others are opened.

use std::sync::Arc;

use engine::analysis::{Machine, Work};
use engine::compare::Row;
use engine::format::Control;
use engine::session::DeviceKind;
use engine::zoo::{self, Options, ZooError};
use engine::{Analysis, Graph};
use leptos::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::Lab;
use super::clipboard::clipboard;
use super::fetch::reason;
use super::second::{Job, Passes, Second};

/// How many networks fit beside each other.
pub const MOST_PINS: usize = 6;

/// A pinned network with all that its table and charts show.
#[derive(Clone, Debug, PartialEq)]
pub struct Pin {
    /// 0 to 5: its letter, colour and marker, for as long as it is pinned.
    pub slot: usize,
    pub graph: Graph,
    pub origin: Option<&'static str>,
    pub analysis: Arc<Analysis>,
    /// What is known without running.
    pub row: Row,
    /// What was measured, by device.
    pub passes: [Option<Arc<Passes>>; 2],
}

impl Pin {
    /// A to F.
    pub fn letter(&self) -> &'static str {
        letter(self.slot)
    }

    /// “A VGG-16”, as its card reads.
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

/// Where a device's numbers stand in pairs.
pub const fn place(device: DeviceKind) -> usize {
    match device {
        DeviceKind::Cpu => 0,
        DeviceKind::WebGpu => 1,
    }
}

/// The comparison's state.
#[derive(Clone, Copy)]
pub struct Compare {
    pub open: RwSignal<bool>,
    pub pins: RwSignal<Vec<Pin>>,
    /// Why the last thing asked for was not done.
    pub refused: RwSignal<Option<String>>,
    /// What was done and cannot be seen.
    pub told: RwSignal<Option<String>>,
    /// This machine, by device, once it is calibrated.
    pub machines: RwSignal<[Option<Machine>; 2]>,
    /// What is being measured.
    pub job: RwSignal<Option<Job>>,
    pub(super) second: StoredValue<Option<Second>, LocalStorage>,
}

impl Compare {
    pub(super) fn new() -> Self {
        Self {
            open: RwSignal::new(false),
            pins: RwSignal::default(),
            refused: RwSignal::new(None),
            told: RwSignal::new(None),
            machines: RwSignal::default(),
            job: RwSignal::new(None),
            second: StoredValue::new_local(None),
        }
    }

    /// The table's rows in the order of the pins, with what this machine takes and should take.
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

impl Lab {
    /// The person opens or closes the comparison; measuring ends with it.
    pub fn show_compare(self, open: bool) {
        if open && !self.permits(Control::Compare) {
            return;
        }
        self.compare.open.set(open);
        self.compare.refused.set(None);
        self.compare.told.set(None);
        if !open {
            self.stop_measuring();
        }
    }

    /// Pins the document as it stands. `false` when it is not, for the reason then told.
    pub fn pin_current(self) -> bool {
        let graph = self.graph.get_untracked();
        self.pin(graph, self.origin.get_untracked())
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

    fn pin(self, graph: Graph, origin: Option<&'static str>) -> bool {
        let Compare { pins, refused, .. } = self.compare;
        let refusal = pins.with_untracked(|pins| {
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
        refused.set(refusal);
        if free {
            pins.update(|pins| {
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

    /// Takes a pin away.
    pub fn unpin(self, slot: usize) {
        self.compare.refused.set(None);
        self.compare
            .pins
            .update(|pins| pins.retain(|pin| pin.slot != slot));
    }

    /// Opens a pinned network as the document; the one before can be had back by undo.
    pub fn open_pin(self, slot: usize) {
        let pin = self.compare.pins.with_untracked(|pins| {
            let pin = pins.iter().find(|pin| pin.slot == slot)?;
            Some((pin.graph.clone(), pin.origin))
        });
        if let Some((graph, origin)) = pin {
            self.open_as(graph, origin);
        }
    }

    /// Gives the browser's clipboard the table as comma-separated values.
    pub fn copy_comparison(self, csv: String) {
        let Compare { told, refused, .. } = self.compare;
        let way_out = "select the table and press Ctrl+C";
        let Some(clipboard) = clipboard() else {
            return refused.set(Some(format!(
                "This browser gives pages no clipboard: {way_out}."
            )));
        };
        spawn_local(async move {
            match JsFuture::from(clipboard.write_text(&csv)).await {
                Ok(_) => told.set(Some("The table is in the clipboard as CSV.".into())),
                Err(error) => refused.set(Some(format!(
                    "The browser does not copy ({}): {way_out}.",
                    reason(&error)
                ))),
            }
        });
    }

    /// Takes a value of a what-if curve into the document, as one step of the history; `control` is
    /// what else would change the network so.
    pub fn take_what_if(self, control: Control, graph: Graph, what: &str) {
        self.refused.set(None);
        self.replace_as(control, graph, what);
    }
}
