//! The engines: starting workers, choosing between them, and restarting one that ends.

use std::time::Duration;

use engine::Graph;
use engine::format::Control;
use engine::session::{DeviceKind, Message, Preference, Pushed, PushedReply, Request};
use leptos::prelude::*;
use state::answer::Trace;
use state::engine::WeightState;
use state::notices::Place;

use super::Lab;
use super::core::Core;
use super::worker_state::Engine;
use crate::client::{Received, WorkerMessage};
use crate::platform::clock;
use crate::platform::schedule::after_frames;
use crate::platform::styles;
use crate::platform::webgpu::missing_engine;

/// The delay after the first answer before background work starts, so that the answer is drawn
/// first.
const SETTLE: Duration = Duration::from_millis(500);
/// The maximum number of restarts of workers …
const RESTARTS: usize = 3;
/// … within this time, in milliseconds.
const RESTARTS_WITHIN: f64 = 60_000.0;

impl Lab {
    /// The number of the next worker to be started.
    pub(super) fn next_start(self) -> u32 {
        self.core(|core| {
            core.starts += 1;
            core.starts
        })
    }

    /// Starts this device's worker unless it is running.
    pub(super) fn start_engine(self, device: DeviceKind) {
        let missing = missing_engine().filter(|_| device == DeviceKind::WebGpu);
        if missing.is_some() {
            return self.engine.set_webgpu_failure(missing);
        }
        let start = self.core(|core| {
            if core.engine(device).is_some() {
                return None;
            }
            core.starts += 1;
            Some(core.starts)
        });
        let Some(start) = start else { return };
        match Engine::start(device, start, move |message| {
            self.on_message(device, start, message)
        }) {
            Ok(engine) => self.core(|core| *core.engine(device) = Some(engine)),
            Err(error) => self.cannot_start(device, &format!("{error}.")),
        }
    }

    /// Handles a message from a worker unless that worker was replaced.
    fn on_message(self, device: DeviceKind, start: u32, message: WorkerMessage) {
        let current = |engine: &mut Option<Engine>| {
            engine
                .as_ref()
                .filter(|engine| engine.start == start)
                .map(|engine| engine.ready)
        };
        let Some(ready) = self.core(|core| current(core.engine(device))) else {
            return;
        };
        match message {
            WorkerMessage::Reply(reply) => match reply {
                Ok(received) => self.take(device, start, received),
                Err(error) => {
                    self.cannot_start(device, &format!("Its answer is unreadable: {error}."))
                }
            },
            WorkerMessage::Failed(sentence) if !ready => self.cannot_start(device, &sentence),
            WorkerMessage::Error(sentence) if !ready => {
                self.cannot_start(device, &format!("The engine's worker failed: {sentence}."));
            }
            WorkerMessage::Failed(_) | WorkerMessage::Error(_) | WorkerMessage::Gone => {
                self.ended(device)
            }
        }
    }

    fn take(self, device: DeviceKind, start: u32, received: Received) {
        let route = |core: &mut Core| match core.engine(device) {
            Some(engine) => engine.client.route(received),
            None => None,
        };
        let Some(received) = self.core(route) else {
            return;
        };
        let message = match received.pushed() {
            Ok(Some(message)) => message,
            // A reply that nobody waits for: to a cancellation, or to a caller that was dropped.
            Ok(None) => return,
            Err(error) => return self.cannot_start(device, &format!("{error}.")),
        };
        let traced = matches!(message.header.event, Pushed::Traced { .. });
        let values = if traced {
            message.values()
        } else {
            Ok(Vec::new())
        };
        let PushedReply { id, event } = message.header;
        match event {
            Pushed::Ready { device: _ } => self.engine_ready(device, start),
            Pushed::Loaded { trained, weighted } => self.engine_loaded(device, trained, weighted),
            Pushed::Traced {
                forward_ms,
                steps,
                maps,
                answer,
                warning,
                note,
            } => match values {
                Ok(values) => {
                    let blank = false;
                    let trace = Trace {
                        generation: id,
                        device,
                        forward_ms,
                        blank,
                        note,
                        steps,
                        maps,
                        answer,
                        values,
                        ranges: Default::default(),
                    };
                    self.traced(trace, warning);
                }
                Err(error) => self.cannot_start(device, &format!("{error}.")),
            },
            Pushed::Cancelled { reason: _ } => self.cancelled(device, id),
            Pushed::Failed { failure } => self.failed(device, id, failure),
        }
    }

    fn engine_ready(self, device: DeviceKind, start: u32) {
        self.core(|core| {
            if let Some(engine) = core.engine(device) {
                engine.ready = true;
                let on_message = move |message| self.on_message(device, start, message);
                engine.locked = engine
                    .client
                    .watch(on_message, move || self.unlocked(device, start));
            }
        });
        match device {
            DeviceKind::Cpu => self.notices.dismiss(Place::Engine),
            DeviceKind::WebGpu => self.notices.dismiss(Place::WebGpu),
        }
        self.load_everywhere();
    }

    /// The browser refuses locks: this worker's end is detected by a timeout.
    fn unlocked(self, device: DeviceKind, start: u32) {
        let running = self.core(|core| {
            let engine = core.engine(device).as_mut()?;
            if engine.start != start {
                return None;
            }
            engine.locked = false;
            engine.running.map(|run| run.id)
        });
        if let Some(request) = running {
            self.watch_silence(device, request);
        }
    }

