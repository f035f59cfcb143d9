//! The running side as the page sees it: starting workers, choosing between them, and another
//! start when one ends.

use engine::session::{Adapter, Choice, Command, DeviceKind, Event, Message, Preference, choose};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::adapter::probe;
use super::trace::Trace;
use super::worker::{Engine, Word};
use super::{Lab, Measured, Place, timing};

/// Passes timed on each device for the choice between them.
const MEASURED_RUNS: u32 = 10;
/// A worker is started again at most this often …
const RESTARTS: usize = 3;
/// … within this time, in milliseconds.
const RESTARTS_WITHIN: f64 = 60_000.0;

/// The device to use and why, with what the page knows beyond the engine's rules: whether the
/// WebGPU engine has failed here.
pub(super) fn choice(
    preference: RwSignal<Preference>,
    adapter: RwSignal<Adapter>,
    measured: RwSignal<Measured>,
    gpu_failure: RwSignal<Option<String>>,
) -> Choice {
    let measured = measured.get();
    let choice = adapter.with(|it| choose(it, preference.get(), measured.cpu, measured.gpu));
    let tried = match preference.get() {
        Preference::Automatic | Preference::WebGpu => adapter.with(Adapter::usable),
        Preference::Cpu => false,
    };
    match gpu_failure.get() {
        Some(why) if tried => Choice {
            device: DeviceKind::Cpu,
            reason: why,
        },
        Some(_) | None => choice,
    }
}

impl Lab {
    /// Starts this device's worker, unless it runs already.
    pub(super) fn start_engine(self, device: DeviceKind) {
        let start = self.core(|core| {
            if core.engine(device).is_some() {
                return None;
            }
            core.starts += 1;
            Some(core.starts)
        });
        let Some(start) = start else { return };
        match Engine::start(device, start, move |word| self.hear(device, start, word)) {
            Ok(engine) => self.core(|core| *core.engine(device) = Some(engine)),
            Err(error) => self.cannot_start(device, &format!("{error}.")),
        }
    }

    /// Takes a word of a worker, unless another has taken that worker's place.
    fn hear(self, device: DeviceKind, start: u32, word: Word) {
        let current = |engine: &mut Option<Engine>| {
            engine
                .as_ref()
                .filter(|engine| engine.start == start)
                .map(|engine| engine.ready)
        };
        let Some(ready) = self.core(|core| current(core.engine(device))) else {
            return;
        };
        match word {
            Word::Buffer(buffer) => match Message::<Event>::decode(&buffer) {
                Ok(message) => self.take(device, start, message),
                Err(error) => {
                    self.cannot_start(device, &format!("Its answer is unreadable: {error}."))
                }
            },
            Word::Failed(sentence) if !ready => self.cannot_start(device, &sentence),
            Word::Error(sentence) if !ready => {
                self.cannot_start(device, &format!("The engine's worker failed: {sentence}."));
            }
            Word::Failed(_) | Word::Error(_) | Word::Gone => self.ended(device),
        }
    }

    fn take(self, device: DeviceKind, start: u32, message: Message<Event>) {
        let values = message.values();
        match message.header {
            Event::Ready { device: _ } => self.engine_ready(device, start),
            Event::Loaded { trained } => self.engine_loaded(device, trained),
            Event::Traced {
                generation,
                forward_ms,
                total_ms: _,
                steps,
                maps,
                answer,
                warning,
            } => match values {
                Ok(values) => {
                    let blank = false;
                    let trace = Trace {
                        generation,
                        device,
                        forward_ms,
                        blank,
                        steps,
                        maps,
                        answer,
                        values,
                    };
                    self.traced(trace, warning);
                }
                Err(error) => self.cannot_start(device, &format!("{error}.")),
            },
            Event::Measured { forward_ms } => self.engine_measured(device, forward_ms),
            Event::Failed {
                generation,
                message,
            } => self.failed(device, generation, &message),
        }
    }

    fn engine_ready(self, device: DeviceKind, start: u32) {
        self.core(|core| {
            if let Some(engine) = core.engine(device) {
                engine.ready = true;
                let hear = move |word| self.hear(device, start, word);
                engine.locked = engine.watch(hear, move || self.unlocked(device, start));
            }
        });
        match device {
            DeviceKind::Cpu => self.dismiss(Place::Engine),
            DeviceKind::WebGpu => self.dismiss(Place::WebGpu),
        }
        self.load_everywhere();
    }

    /// The browser refuses locks: this worker's end is noticed by its silence.
    fn unlocked(self, device: DeviceKind, start: u32) {
        let running = self.core(|core| {
            let engine = core.engine(device).as_mut()?;
            if engine.start != start {
                return None;
            }
            engine.locked = false;
            engine.running.map(|run| run.generation)
        });
        if let Some(generation) = running {
            self.watch_silence(device, generation);
        }
    }

