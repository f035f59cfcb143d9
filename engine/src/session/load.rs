//! Another network, or another state of it, with its weights; and its checkpoint.

use std::collections::BTreeMap;

use super::job::reply;
use super::model::{Model, Param, Remembered, shapes};
use super::planned::Planned;
use super::{Ended, Event, Failure, Message, Reply, RequestId, Session, Weights};
use crate::checkpoint::{Progress, parameters, write_params};
use crate::train::Initialisation;
use crate::weights::{Held, Provenance, filled, started, stored};
use crate::{Analysis, Graph};

impl Session {
    pub(super) async fn answer_load(
        &mut self,
        id: RequestId,
        graph: Graph,
        weights: Weights,
        payload: Vec<u8>,
    ) -> Vec<Message<Reply>> {
        let loaded = self.load(graph, weights, payload).await;
        // Without a network the one before gave its memory back, and its jobs end as well.
        let mut replies = if loaded.is_ok() || self.model.is_none() {
            self.cancel_network_jobs()
        } else {
            Vec::new()
        };
        replies.push(reply(id, loaded.unwrap_or_else(Ended::event)));
        replies
    }

    pub(super) async fn load(
        &mut self,
        graph: Graph,
        weights: Weights,
        payload: Vec<u8>,
    ) -> Result<Message<Event>, Ended> {
        // Before anything is allocated: a wasm instance that runs out of memory is lost.
        let sent = payload.len() as u64;
        self.budget.check(&graph, sent)?;
        let edited = matches!(weights, Weights::Kept { .. }) && payload.is_empty();
        if edited {
            self.settle().await?;
        }
        self.make_room(&graph, weights, sent);
        let shapes = shapes(&graph)?;
        let file = if payload.is_empty() {
            self.file.as_deref()
        } else {
            Some(&*payload)
        };
        let before = self.model.as_ref();
        let before = before.and_then(|it| Some((&it.graph, it.weights()?)));
        let mut notes = Vec::new();
        let (params, provenance) = match (weights, before, file) {
            (Weights::Payload, _, _) => {
                // All of them come from the file or the load fails.
                let wanted = parameters(&graph);
                let file = stored(&graph, &wanted, &payload)?;
                notes = file.notes;
                let params = wanted.into_iter().zip(file.values);
                let params = params.map(|(parameter, values)| Param::new(parameter, values.into()));
                (params.collect(), file.provenance)
            }
            (Weights::Kept { seed }, Some((graph_before, params)), _) if edited => {
                let held = Held {
                    graph: graph_before,
                    params,
                    provenance: &self.provenance,
                    remembered: &self.remembered,
                };
                filled(&graph, file, seed, &(), |wanted| held.kept(wanted))?
            }
            (Weights::Kept { seed }, _, Some(file)) => {
                filled(&graph, Some(file), seed, &(), |_| None)?
            }
            (Weights::Seeded { seed } | Weights::Kept { seed }, _, _) => {
                let params = started(&graph, Initialisation::default(), seed, &());
                let params: Vec<Param> = params.unwrap_or_default();
                let provenance = Provenance::of_all(&params, false);
                (params, provenance)
            }
        };
        match (before, edited) {
            (Some((_, before)), true) => {
                let own = &self.provenance;
                self.remembered.follow_params(before, own, &params);
            }
            (None, true) => {}
            (_, false) => self.remembered = Remembered::default(),
        }
        let input = self.model.as_ref().map(|old| old.graph.input());
        if input != Some(graph.input()) {
            self.input = None;
            self.note = None;
        }
        let mut before = self.model.take();
        let planned = match &mut before {
            Some(before) if edited => before.planned.after_edit(),
            _ => Planned::default(),
        };
        let model = Model::new(graph, shapes, params, planned);
        #[cfg(feature = "run")]
        if self.makes_network(before.as_ref())
            && let Err(ended) = model.make(&self.device, before.as_ref())
        {
            self.model = before;
            return Err(ended);
        }
        self.model = Some(model);
        match weights {
            Weights::Kept { seed } => {
                self.seed = seed;
                if !edited {
                    self.file = Some(payload);
                }
            }
            Weights::Payload => self.file = Some(payload),
            Weights::Seeded { seed } => {
                self.seed = seed;
                self.file = None;
            }
        }
        let event = Event::Loaded {
            trained: provenance.trained,
            weighted: provenance.weighted,
            notes,
        };
        #[cfg(feature = "run")]
        {
            self.training = None;
            self.stage = None;
            self.sum = Vec::new();
            self.forget_work();
        }
        self.checked = false;
        self.provenance = provenance;
        Ok(Message::new(event))
    }

    /// Gives memory back until this network fits beside what is kept: first the remembered
    /// weights, then the current network, which is not there any more should the load fail.
    fn make_room(&mut self, graph: &Graph, weights: Weights, sent: u64) {
        if !Analysis::of(graph).is_valid() {
            return;
        }
        let stored = self.file.as_ref().map_or(0, Vec::len) as u64;
        let before = self.model.as_ref().map_or(0, |before| match weights {
            Weights::Kept { .. } if sent == 0 => before.bytes_left_behind(graph),
            Weights::Kept { .. } | Weights::Payload | Weights::Seeded { .. } => {
                before.weight_bytes()
            }
        });
        let kept = sent + stored + before;
        if self
            .budget
            .check(graph, kept + self.remembered.bytes())
            .is_ok()
        {
            return;
        }
        self.remembered = Remembered::default();
        if self.budget.check(graph, kept).is_err() {
            self.model = None;
            if sent > 0 {
                self.file = None;
            }
        }
    }

    pub(super) async fn checkpoint(&mut self) -> Result<Message<Event>, Ended> {
        let model = self.model()?;
        let stored = self.file.as_ref().map_or(0, Vec::len) as u64;
        let taken = model.weight_bytes() + stored + self.remembered.bytes();
        self.budget.check(&model.graph, taken)?;
        let header = Event::Checkpoint;
        #[cfg(feature = "run")]
        if let Some(course) = &self.training {
            let payload = self.training_file(self.network()?, course).await?;
            return Ok(Message { header, payload });
        }
        let progress = Progress {
            seed: self.seed,
            ..Progress::default()
        };
        let notes = BTreeMap::new();
        self.settle().await?;
        let model = self.model()?;
        let params = model.weights().ok_or(Failure::NoNetwork)?;
        let payload = write_params(&model.graph, params, &self.provenance, progress, &notes)?;
        Ok(Message { header, payload })
    }

    /// Gets the weights to the host where they are not.
    ///
    /// # Errors
    /// When the device fails.
    #[allow(
        clippy::unused_async,
        reason = "without the running half there is no device to wait for"
    )]
    pub(super) async fn settle(&mut self) -> Result<(), Ended> {
        #[cfg(feature = "run")]
        if let Some(model) = &mut self.model {
            model.settle(&self.device).await?;
        }
        Ok(())
    }
}
