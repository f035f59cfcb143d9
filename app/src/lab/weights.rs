//! Weights of the person's own: opened from a file, saved as one, and kept as checkpoints that steps
//! of the history refer to.

use std::collections::HashMap;
use std::time::Duration;

use engine::checkpoint::{FileFormat, START_BYTES, WeightsError};
use engine::format::Control;
use engine::session::{Command, DeviceKind, Event, Failure, Message, Request, Weights};
use engine::{Analysis, NodeId};
use gloo_timers::future::sleep;
use js_sys::{Math, Uint8Array};
use leptos::prelude::*;
use state::document::OwnWeights;
use state::engine::WeightState;
use state::notices::Place;
use state::weights_file;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, File};

use super::Lab;
use super::worker_state::{Engine, Version};
use crate::client::{QueryError, Replies};
use crate::platform::download::download_blob;
use crate::platform::fetch::reason;

/// Numbers of checkpoints are below 2⁵³, which JavaScript's numbers hold exactly.
const NUMBERS: f64 = 9_007_199_254_740_992.0;

/// Files are opened on this device, which every page has.
const DEVICE: DeviceKind = DeviceKind::Cpu;
/// How often it is asked whether the engine has loaded its network.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Why weights were not opened.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error("the browser does not read it: {0}")]
    Read(String),
    #[error("it is {0}")]
    Foreign(FileFormat),
    #[error("the network has a problem; repair it first, then open the file again")]
    Problem,
    #[error("another network was opened meanwhile; open the file again for that one")]
    OtherNetwork,
    #[error(transparent)]
    Engine(#[from] QueryError),
}

/// A load under way that is not the page's own idea of what the engine is to have.
struct Trial {
    /// The worker's number and the version that it runs on.
    start: u32,
    version: Version,
    replies: Replies,
}

/// The first bytes of a file, which tell what it is.
///
/// # Errors
/// When the browser does not read it; the reason is the browser's.
pub async fn start_of(file: &File) -> Result<Vec<u8>, String> {
    let start = file.slice_with_i32_and_i32(0, START_BYTES as i32);
    let start = start.map_err(|error| reason(&error))?;
    let start = JsFuture::from(start.array_buffer()).await;
    let start = start.map_err(|error| reason(&error))?;
    Ok(Uint8Array::new(&start).to_vec())
}

/// A number for a checkpoint.
pub(super) fn random_number() -> u64 {
    (Math::random() * NUMBERS) as u64
}

impl Lab {
    /// Opens a person's file of weights for the network that runs, as one step of the history. One
    /// that does not fit is refused, with the reason, and everything is as it was.
    pub fn open_weights(self, file: File) {
        self.begin_weights(file, false);
    }

    /// As [`Self::open_weights`], for a network that was just opened from the same file: there is no
    /// step back to it without them.
    pub fn open_imported_weights(self, file: File) {
        self.begin_weights(file, true);
    }

    fn begin_weights(self, file: File, imported: bool) {
        if !self.permits(Control::Network) {
            return;
        }
        self.notices.dismiss(Place::WeightsFile);
        let name = file.name();
        spawn_local(async move {
            match self.load_file(&file, &name).await {
                Ok(()) if imported => self.document.join_first(),
                Ok(()) => {}
                Err(why) => self.refuse_weights(&name, &why),
            }
        });
    }

    /// Says that a file of another program's does not have weights that the lab reads.
    pub fn refuse_foreign(self, name: &str, kind: FileFormat) {
        self.refuse_weights(name, &Refused::Foreign(kind));
    }

    fn refuse_weights(self, name: &str, why: &Refused) {
        let failure = match why {
            Refused::Engine(QueryError::Failed(failure)) => Some(failure.decode()),
            _ => None,
        };
        let (why, lists) = match failure {
            Some(Failure::Weights(WeightsError::Mismatch(it))) => {
                let text = self
                    .document
                    .running()
                    .with_untracked(|graph| weights_file::mismatch(graph.name(), &it));
                (text, weights_file::mismatch_lists(&it))
            }
            _ => (why.to_string(), Vec::new()),
        };
        let text = format!("{name} cannot be opened: {why}. The weights are as they were.");
        self.notices.fail_with(Place::WeightsFile, text, lists);
    }

