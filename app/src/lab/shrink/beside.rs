//! The maps of the open variant beside those of the network that it was made of, which a worker of its
//! own runs on the same input.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use engine::Graph;
use engine::compress::quantise::Activations;
use engine::compress::{Job, Outcome};
use engine::session::{Command, DeviceKind, Event, Input, Wanted, Weights};
use engine::zoo;
use leptos::prelude::*;
use state::document::Snapshot;
use state::shrink::VariantId;
use state::shrink::beside::{LayerError, activations, layers};

use super::masks::bytes_of;
use crate::client::{QueryError, sentence};
use crate::lab::Lab;
use crate::lab::side_worker::SideWorker;
use crate::platform::fetch::fetch_blob;

/// Values of all layers that are compared at most.
const MOST: u64 = 4_000_000;

/// The worker with the original network, and what is known of the variant. It ends with the last handle.
#[derive(Clone, Default)]
pub struct MapsBeside(Rc<RefCell<Inner>>);

#[derive(Default)]
struct Inner {
    worker: Option<SideWorker>,
    /// The variant that the worker has.
    original: Option<VariantId>,
    /// The open network, and the grids of its activations.
    open: Option<(Snapshot, Option<Activations>)>,
}

/// What is beside each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    pub layers: Vec<Arc<LayerError>>,
    /// Layers whose channels were taken out.
    pub other: Vec<String>,
}

impl Lab {
    /// Runs the open network and a variant on the last input.
    ///
    /// # Errors
    /// Why there is nothing beside it, as a sentence.
    pub async fn compare_maps(
        self,
        beside: MapsBeside,
        original: VariantId,
    ) -> Result<Compared, String> {
        if self.train.is_busy() {
            return Err("A training is under way. Pause it in Train first.".to_owned());
        }
        let variant = self
            .shrink
            .peek(|held| held.variants.get(original).cloned());
        let variant = variant.ok_or("This variant is not in the list any longer.")?;
        let open = self.document.snapshot();
        let found = layers(&variant.snapshot.graph, &open.graph);
        let values = found.same.iter().map(|it| it.2.elements()).sum::<u64>();
        if values > MOST {
            return Err(format!(
                "The maps of this network have {values} values, more than the {MOST} that are compared."
            ));
        }
        let grids = self.grids_of(&beside, &open).await?;
        let nodes = found.same.iter().map(|it| it.0).collect::<Vec<_>>();
        let job = Job::Maps {
            activations: grids,
            nodes: nodes.clone(),
        };
        let json = serde_json::to_string(&job).map_err(|error| sentence(&error))?;
        let command = Command::Shrink {
            set: None,
            job: json,
        };
        let mapped = self
            .request(self.answer.device(), command, Vec::new())
            .await;
        let mapped = mapped.map_err(|error| error.sentence())?;
        let all = mapped.values().map_err(|error| sentence(&error))?;
        let Event::Shrunk { json } = mapped.header else {
            return Err(QueryError::Unexpected.sentence());
        };
        let outcome = serde_json::from_str(&json).map_err(|error| sentence(&error))?;
        let Outcome::Maps { input, lengths } = outcome else {
            return Err(QueryError::Unexpected.sentence());
        };
        let worker = self.original(&beside, &variant.snapshot, original).await?;
        let (input, mut ours) = all.split_at_checked(input).ok_or("A map is cut off.")?;
        let bytes = input.iter().flat_map(|it| it.to_le_bytes()).collect();
        let command = Command::Maps {
            input: Input::Values,
            maps: nodes.iter().map(|it| Wanted::all(*it)).collect(),
        };
        let query = worker.query(self, command, bytes, None);
        let (_, replies) = query.map_err(|error| worker.sentence(&error))?;
        let theirs = replies.result(|_, _| {}).await;
        let theirs = theirs.map_err(|error| worker.sentence(&error))?;
        let values = theirs.values().map_err(|error| sentence(&error))?;
        let Event::Mapped { maps } = theirs.header else {
            return Err(QueryError::Unexpected.sentence());
        };
        let mut compared = Vec::new();
        for ((node, name, shape), length) in found.same.into_iter().zip(lengths) {
            let (own, rest) = ours.split_at_checked(length).ok_or("A map is cut off.")?;
            ours = rest;
            let slice = maps.iter().find(|it| it.node == node);
            let slice = slice.and_then(|it| values.get(it.offset..it.offset.checked_add(length)?));
            let slice = slice.ok_or("A map is cut off.")?;
            compared.push(Arc::new(LayerError::new(
                node,
                name,
                shape,
                slice.to_vec(),
                own.to_vec(),
            )));
        }
        Ok(Compared {
            layers: compared,
            other: found.other,
        })
    }

