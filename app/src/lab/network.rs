//! The network's weights, when it is sent to the engines, and its maps as a file.

use std::time::Duration;

use engine::Graph;
use engine::session::{Command, DeviceKind, Weights as From};
use engine::zoo;
use leptos::prelude::*;
use state::answer::{Trace, maps_file};
use state::engine::Download;
use state::notices::Place;
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use super::Lab;
use super::core::Weights;
use crate::platform::download::download;
use crate::platform::fetch::{fetch_blob, fetch_in_parts, reason};

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
        self.document.count_opening();
    }

    /// A network was opened: its weights are fetched where it has trained ones.
    pub(super) fn opened(self, origin: Option<&'static str>) {
        let pretrained = origin.and_then(zoo::pretrained);
        self.notices.dismiss(Place::Weights);
        self.notices.dismiss(Place::Load);
        // The previous network's file is still downloaded and cached; its progress is no longer
        // shown.
        self.engine.set_download(None);
        self.leave_network();
        let opening = self.core(|core| {
            core.version.opening += 1;
            core.pristine = None;
            core.weights = match pretrained {
                None => Weights::Seeded,
                Some(pretrained) => match core.files.get(pretrained.network) {
                    Some(file) => Weights::Trained(file.clone()),
                    None => Weights::Awaited,
                },
            };
            core.version.opening
        });
        let Some(pretrained) = pretrained else {
            return;
        };
        if !self.core(|core| matches!(core.weights, Weights::Awaited)) {
            return;
        }
        spawn_local(async move {
            let what = format!("Trained weights of {}", pretrained.network);
            let told = move |done: u64| {
                if self.core(|core| core.version.opening) == opening {
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
            let current = self.core(|core| core.version.opening) == opening;
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
        self.core(|core| core.weights = Weights::Seeded);
        let network = self
            .document
            .graph()
            .with_untracked(|graph| graph.name().to_owned());
        let text = format!(
            "{network} has no trained weights: {why}. It goes on with random weights, so its \
             answers mean nothing; reload the page to try again."
        );
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

    pub(super) fn download_maps(self, trace: &Trace) {
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