    async fn load_file(self, file: &File, name: &str) -> Result<(), Refused> {
        let start = start_of(file).await.map_err(Refused::Read)?;
        if let Some(format) = weights_file::other_format(name, &start) {
            return Err(Refused::Foreign(format));
        }
        let Trial {
            start,
            version,
            replies,
        } = self.try_weights(file).await?;
        let loaded = replies.result(|_, _| {}).await;
        let is_other = || self.core(|core| core.version.opening != version.opening);
        let (counts, notes) = match loaded.map(|message| message.header) {
            Ok(Event::Loaded {
                trained,
                weighted,
                notes,
            }) => (WeightState { trained, weighted }, notes),
            Ok(_) => {
                self.end_trial(start, None);
                return Err(QueryError::Unexpected.into());
            }
            Err(error) => {
                let kept = self.has_network().await;
                self.end_trial(start, kept.then_some(version));
                return Err(error.into());
            }
        };
        if is_other() {
            self.end_trial(start, None);
            return Err(Refused::OtherNetwork);
        }
        // It takes questions about this network, and no other load before this one is settled.
        self.core(|core| {
            let engine = core.engine(DEVICE).as_mut();
            if let Some(engine) = engine.filter(|engine| engine.start == start) {
                engine.loaded = Some(version);
            }
        });
        let what = format!("open {name}");
        match self.keep_weights(DEVICE, name, 0, &what).await {
            Ok(()) => {
                let now = self.core(|core| core.version);
                let loaded = Version {
                    weights: now.weights,
                    ..version
                };
                self.end_trial(start, Some(loaded));
                self.engine.set_weights(counts);
                self.notices.dismiss(Place::Weights);
                if let Some(told) = weights_file::notes(name, &notes) {
                    self.notices.tell(told);
                }
                self.drawing_changed();
                Ok(())
            }
            Err(why) => {
                // The engine has weights that no step of the history has.
                self.end_trial(start, None);
                Err(why)
            }
        }
    }

    /// Gives the engine the network that runs with this file's weights, once it is not loading.
    async fn try_weights(self, file: &Blob) -> Result<Trial, Refused> {
        let is_loading = |engine: &Engine| !engine.ready || engine.loading.is_some();
        while self.core(|core| core.engine(DEVICE).as_ref().is_some_and(is_loading)) {
            sleep(LOOK_AGAIN).await;
        }
        // Now, after the waiting: the network may have changed.
        if !self.document.analysis.with_untracked(Analysis::is_valid) {
            return Err(Refused::Problem);
        }
        let graph = self.document.running().get_untracked();
        let input = graph.input();
        let trial = self.core(|core| {
            let id = core.next_request();
            let version = core.version;
            let command = Command::Load {
                graph,
                weights: Weights::Payload,
            };
            let request = Message::new(Request { id, command });
            let engine = core.engine(DEVICE).as_mut().ok_or(QueryError::NotReady)?;
            let replies = engine.client.query(&request, Some(file));
            let replies = replies.map_err(QueryError::from)?;
            engine.loading = Some(version);
            engine.given.take_if(|given| given.input != input);
            Ok(Trial {
                start: engine.start,
                version,
                replies,
            })
        });
        trial.map_err(Refused::Engine)
    }

    /// The engine has this version from here on; without one it gets what it is to have again.
    fn end_trial(self, start: u32, loaded: Option<Version>) {
        self.core(|core| {
            // Another worker may have taken its place, and loads what it is to have.
            let engine = core.engine(DEVICE).as_mut();
            if let Some(engine) = engine.filter(|engine| engine.start == start) {
                engine.loading = None;
                engine.loaded = loaded;
            }
        });
        self.load_everywhere();
    }