    /// The grids of the open network's activations, from its checkpoint.
    async fn grids_of(
        self,
        beside: &MapsBeside,
        open: &Snapshot,
    ) -> Result<Option<Activations>, String> {
        if let Some((known, grids)) = &beside.0.borrow().open
            && known == open
        {
            return Ok(grids.clone());
        }
        let variant = self.shrink.peek(|held| {
            let weights = open.weights.as_ref();
            held.variants.of(&open.graph, weights, open.origin).cloned()
        });
        let file = variant.and_then(|it| self.variant_file(&it));
        let grids = match file {
            Some(file) => activations(&bytes_of(&file).await?),
            None => None,
        };
        beside.0.borrow_mut().open = Some((open.clone(), grids.clone()));
        Ok(grids)
    }

    /// The worker with this variant.
    async fn original(
        self,
        beside: &MapsBeside,
        snapshot: &Snapshot,
        id: VariantId,
    ) -> Result<SideWorker, String> {
        let known = {
            let inner = beside.0.borrow();
            let worker = inner.worker.clone().filter(|it| !it.is_over());
            (worker, inner.original == Some(id))
        };
        let worker = match known {
            (Some(worker), true) => return Ok(worker),
            (Some(worker), false) => worker,
            (None, _) => {
                let title = "The engine of the original network";
                SideWorker::start(self, DeviceKind::Cpu, title, |_| {}).await?
            }
        };
        {
            let mut inner = beside.0.borrow_mut();
            inner.worker = Some(worker.clone());
            inner.original = None;
        }
        self.load_original(&worker, snapshot, id).await?;
        beside.0.borrow_mut().original = Some(id);
        Ok(worker)
    }

    async fn load_original(
        self,
        worker: &SideWorker,
        snapshot: &Snapshot,
        id: VariantId,
    ) -> Result<(), String> {
        let graph: Graph = snapshot.graph.clone();
        let variant = self.shrink.peek(|held| held.variants.get(id).cloned());
        let own = variant.and_then(|it| self.variant_file(&it));
        let shipped = snapshot.origin.and_then(zoo::pretrained);
        let file = match (own, shipped, &snapshot.weights) {
            (Some(file), _, _) => Some(file),
            (None, _, Some(_)) => {
                let why = "The weights of this variant are lost: the browser has deleted them.";
                return Err(why.to_owned());
            }
            (None, Some(shipped), None) => {
                let kept = self.core(|core| core.files.get(shipped.network).cloned());
                let fetched = match kept {
                    Some(file) => Ok(file),
                    None => fetch_blob(shipped.file).await,
                };
                Some(fetched.map_err(|error| {
                    format!("The weights of {} did not come: {error}.", shipped.network)
                })?)
            }
            (None, None, None) => None,
        };
        let weights = match &file {
            // An edited network has what the file has for its nodes.
            Some(_) => Weights::Kept {
                seed: self.document.seed().get_untracked(),
            },
            None => Weights::Seeded {
                seed: self.document.seed().get_untracked(),
            },
        };
        let command = Command::Load { graph, weights };
        let query = worker.query(self, command, Vec::new(), file.as_ref());
        let (_, replies) = query.map_err(|error| worker.sentence(&error))?;
        let loaded = replies.result(|_, _| {}).await;
        loaded.map(|_| ()).map_err(|error| worker.sentence(&error))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(worker) = self.worker.take() {
            worker.stop();
        }
    }
}
