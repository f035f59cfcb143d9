//! The network's weights, which of its maps are asked for, and its maps as a file.

use std::collections::HashSet;
use std::time::Duration;

use engine::session::{Command, DeviceKind, Message, Request, Wanted, Weights as From};
use engine::zoo;
use engine::{Graph, NodeId};
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use super::core::Weights;
use super::document::holds;
use super::fetch::{fetch_blob, fetch_in_parts, reason};
use super::trace::Trace;
use super::{Lab, Place, Progress, save};

/// A network that answers within a frame follows every edit at once, in milliseconds.
const AT_ONCE: f64 = 16.0;
/// The others wait until no edit has come for this share of what an answer takes …
const REST_SHARE: f64 = 0.25;
/// … and at most for so long, in milliseconds.
const REST: f64 = 250.0;
/// Below this size nobody is told how much of a file has come.
const AT_ONCE_BYTES: u64 = 1_000_000;
/// A network of so many nodes is given to the engines in a task of its own: packing it takes long.
const MANY: usize = 32;

/// How long the hand must rest before a network that takes so long is computed anew.
fn rest(forward_ms: f64) -> Duration {
    if forward_ms <= AT_ONCE {
        return Duration::ZERO;
    }
    Duration::from_millis((forward_ms * REST_SHARE).min(REST) as u64)
}

/// How many nodes have weights, and how many of those have trained ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeightState {
    pub trained: usize,
    pub weighted: usize,
}

impl Lab {
    /// The last answer belongs to nothing on the screen.
    pub(super) fn leave_answer(self) {
        self.core(|core| core.painting = None);
        if self.latest.with_untracked(Option::is_some) {
            self.latest.set(None);
        }
    }

    /// Another network comes: what is shown of this one goes from the page.
    pub(super) fn leave_network(self) {
        self.leave_answer();
        self.opening.update(|opening| *opening += 1);
    }

