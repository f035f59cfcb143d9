//! A second engine worker that measures: the machine itself, and pinned networks on it. The
//! person's own network goes on undisturbed. One job at a time; the worker ends with it.

mod times;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use engine::analysis::{Budget, Machine, Sample};
use engine::session::{Command, DeviceKind, Event, Input, Message, Reply, Request, Weights};
use engine::{Graph, Shape};
use futures_channel::oneshot;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::Lab;
use super::compare::{Pin, place};
use super::core::Core;
use super::worker::{Engine, Word};
use times::{least, middle};

/// Milliseconds for one network's passes, as near as whole passes come to it …
const NETWORK_MS: f64 = 800.0;
/// … and for one of the calibration's: five of them take about a second.
const CALIBRATION_MS: f64 = 120.0;
/// A command to time makes one pass to warm up, one as a whole and one layer by layer.
const PASSES_IN_ONE: f64 = 3.0;
/// Rounds of passes, at least and at most.
const ROUNDS: (f64, f64) = (4.0, 60.0);
/// A pass that takes longer is timed once.
const LONG_MS: f64 = 4000.0;

/// What is being measured, for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    pub device: DeviceKind,
    pub what: String,
    /// So many of so many networks are done, those of the calibration among them.
    pub done: usize,
    pub of: usize,
}

/// What a network takes on a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Passes {
    /// A whole pass of one picture.
    pub pass_ms: f64,
    /// Each layer until its output can be read, in the graph's order.
    pub layers_ms: Vec<f64>,
}

/// Who waits for the last reply to the request under way.
type Ear = Rc<RefCell<Option<oneshot::Sender<Result<Event, String>>>>>;

/// The worker; dropping it ends it, and whoever waits for it hears nothing.
pub struct Second {
    engine: Engine,
    ear: Ear,
}

/// Why a job ended before its end; nothing to tell when the person ended it.
type Stopped = Option<String>;

impl Lab {
    /// Calibrates this device where it is not, and measures every pinned network on it.
    pub fn measure_pins(self, device: DeviceKind) {
        let compare = self.compare;
        if compare.job.with_untracked(Option::is_some) {
            return;
        }
        compare.refused.set(None);
        spawn_local(async move {
            let ended = self.measure_all(device).await;
            self.stop_measuring();
            if let Err(Some(why)) = ended {
                compare.refused.set(Some(why));
            }
        });
    }

    /// Ends what is being measured; what was measured before stays.
    pub fn stop_measuring(self) {
        let compare = self.compare;
        compare.second.update_value(|second| {
            if let Some(second) = second.take() {
                // Nobody waits for it any more: its end is no news.
                second.ear.borrow_mut().take();
            }
        });
        if compare.job.with_untracked(Option::is_some) {
            compare.job.set(None);
        }
    }

