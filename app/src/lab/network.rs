//! The network's weights, when it is sent to the engines, and its maps as a file.

use std::time::Duration;

use engine::Graph;
use engine::session::{Command, DeviceKind, Weights as From};
use engine::zoo;
use leptos::prelude::*;
use state::answer::{Trace, maps_file};
use state::document::Opening;
use state::engine::Download;
use state::notices::Place;
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use super::Lab;
use super::core::Weights;
use crate::platform::download::download;
use crate::platform::fetch::{fetch_blob, fetch_in_parts, reason};
use crate::platform::schedule::soon;

/// Networks whose forward pass takes no longer than this, in milliseconds, follow every edit.
const AT_ONCE: f64 = 16.0;
/// Edits of the others are debounced by this share of a forward pass …
const DEBOUNCE_SHARE: f64 = 0.25;
/// … and at most by so many milliseconds.
const DEBOUNCE: f64 = 250.0;
/// The size in bytes from which a download's progress is shown.
const AT_ONCE_BYTES: u64 = 1_000_000;
/// The number of nodes from which a network is sent to the engines in a new task, because
/// serialising it is slow.
const MANY: usize = 32;

/// By how long edits of a network with this forward pass are debounced.
fn debounce(forward_ms: f64) -> Duration {
    if forward_ms <= AT_ONCE {
        return Duration::ZERO;
    }
    Duration::from_millis((forward_ms * DEBOUNCE_SHARE).min(DEBOUNCE) as u64)
}

impl Lab {
    /// The last answer belongs to no network on the screen.
    pub(super) fn clear_answer(self) {
        self.core(|core| core.painting = None);
        self.answer.clear();
    }

    /// Another network is opened: the page clears what it shows of this one.
    pub(super) fn leave_network(self) {
        self.clear_answer();
        if let Some(leave) = self.core(|core| core.leave_training) {
            leave(self);
        }
        self.document.count_opening();
    }

    /// A network was opened, or got other weights: those of the person's own are here, trained ones
    /// are fetched where the zoo has them.
    pub(super) fn opened(self, opening: Opening) {
        let Opening {
            origin,
            weights: own,
            network,
        } = opening;
        let pretrained = origin.and_then(zoo::pretrained);
        self.notices.dismiss(Place::Weights);
        self.notices.dismiss(Place::Load);
        // The previous network's file is still downloaded and cached; its progress is no longer
        // shown.
        self.engine.set_download(None);
        self.notices.dismiss(Place::WeightsFile);
        if network {
            self.leave_network();
        }
        let version = self.core(|core| {
            if network {
                core.version.opening += 1;
            } else {
                core.version.weights += 1;
            }
            core.pristine = None;
            let own = own.and_then(|own| core.checkpoints.get(&own.number));
            let shipped = pretrained.map(|it| core.files.get(it.network));
            core.weights = match (own, shipped) {
                (Some(file), _) | (None, Some(Some(file))) => Weights::Trained(file.clone()),
                (None, Some(None)) => Weights::Awaited,
                (None, None) => Weights::Seeded,
            };
            core.version
        });
        if !network {
            // Behind the edit that may follow: then the engines get both at once.
            soon(move || self.load_everywhere());
        }
        let Some(pretrained) = pretrained else {
            return;
        };
        if !self.core(|core| matches!(core.weights, Weights::Awaited)) {
            return;
        }
        // What the weights before answer is not theirs.
        self.clear_answer();
        let is_current = move || self.core(|core| version.is_edited_to(core.version));
        spawn_local(async move {
            let what = format!("Trained weights of {}", pretrained.network);
            let told = move |done: u64| {
                if is_current() {
                    let (what, total) = (what.clone(), pretrained.bytes);
                    self.engine
                        .set_download(Some(Download { what, done, total }));
                }
            };
            // The first file was preloaded; Chromium uses the preload only for this kind of
            // request.
            let fetched = match pretrained.bytes {
                ..AT_ONCE_BYTES => fetch_blob(pretrained.file).await,
                _ => fetch_in_parts(pretrained.file, told).await,
            };
            let current = is_current();
            if current {
                self.engine.set_download(None);
            }
            match fetched {
                Ok(file) => self.core(|core| {
                    core.files.insert(pretrained.network, file.clone());
                    if current {
                        core.weights = Weights::Trained(file);
                    }
                }),
                Err(error) if current => self.weights_failed(&error.to_string()),
                Err(_) => {}
            }
            self.load_everywhere();
        });
    }

