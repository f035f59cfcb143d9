//! What the small engine that answers first hands over to the whole one, in the same worker: the
//! network with its weights, the file that they came from and the last input.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Ended, Failure, Message, Session, Weights, WireError};
use crate::Graph;
use crate::checkpoint::{Progress, write_params};
use crate::data::DigitNote;

/// A session as it crosses from one engine to the other. The payload has the parts one after the
/// other; a length is in bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HandOver {
    /// `None` before a network was loaded.
    graph: Option<Graph>,
    seed: u64,
    /// A pass has looked at every node.
    checked: bool,
    checkpoint: usize,
    /// The weights file that was loaded last.
    file: Option<usize>,
    input: Option<usize>,
    note: Option<DigitNote>,
}

impl Session {
    /// All that another session needs to go on as this one.
    ///
    /// # Errors
    /// When the weights cannot be written.
    pub async fn hand_over(&mut self) -> Result<Message<HandOver>, Ended> {
        self.settle().await?;
        let mut payload = Vec::new();
        let mut graph = None;
        if let Some(model) = &self.model {
            let params = model.weights().ok_or(Failure::NoNetwork)?;
            let progress = Progress {
                seed: self.seed,
                ..Progress::default()
            };
            let notes = BTreeMap::new();
            payload = write_params(&model.graph, params, &self.provenance, progress, &notes)?;
            graph = Some(model.graph.clone());
        }
        let checkpoint = payload.len();
        let file = self.file.as_ref().map(|file| {
            payload.extend_from_slice(file);
            file.len()
        });
        let input = self.input.as_ref().map(|input| {
            payload.extend(input.iter().flat_map(|value| value.to_le_bytes()));
            4 * input.len()
        });
        let header = HandOver {
            graph,
            seed: self.seed,
            checked: self.checked,
            checkpoint,
            file,
            input,
            note: self.note,
        };
        Ok(Message { header, payload })
    }

    /// Goes on as the session that handed this over. Weights that edits had taken out of its network
    /// come back from the file.
    ///
    /// # Errors
    /// When it is no such message, or the network does not fit.
    pub async fn take_over(&mut self, bytes: &[u8]) -> Result<(), Ended> {
        let Message { header, payload } = Message::<HandOver>::decode(bytes)?;
        let mut rest = payload.as_slice();
        let mut next = |length: usize| {
            let cut = rest.split_at_checked(length);
            let (part, after) = cut.ok_or(WireError::Truncated {
                got: rest.len(),
                wanted: length,
            })?;
            rest = after;
            Ok::<_, WireError>(part.to_vec())
        };
        let checkpoint = next(header.checkpoint)?;
        let file = header.file.map(&mut next).transpose()?;
        let input = header.input.map(&mut next).transpose()?;
        if let Some(graph) = header.graph {
            self.load(graph, Weights::Payload, checkpoint).await?;
        }
        self.seed = header.seed;
        self.checked = header.checked;
        self.file = file;
        self.input = input
            .map(|bytes| super::input::values(&bytes))
            .transpose()?;
        self.note = header.note;
        Ok(())
    }
}