    /// Whether the engine has a network: to make room for one it may give up the one before.
    async fn has_network(self) -> bool {
        let node = NodeId::INPUT;
        let answer = self
            .request(DEVICE, Command::Params { node }, Vec::new())
            .await;
        match answer {
            Ok(_) => true,
            Err(QueryError::NotReady) => false,
            Err(QueryError::Failed(failure)) => failure.decode() != Failure::NoNetwork,
            Err(_) => true,
        }
    }

    /// The weights of this device's engine have changed, as by a file: they are kept as a checkpoint,
    /// which becomes the network's as one step of the history. `from` says whose they are and `what`
    /// goes on from “Undo: ”.
    ///
    /// # Errors
    /// When the engine gives no checkpoint, or another network was opened before it did.
    pub async fn keep_weights(
        self,
        device: DeviceKind,
        from: &str,
        step: u64,
        what: &str,
    ) -> Result<(), Refused> {
        let opening = self.core(|core| core.version.opening);
        let (_, replies) = self.query(device, Command::Checkpoint, Vec::new())?;
        let file = replies.file().await?;
        if self.core(|core| core.version.opening) != opening {
            return Err(Refused::OtherNetwork);
        }
        self.keep_file(device, file, None, from, step, what);
        Ok(())
    }

    /// As [`Self::keep_weights`], with the checkpoint of the weights that this engine has. Where the
    /// network has those of the checkpoint `instead_of`, it takes their place in the same step of the
    /// history. Returns its number.
    pub fn keep_file(
        self,
        device: DeviceKind,
        file: Blob,
        instead_of: Option<u64>,
        from: &str,
        step: u64,
        what: &str,
    ) -> u64 {
        let number = random_number();
        self.core(|core| core.checkpoints.insert(number, file));
        let from = from.into();
        self.replace_weights(instead_of, OwnWeights { number, from, step }, what);
        // This engine has them already.
        self.core(|core| {
            let now = core.version;
            let Some(engine) = core.engine(device) else {
                return;
            };
            for version in [&mut engine.loaded, &mut engine.loading] {
                let version = version.as_mut().filter(|it| it.opening == now.opening);
                if let Some(version) = version {
                    version.weights = now.weights;
                }
            }
        });
        number
    }

    /// Gives the person the network's weights as a file.
    pub fn save_weights(self) {
        let name = self
            .document
            .running()
            .with_untracked(|graph| graph.name().to_owned());
        let name = weights_file::file_name(&name);
        spawn_local(async move {
            let saved = match self.query(self.answer.device(), Command::Checkpoint, Vec::new()) {
                Ok((_, replies)) => replies.file().await,
                Err(error) => Err(error),
            };
            let saved = saved.map_err(|error| error.to_string());
            let saved =
                saved.and_then(|file| download_blob(&name, &file).map_err(|error| reason(&error)));
            match saved {
                Ok(()) => self.notices.dismiss(Place::WeightsFile),
                Err(why) => self.notices.fail(
                    Place::WeightsFile,
                    format!("The weights cannot be saved as {name}: {why}. Try again."),
                ),
            }
        });
    }

    /// The checkpoints of an experiment that is opened next.
    pub fn add_checkpoints(self, checkpoints: HashMap<u64, Blob>) {
        self.core(|core| core.checkpoints.extend(checkpoints));
    }

    /// A checkpoint that a step of the history has.
    pub fn checkpoint(self, number: u64) -> Option<Blob> {
        self.core(|core| core.checkpoints.get(&number).cloned())
    }

    /// Forgets checkpoints when no step of the history has them any longer.
    pub(super) fn forget_unused_checkpoints(self) {
        Effect::new(move |_| {
            let now = self.document.weights().get();
            let used = self
                .document
                .history()
                .with(|history| history.weights(now.as_ref()));
            // The person's own history, which comes back after the lesson, has others.
            if self.learn.is_away() {
                return;
            }
            self.core(|core| {
                core.checkpoints
                    .retain(|number, _| used.iter().any(|it| it.weights.number == *number));
            });
        });
    }
}
