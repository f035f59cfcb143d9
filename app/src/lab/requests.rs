//! Runs of the network: one at a time for each engine; the latest input is sent next.

use std::time::Duration;

use engine::Graph;
use engine::data::Means;
use engine::session::{
    Command, DeviceKind, EncodedFailure, Input, Message, NonFinite, Request, RequestId,
};
use leptos::prelude::*;

use state::answer::Trace;
use state::input::SIDE;
use state::notices::Place;
use wasm_bindgen_futures::spawn_local;

use super::Lab;
use super::core::Core;
use super::painting::Painting;
use super::worker_state::{Engine, Given, Running};
use crate::platform::canvas::CanvasError;
use crate::platform::clock;

/// Where the browser has no locks, an engine that sends nothing for this long has ended.
const SILENCE: Duration = Duration::from_secs(10);

/// An input to send to an engine.
struct Payload {
    input: Input,
    bytes: Vec<u8>,
    /// The pad has no ink.
    blank: bool,
    given: Option<Given>,
}

impl Lab {
    /// The input or the requested maps have changed: the input is sent once an engine is free.
    pub(super) fn drawing_changed(self) {
        self.core(|core| core.dirty = true);
        self.pump();
    }

    /// Sends the input if it has changed, the previous answer is painted and the chosen engine is
    /// free.
    pub(super) fn pump(self) {
        let wanted = self.engine.choice.with_untracked(|choice| choice.device);
        let device = self.core(|core| {
            let version = core.version;
            let gpu = { core.gpu.as_ref() };
            let gpu = gpu.is_some_and(|engine| engine.warm && engine.loaded == Some(version));
            match wanted {
                // While WebGPU loads, compiles its shaders and is timed, the CPU is used.
                DeviceKind::WebGpu if gpu => DeviceKind::WebGpu,
                DeviceKind::WebGpu | DeviceKind::Cpu => DeviceKind::Cpu,
            }
        });
        // The page opens with a digit: until it is loaded, a blank pad is not sent.
        let photo = self.input.source().get_untracked().is_photo();
        let settled = self.input.is_settled();
        let due = self.core(|core| {
            let meant = photo || settled;
            core.dirty && meant && core.painting.is_none()
        });
        if due && self.run_on(device, false) {
            self.core(|core| core.dirty = false);
        }
    }

    /// Sends the input to this engine; `false` when it is not free, or there is no photo yet.
    pub(super) fn run_on(self, device: DeviceKind, quiet: bool) -> bool {
        let save = !quiet && self.core(|core| core.save);
        let maps = if quiet {
            Vec::new()
        } else {
            self.answer.requested(self.document, save)
        };
        let photo = self.input.source().get_untracked().is_photo();
        let sent = self.core(|core| {
            let version = core.version;
            let free = |it: &Engine| it.loaded == Some(version) && it.running.is_none();
            if !core.engine(device).as_ref().is_some_and(free) {
                return None;
            }
            let payload = if photo {
                self.photo_payload(core, device)?
            } else {
                self.pad_payload(core)?
            };
            let Payload {
                input,
                bytes,
                blank,
                given,
            } = match payload {
                Ok(payload) => payload,
                Err(error) => return Some(Err(error.to_string())),
            };
            let id = core.next_request();
            let header = Request {
                id,
                command: Command::Run { input, maps },
            };
            let message = Message {
                header,
                payload: bytes,
            };
            let sent = core.engine(device).as_mut().map(|engine| {
                engine.running = Some(Running {
                    id,
                    quiet,
                    blank,
                    opening: version.opening,
                    again: input == Input::Last,
                    save,
                });
                engine.given = given;
                engine.client.send(&message, None)
            })?;
            if !photo {
                core.ink = message.payload;
            }
            core.save &= !save;
            if let Some(time) = core.pointed.take_if(|_| !quiet) {
                clock::stroke(time, id);
            }
            Some(sent.map(|()| id).map_err(|error| error.to_string()))
        });
        match sent {
            None => false,
            Some(Ok(request)) => {
                self.watch_silence(device, request);
                true
            }
            Some(Err(why)) => {
                self.notices.fail(
                    Place::Run,
                    format!("The input cannot be sent to the engine: {why}."),
                );
                true
            }
        }
    }

    /// The pad's ink; `None` while there is no pad.
    fn pad_payload(self, core: &mut Core) -> Option<Result<Payload, CanvasError>> {
        let mut bytes = std::mem::take(&mut core.ink);
        let read = core.pad_canvas.as_mut()?.read(&mut bytes);
        Some(read.map(|inked| Payload {
            input: Input::Drawing {
                width: SIDE,
                height: SIDE,
                recipe: self.input.recipe().get_untracked(),
            },
            bytes,
            blank: !inked,
            given: None,
        }))
    }