    /// Sends the running network to every engine that is ready and does not have it.
    pub(super) fn load_everywhere(self) {
        if self.core(|core| core.debouncing) {
            return;
        }
        for device in [DeviceKind::Cpu, DeviceKind::WebGpu] {
            let free = |engine: &Engine, version| {
                let known = [engine.loaded, engine.refused].contains(&Some(version));
                engine.ready && engine.loading.is_none() && !known
            };
            let due = self.core(|core| {
                let version = core.version;
                let engine = core
                    .engine(device)
                    .as_ref()
                    .filter(|it| free(it, version))?;
                Some(engine.loaded.is_some_and(|it| it.is_edited_to(version)))
            });
            let Some((command, file)) = due.and_then(|edited| self.load_command(edited)) else {
                continue;
            };
            let sent = self.core(|core| {
                let id = core.next_request();
                let request = Message::new(Request { id, command });
                let version = core.version;
                let engine = core.engine(device).as_mut()?;
                engine.loading = Some(version);
                // The engine drops its picture when the input's shape changes.
                let input = self.document.running().with_untracked(Graph::input);
                engine.given.take_if(|given| given.input != input);
                Some(engine.client.send(&request, file.as_ref()))
            });
            if let Some(Err(error)) = sent {
                self.cannot_start(device, &format!("{error}."));
            }
        }
    }

    fn engine_loaded(self, device: DeviceKind, trained: usize, weighted: usize) {
        let (opened, current) = self.core(|core| {
            let version = core.version;
            let Some(engine) = core.engine(device) else {
                return (false, false);
            };
            let before = engine.loaded.map(|it| it.opening);
            engine.loaded = engine.loading.take();
            let opened = engine.loaded.map(|it| it.opening) != before;
            (opened, engine.loaded == Some(version))
        });
        if !current {
            // Another edit was made meanwhile: its state follows.
            return self.load_everywhere();
        }
        self.notices.dismiss(Place::Load);
        self.engine.set_weights(WeightState { trained, weighted });
        match device {
            DeviceKind::Cpu => {}
            // The first pass compiles shaders: one hidden run, then the timed ones on both.
            DeviceKind::WebGpu if opened => {
                self.core(|core| {
                    if let Some(engine) = &mut core.gpu {
                        engine.warm = false;
                    }
                });
                self.engine.forget_measured();
                self.run_on(DeviceKind::WebGpu, true);
                (self.lazy.measure)(self, DeviceKind::Cpu);
                (self.lazy.measure)(self, DeviceKind::WebGpu);
            }
            DeviceKind::WebGpu => {}
        }
        self.drawing_changed();
    }

    /// Once the first answer is shown the page is ready, and slow background work starts: storing
    /// the site, probing WebGPU.
    pub(super) fn first_answer(self) {
        if self.core(|core| std::mem::replace(&mut core.ready, true)) {
            return;
        }
        self.ready();
    }

    fn ready(self) {
        self.once_grown(move || {
            clock::ready();
            styles::load_later();
            set_timeout(move || (self.lazy.settle)(self), SETTLE);
        });
    }

    /// Runs `act` once all boxes or rows of the network are mounted.
    pub fn once_grown(self, act: impl FnOnce() + 'static) {
        if self.screen.growing().get_untracked() {
            after_frames(move || self.once_grown(act));
        } else {
            act();
        }
    }

    /// The chosen device has changed to this one.
    pub(super) fn use_device(self, device: DeviceKind) {
        match device {
            DeviceKind::Cpu => {}
            DeviceKind::WebGpu => self.start_engine(DeviceKind::WebGpu),
        }
        self.drawing_changed();
    }

    /// An engine cannot start. For the CPU this is a failure that the user must resolve; without
    /// WebGPU the CPU is used.
    pub(super) fn cannot_start(self, device: DeviceKind, why: &str) {
        self.core(|core| *core.engine(device) = None);
        match device {
            DeviceKind::Cpu => self
                .notices
                .fail(Place::Engine, format!("The engine does not run. {why}")),
            DeviceKind::WebGpu => {
                self.notices.fail(
                    Place::WebGpu,
                    format!("WebGPU does not run; the CPU goes on. {why}"),
                );
                self.engine
                    .set_webgpu_failure(Some("WebGPU did not start here".into()));
            }
        }
    }

    /// A worker has ended: it is restarted with the same network and input.
    pub(super) fn ended(self, device: DeviceKind) {
        let now = clock::now();
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
            self.notices.clear();
            return self.cannot_start(device, &why);
        }
        self.start_engine(device);
        let name = device.title();
        self.notices.tell(format!(
            "The {name} engine stopped and was started again; your drawing is kept."
        ));
        self.drawing_changed();
    }

    /// The user requests a restart.
    pub fn start_again(self, device: DeviceKind) {
        self.core(|core| core.restarts.clear());
        match device {
            DeviceKind::Cpu => self.notices.dismiss(Place::Engine),
            DeviceKind::WebGpu => {
                self.notices.dismiss(Place::WebGpu);
                self.engine.set_webgpu_failure(None);
            }
        }
        self.start_engine(device);
    }

    /// The user chooses a device; a WebGPU engine that failed may be started again.
    pub fn prefer(self, preference: Preference) {
        if !self.permits(Control::Device) {
            return;
        }
        self.notices.dismiss(Place::WebGpu);
        self.engine.prefer(preference);
    }
}