    async fn measure_all(self, device: DeviceKind) -> Result<(), Stopped> {
        let compare = self.compare;
        let at = place(device);
        let graphs = Machine::calibration().map_err(|error| Some(format!("{error}.")))?;
        let known = compare
            .machines
            .with_untracked(|machines| machines[at].is_some());
        let graphs = if known { Vec::new() } else { graphs };
        let pins = compare.pins.get_untracked();
        let pins: Vec<Pin> = pins
            .into_iter()
            .filter(|it| it.passes[at].is_none())
            .collect();
        let of = graphs.len() + pins.len();
        let tell = |what: String, done: usize| {
            compare.job.set(Some(Job {
                device,
                what,
                done,
                of,
            }));
        };
        tell("Starting a second engine".into(), 0);
        self.start_second(device).await?;
        let mut samples = Vec::new();
        for (done, graph) in graphs.iter().enumerate() {
            tell(format!("This machine: {}", graph.name()), done);
            let passes = self.passes(graph, CALIBRATION_MS, least).await?;
            samples.extend(Sample::of(graph, &passes.layers_ms, passes.pass_ms));
        }
        if let Some(machine) = Machine::fit(&samples) {
            compare
                .machines
                .update(|machines| machines[at] = Some(machine));
        }
        // One that does not run leaves the others to be measured.
        let mut refused = Vec::new();
        for (done, pin) in pins.iter().enumerate() {
            tell(pin.title(), graphs.len() + done);
            match self.pin_passes(pin).await {
                Ok(passes) => compare.pins.update(|pins| {
                    // It may have been taken out meanwhile, or another put in its place.
                    let same = |it: &&mut Pin| it.slot == pin.slot && it.graph == pin.graph;
                    if let Some(pin) = pins.iter_mut().find(same) {
                        pin.passes[at] = Some(Arc::new(passes));
                    }
                }),
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

    async fn start_second(self, device: DeviceKind) -> Result<(), Stopped> {
        let ear = Ear::default();
        let heard = ear.clone();
        let hear = move |word: Word| {
            let answer = match word {
                Word::Buffer(buffer) => match Message::<Reply>::decode(&buffer) {
                    Ok(message) if !message.header.event.is_last() => return,
                    Ok(message) => Ok(message.header.event),
                    Err(error) => Err(format!(
                        "The second engine's answer is unreadable: {error}."
                    )),
                },
                Word::Failed(why) | Word::Error(why) => {
                    Err(format!("The second engine stopped: {why}"))
                }
                Word::Gone => Err("The second engine stopped before it answered.".into()),
            };
            let waiting = heard.borrow_mut().take();
            if let Some(waiting) = waiting {
                // The job may have been ended meanwhile.
                let _unwanted = waiting.send(answer).is_err();
            }
        };
        let start = self.next_start();
        let engine = Engine::start(device, start, hear.clone())
            .map_err(|error| Some(format!("{error}.")))?;
        let (sender, ready) = oneshot::channel();
        *ear.borrow_mut() = Some(sender);
        self.compare.second.set_value(Some(Second { engine, ear }));
        ready.await.map_err(|_| None)?.map_err(Some)?;
        self.compare.second.with_value(|second| {
            if let Some(second) = second {
                // Without locks its end is not noticed; the person can end the job.
                let _watched = second.engine.watch(hear, || {});
            }
        });
        Ok(())
    }

    /// The last reply of the worker to this command; there is no other request under way.
    async fn ask_second(self, command: Command, payload: Vec<u8>) -> Result<Event, Stopped> {
        let id = self.core(Core::next_request);
        let header = Request { id, command };
        let message = Message { header, payload };
        let answer = self.compare.second.with_value(|second| {
            let second = second.as_ref()?;
            let (sender, answer) = oneshot::channel();
            *second.ear.borrow_mut() = Some(sender);
            Some(second.engine.send(&message).map(|()| answer))
        });
        let answer = answer.ok_or(None)?;
        let answer = answer.map_err(|error| Some(format!("{error}.")))?;
        match answer.await.map_err(|_| None)?.map_err(Some)? {
            Event::Failed { failure } => Err(Some(failure.to_string())),
            event => Ok(event),
        }
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
        self.ask_second(load, Vec::new()).await?;
        let run = Command::Run {
            input: Input::Values,
            maps: Vec::new(),
        };
        self.ask_second(run, made_up(graph.input())).await?;
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
            .ask_second(Command::Time { runs: 1 }, Vec::new())
            .await?
        {
            Event::Timed {
                layers, total_ms, ..
            } => Ok(Passes {
                pass_ms: total_ms,
                layers_ms: layers.iter().map(|layer| layer.ms).collect(),
            }),
            other => Err(Some(format!(
                "The second engine gave another answer than asked for: {other:?}."
            ))),
        }
    }
}

/// Values between −1 and 1 in no order, as little-endian `f32`: zeros may be faster than any photo.
fn made_up(shape: Shape) -> Vec<u8> {
    let value = |at: u64| (at.wrapping_mul(2_654_435_761) % 2001) as f32 / 1000.0 - 1.0;
    let values = (0..shape.elements()).map(value);
    values.flat_map(f32::to_le_bytes).collect()
}