    /// Uses random weights, with a failure message.
    pub(super) fn weights_failed(self, why: &str) {
        self.use_seeded_weights();
        self.tell_seeded_weights(why);
    }

    /// The network goes on with random weights.
    pub(super) fn use_seeded_weights(self) {
        self.core(|core| core.weights = Weights::Seeded);
    }

    /// Says why the network goes on with random weights.
    pub(super) fn tell_seeded_weights(self, why: &str) {
        let network = self
            .document
            .graph()
            .with_untracked(|graph| graph.name().to_owned());
        let text = match self.document.weights().get_untracked() {
            Some(own) => format!(
                "The weights from {} cannot be used: {why}. {network} goes on with random weights, \
                 so its answers mean nothing; open the file of weights again.",
                own.from
            ),
            None => format!(
                "{network} has no trained weights: {why}. It goes on with random weights, so its \
                 answers mean nothing; reload the page to try again."
            ),
        };
        self.notices.fail(Place::Weights, text);
    }

    /// A valid state of the document becomes the running one.
    pub(super) fn run_network(self, graph: Graph) {
        self.core(|core| core.version.revision += 1);
        self.engine.set_webgpu_limit(None);
        self.notices.dismiss(Place::Load);
        self.engine.set_load_refusal(None);
        self.document.set_running(graph);
        let answered = self.answer.latest().with_untracked(Option::is_some);
        let pace = self.answer.pace().get_untracked().filter(|_| answered);
        self.load_after(pace.map_or(Duration::ZERO, |(_, forward_ms)| debounce(forward_ms)));
    }

    /// Sends the network to the engines, debounced by `wait`: each state of a large network would
    /// slow the page down and its result be discarded by the next edit.
    fn load_after(self, wait: Duration) {
        let debounce = self.core(|core| {
            core.debounces += 1;
            core.debouncing = !wait.is_zero();
            core.debounces
        });
        if wait.is_zero()
            && self
                .document
                .running()
                .with_untracked(|graph| graph.nodes().len() < MANY)
        {
            return self.load_everywhere();
        }
        self.stop_runs();
        let rested = move || {
            let rested = self.core(|core| {
                let rested = core.debounces == debounce;
                core.debouncing &= !rested;
                rested
            });
            if rested {
                self.load_everywhere();
            }
        };
        set_timeout(rested, wait);
    }

    /// Cancels the engines' runs of the network before the edit.
    fn stop_runs(self) {
        for device in [DeviceKind::Cpu, DeviceKind::WebGpu] {
            let running = self.core(|core| Some(core.engine(device).as_ref()?.running?.id));
            if let Some(request) = running {
                self.cancel(device, request);
            }
        }
    }

    /// The `Load` command of the running network with the file of its weights; `None` while the
    /// weights are not known. `edited` is set when the engine has an earlier state of the network.
    pub(super) fn load_command(self, edited: bool) -> Option<(Command, Option<Blob>)> {
        let graph = self.document.running().get_untracked();
        let seed = self.document.seed().get_untracked();
        let kept = From::Kept { seed };
        let (weights, file) = self.core(|core| match &core.weights {
            Weights::Awaited => None,
            Weights::Trained(_) | Weights::Seeded if edited => Some((kept, None)),
            Weights::Trained(file) if core.pristine.as_ref() == Some(&graph) => {
                Some((From::Payload, Some(file.clone())))
            }
            Weights::Trained(file) => Some((kept, Some(file.clone()))),
            Weights::Seeded => Some((From::Seeded { seed }, None)),
        })?;
        Some((Command::Load { graph, weights }, file))
    }

    /// Saves the maps of the current input as a file.
    pub fn save_maps(self) {
        self.core(|core| core.save = true);
        self.drawing_changed();
    }

    /// Downloads the maps of this answer as a file.
    pub fn download_maps(self, trace: &Trace) {
        let (name, file) = self.document.graph().with_untracked(|graph| {
            let name = graph
                .name()
                .to_lowercase()
                .replace(char::is_whitespace, "-");
            (format!("{name}-maps.safetensors"), maps_file(graph, trace))
        });
        match download(&name, &file) {
            Ok(()) => self.notices.dismiss(Place::File),
            Err(error) => {
                let why = reason(&error);
                self.notices.fail(
                    Place::File,
                    format!("The browser does not save {name}: {why}."),
                );
            }
        }
    }
}