    /// A network was opened: its weights are fetched where it has trained ones.
    pub(super) fn opened(self, origin: Option<&'static str>) {
        let pretrained = origin.and_then(zoo::pretrained);
        self.dismiss(Place::Weights);
        self.dismiss(Place::Load);
        // What is fetched for the network before is kept, and told no longer.
        self.progress.set(None);
        self.leave_network();
        let opening = self.core(|core| {
            core.version.opening += 1;
            core.pristine = None;
            core.weights = match pretrained {
                None => Weights::Seeded,
                Some(pretrained) => match core.files.get(pretrained.network) {
                    Some(file) => Weights::Trained(file.clone()),
                    None => Weights::OnTheirWay,
                },
            };
            core.version.opening
        });
        let Some(pretrained) = pretrained else {
            return;
        };
        if !self.core(|core| matches!(core.weights, Weights::OnTheirWay)) {
            return;
        }
        spawn_local(async move {
            let what = format!("Trained weights of {}", pretrained.network);
            let told = move |done: u64| {
                if self.core(|core| core.version.opening) == opening {
                    let (what, total) = (what.clone(), pretrained.bytes);
                    self.progress.set(Some(Progress { what, done, total }));
                }
            };
            // The page's first file has been preloaded, which Chromium gives to this kind of request.
            let fetched = match pretrained.bytes {
                ..AT_ONCE_BYTES => fetch_blob(pretrained.file).await,
                _ => fetch_in_parts(pretrained.file, told).await,
            };
            let current = self.core(|core| core.version.opening) == opening;
            if current {
                self.progress.set(None);
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

    /// The network goes on with random weights, and says so.
    pub(super) fn weights_failed(self, why: &str) {
        self.core(|core| core.weights = Weights::Seeded);
        let network = self.graph.with_untracked(|graph| graph.name().to_owned());
        let text = format!(
            "{network} has no trained weights: {why}. It goes on with random weights, so its \
             answers mean nothing; reload the page to try again."
        );
        self.fail(Place::Weights, text);
    }

    /// A valid state of the document is what runs from now on.
    pub(super) fn run_network(self, graph: Graph) {
        self.core(|core| core.version.revision += 1);
        self.gpu_limit.set(None);
        self.dismiss(Place::Load);
        self.load_refused.set(None);
        self.running.set(graph);
        let answered = self.latest.with_untracked(Option::is_some);
        let pace = self.pace.get_untracked().filter(|_| answered);
        self.load_after(pace.map_or(Duration::ZERO, |(_, forward_ms)| rest(forward_ms)));
    }

    /// Gives the network to the engines when the hand has rested for so long: a large network that
    /// changes again meanwhile would be computed for nobody, and slow the page down.
    fn load_after(self, wait: Duration) {
        let rest = self.core(|core| {
            core.rests += 1;
            core.resting = !wait.is_zero();
            core.rests
        });
        if wait.is_zero()
            && self
                .running
                .with_untracked(|graph| graph.nodes().len() < MANY)
        {
            return self.load_everywhere();
        }
        self.stop_runs();
        let rested = move || {
            let rested = self.core(|core| {
                let rested = core.rests == rest;
                core.resting &= !rested;
                rested
            });
            if rested {
                self.load_everywhere();
            }
        };
        set_timeout(rested, wait);
    }

    /// What the engines are computing is of a network that has changed.
    fn stop_runs(self) {
        for device in [DeviceKind::Cpu, DeviceKind::WebGpu] {
            let sent = self.core(|core| {
                let id = core.next_request();
                let engine = core.engine(device).as_ref()?;
                let request = engine.running?.generation;
                let command = Command::Cancel { request };
                Some(engine.send(&Message::new(Request { id, command })))
            });
            if let Some(Err(error)) = sent {
                self.cannot_start(device, &format!("{error}."));
            }
        }
    }

    /// The command that makes the network that is to run an engine's, once it is known with what
    /// weights, and the file that it comes with; `edited` when the engine has an earlier state of it.
    pub(super) fn load_command(self, edited: bool) -> Option<(Command, Option<Blob>)> {
        let graph = self.running.get_untracked();
        let seed = self.seed.get_untracked();
        let kept = From::Kept { seed };
        let (weights, file) = self.core(|core| match &core.weights {
            Weights::OnTheirWay => None,
            Weights::Trained(_) | Weights::Seeded if edited => Some((kept, None)),
            Weights::Trained(file) if core.pristine.as_ref() == Some(&graph) => {
                Some((From::Payload, Some(file.clone())))
            }
            Weights::Trained(file) => Some((kept, Some(file.clone()))),
            Weights::Seeded => Some((From::Seeded { seed }, None)),
        })?;
        Some((Command::Load { graph, weights }, file))
    }

    /// Whether the network that runs has this node as it stands here; beside a problem it may not.
    pub fn runs(self, node: NodeId) -> bool {
        let there = self.running.with(|running| holds(running, node));
        let as_here = |unchanged: &Option<HashSet<NodeId>>| {
            unchanged.as_ref().is_none_or(|it| it.contains(&node))
        };
        there && !self.is_refused() && self.unchanged.with(as_here)
    }

    /// Whether the engine that is to answer has refused the network, for its size.
    pub fn is_refused(self) -> bool {
        self.load_refused.with(Option::is_some)
            && self.choice.with(|choice| choice.device == DeviceKind::Cpu)
    }

    /// The maps that the next request asks for: those on the screen, or all of them.
    pub(super) fn wanted_maps(self, all: bool) -> Vec<Wanted> {
        self.running.with_untracked(|graph| {
            let there = |id: NodeId| holds(graph, id);
            if all {
                let nodes = graph.nodes().iter().map(|node| node.id);
                return [NodeId::INPUT]
                    .into_iter()
                    .chain(nodes)
                    .map(Wanted::all)
                    .collect();
            }
            let mut wanted = self.core(|core| core.wants.wanted());
            wanted.retain(|it| there(it.node));
            wanted
        })
    }

    /// Gives the person a file of the current drawing's maps.
    pub fn save_maps(self) {
        self.core(|core| core.save = true);
        self.drawing_changed();
    }

    pub(super) fn download_maps(self, trace: &Trace) {
        let (name, file) = self.graph.with_untracked(|graph| {
            let name = graph
                .name()
                .to_lowercase()
                .replace(char::is_whitespace, "-");
            (
                format!("{name}-maps.safetensors"),
                save::maps_file(graph, trace),
            )
        });
        match save::download(&name, &file) {
            Ok(()) => self.dismiss(Place::File),
            Err(error) => {
                let why = reason(&error);
                self.fail(
                    Place::File,
                    format!("The browser does not save {name}: {why}."),
                );
            }
        }
    }
}
