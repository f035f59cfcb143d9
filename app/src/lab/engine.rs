//! The running side as the page sees it: starting workers, one request at a time, the latest
//! drawing next, and another start when one ends.

use std::sync::Arc;
use std::time::Duration;

use engine::session::{
    Adapter, Choice, Command, DeviceKind, Drawing, Event, Message, Preference, choose,
};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::adapter::probe;
use super::core::Weights;
use super::surface::SIDE;
use super::trace::Trace;
use super::worker::{Engine, Running, Word};
use super::{Lab, Measured, Place, timing};

/// Passes timed on each device for the choice between them.
const MEASURED_RUNS: u32 = 10;
/// A worker is started again at most this often …
const RESTARTS: usize = 3;
/// … within this time, in milliseconds.
const RESTARTS_WITHIN: f64 = 60_000.0;
/// Where the browser has no locks, an engine that is silent for so long has ended.
const SILENCE: Duration = Duration::from_secs(10);
/// How long a notice stays.
const NOTICE: Duration = Duration::from_secs(15);

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
            } => match values {
                Ok(values) => {
                    let blank = false;
                    self.traced(Trace {
                        generation,
                        device,
                        forward_ms,
                        blank,
                        steps,
                        maps,
                        answer,
                        values,
                    });
                }
                Err(error) => self.cannot_start(device, &format!("{error}.")),
            },
            Event::Measured { forward_ms } => self.measured.update(|measured| match device {
                DeviceKind::Cpu => measured.cpu = Some(forward_ms),
                DeviceKind::WebGpu => measured.gpu = Some(forward_ms),
            }),
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
                engine.locked = engine.watch(move |word| self.hear(device, start, word));
            }
        });
        match device {
            DeviceKind::Cpu => self.dismiss(Place::Engine),
            DeviceKind::WebGpu => self.dismiss(Place::WebGpu),
        }
        self.load_everywhere();
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

    /// The drawing, or how it is looked at, has changed: it is sent as soon as an engine is free.
    pub(super) fn drawing_changed(self) {
        self.core(|core| core.dirty = true);
        self.pump();
    }

    /// Sends the drawing when it has changed and the chosen engine is free.
    fn pump(self) {
        let wanted = self.choice.with_untracked(|choice| choice.device);
        let device = self.core(|core| {
            let gpu = core.gpu.as_ref().is_some_and(|engine| engine.loaded);
            match wanted {
                // While WebGPU loads, the CPU goes on answering.
                DeviceKind::WebGpu if gpu => DeviceKind::WebGpu,
                DeviceKind::WebGpu | DeviceKind::Cpu => DeviceKind::Cpu,
            }
        });
        if self.core(|core| core.dirty) && self.run_on(device, false) {
            self.core(|core| core.dirty = false);
        }
    }

    /// Sends the drawing to this engine; `false` when it is not free.
    fn run_on(self, device: DeviceKind, quiet: bool) -> bool {
        let save = !quiet && self.core(|core| core.save);
        let maps = if quiet {
            Vec::new()
        } else {
            self.wanted_maps(save)
        };
        let recipe = self.recipe.get_untracked();
        let sent = self.core(|core| {
            let mut ink = std::mem::take(&mut core.ink);
            let free = |engine: &Engine| engine.loaded && engine.running.is_none();
            if !core.engine(device).as_ref().is_some_and(free) {
                core.ink = ink;
                return None;
            }
            let read = core.surface.as_mut()?.read(&mut ink);
            let inked = match read {
                Ok(inked) => inked,
                Err(error) => return Some(Err(error.to_string())),
            };
            core.generation += 1;
            let generation = core.generation;
            let drawing = Drawing {
                width: SIDE,
                height: SIDE,
            };
            let header = Command::Run {
                generation,
                drawing,
                recipe,
                maps,
            };
            let message = Message {
                header,
                payload: ink,
            };
            let sent = core.engine(device).as_mut().map(|engine| {
                engine.running = Some(Running {
                    generation,
                    quiet,
                    blank: !inked,
                    save,
                });
                engine.send(&message)
            })?;
            core.ink = message.payload;
            core.save &= !save;
            if let Some(time) = core.pointed.take_if(|_| !quiet) {
                timing::stroke(time, generation);
            }
            Some(sent.map(|()| generation).map_err(|error| error.to_string()))
        });
        match sent {
            None => false,
            Some(Ok(generation)) => {
                self.watch_silence(device, generation);
                true
            }
            Some(Err(why)) => {
                self.fail(
                    Place::Run,
                    format!("The drawing cannot be sent to the engine: {why}."),
                );
                true
            }
        }
    }

    fn watch_silence(self, device: DeviceKind, generation: u64) {
        let silent = move |engine: &Engine| {
            !engine.locked
                && engine
                    .running
                    .is_some_and(|run| run.generation == generation)
        };
        if self.core(|core| core.engine(device).as_ref().is_some_and(silent)) {
            let ended = move || {
                if self.core(|core| core.engine(device).as_ref().is_some_and(silent)) {
                    self.ended(device);
                }
            };
            set_timeout(ended, SILENCE);
        }
    }

    fn traced(self, mut trace: Trace) {
        let run = self.core(|core| {
            let running = &mut core.engine(trace.device).as_mut()?.running;
            running.take_if(|run| run.generation == trace.generation)
        });
        // An answer nobody waits for any longer.
        let Some(run) = run else { return };
        trace.blank = run.blank;
        if !run.quiet && trace.generation > self.core(|core| core.shown) {
            self.core(|core| core.shown = trace.generation);
            self.show(&trace);
            timing::shown(trace.generation);
            self.dismiss(Place::Run);
            self.pace.set(Some((trace.device, trace.forward_ms)));
            if run.save {
                self.download_maps(&trace);
            }
            self.latest.set(Some(Arc::new(trace)));
            self.first_answer();
        }
        self.pump();
    }

    /// Lets every view paint this answer.
    pub(super) fn show(self, trace: &Trace) {
        for (_, paint) in self.core(|core| core.watchers()).iter() {
            paint(trace);
        }
    }

    /// Once the first answer is shown the page is ready, and there is time to look for WebGPU.
    fn first_answer(self) {
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

    fn failed(self, device: DeviceKind, generation: Option<u64>, message: &str) {
        let (loaded, trained) = self.core(|core| {
            let trained = matches!(core.weights, Weights::Trained(_));
            let Some(engine) = core.engine(device) else {
                return (false, trained);
            };
            if generation.is_some() {
                engine.running = None;
            }
            (engine.loaded, trained)
        });
        if loaded {
            self.fail(Place::Run, message);
            self.pump();
        } else if trained {
            // The weights do not fit or are damaged.
            self.weights_failed(message);
            self.core(|core| {
                for engine in [&mut core.cpu, &mut core.gpu].into_iter().flatten() {
                    (engine.loading, engine.loaded) = (false, false);
                }
            });
            self.load_everywhere();
        } else {
            self.cannot_start(device, message);
        }
    }

    /// An engine that cannot start: the CPU's is the page's end until the person acts, WebGPU's is
    /// not.
    fn cannot_start(self, device: DeviceKind, why: &str) {
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
    fn ended(self, device: DeviceKind) {
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
            let why = format!("It stopped {} times within a minute.", RESTARTS + 1);
            return self.cannot_start(device, &why);
        }
        self.start_engine(device);
        let name = device.title();
        self.notice.set(Some(format!(
            "The {name} engine stopped and was started again; your drawing is kept."
        )));
        set_timeout(move || self.notice.set(None), NOTICE);
        self.drawing_changed();
    }

    /// The person asks for another start.
    pub fn start_again(self) {
        self.core(|core| core.restarts.clear());
        self.dismiss(Place::Engine);
        self.start_engine(DeviceKind::Cpu);
    }

    /// The person chooses a device; a WebGPU that failed gets another chance.
    pub fn prefer(self, preference: Preference) {
        self.gpu_failure.set(None);
        self.dismiss(Place::WebGpu);
        self.preference.set(preference);
    }
}