    /// The photo, or a reference to it if this engine has it already; `None` while there is none.
    fn photo_payload(
        self,
        core: &mut Core,
        device: DeviceKind,
    ) -> Option<Result<Payload, CanvasError>> {
        let photo = self.input.photo().get_untracked()?;
        let means = Means {
            photo: untrack(|| self.document.preparation()),
            drawing: self.input.recipe().get_untracked(),
        };
        let given = Some(Given {
            picture: self.input.pictures(),
            opening: core.version.opening,
            input: self.document.running().with_untracked(Graph::input),
            recipe: means.drawing,
        });
        let again = core.engine(device).as_ref()?.given == given;
        let (input, bytes) = if again {
            (Input::Last, Vec::new())
        } else {
            let input = Input::Photo {
                width: photo.width,
                height: photo.height,
                means,
            };
            (input, photo.rgba.clone())
        };
        Some(Ok(Payload {
            input,
            bytes,
            blank: false,
            given,
        }))
    }

    pub(super) fn watch_silence(self, device: DeviceKind, request: RequestId) {
        let silent = move |engine: &Engine| {
            !engine.locked && engine.running.is_some_and(|run| run.id == request)
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

    /// Handles the result of a run. `warning` is set if values are not finite.
    pub(super) fn traced(self, mut trace: Trace, warning: Option<NonFinite>) {
        let run = self.core(|core| {
            let running = &mut core.engine(trace.device).as_mut()?.running;
            running.take_if(|run| run.id == trace.generation)
        });
        // The answer to an outdated request.
        let Some(run) = run else { return };
        self.paint_rest();
        trace.blank = run.blank;
        if let Some(before) = self.answer.latest().get_untracked().filter(|_| run.again) {
            trace.keep_steps(&before);
        }
        // An answer of the previous network is not shown.
        let current = run.opening == self.core(|core| core.version.opening);
        if current && !run.quiet && trace.generation > self.core(|core| core.shown) {
            self.core(|core| core.shown = trace.generation);
            self.paint(Painting::new(trace, warning, run.save));
        } else {
            self.pump();
        }
    }

    /// A run was cancelled: its input is sent again when the newer network is there.
    pub(super) fn cancelled(self, device: DeviceKind, request: RequestId) {
        self.core(|core| {
            let Some(engine) = core.engine(device) else {
                return;
            };
            let mine = |run: &mut Running| run.id == request;
            let Some(run) = engine.running.take_if(mine) else {
                return;
            };
            engine.given = None;
            core.dirty |= !run.quiet;
            core.save |= run.save;
        });
        self.pump();
    }

    /// The start of an engine, a load or a run has failed. The code that puts failures into words
    /// is fetched when it is first needed.
    pub(super) fn failed(self, device: DeviceKind, request: RequestId, failure: EncodedFailure) {
        let of_weights = failure.of_weights;
        let (ready, loading) = self.core(|core| {
            let Some(engine) = core.engine(device) else {
                return (false, None);
            };
            let mine = |run: &mut Running| run.id == request;
            if engine.running.take_if(mine).is_some() {
                engine.given = None;
                return (engine.ready, None);
            }
            let loading = engine.loading.take();
            if !of_weights {
                engine.refused = loading.or(engine.refused);
            }
            (engine.ready, loading)
        });
        let sentence = (self.lazy.sentence)(failure);
        if !ready {
            // The engine cannot start, for instance without an adapter.
            self.core(|core| *core.engine(device) = None);
            spawn_local(async move {
                let why = sentence.await;
                if self.core(|core| core.engine(device).is_none()) {
                    self.cannot_start(device, &why);
                }
            });
            return;
        }
        let Some(version) = loading else {
            spawn_local(async move { self.notices.fail(Place::Run, sentence.await) });
            return self.pump();
        };
        if of_weights {
            // The weights do not fit or are damaged.
            self.use_seeded_weights();
        }
        spawn_local(async move {
            let why = sentence.await;
            // Another network may have been loaded meanwhile.
            if self.core(|core| core.version) == version {
                self.load_failed(device, of_weights, &why);
            }
        });
        self.load_everywhere();
    }

    /// Says why an engine has not taken the network that is to run.
    fn load_failed(self, device: DeviceKind, of_weights: bool, why: &str) {
        if of_weights {
            return self.tell_seeded_weights(why);
        }
        match device {
            DeviceKind::Cpu => {
                let text = format!("The network as it is now does not run: {why}.");
                self.engine.set_load_refusal(Some(text.clone()));
                self.notices.fail(Place::Load, text);
            }
            DeviceKind::WebGpu => self.engine.set_webgpu_limit(Some(why.to_owned())),
        }
    }
}
