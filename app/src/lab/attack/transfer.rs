//! Pictures made against one network, judged by others: the open one, those pinned in Compare and the
//! variants pinned in Shrink, in a worker of their own.

use engine::attack::{Order, SetReport, Settings, Study, Transfer, fits, refit};
use engine::data::Means;
use engine::session::{Command, DeviceKind, Event, Message, Weights};
use engine::{Graph, Shape, zoo};
use leptos::prelude::*;
use state::attack::Choice;
use state::data::SetInfo;
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use super::command;
use crate::client::{QueryError, sentence};
use crate::lab::Lab;
use crate::lab::side_worker::SideWorker;
use crate::platform::fetch::fetch_blob;

/// A network that takes part.
struct Entrant {
    name: String,
    graph: Graph,
    means: Means,
    /// Its weights.
    file: Blob,
}

impl Lab {
    /// Attacks the open network and the pinned ones on the same images with these settings, and lets
    /// each judge the pictures of all.
    pub fn study_transfer(self, settings: Settings) {
        let part = self.attack();
        if !part.study.begin() {
            return;
        }
        let studies = part.attack.studies;
        studies.fail(None);
        spawn_local(async move {
            let result = self.transfer(settings).await;
            part.study.end();
            match result {
                Ok(transfer) => studies.keep_transfer(transfer),
                Err(_) if part.study.is_cancelled() => {}
                Err(why) => studies.fail(Some(why)),
            }
        });
    }

    async fn transfer(self, settings: Settings) -> Result<Transfer, String> {
        let set = untrack(|| self.data.chosen());
        let set =
            set.ok_or("There are no data to measure on. Choose a data set in Train first.")?;
        let entrants = self.entrants().await?;
        if entrants.len() < 2 {
            return Err(
                "There is no other network with trained weights for such pictures. Pin one in \
                 Compare, or a variant in Shrink."
                    .to_owned(),
            );
        }
        let parts = self.whole_set(set.id).await;
        let parts = parts.map_err(|error| sentence(&error))?;
        let title = "The second engine";
        let worker = SideWorker::start(self, DeviceKind::Cpu, title, |_| {}).await?;
        for part in &parts {
            let (command, file) = part
                .command(set.id, set.classes.len() as u32)
                .map_err(|error| sentence(&error))?;
            self.ask_worker(&worker, command, Vec::new(), Some(&file))
                .await?;
        }
        let steps = 3 * entrants.len() as u64;
        let mut done = 0;
        let mut tell = || {
            done += 1;
            self.attack().study.tell(done, steps);
        };
        let mut result = Transfer::default();
        let mut pictures = Vec::new();
        for entrant in &entrants {
            self.load_entrant(&worker, entrant).await?;
            let craft = Study::Craft {
                settings: settings.clone(),
            };
            let (report, made) = self
                .judge_entrant(&worker, &set, entrant, craft, Vec::new())
                .await?;
            if let SetReport::Crafted { clean, .. } = report {
                result.clean.push(clean);
            }
            result.networks.push(entrant.name.clone());
            pictures.push(made);
            tell();
        }
        result.accuracy = vec![vec![0.0; entrants.len()]; entrants.len()];
        for (column, entrant) in entrants.iter().enumerate() {
            self.load_entrant(&worker, entrant).await?;
            for (row, made) in pictures.iter().enumerate() {
                let [from, to] = [&entrants[row], entrant].map(|it| it.graph.input());
                let made = fitted(made, from, to);
                let judged = self.judge_entrant(&worker, &set, entrant, Study::Judge, made);
                if let (SetReport::Judged { accuracy, .. }, _) = judged.await? {
                    result.accuracy[row][column] = accuracy;
                }
            }
            tell();
            tell();
        }
        Ok(result)
    }