    /// Gives the network to every engine that is ready and has none.
    pub(super) fn load_everywhere(self) {
        let Some(command) = self.load_command() else {
            return;
        };
        for device in [DeviceKind::Cpu, DeviceKind::WebGpu] {
            let sent = self.core(|core| {
                let engine = core
                    .engine(device)
                    .as_mut()
                    .filter(|it| it.ready && !it.loading)?;
                engine.loading = true;
                Some(engine.send(&command))
            });
            if let Some(Err(error)) = sent {
                self.cannot_start(device, &format!("{error}."));
            }
        }
    }

    fn engine_loaded(self, device: DeviceKind, trained: bool) {
        self.core(|core| {
            if let Some(engine) = core.engine(device) {
                engine.loaded = true;
            }
        });
        self.trained.set(Some(trained));
        match device {
            DeviceKind::Cpu => {}
            // The first passes compile shaders: one unseen run, then the timed ones on both.
            DeviceKind::WebGpu => {
                self.run_on(DeviceKind::WebGpu, true);
                self.measure();
            }
        }
        self.drawing_changed();
    }

    fn engine_measured(self, device: DeviceKind, forward_ms: f64) {
        self.core(|core| {
            if let Some(engine) = core.engine(device) {
                engine.warm = true;
            }
        });
        self.measured.update(|measured| match device {
            DeviceKind::Cpu => measured.cpu = Some(forward_ms),
            DeviceKind::WebGpu => measured.gpu = Some(forward_ms),
        });
        self.drawing_changed();
    }

    fn measure(self) {
        let measure = Message::new(Command::Measure {
            runs: MEASURED_RUNS,
        });
        for device in [DeviceKind::Cpu, DeviceKind::WebGpu] {
            let sent = self.core(|core| {
                let engine = core
                    .engine(device)
                    .as_ref()
                    .filter(|engine| engine.loaded)?;
                Some(engine.send(&measure))
            });
            if let Some(Err(error)) = sent {
                self.cannot_start(device, &format!("{error}."));
            }
        }
    }

    /// Once the first answer is shown the page is ready, and there is time to look for WebGPU.
    pub(super) fn first_answer(self) {
        if self.core(|core| std::mem::replace(&mut core.ready, true)) {
            return;
        }
        timing::ready();
        spawn_local(async move {
            let adapter = probe().await;
            let measured = matches!(adapter, Adapter::Real { .. });
            self.adapter.set(adapter);
            if measured {
                self.start_engine(DeviceKind::WebGpu);
            }
        });
    }

    /// The choice has fallen on this device.
    pub(super) fn use_device(self, device: DeviceKind) {
        match device {
            DeviceKind::Cpu => {}
            DeviceKind::WebGpu => self.start_engine(DeviceKind::WebGpu),
        }
        self.drawing_changed();
    }

    /// An engine that cannot start: the CPU's is the page's end until the person acts, WebGPU's is
    /// not.
    pub(super) fn cannot_start(self, device: DeviceKind, why: &str) {
        self.core(|core| *core.engine(device) = None);
        match device {
            DeviceKind::Cpu => self.fail(Place::Engine, format!("The engine does not run. {why}")),
            DeviceKind::WebGpu => {
                self.fail(
                    Place::WebGpu,
                    format!("WebGPU does not run; the CPU goes on. {why}"),
                );
                self.gpu_failure
                    .set(Some("WebGPU did not start here".into()));
            }
        }
    }

    /// A worker has ended: another takes its place, with the same network and drawing.
    pub(super) fn ended(self, device: DeviceKind) {
        let now = timing::now();
        let again = self.core(|core| {
            *core.engine(device) = None;
            core.restarts.retain(|&then| now - then < RESTARTS_WITHIN);
            let again = core.restarts.len() < RESTARTS;
            if again {
                core.restarts.push(now);
            }
            again
        });
        if !again {
            let why = format!(
                "It stopped {} times within a minute. Start it again, or reload the page.",
                RESTARTS + 1
            );
            self.notice.set(None);
            return self.cannot_start(device, &why);
        }
        self.start_engine(device);
        let name = device.title();
        self.tell(format!(
            "The {name} engine stopped and was started again; your drawing is kept."
        ));
        self.drawing_changed();
    }

    /// The person asks for another start.
    pub fn start_again(self, device: DeviceKind) {
        self.core(|core| core.restarts.clear());
        match device {
            DeviceKind::Cpu => self.dismiss(Place::Engine),
            DeviceKind::WebGpu => {
                self.dismiss(Place::WebGpu);
                self.gpu_failure.set(None);
            }
        }
        self.start_engine(device);
    }

    /// The person chooses a device; a WebGPU that failed gets another chance.
    pub fn prefer(self, preference: Preference) {
        self.gpu_failure.set(None);
        self.dismiss(Place::WebGpu);
        self.preference.set(preference);
    }
}
