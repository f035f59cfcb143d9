//! Another network, or another state of it, with its weights; and its checkpoint.

use std::collections::BTreeMap;

use super::job::reply;
use super::{Ended, Event, Message, Reply, RequestId, Session, Weights};
use crate::checkpoint::{self, Progress};
use crate::run::{Before, Initialisation, Network, Provenance, Remembered, read_weights};
use crate::{Analysis, Graph};

impl Session {
    pub(super) fn answer_load(
        &mut self,
        id: RequestId,
        graph: Graph,
        weights: Weights,
        payload: Vec<u8>,
    ) -> Vec<Message<Reply>> {
        let loaded = self.load(graph, weights, payload);
        // Without a network the one before gave its memory back, and its jobs end as well.
        let mut replies = if loaded.is_ok() || self.network.is_none() {
            self.cancel_network_jobs()
        } else {
            Vec::new()
        };
        replies.push(reply(id, loaded.unwrap_or_else(Ended::event)));
        replies
    }

    fn load(
        &mut self,
        graph: Graph,
        weights: Weights,
        payload: Vec<u8>,
    ) -> Result<Message<Event>, Ended> {
        // Before anything is allocated: a wasm instance that runs out of memory is lost.
        let sent = payload.len() as u64;
        self.budget.check(&graph, sent)?;
        self.make_room(&graph, weights, sent);
        let file = if payload.is_empty() {
            self.file.as_deref()
        } else {
            Some(&*payload)
        };
        let edited = matches!(weights, Weights::Kept { .. }) && payload.is_empty();
        let mut notes = Vec::new();
        let (network, provenance) = match (weights, &self.network, file) {
            (Weights::Payload, _, _) => {
                // All of them come from the file or the load fails.
                let blank = Initialisation::Constant { value: 0.0 };
                let mut network = Network::initialised(graph, &blank, 0, &self.device)?;
                let provenance;
                (provenance, notes) = read_weights(&mut network, &payload)?;
                (network, provenance)
            }
            (Weights::Kept { seed }, Some(network), _) if edited => {
                let before = Before {
                    network,
                    provenance: &self.provenance,
                    remembered: &self.remembered,
                };
                Network::edited(before, graph, file, seed)?
            }
            (Weights::Kept { seed }, _, Some(file)) => {
                Network::fitting(graph, file, seed, &self.device)?
            }
            (Weights::Seeded { seed } | Weights::Kept { seed }, _, _) => {
                let rule = Initialisation::default();
                let network = Network::initialised(graph, &rule, seed, &self.device)?;
                let provenance = Provenance::all(&network, false);
                (network, provenance)
            }
        };
        match (&self.network, edited) {
            (Some(before), true) => self.remembered.follow(before, &self.provenance, &network),
            (None, true) => {}
            (_, false) => self.remembered = Remembered::default(),
        }
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
        if self.network.as_ref().map(|old| old.graph().input()) != Some(network.graph().input()) {
            self.input = None;
            self.note = None;
        }
        let event = Event::Loaded {
            trained: provenance.trained,
            weighted: provenance.weighted,
            notes,
        };
        self.network = Some(network);
        self.training = None;
        self.forget_work();
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
        let before = self.network.as_ref().map_or(0, |before| match weights {
            Weights::Kept { .. } if sent == 0 => before.bytes_left_behind(graph),
            Weights::Kept { .. } | Weights::Payload | Weights::Seeded { .. } => {
                weight_bytes(before)
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
            self.network = None;
            if sent > 0 {
                self.file = None;
            }
        }
    }

    pub(super) async fn checkpoint(&self) -> Result<Message<Event>, Ended> {
        let network = self.network()?;
        let stored = self.file.as_ref().map_or(0, Vec::len) as u64;
        let taken = weight_bytes(network) + stored + self.remembered.bytes();
        self.budget.check(network.graph(), taken)?;
        if let Some(course) = &self.training {
            let (header, payload) = (
                Event::Checkpoint,
                self.training_file(network, course).await?,
            );
            return Ok(Message { header, payload });
        }
        let progress = Progress {
            seed: self.seed,
            ..Progress::default()
        };
        let notes = BTreeMap::new();
        let payload = checkpoint::write(network, &self.provenance, progress, &notes).await?;
        let header = Event::Checkpoint;
        Ok(Message { header, payload })
    }
}

/// Bytes of a network's parameters.
fn weight_bytes(network: &Network) -> u64 {
    let values = network
        .params()
        .iter()
        .map(|param| param.dims.iter().product::<usize>());
    values.sum::<usize>() as u64 * 4
}