    /// The open network with its weights, pinned ones for such pictures that have trained ones, and
    /// pinned variants.
    async fn entrants(self) -> Result<Vec<Entrant>, String> {
        let graph = self.document.running().get_untracked();
        let device = self.answer.device();
        let asked = self.query(device, Command::Checkpoint, Vec::new());
        let checkpoint = match asked {
            Ok((_, replies)) => replies.file().await,
            Err(error) => Err(error),
        };
        let checkpoint = checkpoint.map_err(|error| error.sentence())?;
        let mut entrants = vec![Entrant {
            name: graph.name().to_owned(),
            means: untrack(|| self.means()),
            file: checkpoint,
            graph: graph.clone(),
        }];
        for pin in self.compare.pins().get_untracked() {
            let Some(pretrained) = pin.origin.and_then(zoo::pretrained) else {
                continue;
            };
            if !fits(graph.input(), pin.graph.input()) || pin.graph == graph {
                continue;
            }
            let file = fetch_blob(pretrained.file).await;
            let file = file.map_err(|error| {
                format!("The weights of {} did not come: {error}.", pin.graph.name())
            })?;
            entrants.push(Entrant {
                name: pin.title(),
                means: zoo::means(pretrained.network),
                file,
                graph: pin.graph,
            });
        }
        let weights = untrack(|| self.document.weights().get());
        let here = self.document.origin().get_untracked();
        let variants = self.shrink.peek(|held| held.variants.all().to_vec());
        for variant in variants {
            let input = variant.snapshot.graph.input();
            let open = variant.is(&graph, weights.as_ref(), here);
            if !variant.pinned || open || !fits(graph.input(), input) {
                continue;
            }
            let Some(file) = self.variant_file(&variant) else {
                continue;
            };
            let origin = variant.snapshot.origin;
            entrants.push(Entrant {
                name: variant.name,
                means: origin.map(zoo::means).unwrap_or_default(),
                file,
                graph: variant.snapshot.graph,
            });
        }
        Ok(entrants)
    }

    async fn load_entrant(self, worker: &SideWorker, entrant: &Entrant) -> Result<(), String> {
        let load = Command::Load {
            graph: entrant.graph.clone(),
            weights: Weights::Payload,
        };
        let loaded = self.ask_worker(worker, load, Vec::new(), Some(&entrant.file));
        let loaded = loaded.await;
        let named = |why| format!("{}: {why}", entrant.name);
        loaded.map(|_| ()).map_err(named)
    }

    async fn judge_entrant(
        self,
        worker: &SideWorker,
        set: &SetInfo,
        entrant: &Entrant,
        study: Study,
        pictures: Vec<u8>,
    ) -> Result<(SetReport, Vec<u8>), String> {
        let choice = self.attack().attack.studies.choice().get_untracked();
        // The networks by themselves.
        let choice = Choice {
            sanitation: None,
            adaptive: false,
            ..choice
        };
        let order = Box::new(choice.order(entrant.means, study));
        let order = Order::Set {
            set: set.id.0,
            order,
        };
        let command = command(&order).ok_or("An option of the study is not a number.")?;
        let message = self.ask_worker(worker, command, pictures, None).await?;
        match message.header {
            Event::Attacked { report } => {
                let report = serde_json::from_str(&report).map_err(|error| {
                    format!("The engine's report is not of the format: {error}.")
                })?;
                Ok((report, message.payload))
            }
            _ => Err(QueryError::Unexpected.sentence()),
        }
    }

    async fn ask_worker(
        self,
        worker: &SideWorker,
        command: Command,
        payload: Vec<u8>,
        file: Option<&Blob>,
    ) -> Result<Message<Event>, String> {
        if self.attack().study.is_cancelled() {
            return Err("it was cancelled".to_owned());
        }
        let query = worker.query(self, command, payload, file);
        let (_, replies) = query.map_err(|error| worker.sentence(&error))?;
        let result = replies.result(|_, _| {}).await;
        result.map_err(|error| worker.sentence(&error))
    }
}

/// Pictures as bytes of floats, for a network with another input.
fn fitted(pictures: &[u8], from: Shape, to: Shape) -> Vec<u8> {
    if from == to {
        return pictures.to_vec();
    }
    let values = pictures.as_chunks().0.iter();
    let values: Vec<f32> = values.map(|it| f32::from_le_bytes(*it)).collect();
    let fitted = refit(&values, from, to);
    fitted.iter().flat_map(|it| it.to_le_bytes()).collect()
}
